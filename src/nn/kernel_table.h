/* Which kernel computes a convolution's weight gradient, by instruction set and shape: measured (bench/nn_kernels.sh), never timed at run time. */
#ifndef HEPAR_NN_KERNEL_TABLE_H
#define HEPAR_NN_KERNEL_TABLE_H

#include <dnnl.h>

#include "nn/backend.h"

enum kernel { KERNEL_LIBRARY, KERNEL_TAPS };
enum kernel kernel_of_weights(const struct nn_conv *conv, dnnl_cpu_isa_t isa, enum nn_number number);

#endif
