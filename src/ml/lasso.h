/* LASSO-logistic (elastic net) with lambda by cross-validation inside the fitted rows: as a learner, and as a selector that
 * keeps the columns whose coefficient is not 0. */
#ifndef HEPAR_ML_LASSO_H
#define HEPAR_ML_LASSO_H

#include "table/step.h"
#include "ml/glmnet.h"

struct lasso_settings {
    double alpha;      /* 0: 1 */
    bool one_se;       /* lambda.1se instead of lambda.min */
    size_t fold_n;     /* 0: 5 */
    size_t lambda_n;   /* 0: 50 */
    double min_ratio;  /* 0: 0.01 */
    enum glmnet_measure measure;
    size_t at_least;   /* selector: 0: 1; columns entering first on the path fill up */
};
extern const struct step_kind lasso_kind;          /* "lasso": a learner */
extern const struct step_kind lasso_selector_kind; /* "lasso_selector": a filter */

#endif
