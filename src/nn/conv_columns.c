/* Convolution forward and backward to its input for any window, groups and channels: the rows that a window sees are gathered side by side
 * (columns), then one matrix product. For shapes that the library has no fast kernel for. A part is an image. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/onednn_gemm.h"
#include "nn/rows.h"

enum { BLOCK_VALUES = 1 << 18 };

struct columns_op {
    struct nn_op op;
    struct nn_conv conv;
    size_t tap_n, in_c, out_c; /* window places; channels a group */
    size_t width;              /* tap_n in_c: columns */
    size_t block_rows;         /* output rows at a time */
};

struct columns_run {
    const struct columns_op *op;
    const struct nn_args *args;
    void *scratch;
};

/* Packed: forward [group][tap][in][out], backward [group][out][tap][in]. */
static bool pack_forward(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    (void)err;
    const struct columns_op *op = (const struct columns_op *)made;
    float *to = packed;
    for (size_t out = 0; out < op->conv.out.c; out++)
        for (size_t i = 0; i < op->in_c; i++)
            for (size_t tap = 0; tap < op->tap_n; tap++)
                to[(out / op->out_c * op->width + tap * op->in_c + i) * op->out_c + out % op->out_c] =
                    weights[(out * op->in_c + i) * op->tap_n + tap] * (scale != NULL ? scale[out] : 1);
    return true;
}

static bool pack_backward(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    (void)err;
    const struct columns_op *op = (const struct columns_op *)made;
    float *to = packed;
    for (size_t out = 0; out < op->conv.out.c; out++)
        for (size_t i = 0; i < op->in_c; i++)
            for (size_t tap = 0; tap < op->tap_n; tap++)
                to[out * op->width + tap * op->in_c + i] = weights[(out * op->in_c + i) * op->tap_n + tap] * (scale != NULL ? scale[out] : 1);
    return true;
}

/* The input row under window place `tap` of output row `row`; false in the padding. */
static bool row_under(const struct nn_conv *conv, size_t row, size_t tap, size_t *in_row)
{
    const struct nn_window *w = &conv->window;
    const size_t out[3] = {row / conv->out.x / conv->out.y, row / conv->out.x % conv->out.y, row % conv->out.x};
    const size_t place[3] = {tap / w->kernel[2] / w->kernel[1], tap / w->kernel[2] % w->kernel[1], tap % w->kernel[2]};
    const size_t side[3] = {conv->in.z, conv->in.y, conv->in.x};
    size_t at = 0;
    for (size_t axis = 0; axis < 3; axis++) {
        size_t padded = out[axis] * w->stride[axis] + place[axis] * w->dilation[axis];
        if (padded < w->pad[axis] || padded - w->pad[axis] >= side[axis])
            return false;
        at = at * side[axis] + padded - w->pad[axis];
    }
    *in_row = at;
    return true;
}

static void get_floats(const void *from, size_t at, bool half, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = value_get(from, at + i, half);
}

static void gather(const struct columns_op *op, const void *image, size_t group, size_t first, size_t rows, float *columns)
{
    size_t in_row;
    for (size_t row = 0; row < rows; row++)
        for (size_t tap = 0; tap < op->tap_n; tap++) {
            float *to = columns + row * op->width + tap * op->in_c;
            if (row_under(&op->conv, first + row, tap, &in_row))
                get_floats(image, in_row * op->conv.in.c + group * op->in_c, op->op.half, to, op->in_c);
            else
                memset(to, 0, op->in_c * sizeof *to);
        }
}

static void scatter(const struct columns_op *op, const float *columns, size_t group, size_t first, size_t rows, float *image)
{
    size_t in_row;
    for (size_t row = 0; row < rows; row++)
        for (size_t tap = 0; tap < op->tap_n; tap++)
            if (row_under(&op->conv, first + row, tap, &in_row)) {
                const float *from = columns + row * op->width + tap * op->in_c;
                float *to = image + in_row * op->conv.in.c + group * op->in_c;
                for (size_t i = 0; i < op->in_c; i++)
                    to[i] += from[i];
            }
}

/* Rows [first, first + rows) of the image's output: product + bias + residual, activation. `at` is the first row's place in the batch. */
static void finish_rows(const struct columns_op *op, const struct nn_args *args, const float *product, size_t group, size_t at, size_t rows)
{
    const float *bias = op->conv.bias ? (const float *)args->in[2] + group * op->out_c : NULL;
    const struct act_limits act = act_limits(op->conv.act);
    for (size_t row = 0; row < rows; row++) {
        size_t to = (at + row) * op->conv.out.c + group * op->out_c;
        for (size_t i = 0; i < op->out_c; i++) {
            float value = product[row * op->out_c + i] + (bias != NULL ? bias[i] : 0);
            if (op->conv.residual)
                value += value_get(args->in[3], to + i, op->op.half);
            value_put(args->out[0], to + i, op->op.half, act_cut(value, act));
        }
    }
}

