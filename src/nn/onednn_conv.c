/* Convolutions by oneDNN: a primitive for the shards of the batch and, where the last is smaller, one for it; weights are packed into the
 * layout that the first chose. */
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/onednn_primitive.h"
#include "nn/rows.h"

struct conv_op {
    struct nn_op op;
    struct nn_conv conv;
    struct fast_shards shards;
    bool plain_in;                      /* one channel: the same bytes under the name that the kernels for first layers know */
    struct onednn_primitive full, last; /* last is empty when all shards are equal */
    struct onednn_primitive to_plain;   /* backward weights: from the library's layout to PyTorch's */
    dnnl_memory_desc_t plain_weights;
    size_t weights_n;                   /* values */
};

/* oneDNN's description of a convolution over `n` images. */
struct conv_desc {
    int rank; /* 4 where there is no z */
    dnnl_memory_desc_t in, out, weights_any, weights_plain, bias;
    dnnl_dims_t stride, dilation, pad;
};

static void set_dims(dnnl_dims_t dims, int rank, size_t first, size_t second, const size_t side[3])
{
    dims[0] = (dnnl_dim_t)first;
    dims[1] = (dnnl_dim_t)second;
    for (int i = 2; i < rank; i++)
        dims[i] = (dnnl_dim_t)side[i + 3 - rank];
}

static dnnl_status_t describe_values(dnnl_memory_desc_t *desc, int rank, size_t n, const struct nn_shape *shape, dnnl_data_type_t type, bool plain_order)
{
    const size_t side[3] = {shape->z, shape->y, shape->x};
    dnnl_dims_t dims;
    set_dims(dims, rank, n, shape->c, side);
    dnnl_format_tag_t last = rank == 4 ? dnnl_acdb : dnnl_acdeb, plain = rank == 4 ? dnnl_abcd : dnnl_abcde;
    return onednn()->dnnl_memory_desc_init_by_tag(desc, rank, dims, type, plain_order ? plain : last);
}

static dnnl_status_t describe(struct conv_desc *desc, const struct conv_op *op, size_t n)
{
    const struct nn_conv *conv = &op->conv;
    const struct onednn *lib = onednn();
    const struct nn_window *w = &conv->window;
    int rank = conv->in.z == 1 && conv->out.z == 1 && w->kernel[0] == 1 && w->pad[0] == 0 ? 4 : 5;
    dnnl_data_type_t type = op->op.half ? dnnl_bf16 : dnnl_f32;
    *desc = (struct conv_desc){.rank = rank};
    for (int i = 0; i < rank - 2; i++) {
        size_t axis = (size_t)(i + 5 - rank);
        desc->stride[i] = (dnnl_dim_t)w->stride[axis];
        desc->dilation[i] = w->kernel[axis] == 1 ? 0 : (dnnl_dim_t)w->dilation[axis] - 1;
        desc->pad[i] = (dnnl_dim_t)w->pad[axis];
    }
    dnnl_dims_t dims, grouped = {(dnnl_dim_t)conv->group_n}, bias = {(dnnl_dim_t)conv->out.c};
    set_dims(dims, rank, conv->out.c / conv->group_n, conv->in.c / conv->group_n, w->kernel);
    memcpy(grouped + 1, dims, (size_t)rank * sizeof *dims);
    bool groups = conv->group_n > 1;
    dnnl_format_tag_t plain = rank + groups == 4 ? dnnl_abcd : rank + groups == 5 ? dnnl_abcde : dnnl_abcdef;
    dnnl_status_t status = describe_values(&desc->in, rank, n, &conv->in, type, op->plain_in);
    if (status == dnnl_success)
        status = describe_values(&desc->out, rank, n, &conv->out, type, false);
    if (status == dnnl_success)
        status = lib->dnnl_memory_desc_init_by_tag(&desc->weights_any, rank + groups, groups ? grouped : dims, type, dnnl_format_tag_any);
    if (status == dnnl_success)
        status = lib->dnnl_memory_desc_init_by_tag(&desc->weights_plain, rank + groups, groups ? grouped : dims, dnnl_f32, plain);
    if (status == dnnl_success)
        status = lib->dnnl_memory_desc_init_by_tag(&desc->bias, 1, bias, dnnl_f32, dnnl_a);
    return status;
}

