/* Two grids against each other: how far apart they are, and which index is which. */
#ifndef HEPAR_IMAGE_GRIDMAP_H
#define HEPAR_IMAGE_GRIDMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "image/volume.h"

/* Index on one grid -> index on the other: to = step * from + shift. */
struct grid_map {
    double step[3][3], shift[3];
};
struct grid_map grid_map_make(const struct grid *from, const struct grid *to);
void grid_map_apply(const struct grid_map *map, const double from[3], double to[3]);

bool grid_same_size(const struct grid *a, const struct grid *b);
/* How far the corner voxels of `grid` lie from the same corners of `reference`: the largest distance along an axis of
 * `reference`, in its voxels and in mm. Sizes must be equal. */
struct grid_gap {
    double voxels, mm;
};
struct grid_gap grid_corner_gap(const struct grid *grid, const struct grid *reference);

/* A placement without interpolation: axis j of `from` runs along axis `axis[j]` of `to`, forward or back, and voxel
 * index i along it lies at shift[axis[j]] + sign[j] * i. */
struct grid_placement {
    int axis[3], sign[3];
    double shift[3]; /* whole numbers, along the axes of `to` */
};
/* False when the axes differ by more than order and direction, or a corner of `from` is further than `voxels` from its place. */
bool grid_find_placement(const struct grid *from, const struct grid *to, double voxels, struct grid_placement *placement);
bool grid_placement_is_identity(const struct grid_placement *placement);

/* Adds which fields differ (size, spacing, direction, origin) and by how much (mm, voxels of the reference): "origin x is off by
 * 5 mm (5 voxels)". Nothing is added where they agree within `voxels`. */
void grid_describe_difference(const struct grid *grid, const struct grid *reference, double voxels, struct text *text);

/* The voxel whose centre is nearest to a continuous index (halves go up, as ITK does); false outside of the grid. */
bool grid_nearest(const struct grid *grid, const double index[3], size_t voxel[3]);

#endif
