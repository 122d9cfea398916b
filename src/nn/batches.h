/* How an epoch's cases are dealt into batches.
 *
 * The order is keyed by (seed, epoch, case), so it does not depend on the order in which the cases stand. The last batch is smaller, or left out
 * (`drop_rest`; a different few are left out each epoch); a last batch of one case, which batch normalisation can't work with, joins the one
 * before. Where events are told, they are spread evenly over the epoch, so that each batch's risk set holds some (Cox loss). */
#ifndef HEPAR_NN_BATCHES_H
#define HEPAR_NN_BATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct batches {
    size_t n, step_n;
    size_t *order; /* n positions, owned; batch s is order[begin[s]] .. order[begin[s + 1] - 1] */
    size_t *begin; /* step_n + 1, owned */
};

size_t batches_step_n(size_t n, size_t batch_n, bool drop_rest);   /* at least 1 for n >= 1 */
size_t batches_largest(size_t n, size_t batch_n, bool drop_rest);  /* cases of the largest batch */
/* A zeroed struct may be freed. */
bool batches_init(struct batches *batches, size_t n, size_t batch_n, bool drop_rest, struct err *err);
/* key[n] names the cases; event[n] 0 or 1, or NULL. */
bool batches_deal(struct batches *batches, const size_t *key, const double *event, uint64_t seed, size_t epoch, struct err *err);
void batches_free(struct batches *batches);

#endif
