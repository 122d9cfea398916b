/* Occlusion by sliding cubes; see occlusion.h. */
#include "nn/occlusion.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

struct occlusion_settings occlusion_settings_for(const struct sample_shape *shape)
{
    size_t longest = shape->x > shape->y ? shape->x : shape->y;
    longest = shape->z > longest ? shape->z : longest;
    size_t side = longest / 4 < 2 ? 2 : longest / 4;
    return (struct occlusion_settings){side, side / 2};
}

/* A cube, cut at the input's edges: [begin, end) along z, y, x. */
struct cube {
    size_t begin[3], end[3];
};

/* Cubes whose scores are not known yet. */
struct sliding {
    const struct occlusion *of;
    size_t n;
    struct cube cube[OCCLUSION_BATCH];
    float *input;           /* OCCLUSION_BATCH inputs */
    double *sum, *cover;    /* [z][y][x] */
    double whole;           /* the score of the input as it is */
};

static size_t site_of(const struct sample_shape *shape, size_t z, size_t y, size_t x)
{
    return (z * shape->y + y) * shape->x + x;
}

/* Calls `row` for each row of sites along x. */
static void for_rows(const struct sample_shape *shape, const struct cube *cube, void (*row)(void *ctx, size_t site, size_t n), void *ctx)
{
    for (size_t z = cube->begin[0]; z < cube->end[0]; z++)
        for (size_t y = cube->begin[1]; y < cube->end[1]; y++)
            row(ctx, site_of(shape, z, y, cube->begin[2]), cube->end[2] - cube->begin[2]);
}

struct looking {
    const uint8_t *where;
    bool found;
};

static void look_row(void *ctx, size_t site, size_t n)
{
    struct looking *looking = ctx;
    looking->found = looking->found || memchr(looking->where + site, 1, n) != NULL;
}

struct covering {
    const struct occlusion *of;
    float *input;
};

static void cover_row(void *ctx, size_t site, size_t n)
{
    const struct covering *covering = ctx;
    size_t c_n = covering->of->shape.c;
    for (size_t s = site; s < site + n; s++)
        for (size_t c = 0; c < c_n; c++)
            if (!isnan(covering->of->fill[c]))
                covering->input[s * c_n + c] = covering->of->fill[c];
}

struct adding {
    double *to, value;
};

static void add_row(void *ctx, size_t site, size_t n)
{
    const struct adding *adding = ctx;
    for (size_t s = site; s < site + n; s++)
        adding->to[s] += adding->value;
}

static bool score_cubes(struct sliding *sliding, struct err *err)
{
    double score[OCCLUSION_BATCH];
    const struct occlusion *of = sliding->of;
    if (sliding->n > 0 && !of->score(of->ctx, sliding->input, sliding->n, score, err))
        return false;
    for (size_t k = 0; k < sliding->n; k++) {
        struct adding drop = {sliding->sum, sliding->whole - score[k]};
        for_rows(&of->shape, &sliding->cube[k], add_row, &drop);
    }
    sliding->n = 0;
    return true;
}

static bool take_cube(struct sliding *sliding, const struct cube *cube, uint8_t *where, struct err *err)
{
    const struct occlusion *of = sliding->of;
    size_t value_n = sample_value_n(&of->shape);
    struct adding cover = {sliding->cover, 1};
    struct looking looking = {where, where == NULL};
    for_rows(&of->shape, cube, add_row, &cover);
    if (where != NULL)
        for_rows(&of->shape, cube, look_row, &looking);
    if (!looking.found)
        return true;
    struct covering covering = {of, sliding->input + sliding->n * value_n};
    memcpy(covering.input, of->input, value_n * sizeof *covering.input);
    for_rows(&of->shape, cube, cover_row, &covering);
    sliding->cube[sliding->n++] = *cube;
    return sliding->n < OCCLUSION_BATCH || score_cubes(sliding, err);
}

/* Cubes along one axis of n voxels: the first begins before it, so that every voxel is covered by as many. */
static void span(ptrdiff_t at, size_t side, size_t n, size_t *begin, size_t *end)
{
    ptrdiff_t behind = at + (ptrdiff_t)side;
    *begin = at < 0 ? 0 : (size_t)at;
    *end = behind > (ptrdiff_t)n ? n : (size_t)behind;
}

static bool slide(struct sliding *sliding, const struct occlusion_settings *settings, uint8_t *where, struct err *err)
{
    const struct sample_shape *shape = &sliding->of->shape;
    ptrdiff_t step = (ptrdiff_t)settings->step, first = step - (ptrdiff_t)settings->side;
    bool flat = shape->z == 1;
    for (ptrdiff_t z = flat ? 0 : first; z < (ptrdiff_t)shape->z; z += step)
        for (ptrdiff_t y = first; y < (ptrdiff_t)shape->y; y += step)
            for (ptrdiff_t x = first; x < (ptrdiff_t)shape->x; x += step) {
                struct cube cube;
                span(z, flat ? 1 : settings->side, shape->z, &cube.begin[0], &cube.end[0]);
                span(y, settings->side, shape->y, &cube.begin[1], &cube.end[1]);
                span(x, settings->side, shape->x, &cube.begin[2], &cube.end[2]);
                if (!take_cube(sliding, &cube, where, err))
                    return false;
            }
    return score_cubes(sliding, err);
}

bool occlusion_map(const struct occlusion *occlusion, const struct occlusion_settings *settings, float *map, double *score, struct err *err)
{
    if (settings->side == 0 || settings->step == 0 || settings->step > settings->side)
        return err_set(err, ERR_USAGE, "occlusion: a cube of %zu voxels moved by %zu, expected at least 1, moved by at most its side", settings->side, settings->step);
    size_t value_n = sample_value_n(&occlusion->shape), site_n = value_n / occlusion->shape.c;
    struct sliding sliding = {.of = occlusion};
    uint8_t *where = NULL;
    bool done = (sliding.input = mem_alloc(OCCLUSION_BATCH, value_n * sizeof *sliding.input, err)) != NULL &&
                (sliding.sum = mem_zero(site_n, sizeof *sliding.sum, err)) != NULL && (sliding.cover = mem_zero(site_n, sizeof *sliding.cover, err)) != NULL &&
                (occlusion->where == NULL || (where = mem_alloc(site_n, sizeof *where, err)) != NULL);
    for (size_t s = 0; done && where != NULL && s < site_n; s++)
        where[s] = occlusion->where[s] != 0;
    done = done && occlusion->score(occlusion->ctx, occlusion->input, 1, &sliding.whole, err) && slide(&sliding, settings, where, err);
    for (size_t s = 0; done && s < site_n; s++)
        map[s] = (float)(sliding.sum[s] / sliding.cover[s]);
    if (done)
        *score = sliding.whole;
    mem_free(sliding.input);
    mem_free(sliding.sum);
    mem_free(sliding.cover);
    mem_free(where);
    return done || err_add(err, "occlusion");
}
