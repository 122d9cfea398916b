/* A pipeline: a list of steps, each fitted on what the ones before made of the same rows.
 *
 * It is the one place that runs steps, and so the place where rule 2 holds by construction: a step gets a table
 * that has its rows and no others; outcomes only when its kind says that it reads them; apply() gets none at all;
 * everything that comes out is marked with the cohort rows the pipeline was fitted on.
 * A pipeline is itself a step (pipeline_kind): nesting and late fusion need nothing else. */
#ifndef HEPAR_ML_PIPELINE_H
#define HEPAR_ML_PIPELINE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "table/step.h"

/* A learner's column: higher speaks for the positive class; the scale is the learner's own. */
#define SCORE_COLUMN "score"
/* The column that calibration adds: the probability of the positive class. */
#define PROBABILITY_COLUMN "probability"

struct pipeline;

/* Fits step[0..n-1] in turn. `train_out` (an empty table, or NULL) receives the columns of the fitted rows as a
 * further step would see them. Seeds are keyed by the step's place. ERR_INPUT outside in: the step's name first. */
bool pipeline_fit(const struct step *step, size_t n, const struct rows *rows, uint64_t seed, struct pipeline **out,
                  struct table *train_out, struct err *err);
/* Another step behind, fitted on `train` (the train_out of what stands so far), at `place` in the seeds. */
bool pipeline_fit_next(struct pipeline *pipeline, const struct step *step, const struct rows *train, uint64_t seed,
                       struct table *train_out, struct err *err);
/* Adds a step that was fitted elsewhere (a calibration on out-of-fold scores). Takes the state; `fitted` may be NULL. */
bool pipeline_push(struct pipeline *pipeline, const struct step_kind *kind, void *state, struct rowset *fitted, struct err *err);
/* The steps of `from` behind those of `to`; `from` is taken, also when it fails. */
bool pipeline_append(struct pipeline *to, struct pipeline *from, struct err *err);
bool pipeline_apply(const struct pipeline *pipeline, const struct table *table, struct table *out, struct err *err);
/* The first `step_n` steps only (what the learner sees). */
bool pipeline_apply_part(const struct pipeline *pipeline, size_t step_n, const struct table *table, struct table *out, struct err *err);
/* Steps begin..end-1 only, on a table as step `begin` takes it: what another value of one of its columns would have led to. */
bool pipeline_apply_range(const struct pipeline *pipeline, size_t begin, size_t end, const struct table *table, struct table *out, struct err *err);
/* "PREFIX.fitted" (cohort rows), "PREFIX.N.kind", and each step's own under "PREFIX.N". */
bool pipeline_save(const struct pipeline *pipeline, struct store *store, const char *prefix, struct err *err);
/* ERR_INPUT when a kind is not among `known`, or a tensor is missing or has the wrong form. */
bool pipeline_load(const struct store *store, const char *prefix, const struct step_registry *known, struct pipeline **out, struct err *err);
void pipeline_free(struct pipeline *pipeline);

size_t pipeline_step_n(const struct pipeline *pipeline);
const struct step_kind *pipeline_step_kind(const struct pipeline *pipeline, size_t i);
const void *pipeline_step_state(const struct pipeline *pipeline, size_t i);
struct rowset *pipeline_fitted(const struct pipeline *pipeline); /* borrowed */
void pipeline_describe_step(const struct pipeline *pipeline, size_t i, struct text *out); /* one line */

/* What the score is made of: the parts of the last step that has any (step.h). The caller frees with parts_free(). */
bool pipeline_parts(const struct pipeline *pipeline, struct parts *out, struct err *err);
bool pipeline_is_linear(const struct pipeline *pipeline);
bool pipeline_is_additive(const struct pipeline *pipeline);
/* Additive learners only: out gets one column a part; of a linear one, weight * x as the learner saw it (z-scored columns: against
 * the training mean); constant + their sum is the learner's own score, before
 * a step behind it standardises or calibrates it. ERR_INPUT when the learner is not additive. */
bool pipeline_contributions(const struct pipeline *pipeline, const struct table *table, struct table *out, struct err *err);

struct pipeline_settings {
    const struct step *step;
    size_t step_n;
};
extern const struct step_kind pipeline_kind;

#endif
