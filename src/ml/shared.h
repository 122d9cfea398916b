/* Steps that blocks share: fitted once on the rows of a fold, before the blocks choose their columns.
 *
 * They are for what is dear to fit and alike for every learner: a network trained on the target gives one column, and a block
 * that names this column is the reason to train it. On the rows they are fitted on, blocks get the steps' train_columns: a
 * cross-fitted step's out-of-fold values, each with the rows it has seen (table/step.h). Rows held out get apply()'s.
 * A block that names none of the columns neither waits for these steps nor fails with them: it sees the rows as they were given.
 *
 * Inside a fit the out-of-fold values stand as they are: a learner's inner folds and the inner folds of a late fusion do not make
 * them anew (DESIGN rule 2: they may feed a fit, a calibration, a threshold). What those inner folds report of themselves is
 * therefore a little too good; every estimate and every ranking fits these steps anew in each of its own folds. */
#ifndef HEPAR_ML_SHARED_H
#define HEPAR_ML_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ml/candidate.h"
#include "ml/pipeline.h"
#include "table/step.h"

/* Zeroed: there are none. */
struct shared {
    const struct step *step;
    size_t step_n;
    const char *const *column; /* the columns that they add: a block that names one uses them */
    size_t column_n;
};

/* Whether `block` (of `blocks`, where its members are) names one of the columns. */
bool shared_used_by(const struct shared *shared, const struct block *blocks, const struct block *block);
bool shared_used_by_any(const struct shared *shared, const struct block *blocks, size_t block_n);

/* The steps on `rows`; `train` (an empty table): the rows as blocks see them. ERR_BUG when a column named is not among what comes out. */
bool shared_fit(const struct shared *shared, const struct rows *rows, uint64_t seed, struct pipeline **pipeline, struct table *train, struct err *err);

/* What blocks see of a fold. A fold in which the steps can't be fitted keeps the reason; it fails the blocks that use them. */
struct shared_fold {
    struct table train, held;
    struct err reason;
};
/* `fitted` NULL: the steps are fitted on `train` alone and applied to `held`. Else (a leak) that pipeline is applied to both. An error is the system's. */
bool shared_fold_make(const struct shared *shared, const struct pipeline *fitted, const struct rows *train, const struct table *held, uint64_t seed,
                      struct shared_fold *out, struct err *err);
void shared_fold_free(struct shared_fold *fold); /* a zeroed struct is fine */

#endif
