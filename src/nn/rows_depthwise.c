/* Depthwise convolution (each channel by itself) over channels-last rows: the library has no fast kernel for it in 3-D. Weights are
 * packed [tap][channel]. Parts are planes; the weight gradient's are shards of the batch, added in order. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { BLOCK = 64 };

struct depthwise_op {
    struct nn_op op;
    struct nn_conv conv;
    size_t c, tap_n;
    struct fast_shards shards;
};

struct depthwise_run {
    const struct depthwise_op *op;
    const struct nn_args *args;
    double *sum; /* backward weights: [part][tap][channel] */
};

bool rows_depthwise_serves(const struct nn_conv *conv)
{
    return conv->group_n == conv->in.c && conv->in.c == conv->out.c && conv->group_n > 1;
}

static bool pack(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    (void)err;
    const struct depthwise_op *op = (const struct depthwise_op *)made;
    float *to = packed;
    for (size_t c = 0; c < op->c; c++)
        for (size_t tap = 0; tap < op->tap_n; tap++)
            to[tap * op->c + c] = weights[c * op->tap_n + tap] * (scale != NULL ? scale[c] : 1);
    return true;
}

INLINE void forward_line_body(const struct depthwise_op *op, const struct nn_args *args, size_t line, bool half)
{
    const struct nn_conv *conv = &op->conv;
    const struct nn_window *w = &conv->window;
    const struct nn_shape *in = &conv->in, *out = &conv->out;
    const float *weights = args->in[1], *bias = args->in[2];
    const struct act_limits act = act_limits(conv->act);
    size_t c = op->c, oy = line % out->y, oz = line / out->y % out->z, image = line / out->y / out->z;
    const struct window_span z = window_span(w, 0, oz, in->z), y = window_span(w, 1, oy, in->y);
    for (size_t ox = 0; ox < out->x; ox++) {
        const struct window_span x = window_span(w, 2, ox, in->x);
        for (size_t first = 0; first < c; first += BLOCK) {
            size_t n = c - first < BLOCK ? c - first : BLOCK, to = (line * out->x + ox) * c + first;
            float sum[BLOCK] = {0};
            for (size_t kz = z.first; kz < z.end; kz++)
                for (size_t ky = y.first; ky < y.end; ky++)
                    for (size_t kx = x.first; kx < x.end; kx++) {
                        size_t iz = (size_t)(z.start + (ptrdiff_t)(kz * w->dilation[0])), iy = (size_t)(y.start + (ptrdiff_t)(ky * w->dilation[1]));
                        size_t ix = (size_t)(x.start + (ptrdiff_t)(kx * w->dilation[2]));
                        const float *weight = weights + ((kz * w->kernel[1] + ky) * w->kernel[2] + kx) * c + first;
                        size_t from = (((image * in->z + iz) * in->y + iy) * in->x + ix) * c + first;
                        for (size_t i = 0; i < n; i++)
                            sum[i] += weight[i] * value_get(args->in[0], from + i, half);
                    }
            if (conv->bias)
                for (size_t i = 0; i < n; i++)
                    sum[i] += bias[first + i];
            if (conv->residual)
                for (size_t i = 0; i < n; i++)
                    sum[i] += value_get(args->in[3], to + i, half);
            for (size_t i = 0; i < n; i++)
                value_put(args->out[0], to + i, half, act_cut(sum[i], act));
        }
    }
}
VECTOR static void forward_line_f32(const struct depthwise_op *op, const struct nn_args *args, size_t line)
{
    forward_line_body(op, args, line, false);
}
VECTOR static void forward_line_bf16(const struct depthwise_op *op, const struct nn_args *args, size_t line)
{
    forward_line_body(op, args, line, true);
}

/* The output whose window place k lies on input `at`. */
static bool output_at(const struct nn_window *window, size_t axis, size_t at, size_t k, size_t out_n, size_t *out)
{
    size_t reach = at + window->pad[axis], back = k * window->dilation[axis];
    if (reach < back || (reach - back) % window->stride[axis] != 0)
        return false;
    *out = (reach - back) / window->stride[axis];
    return *out < out_n;
}