static size_t image_rows(const struct nn_shape *shape)
{
    return shape->z * shape->y * shape->x;
}

static bool forward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end;
    const struct columns_run *run = ctx;
    const struct columns_op *op = run->op;
    const struct nn_conv *conv = &op->conv;
    float *columns = fast_worker_scratch(&op->op, run->scratch, worker), *product = columns + fast_round(op->block_rows * op->width * 4) / 4;
    const void *image = value_at(run->args->in[0], begin * image_rows(&conv->in) * conv->in.c, op->op.half);
    size_t row_n = image_rows(&conv->out);
    for (size_t first = 0; first < row_n; first += op->block_rows) {
        size_t rows = row_n - first < op->block_rows ? row_n - first : op->block_rows;
        for (size_t group = 0; group < conv->group_n; group++) {
            const struct gemm gemm = {false, false, rows, op->out_c, op->width, op->width, op->out_c, op->out_c, 0};
            gather(op, image, group, first, rows, columns);
            if (!onednn_gemm(&gemm, columns, (const float *)run->args->in[1] + group * op->width * op->out_c, product, err))
                return false;
            finish_rows(op, run->args, product, group, begin * row_n + first, rows);
        }
    }
    return true;
}

static bool backward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end;
    const struct columns_run *run = ctx;
    const struct columns_op *op = run->op;
    const struct nn_conv *conv = &op->conv;
    size_t row_n = image_rows(&conv->out), image_n = image_rows(&conv->in) * conv->in.c;
    float *columns = fast_worker_scratch(&op->op, run->scratch, worker), *dy = columns + fast_round(op->block_rows * op->width * 4) / 4;
    float *image = op->op.half ? dy + fast_round(op->block_rows * op->out_c * 4) / 4 : (float *)run->args->out[0] + begin * image_n;
    memset(image, 0, image_n * sizeof *image);
    for (size_t first = 0; first < row_n; first += op->block_rows) {
        size_t rows = row_n - first < op->block_rows ? row_n - first : op->block_rows;
        for (size_t group = 0; group < conv->group_n; group++) {
            const struct gemm gemm = {false, false, rows, op->width, op->out_c, op->out_c, op->width, op->width, 0};
            for (size_t row = 0; row < rows; row++)
                get_floats(run->args->in[0], (begin * row_n + first + row) * conv->out.c + group * op->out_c, op->op.half, dy + row * op->out_c, op->out_c);
            if (!onednn_gemm(&gemm, dy, (const float *)run->args->in[1] + group * op->out_c * op->width, columns, err))
                return false;
            scatter(op, columns, group, first, rows, image);
        }
    }
    if (op->op.half)
        for (size_t i = 0; i < image_n; i++)
            value_put(run->args->out[0], begin * image_n + i, true, image[i]);
    return true;
}

static bool forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct columns_run run = {(const struct columns_op *)made, args, scratch};
    return par_for(run.op->conv.in.n, 1, forward_part, &run, err);
}

static bool backward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct columns_run run = {(const struct columns_op *)made, args, scratch};
    return par_for(run.op->conv.in.n, 1, backward_part, &run, err);
}

static struct columns_op *make(const struct nn_backend *backend, const struct nn_conv *conv, fast_execute_fn *execute, struct err *err)
{
    struct columns_op *op = fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "columns", execute, err) : NULL;
    if (op == NULL)
        return NULL;
    op->conv = *conv;
    op->tap_n = conv->window.kernel[0] * conv->window.kernel[1] * conv->window.kernel[2];
    op->in_c = conv->in.c / conv->group_n;
    op->out_c = conv->out.c / conv->group_n;
    op->width = op->tap_n * op->in_c;
    op->block_rows = BLOCK_VALUES / op->width + 1;
    size_t row_n = image_rows(&conv->out);
    op->block_rows = op->block_rows > row_n ? row_n : op->block_rows;
    op->op.packed_n = conv->out.c * op->width * sizeof(float);
    op->op.worker_scratch = fast_round(op->block_rows * op->width * 4) + fast_round(op->block_rows * op->out_c * 4);
    return op;
}

struct nn_op *conv_columns_forward(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct columns_op *op = make(backend, conv, forward, err);
    if (op != NULL)
        op->op.pack = pack_forward;
    return (struct nn_op *)op;
}

struct nn_op *conv_columns_backward_input(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct columns_op *op = make(backend, conv, backward, err);
    if (op == NULL)
        return NULL;
    op->op.pack = pack_backward;
    if (op->op.half)
        op->op.worker_scratch += fast_round(image_rows(&conv->in) * conv->in.c * 4);
    return &op->op;
}
