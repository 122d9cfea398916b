/* Resampling onto another grid, voxel for voxel as SimpleITK's ResampleImageFilter does it with PyRadiomics'
 * settings: identity transform, 0 outside the image, output in the input's voxel type. For an integer type ITK
 * clamps and then CUTS the fraction off (no rounding), which is kept here.
 *
 * B-spline: order 3, mirror boundaries, coefficients by Unser's recursive filter (IEEE Trans Sig Proc 41, 1993, 821)
 * in double. Only a box around the voxels that are read is filtered; beyond its margin the recursion's
 * pole, 3^(1/2) - 2, leaves less than 1e-27 of a voxel. */
#ifndef HEPAR_IMAGE_RESAMPLE_H
#define HEPAR_IMAGE_RESAMPLE_H

#include "image/volume.h"

enum interpolator { INTERPOLATE_NONE, INTERPOLATE_NEAREST, INTERPOLATE_LINEAR, INTERPOLATE_BSPLINE };

/* The affine map between the indices of two grids in ITK's order of operations: position = origin + M index. */
struct index_map {
    double to_position[3][3], from_position[3][3];
    double from_origin[3], to_origin[3];
};
struct index_map index_map_make(const struct grid *from, const struct grid *to);
/* Continuous index on `to` of the continuous index on `from`. */
void index_map_apply(const struct index_map *map, const double from[3], double to[3]);

/* out: a new volume on `grid` with in's voxel type (one channel). method: not INTERPOLATE_NONE. */
bool volume_resample(const struct volume *in, const struct grid *grid, enum interpolator method, struct volume *out, struct err *err);

#endif