INLINE void backward_line_body(const struct depthwise_op *op, const struct nn_args *args, size_t line, bool half)
{
    const struct nn_conv *conv = &op->conv;
    const struct nn_window *w = &conv->window;
    const struct nn_shape *in = &conv->in, *out = &conv->out;
    const float *weights = args->in[1];
    size_t c = op->c, iy = line % in->y, iz = line / in->y % in->z, image = line / in->y / in->z, oz, oy, ox;
    for (size_t ix = 0; ix < in->x; ix++)
        for (size_t first = 0; first < c; first += BLOCK) {
            size_t n = c - first < BLOCK ? c - first : BLOCK;
            float sum[BLOCK] = {0};
            for (size_t kz = 0; kz < w->kernel[0]; kz++) {
                if (!output_at(w, 0, iz, kz, out->z, &oz))
                    continue;
                for (size_t ky = 0; ky < w->kernel[1]; ky++) {
                    if (!output_at(w, 1, iy, ky, out->y, &oy))
                        continue;
                    for (size_t kx = 0; kx < w->kernel[2]; kx++) {
                        if (!output_at(w, 2, ix, kx, out->x, &ox))
                            continue;
                        const float *weight = weights + ((kz * w->kernel[1] + ky) * w->kernel[2] + kx) * c + first;
                        size_t from = (((image * out->z + oz) * out->y + oy) * out->x + ox) * c + first;
                        for (size_t i = 0; i < n; i++)
                            sum[i] += weight[i] * value_get(args->in[0], from + i, half);
                    }
                }
            }
            for (size_t i = 0; i < n; i++)
                value_put(args->out[0], (line * in->x + ix) * c + first + i, half, sum[i]);
        }
}
VECTOR static void backward_line_f32(const struct depthwise_op *op, const struct nn_args *args, size_t line)
{
    backward_line_body(op, args, line, false);
}
VECTOR static void backward_line_bf16(const struct depthwise_op *op, const struct nn_args *args, size_t line)
{
    backward_line_body(op, args, line, true);
}

/* What one line of outputs adds to the weights' gradient: f32 along the line, f64 from line to line. */
INLINE void weights_line_body(const struct depthwise_op *op, const struct nn_args *args, size_t line, double *sum, bool half)
{
    const struct nn_conv *conv = &op->conv;
    const struct nn_window *w = &conv->window;
    const struct nn_shape *in = &conv->in, *out = &conv->out;
    size_t c = op->c, oy = line % out->y, oz = line / out->y % out->z, image = line / out->y / out->z;
    const struct window_span z = window_span(w, 0, oz, in->z), y = window_span(w, 1, oy, in->y);
    for (size_t kz = z.first; kz < z.end; kz++)
        for (size_t ky = y.first; ky < y.end; ky++)
            for (size_t kx = 0; kx < w->kernel[2]; kx++)
                for (size_t first = 0; first < c; first += BLOCK) {
                    size_t n = c - first < BLOCK ? c - first : BLOCK, tap = (kz * w->kernel[1] + ky) * w->kernel[2] + kx;
                    size_t iz = (size_t)(z.start + (ptrdiff_t)(kz * w->dilation[0])), iy = (size_t)(y.start + (ptrdiff_t)(ky * w->dilation[1]));
                    float part[BLOCK] = {0};
                    for (size_t ox = 0; ox < out->x; ox++) {
                        size_t padded = ox * w->stride[2] + kx * w->dilation[2];
                        if (padded < w->pad[2] || padded - w->pad[2] >= in->x)
                            continue;
                        size_t from = (((image * in->z + iz) * in->y + iy) * in->x + padded - w->pad[2]) * c + first, at = (line * out->x + ox) * c + first;
                        for (size_t i = 0; i < n; i++)
                            part[i] += value_get(args->in[0], from + i, half) * value_get(args->in[1], at + i, half);
                    }
                    for (size_t i = 0; i < n; i++)
                        sum[tap * c + first + i] += (double)part[i];
                }
}
VECTOR static void weights_line_f32(const struct depthwise_op *op, const struct nn_args *args, size_t line, double *sum)
{
    weights_line_body(op, args, line, sum, false);
}
VECTOR static void weights_line_bf16(const struct depthwise_op *op, const struct nn_args *args, size_t line, double *sum)
{
    weights_line_body(op, args, line, sum, true);
}