/* What follows the convolution in the same pass: + residual, which stands in y beforehand (as a third array the library reads it at half the
 * speed), then the activation. */
static dnnl_status_t follow(dnnl_primitive_attr_t attr, const struct nn_conv *conv)
{
    const struct onednn *lib = onednn();
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = lib->dnnl_post_ops_create(&ops);
    if (status == dnnl_success && conv->residual)
        status = lib->dnnl_post_ops_append_sum(ops, 1);
    if (status == dnnl_success && conv->act == NN_ACT_RELU)
        status = lib->dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
    if (status == dnnl_success && conv->act == NN_ACT_RELU6)
        status = lib->dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_clip, 0, 6);
    if (status == dnnl_success)
        status = lib->dnnl_primitive_attr_set_post_ops(attr, ops);
    if (ops != NULL)
        lib->dnnl_post_ops_destroy(ops);
    return status;
}

typedef bool find_fn(struct onednn_primitive *, const struct conv_op *, size_t n, const dnnl_memory_desc_t *weights, bool *found, struct err *);

/* The three kinds. weights NULL: the library's choice. */
static bool find_forward(struct onednn_primitive *primitive, const struct conv_op *op, size_t n, const dnnl_memory_desc_t *weights, bool *found,
                          struct err *err)
{
    const struct onednn *lib = onednn();
    struct conv_desc desc;
    dnnl_convolution_desc_t conv;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t status = describe(&desc, op, n);
    if (status == dnnl_success)
        status = lib->dnnl_dilated_convolution_forward_desc_init(&conv, dnnl_forward_training, dnnl_convolution_direct, &desc.in,
            weights != NULL ? weights : &desc.weights_any, op->conv.bias ? &desc.bias : NULL, &desc.out, desc.stride, desc.dilation, desc.pad, desc.pad);
    if (status == dnnl_success)
        status = lib->dnnl_primitive_attr_create(&attr);
    if (status == dnnl_success)
        status = follow(attr, &op->conv);
    bool done = status == dnnl_success ? onednn_primitive_find(primitive, &conv, attr, NULL, found, err) : onednn_fail(status, "convolution", err);
    if (attr != NULL)
        lib->dnnl_primitive_attr_destroy(attr);
    return done;
}

/* The forward description that the backward ones must name. */
static bool find_hint(dnnl_primitive_desc_t *hint, const struct conv_desc *desc, struct err *err)
{
    const struct onednn *lib = onednn();
    dnnl_convolution_desc_t conv;
    dnnl_status_t status = lib->dnnl_dilated_convolution_forward_desc_init(&conv, dnnl_forward_training, dnnl_convolution_direct, &desc->in,
        &desc->weights_any, NULL, &desc->out, desc->stride, desc->dilation, desc->pad, desc->pad);
    if (status == dnnl_success)
        status = lib->dnnl_primitive_desc_create(hint, &conv, NULL, lib->engine, NULL);
    return status == dnnl_success || onednn_fail(status, "convolution", err);
}

static bool find_backward_input(struct onednn_primitive *primitive, const struct conv_op *op, size_t n, const dnnl_memory_desc_t *weights, bool *found,
                          struct err *err)
{
    const struct onednn *lib = onednn();
    struct conv_desc desc;
    dnnl_convolution_desc_t conv;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = describe(&desc, op, n);
    if (status != dnnl_success)
        return onednn_fail(status, "convolution", err);
    if (!find_hint(&hint, &desc, err))
        return false;
    status = lib->dnnl_dilated_convolution_backward_data_desc_init(&conv, dnnl_convolution_direct, &desc.in, weights != NULL ? weights : &desc.weights_any,
                                                                   &desc.out, desc.stride, desc.dilation, desc.pad, desc.pad);
    bool done = status == dnnl_success ? onednn_primitive_find(primitive, &conv, NULL, hint, found, err) : onednn_fail(status, "convolution", err);
    lib->dnnl_primitive_desc_destroy(hint);
    return done;
}

