/* Which values dropout keeps: the same on every backend, for any number of threads. Block `block` holds the keyed decisions for elements
 * [block DROPOUT_BLOCK, (block + 1) DROPOUT_BLOCK) of a layer. */
#ifndef HEPAR_NN_DROPOUT_H
#define HEPAR_NN_DROPOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DROPOUT_BLOCK = 1024 };
/* p: the share that is dropped, 0 <= p < 1. */
void dropout_block(uint64_t seed, double p, size_t block, bool keep[DROPOUT_BLOCK]);

#endif
