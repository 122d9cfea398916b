/* Order: sort index, ranks with ties, quantiles.
 *
 * Sorting is by (value, position), a total order, so equal values keep their order and the result is the same
 * on every machine; NaN sorts behind everything. Nothing here allocates: introsort works in place (Musser,
 * Softw Pract Exp 27, 1997). O(n log n) in the worst case. */
#ifndef HEPAR_NUM_RANK_H
#define HEPAR_NUM_RANK_H

#include <stddef.h>

/* index[n]: x[index[0]] <= x[index[1]] <= ... ; ties in increasing position. */
void sort_index(const double *x, size_t n, size_t *index);
void sort_doubles(double *x, size_t n); /* ascending, in place, NaN last */

/* rank[n]: 1-based ranks, ties get their average; `index` as sort_index() makes it. Returns the sum of t^3 - t
 * over groups of t tied values, which the variances of rank statistics need. */
double ranks_average(const double *x, const size_t *index, size_t n, double *rank);

/* The p-quantile (0 <= p <= 1) of n ascending values by the definition `type` 1..9 of Hyndman and Fan (Am Stat
 * 50, 1996), with R's fuzz; NaN when n = 0. Type 7, the default of R and NumPy, is quantile_sorted(). */
double quantile_sorted_type(const double *sorted, size_t n, double p, int type);
double quantile_sorted(const double *sorted, size_t n, double p);

#endif
