/* Which kernel computes a convolution, by instruction set and shape: measured once (bench/nn_kernels), committed, never timed at run time. */
#ifndef HEPAR_NN_KERNEL_TABLE_H
#define HEPAR_NN_KERNEL_TABLE_H

#include "nn/backend.h"

enum kernel_way { WAY_FORWARD, WAY_BACKWARD_INPUT, WAY_BACKWARD_WEIGHTS };
enum kernel { KERNEL_LIBRARY, KERNEL_OWN /* conv_tiles.c, conv_weights.c */, KERNEL_WINOGRAD /* conv_winograd.c, conv_winograd_weights.c */ };
/* isa: "sse41", "avx2", "avx512_core", "avx512_core_amx". */
enum kernel kernel_choose(const char *isa, enum nn_number number, enum kernel_way way, const struct nn_conv *conv);

#endif
