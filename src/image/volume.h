/* A volume: voxels on a grid in the patient's LPS frame (mm).
 *
 * Voxels keep the type of the file (after its scaling: F64 where a slope or intercept applies), x fastest,
 * then y, then z. Integer types matter: PyRadiomics resamples an integer image by cutting fractions off. */
#ifndef HEPAR_IMAGE_VOLUME_H
#define HEPAR_IMAGE_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum voxel_type { VOXEL_U8, VOXEL_I8, VOXEL_U16, VOXEL_I16, VOXEL_U32, VOXEL_I32, VOXEL_U64, VOXEL_I64, VOXEL_F32, VOXEL_F64 };

struct grid {
    size_t n[3];            /* voxels along x, y, z; at least 1 each */
    double spacing[3];      /* mm between voxel centres, > 0 */
    double origin[3];       /* LPS position (mm) of the centre of voxel (0, 0, 0) */
    double direction[3][3]; /* direction[i][j]: component i of the unit vector along image axis j */
};

struct volume {
    struct grid grid;
    enum voxel_type type;
    size_t channel_n; /* 1, but for vector masks; channel is the fastest index in `voxels` */
    void *voxels;     /* owned; n[0] * n[1] * n[2] * channel_n values of `type` */
};

size_t voxel_type_size(enum voxel_type type);
const char *voxel_type_name(enum voxel_type type); /* "int16", "float64", ... */
size_t grid_voxel_n(const struct grid *grid);
/* Spacing and direction from the steps of the image axes: step[i][j] is component i (LPS, mm) of one voxel along
 * axis j. ERR_INPUT when a step is not finite or zero, or two axes are not at right angles (|cos| > 1e-3). */
bool grid_set_steps(struct grid *grid, const double step[3][3], struct err *err);
/* LPS position of a continuous index, and back. */
void grid_position(const struct grid *grid, const double index[3], double position[3]);
void grid_index(const struct grid *grid, const double position[3], double index[3]);

/* Voxels are zero; refuses sizes whose bytes overflow or exceed memory (ERR_SYSTEM). */
bool volume_init(struct volume *volume, const struct grid *grid, enum voxel_type type, size_t channel_n, struct err *err);
/* The same without filling: every voxel must be written by the caller. */
bool volume_init_blank(struct volume *volume, const struct grid *grid, enum voxel_type type, size_t channel_n, struct err *err);
void volume_free(struct volume *volume); /* a zeroed struct is fine */
/* The bytes of the voxels; false when the product does not fit. */
bool volume_byte_n(const size_t n[3], enum voxel_type type, size_t channel_n, size_t *bytes);
double volume_at(const struct volume *volume, size_t voxel); /* channel 0 as double; 64-bit integers may round */
/* Channel 0 of the n voxels from number `first` on, in storage order, as doubles. */
void volume_row(const struct volume *volume, size_t first, size_t n, double *out);
void volume_row_f32(const struct volume *volume, size_t first, size_t n, float *out); /* the same, rounded to float */
/* Channel 0 of the box first..first+n-1 as doubles, x fastest, into out[n[0]*n[1]*n[2]]. */
void volume_box(const struct volume *volume, const size_t first[3], const size_t n[3], double *out);

#endif
