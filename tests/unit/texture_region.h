/* Small regions for the texture tests: given level by level, or random with ties, holes and empty levels, and the
 * neighbourhood of the definition: every pair of voxels at a Chebyshev distance, with no margin and no list. */
#ifndef HEPAR_TESTS_UNIT_TEXTURE_REGION_H
#define HEPAR_TESTS_UNIT_TEXTURE_REGION_H

#include <math.h>

#include "base/rng.h"
#include "radiomics/class.h"
#include "tap.h"

#define TEXTURE_VOXELS 4096

struct texture {
    struct region region;
    struct settings settings;
    int32_t level[TEXTURE_VOXELS], distance[3];
    uint8_t mask[TEXTURE_VOXELS];
    bool wanted[32];
    double value[32];
    const char *reason[32];
};

static inline void texture_settle(struct texture *t, size_t nx, size_t ny, size_t nz)
{
    t->region.grid = (struct grid){.n = {nx, ny, nz}, .spacing = {0.5, 0.75, 1.5}};
    t->region.voxel_n = nx * ny * nz;
    t->region.mask = t->mask;
    t->region.level = t->level;
    for (size_t v = 0; v < t->region.voxel_n; v++) {
        t->mask[v] = t->level[v] > 0;
        t->region.inside_n += t->mask[v];
        if (t->level[v] > t->region.level_max)
            t->region.level_max = t->level[v];
    }
    t->distance[0] = 1;
    t->settings.distance = t->distance;
    t->settings.distance_n = 1;
    t->settings.symmetrical_glcm = true;
}

/* level[nx * ny * nz], 0 outside. */
static inline struct texture *texture_given(size_t nx, size_t ny, size_t nz, const int32_t *level)
{
    struct texture *t = test_calloc(1, sizeof *t);
    memcpy(t->level, level, nx * ny * nz * sizeof *level);
    texture_settle(t, nx, ny, nz);
    return t;
}

/* Levels `step`, 2 `step`, ... of at most level_n, three quarters inside, often equal to the voxel before. */
static inline struct texture *texture_random(uint64_t seed, size_t nx, size_t ny, size_t nz, size_t level_n, int32_t step)
{
    struct texture *t = test_calloc(1, sizeof *t);
    struct rng rng = rng_make(seed, "test.texture", nx, ny);
    for (size_t v = 0; v < nx * ny * nz; v++) {
        int32_t fresh = step * (int32_t)(1 + rng_below(&rng, level_n));
        bool tie = v > 0 && t->level[v - 1] > 0 && rng_below(&rng, 3) == 0;
        t->level[v] = rng_below(&rng, 4) == 0 ? 0 : tie ? t->level[v - 1] : fresh;
    }
    t->level[0] = step;
    texture_settle(t, nx, ny, nz);
    return t;
}

static inline void texture_compute(struct texture *t, const struct feature_class *kind)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    for (size_t f = 0; f < 32; f++) {
        t->wanted[f] = true;
        t->value[f] = NAN;
        t->reason[f] = NULL;
    }
    struct class_values out = {t->wanted, t->value, t->reason};
    bool ok = kind->compute(&t->region, &t->settings, &out, &arena, &err);
    arena_free(&arena);
    if (!ok)
        fail_msg("%s", err.text);
}

static inline double texture_value(const struct texture *t, const struct feature_class *kind, const char *name)
{
    size_t row = feature_find(kind, name);
    assert_true(row < kind->feature_n);
    return t->value[row];
}

static inline const char *texture_reason(const struct texture *t, const struct feature_class *kind, const char *name)
{
    size_t row = feature_find(kind, name);
    assert_true(row < kind->feature_n && t->reason[row] != NULL);
    return t->reason[row];
}

/* Level at a voxel; 0 outside of region and box. */
static inline int32_t texture_at(const struct texture *t, int x, int y, int z)
{
    const size_t *n = t->region.grid.n;
    if (x < 0 || y < 0 || z < 0 || x >= (int)n[0] || y >= (int)n[1] || z >= (int)n[2])
        return 0;
    return t->level[(size_t)x + n[0] * ((size_t)y + n[1] * (size_t)z)];
}

/* Is (dx, dy, dz) a neighbour by the settings' distances and plane? */
static inline bool texture_near(const struct texture *t, int dx, int dy, int dz)
{
    int step[3] = {dx, dy, dz}, longest = 0;
    for (int axis = 0; axis < 3; axis++)
        longest = abs(step[axis]) > longest ? abs(step[axis]) : longest;
    if (t->settings.force_2d && step[2 - t->settings.force_2d_axis] != 0)
        return false;
    for (size_t k = 0; k < t->settings.distance_n; k++)
        if (t->settings.distance[k] == longest)
            return true;
    return false;
}

