/* The gradient of a bias: sums over rows, f64, a part for each image, added in order. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

struct bias_run {
    const struct nn_shape *shape;
    bool half;
    const void *dy;
    double *sum; /* [n][c] */
};

INLINE void sum_rows_body(const void *dy, size_t first, size_t row_n, size_t c, double *restrict sum, bool half)
{
    for (size_t row = 0; row < row_n; row++)
        for (size_t i = 0; i < c; i++)
            sum[i] += (double)value_get(dy, (first + row) * c + i, half);
}
VECTOR static void sum_rows_f32(const void *dy, size_t first, size_t row_n, size_t c, double *sum)
{
    sum_rows_body(dy, first, row_n, c, sum, false);
}
VECTOR static void sum_rows_bf16(const void *dy, size_t first, size_t row_n, size_t c, double *sum)
{
    sum_rows_body(dy, first, row_n, c, sum, true);
}

static bool part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct bias_run *run = ctx;
    size_t row_n = run->shape->z * run->shape->y * run->shape->x, c = run->shape->c;
    for (size_t image = begin; image < end; image++)
        (run->half ? sum_rows_bf16 : sum_rows_f32)(run->dy, image * row_n, row_n, c, run->sum + image * c);
    return true;
}

bool rows_bias_gradient(const struct nn_shape *shape, bool half, const void *dy, float *d_bias, struct err *err)
{
    struct bias_run run = {shape, half, dy, mem_zero(shape->n * shape->c, sizeof *run.sum, err)};
    bool done = run.sum != NULL && par_for(shape->n, 1, part, &run, err);
    for (size_t i = 0; done && i < shape->c; i++) {
        double sum = 0;
        for (size_t image = 0; image < shape->n; image++)
            sum += run.sum[image * shape->c + i];
        d_bias[i] = (float)sum;
    }
    mem_free(run.sum);
    return done;
}
