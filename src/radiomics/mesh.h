/* The surface of a binary mask: marching cubes with vertices half way between voxel centres. */
#ifndef HEPAR_RADIOMICS_MESH_H
#define HEPAR_RADIOMICS_MESH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

struct mesh {
    double area;           /* mm^2 */
    double volume;         /* mm^3 under the surface */
    size_t vertex_n;
    int32_t (*vertex)[3];  /* x y z in half voxels, each once; owned by the arena */
};

/* mask: n[0] * n[1] * n[2] bytes, x fastest, non-zero inside; outside all around. false: out of memory. */
bool mesh_measure(const uint8_t *mask, const size_t n[3], const double spacing[3], struct arena *arena, struct mesh *mesh, struct err *err);

#endif
