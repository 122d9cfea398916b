/* The masks of a crop: from how much of each sample voxel a region fills to signed distances, and blanking beyond a distance. */
#ifndef HEPAR_NN_CROP_MASK_H
#define HEPAR_NN_CROP_MASK_H

#include "nn/crop.h"

/* A mask on a grid that holds the crop's and `more[a]` voxels more a side. */
struct crop_mask {
    struct grid grid;
    size_t more[3];
    uint8_t *inside; /* owned; [z][y][x], 0 or 1 */
    bool tiny;       /* no voxel was half filled: the fullest was taken */
};
/* ERR_INPUT: no voxel of `grid` holds any of the region. */
bool crop_mask_of_region(const struct roi *region, const struct grid *grid, const size_t more[3], bool flat, struct crop_mask *mask, struct err *err);
void crop_mask_free(struct crop_mask *mask);

/* Writes the signed distances into the crop's lane phase_n + number, and gives phases first..first+n-1 their low value farther than
 * blank_mm from the region. flat: within slices. */
bool crop_mask_write(const struct crop_mask *mask, bool flat, double blank_mm, size_t number, size_t first, size_t n, struct crop *crop,
                     struct err *err);

#endif
