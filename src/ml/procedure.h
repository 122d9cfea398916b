/* The whole procedure, as one function of training rows alone: rank all candidates by cross-validation, take the
 * winner, refit it on all the rows, calibrate it and choose its threshold on its out-of-fold scores.
 * `hepar run`, nested cross-validation, permuted runs and the bootstrap call this same code. */
#ifndef HEPAR_ML_PROCEDURE_H
#define HEPAR_ML_PROCEDURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ml/calibrate.h"
#include "ml/candidate.h"
#include "ml/crossval.h"
#include "ml/pipeline.h"
#include "ml/threshold.h"
#include "table/step.h"

struct procedure {
    const struct block *block;
    size_t block_n;
    const struct learner_choice *learner;
    size_t learner_n;
    size_t repeat_n, fold_n; /* of the ranking */
    struct calibrate_settings calibration;
    struct threshold_rule threshold;
    /* NULL always, but under --allow-leakage: rows (all roles') on which the prefixes are fitted before any split.
     * The result, and every column made with it, is marked. */
    const struct rows *leaky;
    /* Steps that blocks share (ml/shared.h): `shared` in the last fit on all the rows, `shared_in_folds` in the ranking. They give the same
     * columns and may differ in effort. Zeroed: none. */
    struct shared shared, shared_in_folds;
};

struct procedure_result {
    struct crossval ranking;
    size_t winner;             /* candidate */
    size_t block, learner;     /* its parts: winner / learner_n, winner % learner_n */
    struct pipeline *pipeline; /* shared steps (where its block uses them), columns, prefix, learner, calibration: gives SCORE_COLUMN and PROBABILITY_COLUMN */
    double *oof;               /* [repeat][row] the winner's out-of-fold probabilities (calibrated on themselves) */
    struct threshold threshold; /* on the probability; at or above: high risk */
    struct table shared_train; /* the training rows as the shared steps left them; empty where the winner uses none */
    size_t shared_n;           /* how many of the pipeline's steps are shared ones: the first */
    bool leaky;
};

/* ERR_INPUT when no candidate could be fitted (the first one's reason is said), or the target is an endpoint. */
bool procedure_fit(const struct procedure *procedure, const struct rows *train, uint64_t seed, struct procedure_result *out, struct err *err);
/* The ranking's plan: what crossval_run(), candidate_fit() and the bootstrap take. Points into the procedure's lists. */
struct crossval_plan procedure_plan(const struct procedure *procedure);
void procedure_result_free(struct procedure_result *result);
/* probability[row_n] of the winner. With `apparent` (row_n, or NULL): whether the row was among those it was fitted on. */
bool procedure_score(const struct procedure_result *result, const struct table *table, double *probability, bool *apparent, struct err *err);

/* Effort by level (SPEC's table): what `validation:` means. */
enum validation_level { VALIDATION_QUICK, VALIDATION_STANDARD, VALIDATION_FULL };
struct validation_effort {
    const char *name; /* "quick", "standard", "full" */
    size_t rank_repeat_n, rank_fold_n;
    size_t nested_repeat_n, nested_fold_n;           /* outer */
    size_t nested_rank_repeat_n, nested_rank_fold_n; /* inner ranking */
    size_t permuted_n, permuted_rank_repeat_n, permuted_rank_fold_n;
    size_t bootstrap_n; /* of the winner, for .632+ and optimism */
    /* Where networks are trained: in folds, their number of a cross-fit, share of the epochs, and whether they are asked about mirror images; samples
     * of a bootstrap that trains them (0: none is done); and the level whose effort the permuted runs take. */
    size_t net_fold_n;
    double net_epoch_share;
    bool net_mirror;
    size_t net_bootstrap_n;
    enum validation_level permuted_level;
};
extern const struct validation_effort validation_efforts[3];
/* Pipeline fits of each part, for the line that says how long it will take before it starts. */
struct validation_cost {
    size_t rank, nested, permuted, bootstrap, total;
};
struct validation_cost validation_cost(const struct validation_effort *effort, size_t candidate_n);
/* Fits of shared steps, each of which trains its networks; of the ranking, the last one is the model's own. */
struct validation_cost validation_shared_cost(const struct validation_effort *effort);

#endif
