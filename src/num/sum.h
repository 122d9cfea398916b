/* Sums, means and variances that do not lose digits.
 *
 * sum_of() is pairwise (error growth log2 n; Higham, SIAM J Sci Comput 14, 1993); `struct sum` is Neumaier's
 * compensated accumulator (ZAMM 54, 1974) for sums that are built term by term. variance_of() is the corrected
 * two-pass form (Chan, Golub, LeVeque, Am Stat 37, 1983): values of 1e12 with a spread of 1 keep their digits.
 * No function refuses; what has no value (mean of nothing, variance of one) is NaN, and the caller says why. */
#ifndef HEPAR_NUM_SUM_H
#define HEPAR_NUM_SUM_H

#include <stddef.h>

struct sum {
    double total, lost; /* lost: low-order part that `total` could not hold */
};
#define SUM_INIT {0.0, 0.0}

void sum_add(struct sum *sum, double value);
double sum_value(const struct sum *sum);

double sum_of(const double *x, size_t n);
double sum_of_products(const double *x, const double *y, size_t n); /* sum of x[i] y[i], pairwise */
double mean_of(const double *x, size_t n);                          /* NaN when n = 0 */
double variance_of(const double *x, size_t n);                      /* divisor n - 1; NaN when n < 2 */
double covariance_of(const double *x, const double *y, size_t n);   /* divisor n - 1; NaN when n < 2 */

#endif
