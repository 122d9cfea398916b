/* Logistic regression by maximum likelihood, with Wald tests, and what degenerate data make of it.
 *
 * Newton's method on centred, scaled columns (McCullagh and Nelder, Generalized Linear Models, 1989). No penalty: where the
 * maximum does not exist the status says so. PERFECT_SEPARATION, QUASI_SEPARATION (Albert and Anderson, Biometrika
 * 71, 1984): loglik is then its limit. SINGULAR_DESIGN: `aliased` marks columns that depend on those before them.
 * ONE_CLASS, LABEL_NOT_BINARY, NO_COMPLETE_ROWS, TOO_FEW_OBSERVATIONS (fewer rows than coefficients). */
#ifndef HEPAR_STATS_LOGIT_H
#define HEPAR_STATS_LOGIT_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

/* Borrowed; complete rows only. An intercept is always fitted. */
struct logit_data {
    size_t n, p;          /* p columns besides the intercept; may be 0 */
    const double *x;      /* n x p, column-major */
    const double *y;      /* 0 or 1 */
    const double *weight; /* NULL: 1 each; case weights >= 0 */
    const double *offset; /* NULL: 0; added to the linear predictor */
};

struct logit_fit {
    enum stats_status status;
    size_t n, p, k, iterations; /* k = p + 1 coefficients, the intercept first */
    double *coef, *se, *vcov;   /* [k], [k], [k * k]; NaN unless OK; one block owned by coef */
    double *fitted;             /* [n] probabilities */
    bool *aliased;              /* [k] */
    double loglik, deviance, null_deviance; /* null: intercept (and offset) alone */
    double aic, bic;
    double lr_chi2, lr_df, lr_p;
};

bool logit_fit(const struct logit_data *data, struct logit_fit *fit, struct err *err);
void logit_fit_free(struct logit_fit *fit);

/* Profile-likelihood limits of coefficient j (0: intercept): where the deviance with that coefficient fixed has
 * risen by the chi-square quantile (Venables and Ripley, MASS). Needs an OK fit; NaN where no limit is found. */
bool logit_profile(const struct logit_data *data, const struct logit_fit *fit, size_t j, double level, double *low,
                   double *high, struct err *err);

/* Leverages (diagonal of the hat matrix of the last weighted least squares). hat[n]. */
bool logit_hat(const struct logit_data *data, const struct logit_fit *fit, double *hat, struct err *err);

#endif
