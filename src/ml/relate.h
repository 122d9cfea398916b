/* How a column relates to the label: area under the curve and Mann-Whitney P.
 *
 * z = (max(U1, U0) - n1 n0 / 2 - 0.5) / sd with the tie-corrected sd, P = min(1, 2 (1 - Phi(z))): the normal
 * approximation with continuity correction, as R's wilcox.test(exact = FALSE). A constant column has AUC 0.5, P 1.
 * stats/mannwhitney.h computes the same with all that a report wants; this form keeps the ranks, which the Spearman filter
 * needs, and allocates nothing. The two are compared in tests. */
#ifndef HEPAR_ML_RELATE_H
#define HEPAR_ML_RELATE_H

#include <stddef.h>

struct relation {
    double auc, p;
};

/* index, rank: scratch of n. Ranks (averages for ties) stand in rank[] afterwards. */
struct relation relate_to_label(const double *x, const double *label, size_t n, size_t *index, double *rank);

#endif
