/* Mann-Whitney U (Wilcoxon rank sum) test: Ann Math Stat 18, 1947.
 *
 * W = pairs with group 0 above group 1, ties half (R's W of wilcox.test(x0, x1)). The normal P uses the variance
 * corrected for ties, without and with continuity. The exact P counts permutations of the (mid)ranks by the shift
 * algorithm (Streitberg and Roehmel, Stat Softw Newsl 12, 1986); without ties that is R's exact P. */
#ifndef HEPAR_STATS_MANNWHITNEY_H
#define HEPAR_STATS_MANNWHITNEY_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct mannwhitney {
    enum stats_status status; /* those of sample.h; ZERO_VARIANCE when all values are equal (P NaN) */
    size_t n0, n1, dropped_n;
    double w, u_min, auc;     /* auc = W / (n0 n1): P(group 0 above group 1) */
    bool has_ties;
    double z, p;              /* without continuity, two-sided */
    double p_continuity, p_less_continuity, p_greater_continuity;
};

/* O(n log n), one small allocation: made to be called once a feature. */
bool mannwhitney(const double *value, const double *label, size_t n, struct mannwhitney *out, struct err *err);

/* Two-sided P by permutation of the midranks; NaN when n0 n1 is above `limit` (2500 is R's own bound).
 * O((n0 + n1) n0 S) time and O(n0 S) memory, S the range of rank sums: for small groups. */
bool mannwhitney_exact_p(const double *value, const double *label, size_t n, size_t limit, double *p,
                         enum stats_status *status, struct err *err);

/* Hodges-Lehmann (Ann Math Stat 34, 1963): the median of the n0 n1 differences x0 - x1, and its exact interval by
 * order statistics of the differences (NaN with ties, or where n0 n1 is above `limit`). */
struct mannwhitney_shift {
    enum stats_status status;
    double shift, low, high;
};

bool mannwhitney_shift(const double *value, const double *label, size_t n, double level, size_t limit,
                       struct mannwhitney_shift *out, struct err *err);

#endif
