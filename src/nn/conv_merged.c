/* First layers in bf16: the matrix units want 16 channels and more, and an image has one to three. All that a window sees along x is put side by
 * side as channels (an output's x, kernel times channels, filled up with zeros), and the library computes the convolution that is left, with
 * a window of one place along x: four times faster than it is with two channels. */
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/rows.h"

enum { CHANNELS_BELOW = 4, CHANNEL_STEP = 16, CHANNELS_MAX = 64 };

struct merged_op {
    struct nn_op op;
    struct nn_conv conv, merged;
    struct nn_op *inner;                /* of the merged convolution; its scratch lies behind ours */
    size_t weight_n;                    /* of the merged convolution */
    size_t weights_at, inner_at;        /* bytes into scratch; the merged input stands at its begin */
};

struct merged_run {
    const struct merged_op *op;
    const uint16_t *x;
    uint16_t *to;
};

static bool merge_lines(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct merged_run *run = ctx;
    const struct nn_conv *conv = &run->op->conv;
    const struct nn_window *w = &conv->window;
    size_t c = conv->in.c, wide = run->op->merged.in.c;
    for (size_t line = begin; line < end; line++)
        for (size_t x = 0; x < conv->out.x; x++) {
            size_t start = x * w->stride[2], skip = start < w->pad[2] ? w->pad[2] - start : 0; /* places before the line begins */
            size_t first = start + skip - w->pad[2], n = skip < w->kernel[2] && first < conv->in.x ? w->kernel[2] - skip : 0;
            n = n > 0 && n > conv->in.x - first ? conv->in.x - first : n;
            uint16_t *to = run->to + (line * conv->out.x + x) * wide;
            memset(to, 0, wide * sizeof *to);
            if (n > 0)
                memcpy(to + skip * c, run->x + (line * conv->in.x + first) * c, n * c * sizeof *to);
        }
    return true;
}

static bool merge_input(const struct merged_op *op, const void *x, void *scratch, struct err *err)
{
    struct merged_run run = {op, x, scratch};
    const struct nn_shape *in = &op->conv.in;
    return par_for(in->n * in->z * in->y, in->y, merge_lines, &run, err);
}

/* Where weight (out, in, place zy, kx) stands among the merged ones: [out][kx C + in][zy]. */
static size_t merged_at(const struct merged_op *op, size_t out, size_t in, size_t zy, size_t kx)
{
    size_t zy_n = op->conv.window.kernel[0] * op->conv.window.kernel[1];
    return (out * op->merged.in.c + kx * op->conv.in.c + in) * zy_n + zy;
}

static void move_weights(const struct merged_op *op, const float *from, float *to, bool merge)
{
    const size_t *kernel = op->conv.window.kernel;
    size_t at = 0;
    for (size_t out = 0; out < op->conv.out.c; out++)
        for (size_t in = 0; in < op->conv.in.c; in++)
            for (size_t zy = 0; zy < kernel[0] * kernel[1]; zy++)
                for (size_t kx = 0; kx < kernel[2]; kx++, at++)
                    to[merge ? merged_at(op, out, in, zy, kx) : at] = from[merge ? at : merged_at(op, out, in, zy, kx)];
}

static bool pack(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    const struct merged_op *op = (const struct merged_op *)made;
    float *merged = mem_zero(op->weight_n, sizeof *merged, err);
    if (merged == NULL)
        return false;
    move_weights(op, weights, merged, true);
    bool done = op->inner->pack(op->inner, merged, scale, packed, err);
    mem_free(merged);
    return done;
}

static bool forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct merged_op *op = (const struct merged_op *)made;
    struct nn_args inner = *args;
    inner.in[0] = scratch;
    return merge_input(op, args->in[0], scratch, err) && op->inner->execute(op->inner, &inner, (char *)scratch + op->inner_at, err);
}

static bool backward_weights(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    const struct merged_op *op = (const struct merged_op *)made;
    struct nn_args inner = *args;
    float *merged = (float *)(void *)((char *)scratch + op->weights_at);
    inner.in[0] = scratch;
    inner.out[0] = merged;
    if (!merge_input(op, args->in[0], scratch, err) || !op->inner->execute(op->inner, &inner, (char *)scratch + op->inner_at, err))
        return false;
    move_weights(op, merged, args->out[0], false);
    return true;
}

static void close_merged(struct nn_op *made)
{
    fast_op_free(((struct merged_op *)made)->inner);
}

bool conv_merged_serves(const struct nn_backend *backend, const struct nn_conv *conv)
{
    const struct nn_window *w = &conv->window;
    return backend->number == NN_BF16 && conv->group_n == 1 && conv->in.c < CHANNELS_BELOW && w->kernel[2] > 1 && w->dilation[2] == 1 &&
           conv->in.c * w->kernel[2] <= CHANNELS_MAX;
}

struct nn_op *conv_merged(const struct nn_backend *backend, const struct nn_conv *conv, bool weights, bool *found, struct err *err)
{
    *found = true;
    if (!fast_fits(&conv->in, err) || !fast_fits(&conv->out, err))
        return NULL;
    struct merged_op *op = fast_op_new(sizeof *op, backend, NULL, weights ? backward_weights : forward, err);
    if (op == NULL)
        return NULL;
    op->conv = op->merged = *conv;
    op->op.close = close_merged;
    struct nn_window *w = &op->merged.window;
    op->merged.in.x = conv->out.x;
    op->merged.in.c = (conv->in.c * conv->window.kernel[2] + CHANNEL_STEP - 1) / CHANNEL_STEP * CHANNEL_STEP;
    w->kernel[2] = w->stride[2] = 1;
    w->pad[2] = 0;
    op->inner = weights ? onednn_conv_backward_weights(backend, &op->merged, found, err) : onednn_conv_forward(backend, &op->merged, found, err);
    if (op->inner == NULL) {
        fast_op_free(&op->op);
        return NULL;
    }
    op->weight_n = op->merged.in.c * conv->out.c * w->kernel[0] * w->kernel[1];
    op->weights_at = fast_round(nn_shape_value_n(&op->merged.in) * sizeof(uint16_t));
    op->inner_at = op->weights_at + (weights ? fast_round(op->weight_n * sizeof(float)) : 0);
    op->op.kernel = op->inner->kernel;
    op->op.shared_scratch = op->inner_at + op->inner->shared_scratch;
    op->op.worker_scratch = op->inner->worker_scratch;
    op->op.packed_n = op->inner->packed_n;
    op->op.pack = pack;
    return &op->op;
}
