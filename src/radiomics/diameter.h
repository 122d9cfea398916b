/* Largest distances between points of a lattice: exact, but far from all pairs. */
#ifndef HEPAR_RADIOMICS_DIAMETER_H
#define HEPAR_RADIOMICS_DIAMETER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

/* Points x y z in half voxels. in_plane[d]: the largest distance (mm) between two points that share coordinate d;
 * overall: between any two. 0 where there is no pair. Scratch memory from `arena`. false: out of memory. */
bool diameters_of(const int32_t (*point)[3], size_t n, const double spacing[3], struct arena *arena, double in_plane[3], double *overall, struct err *err);

#endif
