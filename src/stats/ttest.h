/* Two means: Welch and Student t tests, the F test of two variances, standardised differences.
 *
 * Differences are group 0 minus group 1. Welch, Biometrika 34, 1947; Hedges' correction J = 1 - 3/(4 df - 1)
 * (J Educ Stat 6, 1981); SMD by the pooled standard deviation sqrt((s0^2 + s1^2)/2) (Austin, Stat Med 28, 2009).
 * Rows with NaN are dropped. TOO_FEW_OBSERVATIONS below two rows a group; ZERO_VARIANCE when the standard error is below
 * ten units in the last place of the means (R's "essentially constant"). */
#ifndef HEPAR_STATS_TTEST_H
#define HEPAR_STATS_TTEST_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct t_result {
    double t, df, p, low, high; /* two-sided P; interval of the (difference of) mean */
    double p_less, p_greater;
};

struct ttest {
    enum stats_status status;
    size_t n0, n1, dropped_n;
    double mean0, mean1, sd0, sd1;
    struct t_result welch, student, group0; /* group0: its mean against 0 */
    double cohen_d, cohen_d_se, hedges_g, smd;
    double f, f_df1, f_df2, f_p, f_low, f_high; /* ratio of variances 0 over 1 */
};

bool ttest(const double *value, const double *label, size_t n, double level, struct ttest *out, struct err *err);

#endif
