/* Is a sample normal? Shapiro-Wilk, Kolmogorov-Smirnov against the fitted normal, skewness, kurtosis.
 *
 * Shapiro-Wilk: Royston, AS R94, Appl Stat 44, 1995 (n 3..5000). KS takes the sample's own mean and standard deviation
 * without Lilliefors' correction, so its P is too large by design; exact P (Marsaglia, Tsang, Wang, J Stat Softw 8(18),
 * 2003) below 100 values without ties, else Kolmogorov's limit: as R. Skewness and kurtosis types 1 and 2 of Joanes
 * and Gill, The Statistician 47, 1998. NaN values are dropped. */
#ifndef HEPAR_STATS_NORMALITY_H
#define HEPAR_STATS_NORMALITY_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct normality {
    enum stats_status status; /* TOO_FEW_OBSERVATIONS below 3 values, ZERO_VARIANCE */
    size_t n;
    double shapiro_w, shapiro_p; /* NaN above 5000 values */
    double ks_d, ks_p;
    double skewness1, kurtosis1; /* type 1, excess */
    double skewness2, kurtosis2; /* type 2 (SAS, SPSS), excess; kurtosis NaN below 4 values */
};

bool normality(const double *value, size_t n, struct normality *out, struct err *err);

#endif
