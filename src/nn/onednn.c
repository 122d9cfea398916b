/* The fast backend: which file computes what, and the backend's own bookkeeping. */
#include <pthread.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "nn/fast.h"
#include "nn/onednn_api.h"
#include "nn/rows.h"

const char *fast_isa(void)
{
    return onednn_isa_name(onednn()->isa);
}

static size_t packed_n(const struct nn_op *op)
{
    return op->packed_n;
}

static bool pack(const struct nn_op *op, const void *weights, const void *scale, void *packed, struct err *err)
{
    return op->pack(op, weights, scale, packed, err);
}

static size_t scratch_n(const struct nn_op *op)
{
    return op->shared_scratch + op->worker_n * op->worker_scratch;
}

static const char *kernel_name(const struct nn_op *op)
{
    return op->kernel;
}

static bool execute(const struct nn_op *op, const struct nn_args *args, void *scratch, struct err *err)
{
    if (op->worker_scratch > 0 && pool_size() > op->worker_n)
        return err_set(err, ERR_BUG, "%s: made for %zu threads, run by %zu", op->kernel, op->worker_n, pool_size());
    return op->execute(op, args, scratch, err);
}

static void from_f32(const struct nn_backend *backend, const float *from, void *to, size_t n)
{
    if (backend->number == NN_F32)
        memcpy(to, from, n * sizeof *from);
    else
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)to)[i] = f32_to_bf16(from[i]);
}

static void to_f64(const struct nn_backend *backend, const void *from, double *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (double)value_get(from, i, backend->number == NN_BF16);
}

#define BACKEND(kind) \
    { \
        .number = kind, .conv_forward = conv_forward, .conv_backward_input = conv_backward_input, \
        .conv_backward_weights = conv_backward_weights, .packed_n = packed_n, .pack = pack, .norm_forward = rows_norm_forward, \
        .norm_backward = rows_norm_backward, .pool_forward = rows_pool_forward, .pool_backward = rows_pool_backward, \
        .pool_workspace_n = rows_pool_workspace_n, .eltwise_forward = rows_eltwise_forward, .eltwise_backward = rows_eltwise_backward, \
        .reorder = rows_reorder, .resample = rows_resample, .dropout = rows_dropout, .from_f32 = from_f32, \
        .to_f64 = to_f64, .scratch_n = scratch_n, .kernel_name = kernel_name, .execute = execute, .op_free = fast_op_free \
    }

static struct nn_backend in_f32 = BACKEND(NN_F32), in_bf16 = BACKEND(NN_BF16);
static char name_bf16[80];
static pthread_once_t named = PTHREAD_ONCE_INIT;

static void set_names(void)
{
    in_f32.name = onednn()->name;
    snprintf(name_bf16, sizeof name_bf16, "%s bf16", onednn()->name);
    in_bf16.name = name_bf16;
}

const struct nn_backend *nn_backend_onednn(enum nn_number number, struct err *err)
{
    const struct onednn *lib = onednn_load(err);
    if (lib == NULL)
        return NULL;
    pthread_once(&named, set_names);
    if (number == NN_F32)
        return &in_f32;
    if (number == NN_BF16 && lib->isa == dnnl_cpu_isa_avx512_core_amx)
        return &in_bf16;
    if (number == NN_BF16)
        err_set(err, ERR_USAGE, "bf16 is slower than f32 without AMX, which this machine does not have (%s)", onednn_isa_name(lib->isa));
    else
        err_set(err, ERR_USAGE, "oneDNN computes in f32 or bf16, not f64");
    return NULL;
}

static void warn_once(void)
{
    struct err err = ERR_INIT;
    if (nn_backend_onednn(NN_F32, &err) == NULL)
        log_warn("%s; networks are computed by plain loops, 20 to 100 times slower", err.text);
}

const struct nn_backend *nn_backend_default(void)
{
    static pthread_once_t warned = PTHREAD_ONCE_INIT;
    pthread_once(&warned, warn_once);
    const struct nn_backend *fast = nn_backend_onednn(NN_F32, NULL);
    return fast != NULL ? fast : nn_backend_plain(NN_F32);
}