static bool find_backward_weights(struct onednn_primitive *primitive, const struct conv_op *op, size_t n, const dnnl_memory_desc_t *weights, bool *found,
                          struct err *err)
{
    const struct onednn *lib = onednn();
    struct conv_desc desc;
    dnnl_convolution_desc_t conv;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t status = describe(&desc, op, n);
    if (status != dnnl_success)
        return onednn_fail(status, "convolution", err);
    if (!find_hint(&hint, &desc, err))
        return false;
    dnnl_memory_desc_t sums = desc.weights_any; /* f32 also for bf16 values */
    sums.data_type = dnnl_f32;
    status = lib->dnnl_dilated_convolution_backward_weights_desc_init(&conv, dnnl_convolution_direct, &desc.in, weights != NULL ? weights : &sums, NULL,
                                                                      &desc.out, desc.stride, desc.dilation, desc.pad, desc.pad);
    bool done = status == dnnl_success ? onednn_primitive_find(primitive, &conv, NULL, hint, found, err) : onednn_fail(status, "convolution", err);
    lib->dnnl_primitive_desc_destroy(hint);
    return done;
}

static void close_conv(struct nn_op *made)
{
    struct conv_op *op = (struct conv_op *)made;
    onednn_primitive_close(&op->full);
    onednn_primitive_close(&op->last);
    onednn_primitive_close(&op->to_plain);
}

/* Primitives for all shards, all with one layout of the weights; single images where the odd last shard has no kernel for it. */
static bool find_shards(struct conv_op *op, find_fn *find, dnnl_query_t weights, bool *found, struct err *err)
{
    struct fast_shards *shards = &op->shards;
    if (!find(&op->full, op, shards->size, NULL, found, err))
        return false;
    if (!*found)
        return true;
    size_t rest = shards->n - (shards->part_n - 1) * shards->size;
    if (rest == shards->size)
        return true;
    if (!find(&op->last, op, rest, onednn_desc(&op->full, weights), found, err))
        return false;
    if (*found)
        return true;
    onednn_primitive_close(&op->full);
    *shards = (struct fast_shards){shards->n, 1, shards->n};
    return find(&op->full, op, 1, NULL, found, err);
}

/* NULL with *found false when the library has no kernel, NULL with *found true after an error. */
static struct conv_op *find_conv(const struct nn_backend *backend, const struct nn_conv *conv, find_fn *find, dnnl_query_t weights,
                                 fast_execute_fn *execute, bool *found, struct err *err)
{
    *found = true;
    if (!fast_fits(&conv->in, err) || !fast_fits(&conv->out, err))
        return NULL;
    struct conv_op *op = fast_op_new(sizeof *op, backend, NULL, execute, err);
    if (op == NULL)
        return NULL;
    op->op.close = close_conv;
    op->conv = *conv;
    op->shards = fast_shards(conv->in.n);
    const size_t *kernel = conv->window.kernel;
    op->weights_n = conv->out.c * (conv->in.c / conv->group_n) * kernel[0] * kernel[1] * kernel[2];
    struct conv_desc desc;
    dnnl_status_t status = describe(&desc, op, 1);
    op->plain_in = conv->in.c == 1;
    bool done = status == dnnl_success ? find_shards(op, find, weights, found, err) : onednn_fail(status, "convolution", err);
    if (done && !*found && op->plain_in) {
        op->plain_in = false;
        done = find_shards(op, find, weights, found, err);
    }
    if (!done || !*found) {
        *found = *found || !done;
        fast_op_free(&op->op);
        return NULL;
    }
    op->plain_weights = desc.weights_plain;
    op->op.kernel = op->full.name;
    size_t scratch = op->full.scratch > op->last.scratch ? op->full.scratch : op->last.scratch;
    op->op.worker_scratch = fast_round(scratch);
    op->op.packed_n = onednn()->dnnl_memory_desc_get_size(onednn_desc(&op->full, weights));
    return op;
}

