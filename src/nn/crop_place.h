/* Where a crop lies: its grid in space, from the first phase's grid and its region (rules in crop.h). */
#ifndef HEPAR_NN_CROP_PLACE_H
#define HEPAR_NN_CROP_PLACE_H

#include "image/roi.h"
#include "nn/crop.h"

struct crop_place {
    struct grid grid;  /* margin included */
    bool flat;         /* 2-D: slices of the image, nothing is averaged or measured across them */
    double region[3];  /* mm: the region's bounding box along the grid's axes (in its slice, for CROP_2D_LARGEST and CROP_25D) */
};

/* `region` lies on `image`. Settings have passed crop_settings_check(). */
struct crop_place crop_place_find(const struct crop_settings *settings, const struct grid *image, const struct roi *region);
/* Order and direction that bring image axes to the patient's: sample axis a runs along image axis axis[a], forward or back. */
void crop_patient_axes(const struct grid *image, int axis[3], int sign[3]);
bool crop_view_is_flat(enum crop_view view); /* the views of CROP_2D_... */
/* Margin and size as they count for a view: {x, y, 1} and no margin in z where they do not. */
void crop_size(const struct crop_settings *settings, size_t size[3], size_t margin[3]);

#endif
