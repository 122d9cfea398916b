/* The fast backend's inside: what its operations have in common. An operation's file (onednn_conv.c, rows_norm.c, ...) begins its own
 * struct with a struct nn_op and gives functions with the signatures of backend.h, which onednn.c gathers. */
#ifndef HEPAR_NN_FAST_H
#define HEPAR_NN_FAST_H

#include "nn/backend.h"

struct nn_op {
    const char *kernel;    /* a literal, or the library's */
    bool half;             /* activations are bf16, not f32 */
    size_t worker_n;       /* threads of the pool when it was made */
    size_t shared_scratch; /* bytes, multiples of 64; a worker's own lie behind the shared ones */
    size_t worker_scratch;
    size_t packed_n;       /* bytes */
    bool (*execute)(const struct nn_op *, const struct nn_args *, void *scratch, struct err *);
    bool (*pack)(const struct nn_op *, const float *weights, const float *scale, void *packed, struct err *);
    void (*close)(struct nn_op *); /* gives back what the operation owns beside itself; may be NULL */
};

typedef bool fast_execute_fn(const struct nn_op *, const struct nn_args *, void *scratch, struct err *);

/* An operation of `size` bytes that begins with its struct nn_op; else zero. */
void *fast_op_new(size_t size, const struct nn_backend *backend, const char *kernel, fast_execute_fn *execute, struct err *err);
void fast_op_free(struct nn_op *op);
void *fast_worker_scratch(const struct nn_op *op, void *scratch, size_t worker);
size_t fast_round(size_t bytes); /* up to 64 */
bool fast_fits(const struct nn_shape *shape, struct err *err); /* ERR_INPUT when its bytes overflow */

/* A batch cut into parts of `size` images (the last may have fewer): at most eight, whatever the number of threads. */
struct fast_shards {
    size_t n, size, part_n;
};
struct fast_shards fast_shards(size_t n);

/* The best family of instructions that the library may use here: "avx512_core", see kernel_table.h. */
const char *fast_isa(void);

/* Convolutions: conv.c chooses, by the committed table and by what serves a shape at all. */
struct nn_op *conv_forward(const struct nn_backend *, const struct nn_conv *, struct err *);
struct nn_op *conv_backward_input(const struct nn_backend *, const struct nn_conv *, struct err *);
struct nn_op *conv_backward_weights(const struct nn_backend *, const struct nn_conv *, struct err *);
/* The library's. NULL with *found false: it has no fast kernel for the shape. */
struct nn_op *onednn_conv_forward(const struct nn_backend *, const struct nn_conv *, bool *found, struct err *);
struct nn_op *onednn_conv_backward_input(const struct nn_backend *, const struct nn_conv *, bool *found, struct err *);
struct nn_op *onednn_conv_backward_weights(const struct nn_backend *, const struct nn_conv *, bool *found, struct err *);
/* First layers in bf16. NULL with *found false as above. */
bool conv_merged_serves(const struct nn_backend *, const struct nn_conv *);
struct nn_op *conv_merged(const struct nn_backend *, const struct nn_conv *, bool weights, bool *found, struct err *);
/* For any shape: rows gathered side by side (columns), or a window place at a time (taps), then matrix products. */
struct nn_op *conv_columns_forward(const struct nn_backend *, const struct nn_conv *, struct err *);
struct nn_op *conv_columns_backward_input(const struct nn_backend *, const struct nn_conv *, struct err *);
struct nn_op *conv_taps(const struct nn_backend *, const struct nn_conv *, struct err *);
/* Our own kernels over rows where they stand, with AVX2 or AVX-512, f32. */
bool conv_tiles_serve(const struct nn_backend *, const struct nn_conv *, bool backward);
struct nn_op *conv_tiles(const struct nn_backend *, const struct nn_conv *, bool backward, struct err *);
/* Windows of 3 x 3 in the plane, stride 1, by Winograd's fewer products, where their points take little memory. */
bool conv_winograd_serves(const struct nn_backend *, const struct nn_conv *, bool backward);
struct nn_op *conv_winograd(const struct nn_backend *, const struct nn_conv *, bool backward, struct err *);
bool conv_winograd_weights_serve(const struct nn_backend *, const struct nn_conv *);
struct nn_op *conv_winograd_weights(const struct nn_backend *, const struct nn_conv *, struct err *);
bool conv_weights_serve(const struct nn_backend *, const struct nn_conv *);
struct nn_op *conv_weights(const struct nn_backend *, const struct nn_conv *, struct err *);
bool rows_depthwise_serves(const struct nn_conv *);
struct nn_op *rows_depthwise_forward(const struct nn_backend *, const struct nn_conv *, struct err *);
struct nn_op *rows_depthwise_backward_input(const struct nn_backend *, const struct nn_conv *, struct err *);
struct nn_op *rows_depthwise_backward_weights(const struct nn_backend *, const struct nn_conv *, struct err *);

/* dbias: the sum of dy over n, z, y, x. */
bool rows_bias_gradient(const struct nn_shape *shape, bool half, const void *dy, float *d_bias, struct err *err);

struct nn_op *rows_norm_forward(const struct nn_backend *, const struct nn_norm *, struct err *);
struct nn_op *rows_norm_backward(const struct nn_backend *, const struct nn_norm *, struct err *);
struct nn_op *rows_pool_forward(const struct nn_backend *, const struct nn_pool *, struct err *);
struct nn_op *rows_pool_backward(const struct nn_backend *, const struct nn_pool *, struct err *);
/* Windows that stand apart: rows_pool_forward() and _backward() hand them on. */
bool rows_pool_apart_serves(const struct nn_pool *, bool backward);
struct nn_op *rows_pool_apart(const struct nn_backend *, const struct nn_pool *, bool backward, struct err *);
size_t rows_pool_workspace_n(const struct nn_backend *, const struct nn_pool *);
struct nn_op *rows_eltwise_forward(const struct nn_backend *, size_t n, enum nn_act, struct err *);
struct nn_op *rows_eltwise_backward(const struct nn_backend *, size_t n, enum nn_act, struct err *);
struct nn_op *rows_dropout(const struct nn_backend *, size_t n, double p, struct err *);
struct nn_op *rows_reorder(const struct nn_backend *, const struct nn_shape *from, size_t from_first, const struct nn_shape *to, size_t to_first, size_t n,
                           struct err *);
struct nn_op *rows_resample(const struct nn_backend *, const struct nn_shape *from, const struct nn_shape *to, bool backward, struct err *);

#endif
