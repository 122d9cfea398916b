/* Decision curve: net benefit = TP/n - FP/n * t / (1 - t) of treating whoever has probability >= t (Vickers and
 * Elkin, Med Decis Making 26, 2006), against treating all and treating none (0). */
#ifndef HEPAR_STATS_DECISION_H
#define HEPAR_STATS_DECISION_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct decision_point {
    double threshold, net_benefit, treat_all; /* treat none is 0 */
    double standardized;                      /* net benefit / prevalence; NaN without a positive */
    double avoided_per_100;                   /* interventions avoided per 100 patients; NaN at t = 0 */
};

/* point[threshold_n]; thresholds lie in [0, 1). Rows with NaN are left out. Status NO_COMPLETE_ROWS or
 * LABEL_NOT_BINARY leaves all points NaN; ONE_CLASS gives what there is. O((n + thresholds) log n). */
bool decision_curve(const double *prob, const double *label, size_t n, const double *threshold, size_t threshold_n,
                    struct decision_point *point, enum stats_status *status, struct err *err);

#endif
