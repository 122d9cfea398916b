/* A region of interest: the voxels of one label of a mask, kept as bytes of the box around them. */
#ifndef HEPAR_IMAGE_ROI_H
#define HEPAR_IMAGE_ROI_H

#include <stddef.h>
#include <stdint.h>

#include "image/volume.h"

struct roi {
    struct grid grid;  /* of the whole mask */
    size_t first[3];   /* the box's first voxel on it */
    size_t n[3];       /* the box's voxels; the region touches each of its sides */
    size_t count;      /* voxels of the region, at least 1 */
    uint8_t *inside;   /* n[0] * n[1] * n[2], x fastest: 1 in the region, else 0; owned */
};

/* Values are cut to whole numbers, as PyRadiomics does. `channel` is looked at for vector masks alone. ERR_INPUT: no such
 * channel, a mask of zeros, or a label that is not there (the line lists those that are). */
bool roi_of_label(const struct volume *mask, int64_t channel, int64_t label, struct roi *roi, struct err *err);
/* The voxels that lie nearest to the centres of another grid's voxels. ERR_INPUT when none is left. */
bool roi_resample(const struct roi *roi, const struct grid *grid, struct roi *out, struct err *err);
/* A region from bytes of a box on `grid`, cut to what is inside; the bytes are copied. ERR_INPUT when there are none. */
bool roi_from_box(const struct grid *grid, const size_t first[3], const size_t n[3], const uint8_t *inside, struct roi *out, struct err *err);
bool roi_has(const struct roi *roi, const double index[3]); /* nearest voxel of a continuous index */
void roi_free(struct roi *roi); /* a zeroed struct is fine */

/* Parts that touch by face, edge or corner (26 neighbours). SIZE_MAX with the error when memory is short. */
size_t roi_components(const struct roi *roi, struct err *err);
/* Mean index of the region's voxels on the mask's grid. */
void roi_center(const struct roi *roi, double index[3]);

#endif
