/* Correlation of two columns: Pearson's r, Spearman's rho, Kendall's tau-b, with tests and intervals.
 *
 * Pearson: t test, Fisher's z interval. Spearman: t approximation, intervals by Fisher's z and with Bonett and Wright's
 * variance (Psychometrika 65, 2000). Kendall: normal test with the variance for ties (Kendall, Rank Correlation
 * Methods). Rows with NaN are dropped. ZERO_VARIANCE, TOO_FEW_OBSERVATIONS below three rows. */
#ifndef HEPAR_STATS_CORRELATION_H
#define HEPAR_STATS_CORRELATION_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct correlation {
    enum stats_status status;
    size_t n, dropped_n;
    bool has_ties;
    double r, t, df, p, low, high;               /* Pearson; limits NaN below four rows */
    double rho, rho_s, rho_p, rho_p_continuity;  /* Spearman; rho_s: R's S = (n^3 - n)(1 - rho)/6 */
    double rho_low, rho_high;                    /* Fisher's z */
    double rho_wide_low, rho_wide_high;          /* Bonett and Wright */
    double tau, tau_z, tau_p, tau_z_continuity;
};
bool correlation(const double *x, const double *y, size_t n, double level, struct correlation *out, struct err *err);

/* Two-sided exact P without ties. Spearman: all orders up to 9 rows, then the Edgeworth series of AS 89 (Best and
 * Roberts, Appl Stat 24, 1975). Kendall: from the number of concordant pairs, below 50 rows. */
double spearman_exact_p(double rho, size_t n);
bool kendall_exact_p(double concordant, size_t n, double *p, struct err *err);

#endif
