/* Log-rank tests of k groups, stratified or not, with Harrington and Fleming's weights.
 *
 * Mantel, Cancer Chemother Rep 50, 1966; weights S(t-)^rho of the pooled Kaplan-Meier curve of the stratum (Harrington and
 * Fleming, Biometrika 69, 1982): rho 0 is the log-rank, 1 the Peto-Peto test. Equal to R's survdiff(). */
#ifndef HEPAR_STATS_LOGRANK_H
#define HEPAR_STATS_LOGRANK_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct logrank {
    enum stats_status status; /* also ONE_GROUP, NO_EVENTS, NEGATIVE_TIME, LABEL_NOT_BINARY, NO_COMPLETE_ROWS */
    size_t group_n;
    double *n, *observed, *expected; /* [group_n], weighted by S^rho; one block with var, owned by n */
    double *var;                     /* [group_n * group_n] of observed - expected */
    double chi2, df, p;              /* df = groups - 1 */
};

/* group[i] in 0..group_n-1, stratum[i] any codes (NULL: one stratum). Rows with NaN time or status are dropped;
 * a group may then be empty, and does not count. */
bool logrank(const double *time, const double *status, const size_t *group, size_t group_n, const size_t *stratum,
             size_t n, double rho, struct logrank *out, struct err *err);
void logrank_free(struct logrank *out);

/* Test for trend with one score a group (Tarone, Biometrika 62, 1975): chi-square with 1 df. */
void logrank_trend(const struct logrank *test, const double *score, double *chi2, double *p);

#endif
