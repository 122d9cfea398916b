/* A region as a feature class sees it: the box around the mask, preprocessed (resampled, normalised, resegmented)
 * and discretised. All arrays have voxel_n = n[0] * n[1] * n[2] elements, x fastest, then y, then z: PyRadiomics'
 * numpy arrays [z, y, x] in C order, so its array axis 0 is our z.
 *
 * Owned by the task's arena; a class only reads it. The box touches the mask on every side. */
#ifndef HEPAR_RADIOMICS_REGION_H
#define HEPAR_RADIOMICS_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "image/volume.h"

struct ranks;

struct region {
    struct grid grid;        /* of the box; grid.n, grid.spacing (mm) */
    size_t voxel_n;          /* voxels of the box */
    size_t inside_n;         /* voxels of the region, at least 1 */
    const uint8_t *mask;     /* 1 inside, 0 outside */
    const double *intensity; /* everywhere in the box, outside the region too; NULL for classes of the mask alone */
    const int32_t *level;    /* 1..level_max inside, 0 outside; NULL for classes of the mask alone */
    int32_t level_max;       /* Ng of PyRadiomics: the highest grey level that occurs */
    int32_t level_n;         /* distinct grey levels that occur; less than level_max when some are empty */
    const struct ranks *ranks; /* the lattice of `level`, which texture classes share; NULL: each makes its own */
};

#endif
