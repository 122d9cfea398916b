/* Chooses a point of a grid by cross-validation inside the rows a learner is fitted on: the highest mean of the folds' AUC;
 * ties go to the earlier point, so a grid lists the simpler model first. */
#ifndef HEPAR_ML_TUNE_H
#define HEPAR_ML_TUNE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "ml/design.h"
#include "table/step.h"

struct tune_fold {
    const double *train_x, *train_y, *test_x; /* column-major */
    size_t train_n, test_n, p;
    size_t fold; /* for keys of random numbers */
};
/* Fills score[g * test_n + i] for every grid point. */
typedef bool tune_fn(const void *ctx, const struct tune_fold *fold, double *score, struct err *err);

struct tuning {
    size_t best;
    size_t fold_n; /* folds made; 0: too few rows of a class, so `best` is the fallback */
    double auc;    /* the best point's mean AUC; NaN when fold_n is 0 */
};
bool tune_run(const struct design *design, const struct rows *rows, size_t fold_n, uint64_t seed, size_t grid_n, size_t fallback, tune_fn *fn,
              const void *ctx, struct tuning *out, struct err *err);
/* ", chosen by 5-fold AUC 0.712 of 3" or why not; the caller lists the grid behind. */
void tune_describe(const struct tuning *tuning, size_t grid_n, struct text *out);
/* The same for a grid of numbers: the chosen one in front, all of them behind. */
void tune_describe_values(const struct tuning *tuning, const double *value, size_t grid_n, struct text *out);

#endif
