/* From an image and a mask to regions that feature classes read, in PyRadiomics' order: label, normalisation (over the
 * whole image), resampling, mask geometry, size checks, resegmentation (radiomics/featureextractor.py, execute()).
 * Under a mask policy of hepar's own the label is first brought onto the image's grid (image/maskfit.h), so that mask
 * geometry has nothing left to say.
 *
 * The image is never converted as a whole: what is read as double is the box that is needed. */
#ifndef HEPAR_RADIOMICS_PREPARE_H
#define HEPAR_RADIOMICS_PREPARE_H

#include "base/notes.h"
#include "image/roi.h"
#include "radiomics/params.h"
#include "radiomics/region.h"

/* An image whose intensities are (stored + shift) * scale, clipped to +-clip, times factor. */
struct view {
    const struct volume *image;
    bool mapped; /* false: the stored values themselves */
    double shift, scale, clip, factor;
};

struct prepared {
    struct view view;        /* what features are computed on */
    struct volume resampled; /* owns the voxels behind the view where it was resampled; zeroed else */
    struct roi original;     /* the label as it stands in the mask; under a policy of hepar's own zeroed without additionalInfo */
    struct roi fitted;       /* zeroed unless there is a policy of hepar's own: the label on the image's grid */
    struct roi interpolated; /* zeroed unless resampled */
    struct roi corrected;    /* zeroed unless the mask had to be brought onto the image's grid */
    struct roi resegmented;  /* zeroed unless resegmentRange is set */
    struct roi cut;          /* the region before resegmentation, cut to the box after it: PyRadiomics crops shapes so */
    const struct roi *shape; /* one of the above: what shape classes see */
    const struct roi *roi;   /* what the other classes see */
    struct notes notes;      /* what was done to the mask, and what is odd about it */
};

/* `image` and `mask` are borrowed and must outlive `prepared`. ERR_INPUT where PyRadiomics refuses. */
bool prepare(const struct settings *settings, const struct volume *image, const struct volume *mask, struct prepared *prepared, struct err *err);
void prepared_free(struct prepared *prepared);

/* Intensities of the box first..first+n-1 of the view. */
void view_box(const struct view *view, const size_t first[3], const size_t n[3], double *out);
/* Whether the roi's grid is the image's within ITK's tolerance: corner, spacing and direction. */
bool grids_match(const struct grid *image, const struct grid *mask, double tolerance, struct err *why);

/* The box around `roi`, without intensities; borrows its bytes. */
struct region region_of_mask(const struct roi *roi);
/* The same with intensities and grey levels, whose arrays are the arena's. */
bool region_of_image(const struct settings *settings, const struct prepared *prepared, struct region *region, struct arena *arena, struct err *err);

#endif
