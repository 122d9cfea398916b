/* The plain backend: an operation is its description and a loop (plain_*.inc) to run over it. It is the oracle of the tests, so
 * nothing here is clever, and it serves every shape. */
#include "nn/plain.h"

#include <string.h>

#include "base/mem.h"

static const struct plain_loops *loops_of(const struct nn_backend *backend)
{
    return backend->number == NN_F64 ? &plain_f64 : &plain_f32;
}

static struct nn_op *make(const char *name, plain_run_fn *run, struct err *err)
{
    struct nn_op *op = mem_zero(1, sizeof *op, err);
    if (op == NULL)
        return NULL;
    op->run = run;
    op->name = name;
    return op;
}

static bool fits(const struct nn_shape *shape, struct err *err)
{
    size_t n = nn_shape_value_n(shape);
    if (n > SIZE_MAX / 8 || n / shape->n > UINT32_MAX)
        return err_set(err, ERR_INPUT, "layer of %zu x %zu x %zu x %zu x %zu values is too large", shape->n, shape->z, shape->y, shape->x, shape->c);
    return true;
}

static struct nn_op *make_conv(const struct nn_backend *backend, const char *name, plain_run_fn *run, const struct nn_conv *conv, struct err *err)
{
    if (!fits(&conv->in, err) || !fits(&conv->out, err))
        return NULL;
    struct nn_op *op = make(name, run, err);
    if (op == NULL)
        return NULL;
    const size_t *kernel = conv->window.kernel;
    op->conv = *conv;
    op->packed_n = conv->out.c * (conv->in.c / conv->group_n) * kernel[0] * kernel[1] * kernel[2] * nn_parameter_size(backend);
    return op;
}

static struct nn_op *make_conv_forward(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct nn_op *op = make_conv(backend, "plain conv", loops_of(backend)->conv_forward, conv, err);
    if (op != NULL)
        op->pack = loops_of(backend)->pack_forward;
    return op;
}

static struct nn_op *make_conv_backward_input(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    struct nn_op *op = make_conv(backend, "plain conv backward", loops_of(backend)->conv_backward_input, conv, err);
    if (op != NULL)
        op->pack = loops_of(backend)->pack_backward;
    return op;
}

static struct nn_op *make_conv_backward_weights(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    return make_conv(backend, "plain conv weights", loops_of(backend)->conv_backward_weights, conv, err);
}

static size_t packed_n(const struct nn_op *op)
{
    return op->packed_n;
}

static bool pack(const struct nn_op *op, const void *weights, const void *scale, void *packed, struct err *err)
{
    (void)err;
    op->pack(&op->conv, weights, scale, packed);
    return true;
}

static struct nn_op *make_norm(const char *name, plain_run_fn *run, const struct nn_norm *norm, struct err *err)
{
    struct nn_op *op = fits(&norm->shape, err) ? make(name, run, err) : NULL;
    if (op != NULL)
        op->norm = *norm;
    return op;
}

static struct nn_op *make_norm_forward(const struct nn_backend *backend, const struct nn_norm *norm, struct err *err)
{
    return make_norm("plain norm", loops_of(backend)->norm_forward, norm, err);
}

static struct nn_op *make_norm_backward(const struct nn_backend *backend, const struct nn_norm *norm, struct err *err)
{
    return make_norm("plain norm backward", loops_of(backend)->norm_backward, norm, err);
}

static struct nn_op *make_pool(const char *name, plain_run_fn *run, const struct nn_pool *pool, struct err *err)
{
    struct nn_op *op = fits(&pool->in, err) && fits(&pool->out, err) ? make(name, run, err) : NULL;
    if (op != NULL)
        op->pool = *pool;
    return op;
}

static struct nn_op *make_pool_forward(const struct nn_backend *backend, const struct nn_pool *pool, struct err *err)
{
    return make_pool("plain pool", loops_of(backend)->pool_forward, pool, err);
}

static struct nn_op *make_pool_backward(const struct nn_backend *backend, const struct nn_pool *pool, struct err *err)
{
    return make_pool("plain pool backward", loops_of(backend)->pool_backward, pool, err);
}

