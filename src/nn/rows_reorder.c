/* Channels of one array into another: concatenation, padding by channels, and the way back. */
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { PART = 1 << 14 };

struct reorder_op {
    struct nn_op op;
    size_t row_n, from_c, from_first, to_c, to_first, n;
};

struct reorder_run {
    const struct reorder_op *op;
    const struct nn_args *args;
};

static bool part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct reorder_run *run = ctx;
    const struct reorder_op *op = run->op;
    bool half = op->op.half;
    for (size_t row = begin; row < end; row++)
        memcpy(value_to(run->args->out[0], row * op->to_c + op->to_first, half),
               value_at(run->args->in[0], row * op->from_c + op->from_first, half), op->n * (half ? 2 : 4));
    return true;
}

VECTOR static void widen(const uint16_t *restrict from, float *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = bf16_to_f32(from[i]);
}

void rows_widen(const uint16_t *restrict from, float *restrict to, size_t n)
{
    widen(from, to, n);
}

static bool reorder(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct reorder_run run = {(const struct reorder_op *)made, args};
    return par_for(run.op->row_n, PART / run.op->n + 1, part, &run, err);
}

struct nn_op *rows_reorder(const struct nn_backend *backend, const struct nn_shape *from, size_t from_first, const struct nn_shape *to, size_t to_first,
                           size_t n, struct err *err)
{
    if (!fast_fits(from, err) || !fast_fits(to, err))
        return NULL;
    struct reorder_op *op = fast_op_new(sizeof *op, backend, "rows", reorder, err);
    if (op == NULL)
        return NULL;
    op->row_n = nn_shape_value_n(from) / from->c;
    op->from_c = from->c;
    op->from_first = from_first;
    op->to_c = to->c;
    op->to_first = to_first;
    op->n = n;
    return &op->op;
}