/* Packing in parts of the output channels, where the library's layout can be cut there; where not, in one. */
struct packing {
    const struct conv_op *op;
    const float *weights, *scale;
    float *packed;
    size_t part_c; /* output channels a part */
};

enum { PACK_PARTS = 8, PACK_CHANNELS = 64 /* blocks of a layout divide it */, PACK_LEAST = 1 << 18 };

/* The place of output channels [first, first + n) in the packed weights; false where the layout has no such cut. */
static bool packed_part(const struct conv_op *op, size_t first, size_t n, dnnl_memory_desc_t *to)
{
    const dnnl_memory_desc_t *whole = onednn_desc(&op->full, dnnl_query_weights_md);
    dnnl_dims_t dims, offset = {(dnnl_dim_t)first};
    memcpy(dims, whole->dims, sizeof dims);
    dims[0] = (dnnl_dim_t)n;
    return onednn()->dnnl_memory_desc_init_submemory(to, whole, dims, offset) == dnnl_success;
}

static size_t pack_part_channels(const struct conv_op *op)
{
    size_t c = op->conv.out.c, each = (c / PACK_PARTS + PACK_CHANNELS - 1) / PACK_CHANNELS * PACK_CHANNELS;
    dnnl_memory_desc_t to;
    bool cut = op->conv.group_n == 1 && op->weights_n >= PACK_LEAST && c % PACK_CHANNELS == 0 && each > 0 && c % each == 0 && packed_part(op, 0, each, &to);
    return cut ? each : c;
}

static bool pack_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)end;
    const struct packing *packing = ctx;
    const struct conv_op *op = packing->op;
    size_t c = op->conv.out.c, n = packing->part_c, each = op->weights_n / c, first = begin * n;
    dnnl_memory_desc_t from = op->plain_weights, to = *onednn_desc(&op->full, dnnl_query_weights_md);
    struct onednn_primitive reorder;
    const float *weights = packing->weights + first * each;
    float *scaled = NULL;
    void *scratch = NULL;
    bool done = false;
    if (n < c) {
        from.dims[0] = from.padded_dims[0] = (dnnl_dim_t)n;
        if (!packed_part(op, first, n, &to))
            return err_set(err, ERR_BUG, "oneDNN: packed weights can be cut at channel 0, but not at %zu", first);
    }
    if (packing->scale != NULL) {
        scaled = mem_alloc(n * each, sizeof *scaled, err);
        if (scaled == NULL)
            return false;
        for (size_t i = 0; i < n * each; i++)
            scaled[i] = weights[i] * packing->scale[first + i / each];
        weights = scaled;
    }
    if (!onednn_reorder_make(&reorder, &from, &to, err))
        goto done;
    if (reorder.scratch > 0 && (scratch = mem_alloc(reorder.scratch, 1, err)) == NULL)
        goto close;
    const struct onednn_place place[2] = {{DNNL_ARG_FROM, &from, weights}, {DNNL_ARG_TO, &to, packing->packed}};
    done = onednn_primitive_run(&reorder, place, 2, scratch, err);
close:
    onednn_primitive_close(&reorder);
done:
    mem_free(scratch);
    mem_free(scaled);
    return done;
}

static bool pack_weights(const struct nn_op *made, const float *weights, const float *scale, void *packed, struct err *err)
{
    const struct conv_op *op = (const struct conv_op *)made;
    struct packing packing = {op, weights, scale, packed, pack_part_channels(op)};
    return par_for(op->conv.out.c / packing.part_c, 1, pack_part, &packing, err);
}

struct conv_run {
    const struct conv_op *op;
    const struct nn_args *args;
    void *scratch;
    size_t in_image, out_image; /* values an image */
};

