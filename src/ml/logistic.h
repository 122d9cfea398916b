/* Logistic regression, plain or with an L2 penalty whose strength is chosen by inner cross-validation.
 *
 * minimises |w|^2 / (2 C) + sum log(1 + exp(-y (w x + b))), y = +-1, intercept free, by Newton's method. Plain: C = infinity;
 * where the classes can be separated (no maximum exists) C = 1e4 is used and said. */
#ifndef HEPAR_ML_LOGISTIC_H
#define HEPAR_ML_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "table/step.h"

struct logistic_fit {
    size_t p;
    double *coef; /* p */
    double intercept;
    double objective; /* the function above at its minimum */
    bool converged;
};

/* x: n x p column-major. C = INFINITY: no penalty. weight NULL: one each. start NULL: from 0 (p + 1 values, intercept last). */
bool logistic_minimise(const double *x, const double *y, const double *weight, size_t n, size_t p, double C, const double *start,
                       struct logistic_fit *out, struct err *err);
/* Standard errors of an unpenalised fit from the inverse information: se[p + 1], the intercept's last. */
bool logistic_errors(const double *x, const double *weight, size_t n, size_t p, const struct logistic_fit *fit, double *se, struct err *err);
void logistic_fit_free(struct logistic_fit *fit);

struct logistic_settings {
    bool plain;        /* no penalty, no grid */
    const double *C;   /* the grid; NULL: 0.001, 0.01, 0.1, 1, 10 */
    size_t C_n;
    size_t fold_n;     /* inner; 0: 5 */
};
extern const struct step_kind logistic_kind;

#endif
