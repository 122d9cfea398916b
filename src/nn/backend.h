/* The backend: what a network's layers are computed with. Above it nothing knows a library's name.
 *
 * Two backends stand behind this header: onednn.c (fast: oneDNN's kernels, and own loops where a pass over memory is all
 * there is) and plain.c (a C reference in f32 or f64: oracle of the tests, and the fallback that is said aloud). A third
 * (a newer library, a GPU) is one more file.
 *
 * Activations are channels-last: value (n, z, y, x, c) at (((n*Z + z)*Y + y)*X + x)*C + c, without gaps; 2-D nets have Z = 1.
 * Their numbers are the backend's (nn_number). Parameters, statistics and gradients of parameters are f32 (f64 where
 * activations are), in PyTorch's order: weights [out][in / groups][kz][ky][kx].
 *
 * An operation is made once for its shapes and may then be executed any number of times, by several threads at once, each with
 * its own scratch. Inside it is cut into parts that depend on its shape alone, run by par_for(); partial sums are added in
 * the parts' order: the same bytes for any number of threads (on one instruction set). Which kernel serves which shape is
 * a committed table (kernel_table.h), never a timing.
 *
 * Pointers given to execute() are aligned to 64 bytes at the start of each array. Inputs and outputs do not overlap unless the text says
 * "may be". ERR_INPUT: a shape that fits in no memory; ERR_SYSTEM: no memory, or the library is missing. */
#ifndef HEPAR_NN_BACKEND_H
#define HEPAR_NN_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum nn_number { NN_F32, NN_F64, NN_BF16 };

struct nn_shape {
    size_t n, z, y, x, c; /* each at least 1 */
};
size_t nn_shape_value_n(const struct nn_shape *shape); /* SIZE_MAX where it overflows */

/* Axes of the arrays below: z, y, x. Output size: floor((in + 2 pad - dilation (kernel - 1) - 1) / stride) + 1. */
struct nn_window {
    size_t kernel[3], stride[3], pad[3], dilation[3]; /* kernel, stride, dilation at least 1; pads alike on both sides */
};
/* The shape behind a window with out_c channels; false when no window fits in. */
bool nn_window_out(const struct nn_shape *in, const struct nn_window *window, size_t out_c, struct nn_shape *out);

enum nn_act { NN_ACT_NONE, NN_ACT_RELU, NN_ACT_RELU6 };

struct nn_conv {
    struct nn_shape in, out;
    struct nn_window window;
    size_t group_n;    /* divides in.c and out.c */
    bool bias;
    enum nn_act act;   /* forward only: applied behind bias (and residual) */
    bool residual;     /* forward only: a third input is added before the activation */
};

enum nn_pool_kind { NN_POOL_MAX, NN_POOL_MEAN /* pads are not counted */, NN_POOL_MEAN_PADDED /* pads count as zeros: PyTorch's default */ };
struct nn_pool {
    struct nn_shape in, out; /* the same c */
    struct nn_window window;
    enum nn_pool_kind kind;
};

/* Batch normalisation over all of n, z, y, x, with what usually follows: y = act(gamma (x - mean) / sqrt(var + eps) + beta + residual). */
struct nn_norm {
    struct nn_shape shape;
    double eps;
    enum nn_act act;
    bool residual;
    bool fixed; /* mean and variance are given (inference, or frozen in training) */
};

struct nn_op; /* one made operation; opaque, a backend's own */

/* What execute() takes, in the order that each operation below names. Unused places are NULL. */
struct nn_args {
    const void *in[7];
    void *out[4];
    uint64_t seed; /* dropout alone */
};

struct nn_backend {
    const char *name;      /* "oneDNN 2.6.3 avx512_core", "plain f64": for log.txt and messages */
    enum nn_number number; /* of activations */

