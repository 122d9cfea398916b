/* Linear support vector machine (C-SVC; libsvm, kept behind svm.c), C by inner cross-validation. The score is the decision
 * value: calibration makes a probability of it. No random numbers: libsvm's own probability estimates are not used. */
#ifndef HEPAR_ML_SVM_H
#define HEPAR_ML_SVM_H

#include <stddef.h>

#include "base/err.h"
#include "table/step.h"

struct svm_settings {
    const double *C; /* the grid; NULL: 0.01, 0.1, 1 */
    size_t C_n;
    size_t fold_n; /* inner; 0: 5 */
};
extern const struct step_kind svm_kind;

struct svm_fit {
    size_t p;
    double *weight; /* p: sum over support vectors of alpha_i y_i x_i */
    double intercept;
    double dual_objective; /* 0.5 a'Qa - sum a */
    size_t support_n;
    size_t *support;  /* row positions, rising */
    double *alpha_y;  /* alpha_i y_i of those rows */
};
/* x: n x p column-major. tolerance: libsvm's KKT gap. weight_positive, weight_negative: multiples of C by class. */
bool svm_linear_fit(const double *x, const double *y, size_t n, size_t p, double C, double weight_positive, double weight_negative, double tolerance,
                    struct svm_fit *out, struct err *err);
void svm_fit_free(struct svm_fit *fit);

#endif
