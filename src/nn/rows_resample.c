/* Linear interpolation as a sum over rows: along each axis an output has a short list of (input, weight), PyTorch's
 * align_corners=False: the centre of output o lies at (o + 1/2) in / out - 1/2, cut at 0. The transpose has the lists turned round. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { BLOCK = 64 };

/* Entry e of the result's index i, first[i] <= e < first[i + 1]: index from[e] with weight[e]. */
struct axis {
    size_t *first, *from;
    float *weight;
};

struct resample_op {
    struct nn_op op;
    struct nn_shape from, to; /* as executed: turned round in the backward pass */
    struct axis axis[3];
    struct arena arena;
};

struct resample_run {
    const struct resample_op *op;
    const struct nn_args *args;
};

static void neighbours(size_t at, size_t from_n, size_t to_n, size_t near[2], double weight[2])
{
    double place = ((double)at + 0.5) * (double)from_n / (double)to_n - 0.5;
    place = place < 0 ? 0 : place;
    near[0] = (size_t)place < from_n ? (size_t)place : from_n - 1;
    near[1] = near[0] + 1 < from_n ? near[0] + 1 : near[0];
    weight[1] = place - (double)near[0];
    weight[0] = 1 - weight[1];
}

/* `from_n`, `to_n` in the forward direction. */
static bool make_axis(struct axis *axis, size_t from_n, size_t to_n, bool backward, struct arena *arena, struct err *err)
{
    size_t n = backward ? from_n : to_n;
    axis->first = arena_alloc(arena, n + 1, sizeof *axis->first, err);
    axis->from = axis->first == NULL ? NULL : arena_alloc(arena, 2 * to_n, sizeof *axis->from, err);
    axis->weight = axis->from == NULL ? NULL : arena_alloc(arena, 2 * to_n, sizeof *axis->weight, err);
    if (axis->weight == NULL)
        return false;
    size_t near[2], at = 0;
    double weight[2];
    if (!backward) {
        for (size_t i = 0; i < to_n; i++) {
            neighbours(i, from_n, to_n, near, weight);
            for (size_t k = 0; k < 2; k++, at++) {
                axis->from[at] = near[k];
                axis->weight[at] = (float)weight[k];
            }
            axis->first[i + 1] = at;
        }
        return true;
    }
    for (size_t i = 0; i < to_n; i++) {
        neighbours(i, from_n, to_n, near, weight);
        axis->first[near[0] + 1]++;
        axis->first[near[1] + 1]++;
    }
    for (size_t i = 0; i < n; i++)
        axis->first[i + 1] += axis->first[i];
    size_t *next = arena_alloc(arena, n + 1, sizeof *next, err);
    if (next == NULL)
        return false;
    memcpy(next, axis->first, (n + 1) * sizeof *next);
    for (size_t i = 0; i < to_n; i++) {
        neighbours(i, from_n, to_n, near, weight);
        for (size_t k = 0; k < 2; k++) {
            axis->from[next[near[k]]] = i;
            axis->weight[next[near[k]]++] = (float)weight[k];
        }
    }
    return true;
}

INLINE void row_body(const struct resample_op *op, const struct nn_args *args, size_t image, const size_t at[3], size_t row, bool half)
{
    const struct axis *az = &op->axis[0], *ay = &op->axis[1], *ax = &op->axis[2];
    size_t c = op->from.c;
    for (size_t first = 0; first < c; first += BLOCK) {
        size_t n = c - first < BLOCK ? c - first : BLOCK;
        float sum[BLOCK] = {0};
        for (size_t ez = az->first[at[0]]; ez < az->first[at[0] + 1]; ez++)
            for (size_t ey = ay->first[at[1]]; ey < ay->first[at[1] + 1]; ey++)
                for (size_t ex = ax->first[at[2]]; ex < ax->first[at[2] + 1]; ex++) {
                    float weight = az->weight[ez] * ay->weight[ey] * ax->weight[ex];
                    size_t from = ((image * op->from.z + az->from[ez]) * op->from.y + ay->from[ey]) * op->from.x + ax->from[ex];
                    const void *x = value_at(args->in[0], from * c + first, half);
                    for (size_t i = 0; i < n; i++)
                        sum[i] += weight * value_get(x, i, half);
                }
        for (size_t i = 0; i < n; i++)
            value_put(args->out[0], row * c + first + i, half, sum[i]);
    }
}
VECTOR static void row_f32(const struct resample_op *op, const struct nn_args *args, size_t image, const size_t at[3], size_t row)
{
    row_body(op, args, image, at, row, false);
}
VECTOR static void row_bf16(const struct resample_op *op, const struct nn_args *args, size_t image, const size_t at[3], size_t row)
{
    row_body(op, args, image, at, row, true);
}

static bool part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct resample_run *run = ctx;
    const struct nn_shape *to = &run->op->to;
    for (size_t line = begin; line < end; line++) {
        size_t at[3] = {line / to->y % to->z, line % to->y, 0}, image = line / to->y / to->z;
        for (; at[2] < to->x; at[2]++)
            (run->op->op.half ? row_bf16 : row_f32)(run->op, run->args, image, at, line * to->x + at[2]);
    }
    return true;
}

static bool resample(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct resample_run run = {(const struct resample_op *)made, args};
    const struct nn_shape *to = &run.op->to;
    return par_for(to->n * to->z * to->y, to->y, part, &run, err);
}

static void close_resample(struct nn_op *made)
{
    arena_free(&((struct resample_op *)made)->arena);
}

struct nn_op *rows_resample(const struct nn_backend *backend, const struct nn_shape *from, const struct nn_shape *to, bool backward, struct err *err)
{
    if (!fast_fits(from, err) || !fast_fits(to, err))
        return NULL;
    struct resample_op *op = fast_op_new(sizeof *op, backend, "rows", resample, err);
    if (op == NULL)
        return NULL;
    op->op.close = close_resample;
    op->from = backward ? *to : *from;
    op->to = backward ? *from : *to;
    const size_t from_n[3] = {from->z, from->y, from->x}, to_n[3] = {to->z, to->y, to->x};
    for (size_t i = 0; i < 3; i++)
        if (!make_axis(&op->axis[i], from_n[i], to_n[i], backward, &op->arena, err)) {
            fast_op_free(&op->op);
            return NULL;
        }
    return &op->op;
}
