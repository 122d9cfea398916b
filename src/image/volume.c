/* Volumes and their grids; see volume.h. Positions are LPS (mm): origin + direction * diag(spacing) * index. */
#include "image/volume.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static const double COS_MAX = 1e-3; /* two axes closer to a right angle than this make a rectangular grid */

static const struct {
    const char *name;
    size_t size;
} TYPES[] = {
    [VOXEL_U8] = {"uint8", 1},   [VOXEL_I8] = {"int8", 1},       [VOXEL_U16] = {"uint16", 2}, [VOXEL_I16] = {"int16", 2},
    [VOXEL_U32] = {"uint32", 4}, [VOXEL_I32] = {"int32", 4},     [VOXEL_U64] = {"uint64", 8}, [VOXEL_I64] = {"int64", 8},
    [VOXEL_F32] = {"float32", 4}, [VOXEL_F64] = {"float64", 8},
};

size_t voxel_type_size(enum voxel_type type)
{
    return TYPES[type].size;
}

const char *voxel_type_name(enum voxel_type type)
{
    return TYPES[type].name;
}

size_t grid_voxel_n(const struct grid *grid)
{
    return grid->n[0] * grid->n[1] * grid->n[2];
}

bool grid_set_steps(struct grid *grid, const double step[3][3], struct err *err)
{
    static const char AXIS[] = "xyz";
    for (int j = 0; j < 3; j++) {
        double length = sqrt(step[0][j] * step[0][j] + step[1][j] * step[1][j] + step[2][j] * step[2][j]);
        if (!isfinite(length))
            return err_set(err, ERR_INPUT, "geometry is not finite along image axis %c", AXIS[j]);
        if (!(length > 0))
            return err_set(err, ERR_INPUT, "spacing is zero along image axis %c", AXIS[j]);
        grid->spacing[j] = length;
        for (int i = 0; i < 3; i++)
            grid->direction[i][j] = step[i][j] / length;
    }
    for (int j = 0; j < 3; j++) {
        int k = (j + 1) % 3;
        double cosine = 0;
        for (int i = 0; i < 3; i++)
            cosine += grid->direction[i][j] * grid->direction[i][k];
        if (fabs(cosine) > COS_MAX)
            return err_set(err, ERR_INPUT, "sheared grid: the angle between image axes %c and %c is %.2f degrees, expected 90",
                           AXIS[j], AXIS[k], acos(fmax(-1, fmin(1, cosine))) * 180 / M_PI);
    }
    return true;
}

void grid_position(const struct grid *grid, const double index[3], double position[3])
{
    for (int i = 0; i < 3; i++) {
        position[i] = grid->origin[i];
        for (int j = 0; j < 3; j++)
            position[i] += grid->direction[i][j] * grid->spacing[j] * index[j];
    }
}

void grid_index(const struct grid *grid, const double position[3], double index[3])
{
    const double(*d)[3] = grid->direction;
    double p[3];
    for (int i = 0; i < 3; i++)
        p[i] = position[i] - grid->origin[i];
    /* Cramer's rule: axes may lean by up to COS_MAX, so the transpose is not the inverse. */
    double cofactor[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
            cofactor[i][j] = d[i1][j1] * d[i2][j2] - d[i1][j2] * d[i2][j1];
        }
    double determinant = d[0][0] * cofactor[0][0] + d[0][1] * cofactor[0][1] + d[0][2] * cofactor[0][2];
    for (int j = 0; j < 3; j++) {
        double sum = 0;
        for (int i = 0; i < 3; i++)
            sum += cofactor[i][j] * p[i];
        index[j] = sum / determinant / grid->spacing[j];
    }
}

bool volume_byte_n(const size_t n[3], enum voxel_type type, size_t channel_n, size_t *bytes)
{
    size_t product = TYPES[type].size;
    const size_t factor[4] = {n[0], n[1], n[2], channel_n};
    for (int i = 0; i < 4; i++)
        if (__builtin_mul_overflow(product, factor[i], &product))
            return false;
    *bytes = product;
    return product <= PTRDIFF_MAX;
}

bool volume_init_blank(struct volume *volume, const struct grid *grid, enum voxel_type type, size_t channel_n, struct err *err)
{
    size_t bytes;
    *volume = (struct volume){.grid = *grid, .type = type, .channel_n = channel_n};
    if (!volume_byte_n(grid->n, type, channel_n, &bytes))
        return err_set(err, ERR_SYSTEM, "out of memory: %zu x %zu x %zu voxels overflow", grid->n[0], grid->n[1], grid->n[2]);
    volume->voxels = mem_alloc(bytes, 1, err);
    return volume->voxels != NULL;
}

bool volume_init(struct volume *volume, const struct grid *grid, enum voxel_type type, size_t channel_n, struct err *err)
{
    if (!volume_init_blank(volume, grid, type, channel_n, err))
        return false;
    memset(volume->voxels, 0, grid_voxel_n(grid) * channel_n * TYPES[type].size);
    return true;
}

void volume_free(struct volume *volume)
{
    mem_free(volume->voxels);
    *volume = (struct volume){.voxels = NULL};
}

/* A switch over the voxel types: MACRO(enum name, C type) for each. */
#define FOR_EACH_TYPE(MACRO) \
    MACRO(VOXEL_U8, uint8_t) MACRO(VOXEL_I8, int8_t) MACRO(VOXEL_U16, uint16_t) MACRO(VOXEL_I16, int16_t) \
    MACRO(VOXEL_U32, uint32_t) MACRO(VOXEL_I32, int32_t) MACRO(VOXEL_U64, uint64_t) MACRO(VOXEL_I64, int64_t) \
    MACRO(VOXEL_F32, float) MACRO(VOXEL_F64, double)

double volume_at(const struct volume *volume, size_t voxel)
{
    size_t at = voxel * volume->channel_n;
    switch (volume->type) {
#define AT(name, ctype) \
    case name: \
        return (double)((const ctype *)volume->voxels)[at];
        FOR_EACH_TYPE(AT)
#undef AT
    }
    return NAN;
}

#define ROW(name, ctype) \
    case name: { \
        const ctype *from = (const ctype *)volume->voxels + first * step; \
        if (step == 1) \
            for (size_t i = 0; i < n; i++) \
                out[i] = (OUT)from[i]; \
        else \
            for (size_t i = 0; i < n; i++) \
                out[i] = (OUT)from[i * step]; \
        return; \
    }

#define OUT double
void volume_row(const struct volume *volume, size_t first, size_t n, double *out)
{
    size_t step = volume->channel_n;
    switch (volume->type) {
        FOR_EACH_TYPE(ROW)
    }
}
#undef OUT

#define OUT float
void volume_row_f32(const struct volume *volume, size_t first, size_t n, float *out)
{
    size_t step = volume->channel_n;
    switch (volume->type) {
        FOR_EACH_TYPE(ROW)
    }
}
#undef OUT
#undef ROW

void volume_box(const struct volume *volume, const size_t first[3], const size_t n[3], double *out)
{
    const size_t *size = volume->grid.n;
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            size_t at = first[0] + size[0] * (first[1] + y + size[1] * (first[2] + z));
            volume_row(volume, at, n[0], out + n[0] * (y + n[1] * z));
        }
}
