/* The exponential moving average of a net's values along its training (Polyak and Juditsky 1992, as used with networks).
 *
 * average := d average + (1 - d) value behind step t = 1, 2, ..., d = min(decay, (1 + t) / (10 + t)): the first steps, far from
 * anything useful, are forgotten quickly. Running means and variances are averaged along. */
#ifndef HEPAR_NN_EMA_H
#define HEPAR_NN_EMA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ema {
    double decay;
    uint64_t step; /* done */
    size_t n;
    float *average; /* owned */
};

/* Begins at value[n]. A zeroed struct may be freed. */
bool ema_init(struct ema *ema, double decay, const float *value, size_t n, struct err *err);
bool ema_update(struct ema *ema, const float *value, struct err *err);
void ema_free(struct ema *ema);

#endif
