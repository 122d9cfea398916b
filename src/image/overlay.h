/* A slice of the CT with the region's outline on it, for eyes. */
#ifndef HEPAR_IMAGE_OVERLAY_H
#define HEPAR_IMAGE_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "image/roi.h"
#include "image/volume.h"

enum { OVERLAY_SIDE = 224, OVERLAY_OUTLINE = 255 };

/* The slice with the most voxels of the region, as palette indices: 0..254 grey, OVERLAY_OUTLINE the outline. */
struct overlay {
    size_t width, height; /* 1..OVERLAY_SIDE; 0: none */
    uint8_t *pixel;       /* owned; width * height, from the top (anterior) row, patient's right on the left */
    size_t slice;         /* 0-based along z */
};

/* The slice (along z) with the most voxels of the region; the first of equals. The region is on the image's grid. Window: centre and
 * width in the image's units; width 0 chooses: 40/400 where values look like HU, else the slice's own range. */
bool overlay_draw(const struct volume *image, const struct roi *region, double centre, double width, struct overlay *overlay, struct err *err);
/* The same slice and frame, with a map laid over the greys: `map` lies on the image's grid, `high` (> 0) is shown hottest, what is not
 * above a twentieth of it not at all. Indices are those of overlay_map_palette(). */
bool overlay_draw_map(const struct volume *image, const struct roi *region, const struct volume *map, double high, struct overlay *overlay, struct err *err);
void overlay_free(struct overlay *overlay); /* a zeroed struct is fine */
/* Red, green, blue of each index. */
void overlay_palette(uint8_t palette[256][3]);
/* 95 greys, then OVERLAY_HEATS heats of 16 greys each, then the outline. */
enum { OVERLAY_HEATS = 10 };
void overlay_map_palette(uint8_t palette[256][3]);
void overlay_heat_colour(double heat, uint8_t colour[3]); /* 0..1: the pure colour, without an image under it */

#endif
