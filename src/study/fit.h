/* All that is fitted, on train rows alone: ranking, winner, honest estimates of the whole procedure, and every
 * candidate once on the whole of train for the side-by-side table. No outcome of another role is in reach here
 * (but under --allow-leakage, which marks everything). */
#ifndef HEPAR_STUDY_FIT_H
#define HEPAR_STUDY_FIT_H

#include "ml/nested.h"
#include "ml/optimism.h"
#include "ml/permute.h"
#include "ml/procedure.h"
#include "study/cohort.h"
#include "study/cost.h"
#include "study/plan.h"
#include "study/predictors.h"

struct fit {
    size_t *train_row;   /* cohort rows that were fitted on, ascending */
    size_t train_n;
    double *label;       /* [train_n] */
    struct procedure_result result;
    bool has_nested, has_permuted, has_optimism;
    struct nested nested;
    struct permuted permuted;
    struct optimism optimism;
    size_t candidate_n;
    double **score;      /* [candidate][cohort row] learner's own scale; NaN where the case is not used; NULL when it failed */
    double *probability; /* [cohort row] the winner's; NaN where the case is not used */
    bool *apparent;      /* [cohort row] the winner was fitted on this row */
    struct cost cost;
    /* Where blocks use networks (else NULL): those of the last fit when the winner holds none itself, and their column: [cohort row] as
     * other cases get it, and [train_n] out of fold, as the learners were fitted on it. */
    struct pipeline *networks;
    double *logit, *logit_out_of_fold;
    char **warning;
    size_t warning_n;
};

/* label[cohort row] of train rows, NaN elsewhere; `leak`: labels of all rows, or NULL (always, but under --allow-leakage). `work`: the folder of
 * what an interrupted run goes on from. */
bool fit_study(struct plan *plan, const struct cohort *cohort, const struct predictors *predictors, const double *label,
               const double *leak, uint64_t seed, const char *work, struct fit *fit, struct err *err);
void fit_free(struct fit *fit);

#endif
