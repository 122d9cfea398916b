/* Penalised logistic regression by coordinate descent, equal to R's glmnet (family binomial).
 *
 * minimises (1/n) sum [log(1 + exp(eta)) - y eta] + lambda [(1 - alpha)/2 |b|^2 + alpha |b|_1], intercept free, columns
 * centred and divided by their sd (divisor n) inside; coefficients are given on the raw scale. The lambda path is
 * log-equal from max |x_j'(y - mean y)| / (n alpha) to min_ratio times that, cut short as glmnet does (deviance ratio above
 * 0.999, or growing by less than 1e-5 of itself). Friedman, Hastie, Tibshirani, J Stat Softw 2010, 33(1). */
#ifndef HEPAR_ML_GLMNET_H
#define HEPAR_ML_GLMNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct glmnet_options {
    double alpha;                 /* [0, 1]; 1: LASSO */
    bool raw_scale;               /* true: columns are not divided by their sd */
    size_t lambda_n;              /* 0: 100 */
    double min_ratio;             /* 0: glmnet's (1e-4 when n > p, else 1e-2) */
    double thresh;                /* 0: 1e-7 */
    const double *penalty_factor; /* p, or NULL: 1 each; rescaled to sum p, as glmnet does */
};

struct glmnet_path {
    size_t p, n;        /* columns; lambdas reached */
    double *lambda;     /* n, falling */
    double *intercept;  /* n */
    double *coef;       /* p x n, one lambda's coefficients together */
    double *dev_ratio;  /* n */
    size_t *df;         /* n: coefficients that are not 0 */
    double null_deviance;
};

/* x: n rows x p columns, column-major; y in {0, 1}, both present (ERR_INPUT). */
bool glmnet_fit(const double *x, const double *y, size_t n, size_t p, const struct glmnet_options *options, struct glmnet_path *out, struct err *err);
void glmnet_path_free(struct glmnet_path *path);
/* Coefficients at any lambda, linear between neighbouring ones of the path, constant outside: coef[p]. */
void glmnet_coef_at(const struct glmnet_path *path, double lambda, double *intercept, double *coef);

enum glmnet_measure { GLMNET_DEVIANCE, GLMNET_AUC, GLMNET_CLASS };
struct glmnet_cv {
    enum glmnet_measure measure; /* what was used: fewer than 10 rows a fold turn AUC into deviance */
    size_t n;
    double *mean, *sd;           /* n, over the lambdas of the full path */
    double lambda_min, lambda_1se;
};
/* As cv.glmnet: every fold on its own path, coefficients interpolated at the lambdas of `path`. fold[n] in 0..k-1. */
bool glmnet_cross_validate(const double *x, const double *y, size_t n, size_t p, const struct glmnet_options *options, const struct glmnet_path *path,
                           const size_t *fold, size_t k, enum glmnet_measure measure, struct glmnet_cv *out, struct err *err);
void glmnet_cv_free(struct glmnet_cv *cv);

#endif
