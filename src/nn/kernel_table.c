/* See kernel_table.h. */
#include "nn/kernel_table.h"

enum kernel kernel_of_weights(const struct nn_conv *conv, dnnl_cpu_isa_t isa, enum nn_number number)
{
    (void)isa, (void)number;
    const size_t *dilation = conv->window.dilation;
    bool dilated = dilation[0] > 1 || dilation[1] > 1 || dilation[2] > 1;
    bool many = conv->in.c / conv->group_n >= 96 && conv->out.c / conv->group_n >= 96;
    return dilated || many ? KERNEL_TAPS : KERNEL_LIBRARY;
}
