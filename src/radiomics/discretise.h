/* Grey levels: intensities to whole numbers from 1, as PyRadiomics bins them (imageoperations.getBinEdges). */
#ifndef HEPAR_RADIOMICS_DISCRETISE_H
#define HEPAR_RADIOMICS_DISCRETISE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "radiomics/params.h"
#include "radiomics/region.h"

enum { LEVEL_MAX = 1 << 24 }; /* more grey levels than this are refused */

/* Fills level[] (voxel_n) of the region, and level_max, level_n. Intensities inside must be finite. `single`: the image's
 * voxels are float32, so edges are computed in float32 where numpy does. ERR_INPUT: not finite, too many levels. */
bool discretise(const struct settings *settings, bool single, struct region *region, int32_t *level, struct arena *arena, struct err *err);

#endif
