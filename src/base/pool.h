/* One pool of threads for the whole program.
 *
 * par_for() cuts 0..n into chunks of `grain` (chunks depend on n and grain alone, never on the number of
 * threads) and runs fn(ctx, begin, end, worker) for each; nested calls run inline. A chunk writes only its own
 * results, and reductions go over chunks in their order: outputs are then equal for any -j.
 * `worker` is in 0..pool_size()-1 and picks scratch memory, never results. */
#ifndef HEPAR_BASE_POOL_H
#define HEPAR_BASE_POOL_H

#include <stddef.h>

#include "base/err.h"
#include "base/stop.h" /* par_for() ends early on Ctrl-C */

bool pool_start(size_t threads, struct err *err); /* 0: all cores that this process may use; without a call everything runs inline */
void pool_stop(void);
size_t pool_size(void); /* at least 1 */

typedef bool par_fn(void *ctx, size_t begin, size_t end, size_t worker, struct err *err);
/* grain 0 counts as 1. false: the error of the failing chunk with the lowest begin (later chunks may have been
 * left out), or ERR_STOPPED after Ctrl-C. */
bool par_for(size_t n, size_t grain, par_fn *fn, void *ctx, struct err *err);

#endif
