#include "image/resample.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "image/bspline.h"
#include "num/svd3.h"

static void matrix_of(const struct grid *grid, double m[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            m[i][j] = grid->direction[i][j] * grid->spacing[j];
}

struct index_map index_map_make(const struct grid *from, const struct grid *to)
{
    struct index_map map;
    double m[3][3];
    matrix_of(from, map.to_position);
    matrix_of(to, m);
    svd3_inverse(m, map.from_position);
    memcpy(map.from_origin, from->origin, sizeof map.from_origin);
    memcpy(map.to_origin, to->origin, sizeof map.to_origin);
    return map;
}

void index_map_apply(const struct index_map *map, const double from[3], double to[3])
{
    double offset[3];
    for (int i = 0; i < 3; i++) {
        double position = map->from_origin[i];
        for (int j = 0; j < 3; j++)
            position += map->to_position[i][j] * from[j];
        offset[i] = position - map->to_origin[i];
    }
    for (int i = 0; i < 3; i++)
        to[i] = map->from_position[i][0] * offset[0] + map->from_position[i][1] * offset[1] + map->from_position[i][2] * offset[2];
}

static bool inside_image(const struct grid *grid, const double index[3])
{
    for (int d = 0; d < 3; d++)
        if (!(index[d] >= -0.5 && index[d] < (double)grid->n[d] - 0.5))
            return false;
    return true;
}

/* How a value is read at a continuous index inside the image. */
struct reader {
    const struct volume *image;
    struct bspline spline;
};
typedef double read_fn(struct reader *reader, const double index[3]);

static double voxel_at(const struct volume *image, size_t x, size_t y, size_t z)
{
    return volume_at(image, x + image->grid.n[0] * (y + image->grid.n[1] * z));
}

static double read_nearest(struct reader *reader, const double index[3])
{
    size_t at[3];
    for (int d = 0; d < 3; d++) {
        double nearest = fmin(fmax(floor(index[d] + 0.5), 0), (double)reader->image->grid.n[d] - 1);
        at[d] = (size_t)nearest;
    }
    return voxel_at(reader->image, at[0], at[1], at[2]);
}

static double lerp(double a, double b, double t)
{
    return a + (b - a) * t;
}

static double read_linear(struct reader *reader, const double index[3])
{
    const struct volume *image = reader->image;
    size_t low[3], high[3];
    double t[3];
    for (int d = 0; d < 3; d++) {
        double base = fmax(floor(index[d]), 0);
        low[d] = (size_t)base;
        high[d] = low[d] + 1 < image->grid.n[d] ? low[d] + 1 : low[d];
        t[d] = fmax(index[d] - base, 0);
    }
    double plane[2];
    for (int k = 0; k < 2; k++) {
        size_t z = k == 0 ? low[2] : high[2];
        double y0 = lerp(voxel_at(image, low[0], low[1], z), voxel_at(image, high[0], low[1], z), t[0]);
        double y1 = lerp(voxel_at(image, low[0], high[1], z), voxel_at(image, high[0], high[1], z), t[0]);
        plane[k] = lerp(y0, y1, t[1]);
    }
    return lerp(plane[0], plane[1], t[2]);
}

static double read_bspline(struct reader *reader, const double index[3])
{
    return bspline_at(&reader->spline, index);
}

/* Clamped to the type's range, then cut: what a C cast does. */
static void store(struct volume *out, size_t voxel, double value)
{
#define STORE(TYPE, CTYPE, LOW, HIGH)                                                                                  \
    case TYPE:                                                                                                         \
        ((CTYPE *)out->voxels)[voxel] = value <= (double)(LOW) ? (CTYPE)(LOW) : value >= (double)(HIGH) ? (CTYPE)(HIGH) : (CTYPE)value; \
        return;
    switch (out->type) {
        STORE(VOXEL_U8, uint8_t, 0, UINT8_MAX)
        STORE(VOXEL_I8, int8_t, INT8_MIN, INT8_MAX)
        STORE(VOXEL_U16, uint16_t, 0, UINT16_MAX)
        STORE(VOXEL_I16, int16_t, INT16_MIN, INT16_MAX)
        STORE(VOXEL_U32, uint32_t, 0, UINT32_MAX)
        STORE(VOXEL_I32, int32_t, INT32_MIN, INT32_MAX)
        STORE(VOXEL_U64, uint64_t, 0, UINT64_MAX)
        STORE(VOXEL_I64, int64_t, INT64_MIN, INT64_MAX)
        STORE(VOXEL_F32, float, -FLT_MAX, FLT_MAX)
    case VOXEL_F64:
        ((double *)out->voxels)[voxel] = value;
        return;
    }
#undef STORE
}

/* ITK walks a line by its two ends' indices, the second one voxel behind the last. */
static void line_ends(const struct index_map *map, const struct grid *grid, size_t y, size_t z, double start[3], double end[3])
{
    index_map_apply(map, (const double[3]){0, (double)y, (double)z}, start);
    index_map_apply(map, (const double[3]){(double)grid->n[0], (double)y, (double)z}, end);
}

/* The range of indices that lie inside the image; empty (lowest > highest) when none does. */
static void index_range(const struct index_map *map, const struct grid *grid, const struct grid *image, double lowest[3], double highest[3])
{
    for (int d = 0; d < 3; d++) {
        lowest[d] = INFINITY;
        highest[d] = -INFINITY;
    }
    for (unsigned corner = 0; corner < 8; corner++) {
        double from[3], to[3];
        for (int d = 0; d < 3; d++)
            from[d] = corner >> d & 1 ? (double)grid->n[d] : 0;
        index_map_apply(map, from, to);
        for (int d = 0; d < 3; d++) {
            lowest[d] = fmin(lowest[d], to[d]);
            highest[d] = fmax(highest[d], to[d]);
        }
    }
    for (int d = 0; d < 3; d++) {
        lowest[d] = fmin(fmax(lowest[d], 0), (double)image->n[d] - 1);
        highest[d] = fmin(fmax(highest[d], 0), (double)image->n[d] - 1);
    }
}

static void fill(struct reader *reader, read_fn *read, const struct index_map *map, struct volume *out)
{
    const size_t *n = out->grid.n;
    size_t voxel = 0;
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            double start[3], end[3];
            line_ends(map, &out->grid, y, z, start, end);
            for (size_t x = 0; x < n[0]; x++, voxel++) {
                double along = (double)x / (double)n[0], index[3];
                for (int d = 0; d < 3; d++)
                    index[d] = start[d] + along * (end[d] - start[d]);
                if (inside_image(&reader->image->grid, index))
                    store(out, voxel, read(reader, index));
            }
        }
}

bool volume_resample(const struct volume *in, const struct grid *grid, enum interpolator method, struct volume *out, struct err *err)
{
    static read_fn *const readers[] = {
        [INTERPOLATE_NEAREST] = read_nearest, [INTERPOLATE_LINEAR] = read_linear, [INTERPOLATE_BSPLINE] = read_bspline,
    };
    assert(method != INTERPOLATE_NONE);
    struct index_map map = index_map_make(grid, &in->grid);
    struct reader reader = {.image = in};
    if (!volume_init(out, grid, in->type, 1, err))
        return false;
    if (method == INTERPOLATE_BSPLINE) {
        double lowest[3], highest[3];
        index_range(&map, grid, &in->grid, lowest, highest);
        if (!bspline_init(&reader.spline, in, lowest, highest, err)) {
            volume_free(out);
            return false;
        }
    }
    fill(&reader, readers[method], &map, out);
    bspline_free(&reader.spline);
    return true;
}
