/* The step: the one interface that everything fitted implements, in whichever folder it lives: a z-score, a
 * filter, a LASSO, a forest, a calibration, a network. A pipeline is a list of steps; cross-validation,
 * nesting, permutation and fusion are written once, over steps (src/ml).
 *
 * Two things are there for networks, and cost the others nothing:
 *  - Columns may be of kind COLUMN_CASE: the step reads images through them, study says where they come from.
 *  - fit() may hand on its own columns for the rows it was fitted on (`train_columns`). A cross-fitted net
 *    gives each training row the logit of the net that never saw it, with that net's rows in `seen`; later
 *    steps are fitted on those. A step that leaves train_columns empty is applied to its own training rows.
 *
 * A learner is a step whose apply() gives one column, "score" (ml/pipeline.h); what that score is made of, it says
 * through parts(). doc/decisions.md has the trial of this interface on a cross-fitted network, a LASSO, late fusion.
 *
 * Rules: a step reads only the rows it is given; all random numbers are keyed by `seed` and the table's cohort
 * row numbers; the same input gives the same bytes. Outcomes reach fit() alone. */
#ifndef HEPAR_TABLE_STEP_H
#define HEPAR_TABLE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "table/store.h"
#include "table/table.h"

/* What is to be predicted, row by row beside a table. Label target: label[] in {0, 1}. Endpoint target:
 * time[] > 0 in days, event[] in {0, 1}. Arrays not used are NULL. Borrowed. */
struct outcome {
    const double *label;
    const double *time;
    const double *event;
};

struct rows {
    const struct table *table;
    const struct outcome *outcome; /* NULL when there is none to be seen */
    size_t group_n;                /* 0, or row_n */
    const size_t *group;           /* rows of one patient share a group; folds never cut one */
};

struct step_kind;

/* The kinds that load() may meet. ml and nn do not know each other, so study hands the list on. */
struct step_registry {
    const struct step_kind *const *kind;
    size_t n;
    const struct step_registry *more; /* further kinds, or NULL */
};

/* What of the outcome fit() reads; the pipeline hands on nothing else. None: the step can't see an outcome. */
enum step_outcome { STEP_NO_OUTCOME = 0, STEP_LABEL = 1, STEP_ENDPOINT = 2, STEP_ANY_OUTCOME = 3 };

/* What a fitted learner's score is made of. Linear: score = constant + sum of weight * x over the columns named, as the
 * learner saw them. Otherwise the weights are importances that sum to 1. Additive (linear ones are): a case's score is
 * constant + the sum of its contributions(). */
struct parts {
    char **name;    /* n owned texts */
    double *weight; /* n, owned */
    size_t n;
    double constant;
    bool linear, additive;
};

/* A step as the study asks for it: its kind and settings. Settings are a kind's own plain struct. */
struct step {
    const struct step_kind *kind;
    const void *settings; /* borrowed, lives as long as the step */
};

struct step_kind {
    const char *name;  /* "zscore", "lasso", "forest": as in the study file */
    const char *title; /* "z-score", for reports */
    enum step_outcome outcome; /* what fit() reads of it; an outcome it does not take is refused by the pipeline */

    /* *state is owned by the caller, who gives it back through free(). train_columns is an empty table or NULL;
     * filled only by a step whose columns for its own training rows are not apply()'s. */
    bool (*fit)(const struct step *step, const struct rows *rows, uint64_t seed, void **state,
                struct table *train_columns, struct err *err);
    /* All columns as the next step shall see them, for the rows of `table`, with what they have seen. */
    bool (*apply)(const void *state, const struct table *table, struct table *out, struct err *err);
    bool (*save)(const void *state, struct store *store, const char *prefix, struct err *err);
    bool (*load)(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err);
    /* One line for the report: "LASSO: 9 of 214 columns kept, lambda 0.031". */
    void (*describe)(const void *state, struct text *out);
    /* NULL for a step that is no learner. `out` is empty; the caller frees it with parts_free(). */
    bool (*parts)(const void *state, struct parts *out, struct err *err);
    /* NULL unless the score is additive: one column a part, what it adds to each row's score (`table` as apply() takes it). */
    bool (*contributions)(const void *state, const struct table *table, struct table *out, struct err *err);
    void (*free)(void *state);
};

/* n named parts with weight 0; freed by itself when it fails. */
bool parts_init(struct parts *parts, const char *const *name, size_t n, struct err *err);
void parts_free(struct parts *parts);

#endif
