/* The number columns of a table as one matrix: what learners and selectors compute on. */
#ifndef HEPAR_ML_DESIGN_H
#define HEPAR_ML_DESIGN_H

#include <stddef.h>

#include "base/err.h"
#include "ml/state.h"
#include "table/step.h"

struct design {
    size_t n, p;
    double *x; /* n x p, column-major: column j begins at x + j * n */
};

/* All number columns; ERR_INPUT when a text column is left (an encode step belongs before) or a value is not finite
 * (an impute step belongs before). `names` may be NULL. */
bool design_make(const struct table *table, struct design *out, struct names *names, struct err *err);
/* The columns named, by name. */
bool design_of_names(const struct table *table, const struct names *names, struct design *out, struct err *err);
void design_free(struct design *design);

/* The rows at position[n] of a matrix, into out (n x p). */
void design_take(const double *x, size_t n_from, size_t p, const size_t *position, size_t n, double *out);

/* A learner's output: one column SCORE_COLUMN for the rows of `table`. */
bool score_table(const struct table *table, const double *score, struct table *out, struct err *err);

/* ERR_INPUT when the labels hold one class only or anything but 0 and 1. */
bool label_check(const double *label, size_t n, struct err *err);

#endif
