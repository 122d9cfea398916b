/* Distance from each voxel of a box to a region, exact within a reach.
 *
 * Separable: the squared Euclidean distance is a sum over axes, so the least of (squared distance along the earlier axes + squared step
 * along this one) taken axis by axis is the least over all voxels (Saito and Toriwaki, Pattern Recognition 27, 1994, 1551). With a bounded
 * reach each step looks at few neighbours, and whole rows are worked on at once. */
#ifndef HEPAR_IMAGE_DISTANCE_H
#define HEPAR_IMAGE_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* squared[i]: mm^2 from the centre of voxel i to the nearest centre of a voxel whose byte is `seed` != 0 (or == 0 when seed is false);
 * 0 there; INFINITY where it is more than reach_mm (>= 0). x fastest; n and spacing (mm) along x, y, z. Time grows with
 * voxels times reach over spacing. ERR_SYSTEM: no memory. */
bool distance_squared(const uint8_t *inside, bool seed, const size_t n[3], const double spacing[3], double reach_mm, float *squared, struct err *err);

#endif
