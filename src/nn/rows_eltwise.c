/* Addition, activation, dropout: one pass over memory. */
#include "base/pool.h"
#include "nn/dropout.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { PART = 1 << 15 };

struct eltwise_op {
    struct nn_op op;
    size_t n;
    struct act_limits act;
    bool flat; /* no activation */
    double p;
};

struct eltwise_run {
    const struct eltwise_op *op;
    const struct nn_args *args;
};

INLINE void add_body(const void *a, const void *b, void *y, size_t n, struct act_limits act, bool half)
{
    if (b == NULL) {
        INDEPENDENT
        for (size_t i = 0; i < n; i++)
            value_put(y, i, half, act_cut(value_get(a, i, half), act));
        return;
    }
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        value_put(y, i, half, act_cut(value_get(a, i, half) + value_get(b, i, half), act));
}
VECTOR static void add_f32(const void *a, const void *b, void *y, size_t n, struct act_limits act)
{
    add_body(a, b, y, n, act, false);
}
VECTOR static void add_bf16(const void *a, const void *b, void *y, size_t n, struct act_limits act)
{
    add_body(a, b, y, n, act, true);
}

INLINE void mask_body(const void *y, const void *dy, void *dx, size_t n, struct act_limits act, bool half)
{
    INDEPENDENT
    for (size_t i = 0; i < n; i++)
        value_put(dx, i, half, act_gradient(value_get(y, i, half), value_get(dy, i, half), act));
}
VECTOR static void mask_f32(const void *y, const void *dy, void *dx, size_t n, struct act_limits act)
{
    mask_body(y, dy, dx, n, act, false);
}
VECTOR static void mask_bf16(const void *y, const void *dy, void *dx, size_t n, struct act_limits act)
{
    mask_body(y, dy, dx, n, act, true);
}

static bool forward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct eltwise_run *run = ctx;
    bool half = run->op->op.half;
    const void *a = value_at(run->args->in[0], begin, half), *b = run->args->in[1] == NULL ? NULL : value_at(run->args->in[1], begin, half);
    (half ? add_bf16 : add_f32)(a, b, value_to(run->args->out[0], begin, half), end - begin, run->op->act);
    return true;
}

static bool backward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct eltwise_run *run = ctx;
    bool half = run->op->op.half;
    const void *dy = value_at(run->args->in[1], begin, half);
    void *dx = value_to(run->args->out[0], begin, half);
    if (!run->op->flat)
        (half ? mask_bf16 : mask_f32)(value_at(run->args->in[0], begin, half), dy, dx, end - begin, run->op->act);
    else if (dx != dy)
        memcpy(dx, dy, (end - begin) * (half ? 2 : 4));
    return true;
}

static bool dropout_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct eltwise_run *run = ctx;
    const struct eltwise_op *op = run->op;
    float by = (float)(1 / (1 - op->p));
    for (size_t block = begin; block < end; block++) {
        bool keep[DROPOUT_BLOCK];
        dropout_block(run->args->seed, op->p, block, keep);
        size_t first = block * DROPOUT_BLOCK, n = op->n - first < DROPOUT_BLOCK ? op->n - first : DROPOUT_BLOCK;
        for (size_t i = 0; i < n; i++) {
            float value = value_get(run->args->in[0], first + i, op->op.half);
            value_put(run->args->out[0], first + i, op->op.half, keep[i] ? value * by : 0);
        }
    }
    return true;
}

static bool eltwise_forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct eltwise_run run = {(const struct eltwise_op *)made, args};
    return par_for(run.op->n, PART, forward_part, &run, err);
}

static bool eltwise_backward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct eltwise_run run = {(const struct eltwise_op *)made, args};
    return par_for(run.op->n, PART, backward_part, &run, err);
}

static bool dropout(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct eltwise_run run = {(const struct eltwise_op *)made, args};
    return par_for((run.op->n + DROPOUT_BLOCK - 1) / DROPOUT_BLOCK, 16, dropout_part, &run, err);
}

static struct nn_op *make(const struct nn_backend *backend, size_t n, enum nn_act act, double p, fast_execute_fn *execute, struct err *err)
{
    struct eltwise_op *op = fast_op_new(sizeof *op, backend, "rows", execute, err);
    if (op == NULL)
        return NULL;
    op->n = n;
    op->act = act_limits(act);
    op->flat = act == NN_ACT_NONE;
    op->p = p;
    return &op->op;
}

struct nn_op *rows_eltwise_forward(const struct nn_backend *backend, size_t n, enum nn_act act, struct err *err)
{
    return make(backend, n, act, 0, eltwise_forward, err);
}

struct nn_op *rows_eltwise_backward(const struct nn_backend *backend, size_t n, enum nn_act act, struct err *err)
{
    return make(backend, n, act, 0, eltwise_backward, err);
}

struct nn_op *rows_dropout(const struct nn_backend *backend, size_t n, double p, struct err *err)
{
    return make(backend, n, NN_ACT_NONE, p, dropout, err);
}
