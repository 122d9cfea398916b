#include "nn/dropout.h"

#include "base/rng.h"

void dropout_block(uint64_t seed, double p, size_t block, bool keep[DROPOUT_BLOCK])
{
    struct rng rng = rng_make(seed, "net.dropout", block, 0);
    double limit = p * 4294967296.0;
    for (size_t i = 0; i < DROPOUT_BLOCK; i++)
        keep[i] = (double)rng_u32(&rng) >= limit;
}