static bool forward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct depthwise_run *run = ctx;
    for (size_t line = begin; line < end; line++)
        (run->op->op.half ? forward_line_bf16 : forward_line_f32)(run->op, run->args, line);
    return true;
}

static bool backward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct depthwise_run *run = ctx;
    for (size_t line = begin; line < end; line++)
        (run->op->op.half ? backward_line_bf16 : backward_line_f32)(run->op, run->args, line);
    return true;
}

static bool weights_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)worker, (void)err;
    const struct depthwise_run *run = ctx;
    const struct depthwise_op *op = run->op;
    size_t lines = op->conv.out.z * op->conv.out.y, first = begin * op->shards.size, last = first + op->shards.size;
    last = last > op->shards.n ? op->shards.n : last;
    double *sum = run->sum + begin * op->tap_n * op->c;
    memset(sum, 0, op->tap_n * op->c * sizeof *sum);
    for (size_t line = first * lines; line < last * lines; line++)
        (op->op.half ? weights_line_bf16 : weights_line_f32)(op, run->args, line, sum);
    return true;
}

static bool forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct depthwise_run run = {(const struct depthwise_op *)made, args, NULL};
    const struct nn_shape *out = &run.op->conv.out;
    return par_for(out->n * out->z * out->y, out->y, forward_part, &run, err);
}

static bool backward_input(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    struct depthwise_run run = {(const struct depthwise_op *)made, args, NULL};
    const struct nn_shape *in = &run.op->conv.in;
    return par_for(in->n * in->z * in->y, in->y, backward_part, &run, err);
}

static bool backward_weights(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct depthwise_op *op = (const struct depthwise_op *)made;
    struct depthwise_run run = {op, args, scratch};
    float *d_weights = args->out[0];
    if (!par_for(op->shards.part_n, 1, weights_part, &run, err))
        return false;
    for (size_t c = 0; c < op->c; c++)
        for (size_t tap = 0; tap < op->tap_n; tap++) {
            double sum = 0;
            for (size_t part = 0; part < op->shards.part_n; part++)
                sum += run.sum[(part * op->tap_n + tap) * op->c + c];
            d_weights[c * op->tap_n + tap] = (float)sum;
        }
    return !op->conv.bias || rows_bias_gradient(&op->conv.out, op->op.half, args->in[1], args->out[1], err);
}

static struct depthwise_op *make(const struct nn_backend *backend, const struct nn_conv *conv, fast_execute_fn *execute, struct err *err)
{
    struct depthwise_op *op = fast_fits(&conv->in, err) && fast_fits(&conv->out, err) ? fast_op_new(sizeof *op, backend, "rows", execute, err) : NULL;
    if (op == NULL)
        return NULL;
    op->conv = *conv;
    op->c = conv->in.c;
    op->tap_n = conv->window.kernel[0] * conv->window.kernel[1] * conv->window.kernel[2];
    op->shards = fast_shards(conv->in.n);
    op->op.packed_n = op->tap_n * op->c * sizeof(float);
    op->op.pack = pack;
    return op;
}

struct nn_op *rows_depthwise_forward(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    return (struct nn_op *)make(backend, conv, forward, err);
}

struct nn_op *rows_depthwise_backward_input(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    return (struct nn_op *)make(backend, conv, backward_input, err);
}

struct nn_op *rows_depthwise_backward_weights(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct depthwise_op *op = make(backend, conv, backward_weights, err);
    if (op != NULL)
        op->op.shared_scratch = fast_round(op->shards.part_n * op->tap_n * op->c * sizeof(double));
    return (struct nn_op *)op;
}