/* One of each pair of opposite steps: the one whose last non-zero of x, y, z is positive. */
static inline bool texture_forward(int dx, int dy, int dz)
{
    return dz > 0 || (dz == 0 && (dy > 0 || (dy == 0 && dx > 0)));
}

static inline double texture_step_mm(const struct texture *t, int dx, int dy, int dz)
{
    double x = abs(dx) * t->region.grid.spacing[0], y = abs(dy) * t->region.grid.spacing[1], z = abs(dz) * t->region.grid.spacing[2];
    switch (t->settings.weighting) {
    case WEIGHT_EUCLIDEAN: return sqrt(x * x + y * y + z * z);
    case WEIGHT_MANHATTAN: return x + y + z;
    case WEIGHT_INFINITY: return fmax(x, fmax(y, z));
    default: return 1;
    }
}

#define REACH 3
#define for_each_voxel(t, x, y, z)                           \
    for (int z = 0; z < (int)(t)->region.grid.n[2]; z++)     \
        for (int y = 0; y < (int)(t)->region.grid.n[1]; y++) \
            for (int x = 0; x < (int)(t)->region.grid.n[0]; x++)
#define for_each_step(dx, dy, dz)                   \
    for (int dz = -REACH; dz <= REACH; dz++)        \
        for (int dy = -REACH; dy <= REACH; dy++)    \
            for (int dx = -REACH; dx <= REACH; dx++)

/* Equal to 1e-10 relatively, 1e-12 absolutely; NaN equals NaN. */
static inline void assert_same(const char *name, double got, double expected)
{
    if (isnan(got) && isnan(expected))
        return;
    if (!(fabs(got - expected) <= 1e-12 + 1e-10 * fmax(fabs(got), fabs(expected))))
        fail_msg("%s: %.17g, expected %.17g", name, got, expected);
}

/* The twin of the sixteen sums: P[level][size] as plain numbers. */
#define SIZES 1024
struct plain_matrix {
    double P[32][SIZES];
};

static inline double plain_size_sum(const struct plain_matrix *m, const char *what)
{
    double N = 0, voxels = 0, sum = 0, mean_i = 0, mean_j = 0;
    for (int i = 1; i < 32; i++)
        for (int j = 1; j < SIZES; j++) {
            N += m->P[i][j];
            voxels += m->P[i][j] * j;
        }
    for (int i = 1; i < 32; i++)
        for (int j = 1; j < SIZES; j++) {
            mean_i += m->P[i][j] / N * i;
            mean_j += m->P[i][j] / N * j;
        }
    if (strcmp(what, "percentage") == 0)
        return N / voxels;
    if (strncmp(what, "level uniformity", 16) == 0 || strncmp(what, "size uniformity", 15) == 0) {
        bool by_level = what[0] == 'l';
        for (int a = 1; a < (by_level ? 32 : SIZES); a++) {
            double marginal = 0;
            for (int b = 1; b < (by_level ? SIZES : 32); b++)
                marginal += by_level ? m->P[a][b] : m->P[b][a];
            sum += marginal * marginal;
        }
        return strstr(what, "normalized") ? sum / (N * N) : sum / N;
    }
    for (int i = 1; i < 32; i++)
        for (int j = 1; j < SIZES; j++) {
            double P = m->P[i][j], p = P / N, i2 = (double)i * i, j2 = (double)j * j;
            if (P == 0)
                continue;
            sum += strcmp(what, "entropy") == 0          ? -p * log2(p)
                   : strcmp(what, "level variance") == 0 ? p * (i - mean_i) * (i - mean_i)
                   : strcmp(what, "size variance") == 0  ? p * (j - mean_j) * (j - mean_j)
                   : strcmp(what, "small") == 0          ? p / j2
                   : strcmp(what, "large") == 0          ? p * j2
                   : strcmp(what, "low") == 0            ? p / i2
                   : strcmp(what, "high") == 0           ? p * i2
                   : strcmp(what, "small low") == 0      ? p / i2 / j2
                   : strcmp(what, "small high") == 0     ? p * i2 / j2
                   : strcmp(what, "large low") == 0      ? p * j2 / i2
                   : strcmp(what, "large high") == 0     ? p * i2 * j2
                                                         : NAN;
        }
    return sum;
}

/* Regions under the settings that every class knows: 2D along each axis, and one to three distances; level_n levels. */
static inline void texture_each_setting(void (*compare)(struct texture *t), size_t level_n)
{
    for (int axis = 0; axis < 3; axis++) {
        struct texture *t = texture_random(7, 8, 7, 6, 6, 2);
        t->settings.force_2d = true;
        t->settings.force_2d_axis = axis;
        compare(t);
    }
    for (size_t n = 1; n <= 3; n++) {
        struct texture *t = texture_random(8 + n, 7, 6, 5, level_n, 4);
        for (size_t k = 0; k < n; k++)
            t->distance[k] = (int32_t)(3 - k);
        t->settings.distance_n = n;
        compare(t);
    }
}

#endif
