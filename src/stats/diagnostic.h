/* What a yes/no call is worth: the measures of a 2 x 2 table of call against truth.
 *
 * Proportions carry Wilson and Clopper-Pearson intervals (proportion.h). What is 0/0 or x/0 is NaN: no positive call,
 * no PPV. MCC: Matthews, Biochim Biophys Acta 405, 1975; kappa: Cohen, Educ Psychol Meas 20, 1960. */
#ifndef HEPAR_STATS_DIAGNOSTIC_H
#define HEPAR_STATS_DIAGNOSTIC_H

#include <stddef.h>

#include "stats/proportion.h"

struct diagnostic {
    size_t tp, fp, fn, tn;
    struct proportion sensitivity, specificity, ppv, npv, accuracy;
    double f1, mcc, balanced_accuracy, youden_j, lr_pos, lr_neg, odds_ratio, kappa, prevalence;
};

struct diagnostic diagnostic_of(size_t tp, size_t fp, size_t fn, size_t tn, double level);

/* Positive when score >= threshold. Rows with NaN in either are left out; label 1 is truth, anything else is not. */
struct diagnostic diagnostic_at(const double *score, const double *label, size_t n, double threshold, double level);

#endif
