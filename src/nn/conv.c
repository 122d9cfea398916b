/* Which file computes a convolution: our own kernels where the table says so, else the library, else what serves every shape. */
#include "nn/fast.h"
#include "nn/kernel_table.h"

/* Our own kernel where the table names one; NULL with *found false where it names the library. */
static struct nn_op *named(const struct nn_backend *backend, const struct nn_conv *conv, enum kernel_way way, bool *found, struct err *err)
{
    bool backward = way == WAY_BACKWARD_INPUT;
    enum kernel kernel = kernel_choose(fast_isa(), backend->number, way, conv);
    *found = true;
    if (kernel == KERNEL_WINOGRAD && way == WAY_BACKWARD_WEIGHTS && conv_winograd_weights_serve(backend, conv))
        return conv_winograd_weights(backend, conv, err);
    if (kernel == KERNEL_WINOGRAD && way != WAY_BACKWARD_WEIGHTS && conv_winograd_serves(backend, conv, backward))
        return conv_winograd(backend, conv, backward, err);
    if (kernel == KERNEL_OWN && way == WAY_BACKWARD_WEIGHTS && conv_weights_serve(backend, conv))
        return conv_weights(backend, conv, err);
    if (kernel == KERNEL_OWN && way != WAY_BACKWARD_WEIGHTS && conv_tiles_serve(backend, conv, backward))
        return conv_tiles(backend, conv, backward, err);
    *found = false;
    return NULL;
}

struct nn_op *conv_forward(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    bool found;
    struct nn_op *op = named(backend, conv, WAY_FORWARD, &found, err);
    if (!found && conv_merged_serves(backend, conv))
        op = conv_merged(backend, conv, false, &found, err);
    if (op == NULL && !found)
        op = onednn_conv_forward(backend, conv, &found, err);
    if (op != NULL || found)
        return op;
    if (rows_depthwise_serves(conv))
        return rows_depthwise_forward(backend, conv, err);
    return conv_tiles_serve(backend, conv, false) ? conv_tiles(backend, conv, false, err) : conv_columns_forward(backend, conv, err);
}

struct nn_op *conv_backward_input(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    bool found;
    struct nn_op *op = named(backend, conv, WAY_BACKWARD_INPUT, &found, err);
    if (!found)
        op = onednn_conv_backward_input(backend, conv, &found, err);
    if (op != NULL || found)
        return op;
    if (rows_depthwise_serves(conv))
        return rows_depthwise_backward_input(backend, conv, err);
    return conv_tiles_serve(backend, conv, true) ? conv_tiles(backend, conv, true, err) : conv_columns_backward_input(backend, conv, err);
}

struct nn_op *conv_backward_weights(const struct nn_backend *backend, const struct nn_conv *conv, struct err *err)
{
    bool found;
    struct nn_op *op = named(backend, conv, WAY_BACKWARD_WEIGHTS, &found, err);
    if (!found && conv_merged_serves(backend, conv))
        op = conv_merged(backend, conv, true, &found, err);
    if (op == NULL && !found)
        op = onednn_conv_backward_weights(backend, conv, &found, err);
    if (op != NULL || found)
        return op;
    if (rows_depthwise_serves(conv))
        return rows_depthwise_backward_weights(backend, conv, err);
    return conv_weights_serve(backend, conv) ? conv_weights(backend, conv, err) : conv_taps(backend, conv, err);
}
