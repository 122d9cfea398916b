/* Local regression of y on x, one dimension: lowess and loess.
 *
 * lowess: Cleveland, J Am Stat Assoc 74, 1979, local lines without robustness steps, skipping points within `delta` of
 * the last fitted one and interpolating between (R's lowess(iter = 0)). loess: Cleveland and Devlin, J Am Stat Assoc
 * 83, 1988, local quadratics with their slopes at the vertices of a k-d tree, cubic blending between them (Cleveland and
 * Grosse, Stat Comput 1, 1991), as R's loess() with its defaults. */
#ifndef HEPAR_STATS_SMOOTH_H
#define HEPAR_STATS_SMOOTH_H

#include <stddef.h>

#include "base/err.h"

/* x ascending; smooth[n] receives the fit. `span`: share of points in a neighbourhood; R's delta is 0.01 (x[n-1] - x[0]). */
void lowess(const double *x, const double *y, size_t n, double span, double delta, double *smooth);

/* x in any order; a fit whose neighbourhood holds fewer than three distinct x is that of the lower degree. */
bool loess_quadratic(const double *x, const double *y, size_t n, double span, double *smooth, struct err *err);

#endif
