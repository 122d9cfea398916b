/* What every backend shares: sizes of shapes and numbers. */
#include "nn/backend.h"

size_t nn_shape_value_n(const struct nn_shape *shape)
{
    const size_t side[5] = {shape->n, shape->z, shape->y, shape->x, shape->c};
    size_t n = 1;
    for (size_t i = 0; i < 5; i++)
        if (__builtin_mul_overflow(n, side[i], &n))
            return SIZE_MAX;
    return n;
}

bool nn_window_out(const struct nn_shape *in, const struct nn_window *window, size_t out_c, struct nn_shape *out)
{
    const size_t side[3] = {in->z, in->y, in->x};
    size_t made[3];
    for (size_t axis = 0; axis < 3; axis++) {
        size_t reach = window->dilation[axis] * (window->kernel[axis] - 1) + 1;
        size_t padded = side[axis] + 2 * window->pad[axis];
        if (padded < reach)
            return false;
        made[axis] = (padded - reach) / window->stride[axis] + 1;
    }
    *out = (struct nn_shape){in->n, made[0], made[1], made[2], out_c};
    return true;
}

size_t nn_number_size(enum nn_number number)
{
    switch (number) {
    case NN_F32: return 4;
    case NN_F64: return 8;
    case NN_BF16: return 2;
    }
    return 0;
}

size_t nn_parameter_size(const struct nn_backend *backend)
{
    return backend->number == NN_F64 ? 8 : 4;
}
