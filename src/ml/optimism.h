/* Bootstrap optimism and .632+ of one candidate (the winner), its whole pipeline refitted in each sample.
 *
 * AUC form of Efron and Tibshirani (JASA 1997, 92:548): with app the apparent AUC, oob the mean over samples of the AUC
 * on the rows not drawn, no-information 0.5: R = (app - oob) / (app - 0.5), 1 when oob <= 0.5, 0 when oob >= app;
 * w = 0.632 / (1 - 0.368 R); .632+ = (1 - w) app + w max(oob, 0.5). Harrell's optimism: mean over samples of the AUC
 * on the sample minus that of the same model on all rows; corrected = app - optimism. */
#ifndef HEPAR_ML_OPTIMISM_H
#define HEPAR_ML_OPTIMISM_H

#include "ml/crossval.h"

struct optimism {
    size_t sample_n, used_n; /* drawn; those whose sample and rows not drawn both had two classes */
    double apparent, oob_mean, auc_632, auc_632plus, R, w, optimism, corrected;
    double *oob; /* [sample], NaN when not used */
};

bool optimism_run(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, size_t sample_n, uint64_t seed,
                  struct optimism *out, struct err *err);
/* The same with given samples: sample[s * row_n + i] is a position. For reference tests. */
bool optimism_run_given(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, const size_t *sample, size_t sample_n,
                        uint64_t seed, struct optimism *out, struct err *err);
void optimism_free(struct optimism *optimism);

#endif
