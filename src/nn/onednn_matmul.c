/* Matrix products: blocks of C's rows as parts. bf16 operands pass through f32: products here are small (linear layers). */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/onednn_gemm.h"
#include "nn/rows.h"

enum { PART_PRODUCTS = 1 << 22, PART_ROWS = 16 };

struct matmul_op {
    struct nn_op op;
    struct nn_matmul matmul;
    size_t part_rows;
};

struct matmul_run {
    const struct matmul_op *op;
    const float *a, *b;
    float *c;
};

VECTOR static void to_f32(const uint16_t *restrict from, float *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = bf16_to_f32(from[i]);
}

VECTOR static void to_bf16(const float *restrict from, uint16_t *restrict to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = f32_to_bf16(from[i]);
}

static bool part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct matmul_run *run = ctx;
    const struct nn_matmul *matmul = &run->op->matmul;
    const struct gemm gemm = {matmul->transpose_a, matmul->transpose_b, end - begin, matmul->n, matmul->k, matmul->transpose_a ? matmul->m : matmul->k,
                              matmul->transpose_b ? matmul->k : matmul->n, matmul->n, matmul->accumulate ? 1 : 0};
    const float *a = run->a + (matmul->transpose_a ? begin : begin * matmul->k);
    return onednn_gemm(&gemm, a, run->b, run->c + begin * matmul->n, err);
}

static bool matmul_run(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct matmul_op *op = (const struct matmul_op *)made;
    const struct nn_matmul *matmul = &op->matmul;
    size_t a_n = matmul->m * matmul->k, b_n = matmul->k * matmul->n, c_n = matmul->m * matmul->n;
    struct matmul_run run = {op, args->in[0], args->in[1], args->out[0]};
    if (op->op.half) {
        float *a = scratch, *b = a + fast_round(a_n * 4) / 4, *c = b + fast_round(b_n * 4) / 4;
        to_f32(args->in[0], a, a_n);
        run.a = a;
        if (!matmul->parameter_b) {
            to_f32(args->in[1], b, b_n);
            run.b = b;
        }
        if (!matmul->parameter_c) {
            if (matmul->accumulate)
                to_f32(args->out[0], c, c_n);
            run.c = c;
        }
    }
    if (!par_for(matmul->m, op->part_rows, part, &run, err))
        return false;
    if (op->op.half && !matmul->parameter_c)
        to_bf16(run.c, args->out[0], c_n);
    return true;
}

struct nn_op *onednn_matmul(const struct nn_backend *backend, const struct nn_matmul *matmul, struct err *err)
{
    struct nn_shape product = {1, 1, matmul->m, matmul->n, matmul->k};
    if (!fast_fits(&product, err))
        return NULL;
    struct matmul_op *op = fast_op_new(sizeof *op, backend, "gemm", matmul_run, err);
    if (op == NULL)
        return NULL;
    op->matmul = *matmul;
    op->part_rows = PART_PRODUCTS / matmul->n / matmul->k / PART_ROWS * PART_ROWS;
    op->part_rows = op->part_rows < PART_ROWS ? PART_ROWS : op->part_rows;
    if (op->op.half)
        op->op.shared_scratch = fast_round(matmul->m * matmul->k * 4) + fast_round(matmul->k * matmul->n * 4) + fast_round(matmul->m * matmul->n * 4);
    return &op->op;
}