    /* x, packed weights, bias (f32 or NULL), residual -> y. y may be residual. */
    struct nn_op *(*conv_forward)(const struct nn_backend *, const struct nn_conv *, struct err *);
    /* dy, packed weights -> dx (of conv->in) */
    struct nn_op *(*conv_backward_input)(const struct nn_backend *, const struct nn_conv *, struct err *);
    /* x, dy -> dweights (PyTorch's order, written over), dbias (where conv->bias) */
    struct nn_op *(*conv_backward_weights)(const struct nn_backend *, const struct nn_conv *, struct err *);
    /* Bytes of the packed weights of a conv_forward or conv_backward_input, and the packing from PyTorch's order. `scale` (out.c
     * values, or NULL) multiplies each output channel's weights: how a normalisation is folded in. */
    size_t (*packed_n)(const struct nn_op *);
    bool (*pack)(const struct nn_op *, const void *weights, const void *scale, void *packed, struct err *);

    /* x, gamma, beta, residual, (fixed: mean, var) -> y, (not fixed: mean, var of the batch; biased, as is used). y may be x or residual. */
    struct nn_op *(*norm_forward)(const struct nn_backend *, const struct nn_norm *, struct err *);
    /* x, y (for act; NULL without residual: found again from x), dy, gamma, mean, var, beta -> dx, dgamma, dbeta, dresidual (where residual). dx or dresidual may be dy. */
    struct nn_op *(*norm_backward)(const struct nn_backend *, const struct nn_norm *, struct err *);

    /* x -> y, workspace (pool_workspace_n bytes; training with NN_POOL_MAX only, else NULL). Ties: the first in z, y, x order, as in PyTorch. */
    struct nn_op *(*pool_forward)(const struct nn_backend *, const struct nn_pool *, struct err *);
    /* dy, workspace -> dx */
    struct nn_op *(*pool_backward)(const struct nn_backend *, const struct nn_pool *, struct err *);
    size_t (*pool_workspace_n)(const struct nn_backend *, const struct nn_pool *);

    /* a, b (or NULL) -> act(a + b). y may be a or b. */
    struct nn_op *(*eltwise_forward)(const struct nn_backend *, size_t n, enum nn_act, struct err *);
    /* y, dy -> dx = dy where the activation is not flat. dx may be dy. */
    struct nn_op *(*eltwise_backward)(const struct nn_backend *, size_t n, enum nn_act, struct err *);

    /* Channels [from_first, from_first + n) of x to [to_first, ...) of y; other channels of y stay as they are. x -> y */
    struct nn_op *(*reorder)(const struct nn_backend *, const struct nn_shape *from, size_t from_first, const struct nn_shape *to, size_t to_first,
                             size_t n, struct err *);

    /* Linear interpolation onto another grid with PyTorch's align_corners=False; `backward` is its transpose. x -> y; dy -> dx */
    struct nn_op *(*resample)(const struct nn_backend *, const struct nn_shape *from, const struct nn_shape *to, bool backward, struct err *);

    /* x -> y = x keep / (1 - p), keep by (seed, element). The same operation with dy is its backward. y may be x. */
    struct nn_op *(*dropout)(const struct nn_backend *, size_t n, double p, struct err *);

    /* Host numbers to activations and back. */
    void (*from_f32)(const struct nn_backend *, const float *from, void *to, size_t n);
    void (*to_f64)(const struct nn_backend *, const void *from, double *to, size_t n);

    size_t (*scratch_n)(const struct nn_op *); /* bytes that execute() needs beside its arguments, for all threads of the pool */
    const char *(*kernel_name)(const struct nn_op *); /* "jit:avx512_core", "taps", "rows": for tests and log */
    bool (*execute)(const struct nn_op *, const struct nn_args *, void *scratch, struct err *);
    void (*op_free)(struct nn_op *); /* NULL is fine */
};

size_t nn_number_size(enum nn_number number);                                    /* of an activation */
size_t nn_parameter_size(const struct nn_backend *backend);                      /* 4, or 8 for NN_F64 */

/* Loads the library on first use. NN_F32, NN_BF16 (ERR_USAGE without AMX: it would lose against f32). ERR_SYSTEM when the library is
 * not there or is not of version 2. Never frees; the same pointer at each call. */
const struct nn_backend *nn_backend_onednn(enum nn_number number, struct err *err);
/* NN_F32, NN_F64. */
const struct nn_backend *nn_backend_plain(enum nn_number number);
/* The fast one, or, where it is not there, the plain one in f32 with one warning in the log. */
const struct nn_backend *nn_backend_default(void);

#endif
