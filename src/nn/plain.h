/* The plain backend's inside: its operation, and the loops that stand once in plain_*.inc and are compiled for f32 and f64. */
#ifndef HEPAR_NN_PLAIN_H
#define HEPAR_NN_PLAIN_H

#include "nn/backend.h"

struct plain_reorder {
    struct nn_shape from, to;
    size_t from_first, to_first, n;
};
struct plain_resample {
    struct nn_shape from, to; /* of the forward direction */
};
struct plain_eltwise {
    size_t n;
    enum nn_act act;
    double p; /* dropout */
};

typedef bool plain_run_fn(const struct nn_op *op, const struct nn_args *args, struct err *err);

struct nn_op {
    plain_run_fn *run;
    const char *name;
    union {
        struct nn_conv conv;
        struct nn_norm norm;
        struct nn_pool pool;
        struct plain_reorder reorder;
        struct plain_resample resample;
        struct plain_eltwise eltwise;
    };
    size_t packed_n;                                                                            /* bytes; convolutions alone */
    void (*pack)(const struct nn_conv *conv, const void *weights, const void *scale, void *packed);
};

/* What plain_f32.c and plain_f64.c give. */
struct plain_loops {
    plain_run_fn *conv_forward, *conv_backward_input, *conv_backward_weights, *norm_forward, *norm_backward, *pool_forward, *pool_backward,
        *eltwise_forward, *eltwise_backward, *reorder, *resample_forward, *resample_backward, *dropout;
    void (*pack_forward)(const struct nn_conv *conv, const void *weights, const void *scale, void *packed);
    void (*pack_backward)(const struct nn_conv *conv, const void *weights, const void *scale, void *packed);
};
extern const struct plain_loops plain_f32, plain_f64;

#endif
