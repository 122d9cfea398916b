/* Repeated stratified cross-validation of all candidates in one pass.
 *
 * In each fold the steps that blocks share (ml/shared.h) are fitted once, then the prefix of each block once for all its learners,
 * on the fold's training rows alone; scores are made for the rows held out. Tasks (repeat x fold, then x block) run in parallel.
 * The cross-validated AUC is the mean over folds of the fold's AUC (spread: their standard deviation, divisor
 * n-1). The pooled AUC puts scores of different models on one scale and is biased low without signal; it is kept
 * beside and named pooled, never used to rank. */
#ifndef HEPAR_ML_CROSSVAL_H
#define HEPAR_ML_CROSSVAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ml/candidate.h"
#include "ml/shared.h"
#include "table/step.h"

struct crossval_plan {
    const struct block *block;
    size_t block_n;
    const struct learner_choice *learner;
    size_t learner_n;
    size_t repeat_n, fold_n;
    /* NULL always, but under --allow-leakage: the prefixes are fitted once on these rows (which then hold the
     * rows held out too) instead of inside each fold. */
    const struct rows *leaky;
    struct shared shared; /* fitted once a fold, for all blocks that use them; zeroed: none */
};

struct crossval {
    size_t row_n, candidate_n, learner_n, repeat_n;
    size_t fold_n;  /* as made: may be less than planned (fold.h) */
    size_t *fold;   /* [repeat][row] */
    double *score;  /* [candidate][repeat][row]: out-of-fold, in units of the fold's training scores; NaN when the candidate failed */
    double *auc;    /* [candidate][repeat][fold]; NaN when the candidate failed */
    double *auc_mean, *auc_sd; /* [candidate] over repeats x folds; NaN when it failed */
    double *auc_pooled;        /* [candidate] mean over repeats of the AUC of all scores of a repeat */
    char **failed;             /* [candidate] NULL, or why it could not be fitted (the first fold's reason) */
    struct rowset **fitted;    /* [repeat][fold]: cohort rows that the fold's scores were fitted on */
    bool leaky;
};

/* A candidate that can't be fitted is data (failed[]), not an error; ERR_INPUT when the rows can't be split. */
bool crossval_run(const struct crossval_plan *plan, const struct rows *rows, uint64_t seed, struct crossval *out, struct err *err);
void crossval_free(struct crossval *crossval);
/* The candidate with the highest mean AUC among blocks that may win (ties: the first); SIZE_MAX when all failed. */
size_t crossval_best(const struct crossval *crossval, const struct crossval_plan *plan);
/* Out-of-fold scores of a candidate as a table: one row a (repeat, row), column SCORE_COLUMN, each with the rows it
 * has seen: what calibration and threshold may be fitted on. */
bool crossval_table(const struct crossval *crossval, const struct rows *rows, size_t candidate, struct table *out, struct err *err);

/* One candidate on all the rows given: the shared steps where its block uses them (and only there), columns, prefix, learner (or
 * fusion), standardised score, as one pipeline. */
bool candidate_fit(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, uint64_t seed, struct pipeline **out, struct err *err);
/* The same, and `shared_train` (an empty table): the rows as the shared steps left them; it stays empty where the block uses none. */
bool candidate_fit_keep(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, uint64_t seed, struct pipeline **out,
                        struct table *shared_train, struct err *err);

/* AUC of each fold, and of all scores together; room: 2 n doubles, scratch: n. Mean and spread (divisor n - 1) of AUCs. */
void fold_aucs(const double *score, const double *label, const size_t *fold, size_t n, size_t fold_n, double *auc, double *pooled, double *room, size_t *scratch);
void summarise_auc(const double *auc, size_t n, double *mean, double *sd);

#endif