static struct conv_run start_run(const struct nn_op *made, const struct nn_args *args, void *scratch)
{
    const struct conv_op *op = (const struct conv_op *)made;
    const struct nn_conv *conv = &op->conv;
    return (struct conv_run){op, args, scratch, nn_shape_value_n(&conv->in) / conv->in.n, nn_shape_value_n(&conv->out) / conv->out.n};
}

static const struct onednn_primitive *part_primitive(const struct conv_op *op, size_t part)
{
    return part + 1 == op->shards.part_n && op->last.made != NULL ? &op->last : &op->full;
}

static bool forward_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end;
    const struct conv_run *run = ctx;
    const struct conv_op *op = run->op;
    const struct onednn_primitive *primitive = part_primitive(op, begin);
    size_t image = begin * op->shards.size;
    bool half = op->op.half;
    struct onednn_place place[4] = {{DNNL_ARG_SRC, onednn_desc(primitive, dnnl_query_src_md), value_at(run->args->in[0], image * run->in_image, half)},
                                    {DNNL_ARG_WEIGHTS, onednn_desc(primitive, dnnl_query_weights_md), run->args->in[1]},
                                    {DNNL_ARG_DST, onednn_desc(primitive, dnnl_query_dst_md), value_to(run->args->out[0], image * run->out_image, half)}};
    size_t n = 3;
    dnnl_memory_desc_t bias;
    if (op->conv.bias) {
        bias = *onednn()->dnnl_primitive_desc_query_md(primitive->desc, dnnl_query_weights_md, 1);
        place[n++] = (struct onednn_place){DNNL_ARG_BIAS, &bias, run->args->in[2]};
    }
    if (op->conv.residual && run->args->in[3] != run->args->out[0]) {
        size_t images = op->shards.n - image < op->shards.size ? op->shards.n - image : op->shards.size;
        memcpy((void *)(uintptr_t)place[2].data, value_at(run->args->in[3], image * run->out_image, half), images * run->out_image * (half ? 2 : 4));
    }
    return onednn_primitive_run(primitive, place, n, fast_worker_scratch(&op->op, run->scratch, worker), err);
}

static bool forward(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct conv_run run = start_run(made, args, scratch);
    return par_for(run.op->shards.part_n, 1, forward_part, &run, err);
}

/* Outputs that see nothing but padding: there the library's kernels with a residual read astray (2.6.3). */
static bool blind_outputs(const struct nn_window *window)
{
    for (size_t axis = 0; axis < 3; axis++)
        if (window->pad[axis] > window->dilation[axis] * (window->kernel[axis] - 1))
            return true;
    return false;
}

struct nn_op *onednn_conv_forward(const struct nn_backend *backend, const struct nn_conv *conv, bool *found, struct err *err)
{
    if (conv->residual && blind_outputs(&conv->window)) {
        *found = false;
        return NULL;
    }
    struct conv_op *op = find_conv(backend, conv, find_forward, dnnl_query_weights_md, forward, found, err);
    if (op != NULL)
        op->op.pack = pack_weights;
    return (struct nn_op *)op;
}

static bool backward_input_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end;
    const struct conv_run *run = ctx;
    const struct conv_op *op = run->op;
    const struct onednn_primitive *primitive = part_primitive(op, begin);
    size_t image = begin * op->shards.size;
    bool half = op->op.half;
    const struct onednn_place place[3] = {
        {DNNL_ARG_DIFF_DST, onednn_desc(primitive, dnnl_query_diff_dst_md), value_at(run->args->in[0], image * run->out_image, half)},
        {DNNL_ARG_WEIGHTS, onednn_desc(primitive, dnnl_query_weights_md), run->args->in[1]},
        {DNNL_ARG_DIFF_SRC, onednn_desc(primitive, dnnl_query_diff_src_md), value_to(run->args->out[0], image * run->in_image, half)}};
    return onednn_primitive_run(primitive, place, 3, fast_worker_scratch(&op->op, run->scratch, worker), err);
}

