/* The state that all linear learners share: score = intercept + sum of coef * column. A learner's own file finds the
 * coefficients and no more. */
#ifndef HEPAR_ML_LINEAR_H
#define HEPAR_ML_LINEAR_H

#include "base/text.h"
#include "ml/state.h"
#include "table/step.h"

/* Copies coef[names->n] and `line` (describe()); takes `names` over, also when it fails. NULL: no memory. */
void *linear_make(struct names *names, const double *coef, double intercept, const char *line, struct err *err);
bool linear_apply(const void *state, const struct table *table, struct table *out, struct err *err);
bool linear_save(const void *state, struct store *store, const char *prefix, struct err *err);
bool linear_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err);
void linear_describe(const void *state, struct text *out);
bool linear_parts(const void *state, struct parts *out, struct err *err);
bool linear_contributions(const void *state, const struct table *table, struct table *out, struct err *err);
void linear_free(void *state);

#endif
