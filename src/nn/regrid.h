/* A volume on another grid, for networks: linear interpolation, and where the new grid is coarser than 1.5 times the old one along
 * an axis, the mean of the linear interpolant over the width of a new voxel (no aliasing; a ramp stays a ramp).
 *
 * Grids with parallel axes in any order and direction, the usual case, go axis by axis with precomputed weights; others voxel by
 * voxel, the mean taken over ceil(ratio) points an axis. */
#ifndef HEPAR_NN_REGRID_H
#define HEPAR_NN_REGRID_H

#include <stdbool.h>
#include <stddef.h>

#include "image/volume.h"

enum regrid_edge {
    REGRID_IMAGE, /* up to half a voxel outside of the outer voxels' centres: the outer voxel; farther: the value `outside` */
    REGRID_MASK   /* voxels outside are 0; `outside` is not looked at */
};

struct regrid {
    enum regrid_edge edge;
    bool smooth[3]; /* axis of the new grid: the mean is taken where it is coarser than 1.5 */
    float outside;  /* also what is not finite becomes */
};

/* out[z][y][x] on `grid`, channel 0 of `from`. *inside_n: new voxels whose centres lie in `from`'s voxels. ERR_SYSTEM: no memory. */
bool regrid_volume(const struct volume *from, const struct grid *grid, const struct regrid *how, float *out, size_t *inside_n, struct err *err);

#endif