static bool backward_input(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct conv_run run = start_run(made, args, scratch);
    return par_for(run.op->shards.part_n, 1, backward_input_part, &run, err);
}

struct nn_op *onednn_conv_backward_input(const struct nn_backend *backend, const struct nn_conv *conv, bool *found, struct err *err)
{
    struct conv_op *op = find_conv(backend, conv, find_backward_input, dnnl_query_weights_md, backward_input, found, err);
    if (op != NULL)
        op->op.pack = pack_weights;
    return (struct nn_op *)op;
}

/* Backward weights: each shard's sum into a block of shared scratch, the blocks added in order, then put into PyTorch's order. */
static size_t sum_bytes(const struct conv_op *op)
{
    return fast_round(op->op.packed_n);
}

static bool backward_weights_part(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end;
    const struct conv_run *run = ctx;
    const struct conv_op *op = run->op;
    const struct onednn_primitive *primitive = part_primitive(op, begin);
    size_t image = begin * op->shards.size;
    bool half = op->op.half;
    const struct onednn_place place[3] = {
        {DNNL_ARG_SRC, onednn_desc(primitive, dnnl_query_src_md), value_at(run->args->in[0], image * run->in_image, half)},
        {DNNL_ARG_DIFF_DST, onednn_desc(primitive, dnnl_query_diff_dst_md), value_at(run->args->in[1], image * run->out_image, half)},
        {DNNL_ARG_DIFF_WEIGHTS, onednn_desc(primitive, dnnl_query_diff_weights_md), (char *)run->scratch + begin * sum_bytes(op)}};
    return onednn_primitive_run(primitive, place, 3, fast_worker_scratch(&op->op, run->scratch, worker), err);
}

VECTOR static void add_floats(float *restrict sum, const float *restrict more, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += more[i];
}

static bool add_parts(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker, (void)err;
    const struct conv_run *run = ctx;
    float *sum = run->scratch;
    for (size_t part = 1; part < run->op->shards.part_n; part++)
        add_floats(sum + begin, sum + part * sum_bytes(run->op) / sizeof *sum + begin, end - begin);
    return true;
}

static bool backward_weights(const struct nn_op *made, const struct nn_args *args, void *scratch, struct err *err)
{
    struct conv_run run = start_run(made, args, scratch);
    const struct conv_op *op = run.op;
    if (!par_for(op->shards.part_n, 1, backward_weights_part, &run, err))
        return false;
    if (op->shards.part_n > 1 && !par_for(op->op.packed_n / sizeof(float), 1 << 14, add_parts, &run, err))
        return false;
    const struct onednn_place place[2] = {{DNNL_ARG_FROM, onednn_desc(&op->full, dnnl_query_diff_weights_md), scratch},
                                          {DNNL_ARG_TO, &op->plain_weights, args->out[0]}};
    if (!onednn_primitive_run(&op->to_plain, place, 2, fast_worker_scratch(&op->op, scratch, 0), err))
        return false;
    return !op->conv.bias || rows_bias_gradient(&op->conv.out, op->op.half, args->in[1], args->out[1], err);
}

struct nn_op *onednn_conv_backward_weights(const struct nn_backend *backend, const struct nn_conv *conv, bool *found, struct err *err)
{
    struct conv_op *op = find_conv(backend, conv, find_backward_weights, dnnl_query_diff_weights_md, backward_weights, found, err);
    if (op == NULL)
        return NULL;
    op->op.shared_scratch = op->shards.part_n * sum_bytes(op);
    if (!onednn_reorder_make(&op->to_plain, onednn_desc(&op->full, dnnl_query_diff_weights_md), &op->plain_weights, err)) {
        fast_op_free(&op->op);
        return NULL;
    }
    size_t reorder = fast_round(op->to_plain.scratch);
    op->op.worker_scratch = reorder > op->op.worker_scratch ? reorder : op->op.worker_scratch;
    return &op->op;
}
