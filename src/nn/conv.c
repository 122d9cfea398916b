/* Which file computes a convolution: our own kernels where the table says so, else the library, else what serves every shape. */
#include "nn/fast.h"
#include "nn/kernel_table.h"

static bool own(const struct nn_backend *backend, const struct nn_conv *conv, enum kernel_way way)
{
    return kernel_choose(fast_isa(), backend->number, way, conv) == KERNEL_OWN;
}

struct nn_op *conv_forward(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    bool found = false, serves = conv_tiles_serve(backend, conv, false);
    if (serves && own(backend, conv, WAY_FORWARD))
        return conv_tiles(backend, conv, false, err);
    struct nn_op *op = NULL;
    if (conv_merged_serves(backend, conv))
        op = conv_merged(backend, conv, false, &found, err);
    if (op == NULL && !found)
        op = onednn_conv_forward(backend, conv, &found, err);
    if (op != NULL || found)
        return op;
    if (rows_depthwise_serves(conv))
        return rows_depthwise_forward(backend, conv, err);
    return serves ? conv_tiles(backend, conv, false, err) : conv_columns_forward(backend, conv, err);
}

struct nn_op *conv_backward_input(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    bool found = false, serves = conv_tiles_serve(backend, conv, true);
    if (serves && own(backend, conv, WAY_BACKWARD_INPUT))
        return conv_tiles(backend, conv, true, err);
    struct nn_op *op = onednn_conv_backward_input(backend, conv, &found, err);
    if (op != NULL || found)
        return op;
    if (rows_depthwise_serves(conv))
        return rows_depthwise_backward_input(backend, conv, err);
    return serves ? conv_tiles(backend, conv, true, err) : conv_columns_backward_input(backend, conv, err);
}

struct nn_op *conv_backward_weights(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    bool found = false, serves = conv_weights_serve(backend, conv);
    if (serves && own(backend, conv, WAY_BACKWARD_WEIGHTS))
        return conv_weights(backend, conv, err);
    struct nn_op *op = NULL;
    if (conv_merged_serves(backend, conv))
        op = conv_merged(backend, conv, true, &found, err);
    if (op == NULL && !found)
        op = onednn_conv_backward_weights(backend, conv, &found, err);
    if (op != NULL || found)
        return op;
    if (rows_depthwise_serves(conv))
        return rows_depthwise_backward_weights(backend, conv, err);
    return serves ? conv_weights(backend, conv, err) : conv_taps(backend, conv, err);
}
