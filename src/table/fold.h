/* Stratified, grouped k-fold: which fold each row is held out in.
 *
 * Rows (or groups: the rows of one patient) are put into an order keyed by (seed, cohort row), so the folds do
 * not depend on the order of the table. Each in turn goes to the fold that has the fewest rows of its class
 * (then the fewest rows, then the lowest number): class shares differ by at most one row where no groups are.
 * A group counts for the class most of its rows have (a tie: positive).
 * Without groups, a cohort row that stands there twice (a bootstrap sample) is one group. */
#ifndef HEPAR_TABLE_FOLD_H
#define HEPAR_TABLE_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "table/step.h"

/* fold[row_n] in 0..*made-1. *made is k, or the number of rows (groups) of the rarer class when that is less:
 * a fold without one of the classes can't be measured. ERR_INPUT when a class has fewer than two rows
 * (groups), a label is not 0 or 1, or k < 2. */
bool fold_make(const struct rows *rows, size_t k, uint64_t seed, size_t *fold, size_t *made, struct err *err);

/* A part of given rows, with copies of its own: what is fitted on it can reach nothing else. */
struct rows_part {
    struct table table;
    struct outcome outcome;
    double *label, *time, *event;
    size_t *group;
    struct rows rows; /* points into this struct: do not copy it */
};
/* The listed positions, in that order; a position may repeat. The caller frees with rows_part_free(), also after a failure. */
bool rows_take(const struct rows *rows, const size_t *position, size_t n, struct rows_part *out, struct err *err);
void rows_part_free(struct rows_part *part);
/* The positions whose fold is `held` (inside = true) or is not (inside = false); position[n] has room for all. */
size_t fold_positions(const size_t *fold, size_t n, size_t held, bool inside, size_t *position);

#endif
