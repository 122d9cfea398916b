/* Results of a par_for() taken one at a time and in order, while later ones are still being made.
 *
 * Whichever thread makes the next one in line ready takes it, and then all behind it that are ready. No thread waits
 * for another: while one is taking, the others note theirs as ready and go on. */
#ifndef HEPAR_BASE_INORDER_H
#define HEPAR_BASE_INORDER_H

#include <stddef.h>

#include "base/err.h"

struct inorder;
typedef bool inorder_fn(void *ctx, size_t i, struct err *err);

/* take(ctx, i) is to be called for i = 0..n-1, in this order and never twice at a time. NULL: out of memory. */
struct inorder *inorder_start(size_t n, inorder_fn *take, void *ctx, struct err *err);
/* i is ready; once for each. false: a take() that was called here failed, after which no other is. */
bool inorder_ready(struct inorder *line, size_t i, struct err *err);
void inorder_end(struct inorder *line); /* frees; NULL is fine */

#endif
