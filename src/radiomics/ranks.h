/* The lattice that all texture matrices are counted on: a region's grey levels as dense ranks, with a margin.
 *
 * Ranks 1..level_n number the grey levels that occur (empty levels cost nothing), 0 stands outside the region. The
 * margin of zeros is as wide as the longest step, so a kernel looks at any neighbour without a bounds check: outside
 * the box is like outside the region. Rows share their margin with the next row, slices with the next slice. */
#ifndef HEPAR_RADIOMICS_RANKS_H
#define HEPAR_RADIOMICS_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "radiomics/params.h"
#include "radiomics/region.h"

struct ranks {
    size_t n[3];           /* voxels of the box along x, y, z */
    size_t stride[3];      /* cells between neighbours along x, y, z */
    size_t first;          /* cell of the box's voxel (0, 0, 0) */
    size_t cell_n;         /* cells with margins */
    const uint16_t *rank;  /* cell_n ranks */
    size_t voxel_n;        /* voxels of the region */
    const uint32_t *voxel; /* their cells, x fastest, then y, then z */
    size_t level_n;        /* grey levels that occur */
    const double *level;   /* level[1..level_n], ascending; level[0] is 0 */
    double level_max;      /* PyRadiomics' Ng */
};

/* From a voxel to a neighbour. */
struct direction {
    int32_t step[3];  /* x, y, z, in voxels */
    ptrdiff_t offset; /* the same in cells */
};

/* Margin: the longest of the distances, at least 1. Memory: arena. ERR_INPUT when more than 65,535 grey levels occur
 * or the box has 2^32 cells. */
bool ranks_make(const struct region *region, const struct settings *settings, struct ranks *ranks, struct arena *arena, struct err *err);

/* The region's own lattice where it has one, else a new one. */
bool ranks_of(const struct region *region, const struct settings *settings, struct ranks *ranks, struct arena *arena, struct err *err);

/* Position in voxel[] behind the last voxel that lies in one row (of x) with voxel[v]. */
size_t ranks_row_end(const struct ranks *ranks, size_t v);

/* The directions PyRadiomics' build_angles() makes for Chebyshev distances distance[0..distance_n-1], within the plane
 * where force_2d asks for it; steps that no two voxels of the box are apart are left out. In its order: z slowest,
 * from positive to negative. directions_half(): one of each pair of opposite ones; directions_all(): both. */
bool directions_half(const struct ranks *ranks, const struct settings *settings, const int32_t *distance, size_t distance_n,
                     struct direction **direction, size_t *n, struct arena *arena, struct err *err);
bool directions_all(const struct ranks *ranks, const struct settings *settings, const int32_t *distance, size_t distance_n,
                    struct direction **direction, size_t *n, struct arena *arena, struct err *err);

/* Length of a step in mm by the norm; 1 for WEIGHT_EQUAL and WEIGHT_EACH_ANGLE. */
double direction_length(const struct direction *direction, const double spacing[3], enum weighting norm);

#endif