static size_t pool_workspace_n(const struct nn_backend *backend, const struct nn_pool *pool)
{
    (void)backend;
    return pool->kind == NN_POOL_MAX ? nn_shape_value_n(&pool->out) * sizeof(uint32_t) : 0;
}

static struct nn_op *make_eltwise(const char *name, plain_run_fn *run, size_t n, enum nn_act act, double p, struct err *err)
{
    struct nn_op *op = make(name, run, err);
    if (op != NULL)
        op->eltwise = (struct plain_eltwise){n, act, p};
    return op;
}

static struct nn_op *make_eltwise_forward(const struct nn_backend *backend, size_t n, enum nn_act act, struct err *err)
{
    return make_eltwise("plain eltwise", loops_of(backend)->eltwise_forward, n, act, 0, err);
}

static struct nn_op *make_eltwise_backward(const struct nn_backend *backend, size_t n, enum nn_act act, struct err *err)
{
    return make_eltwise("plain eltwise backward", loops_of(backend)->eltwise_backward, n, act, 0, err);
}

static struct nn_op *make_dropout(const struct nn_backend *backend, size_t n, double p, struct err *err)
{
    return make_eltwise("plain dropout", loops_of(backend)->dropout, n, NN_ACT_NONE, p, err);
}

static struct nn_op *make_reorder(const struct nn_backend *backend, const struct nn_shape *from, size_t from_first, const struct nn_shape *to,
                                  size_t to_first, size_t n, struct err *err)
{
    struct nn_op *op = make("plain reorder", loops_of(backend)->reorder, err);
    if (op != NULL)
        op->reorder = (struct plain_reorder){*from, *to, from_first, to_first, n};
    return op;
}

static struct nn_op *make_resample(const struct nn_backend *backend, const struct nn_shape *from, const struct nn_shape *to, bool backward,
                                   struct err *err)
{
    if (!fits(from, err) || !fits(to, err))
        return NULL;
    const struct plain_loops *loops = loops_of(backend);
    struct nn_op *op = make("plain resample", backward ? loops->resample_backward : loops->resample_forward, err);
    if (op != NULL)
        op->resample = (struct plain_resample){*from, *to};
    return op;
}

static void from_f32(const struct nn_backend *backend, const float *from, void *to, size_t n)
{
    if (backend->number == NN_F32)
        memcpy(to, from, n * sizeof *from);
    else
        for (size_t i = 0; i < n; i++)
            ((double *)to)[i] = (double)from[i];
}

static void to_f64(const struct nn_backend *backend, const void *from, double *to, size_t n)
{
    if (backend->number == NN_F64)
        memcpy(to, from, n * sizeof *to);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = (double)((const float *)from)[i];
}

static size_t scratch_n(const struct nn_op *op)
{
    (void)op;
    return 0;
}

static const char *kernel_name(const struct nn_op *op)
{
    return op->name;
}

static bool execute(const struct nn_op *op, const struct nn_args *args, void *scratch, struct err *err)
{
    (void)scratch;
    return op->run(op, args, err);
}

static void op_free(struct nn_op *op)
{
    mem_free(op);
}

#define PLAIN_BACKEND(title, kind) \
    { \
        .name = title, .number = kind, .conv_forward = make_conv_forward, .conv_backward_input = make_conv_backward_input, \
        .conv_backward_weights = make_conv_backward_weights, .packed_n = packed_n, .pack = pack, .norm_forward = make_norm_forward, \
        .norm_backward = make_norm_backward, .pool_forward = make_pool_forward, .pool_backward = make_pool_backward, \
        .pool_workspace_n = pool_workspace_n, .eltwise_forward = make_eltwise_forward, .eltwise_backward = make_eltwise_backward, \
        .reorder = make_reorder, .resample = make_resample, .dropout = make_dropout, .from_f32 = from_f32, \
        .to_f64 = to_f64, .scratch_n = scratch_n, .kernel_name = kernel_name, .execute = execute, .op_free = op_free \
    }

static const struct nn_backend in_f32 = PLAIN_BACKEND("plain f32", NN_F32), in_f64 = PLAIN_BACKEND("plain f64", NN_F64);

const struct nn_backend *nn_backend_plain(enum nn_number number)
{
    return number == NN_F64 ? &in_f64 : &in_f32;
}
