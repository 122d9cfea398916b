/* Distribution functions: Boost.Math behind one C shim (dist_boost.cc, the only C++ of the library).
 *
 * _cdf is P(X <= x), _sf is P(X > x) computed as such (no 1 - cdf, so small tails keep their digits), _quantile
 * is the inverse of the cdf at p in [0, 1]. A parameter outside its range, or NaN in, gives NaN; x beyond the
 * support gives 0 or 1; quantiles at 0 and 1 are the ends of the support. Never raises, never throws. */
#ifndef HEPAR_NUM_DIST_H
#define HEPAR_NUM_DIST_H

#ifdef __cplusplus
extern "C" {
#endif

double normal_cdf(double x);
double normal_sf(double x);
double normal_quantile(double p);

double t_cdf(double x, double df); /* df > 0, not always whole */
double t_sf(double x, double df);
double t_quantile(double p, double df);

double chi2_cdf(double x, double df);
double chi2_sf(double x, double df);
double chi2_quantile(double p, double df);

double f_cdf(double x, double df1, double df2);
double f_sf(double x, double df1, double df2);
double f_quantile(double p, double df1, double df2);

double beta_cdf(double x, double a, double b); /* a, b > 0 */
double beta_sf(double x, double a, double b);
double beta_quantile(double p, double a, double b);

double gamma_cdf(double x, double shape); /* unit scale */
double gamma_sf(double x, double shape);
double gamma_quantile(double p, double shape);

double binomial_pmf(double k, double n, double p);
double binomial_cdf(double k, double n, double p);
double binomial_sf(double k, double n, double p);

double log_gamma(double x);                /* x > 0; no global sign as lgamma() has */
double log_choose(double n, double k);     /* log of n over k, 0 <= k <= n */

/* What tests print: two-sided P of a statistic. */
double normal_two_sided(double z);
double t_two_sided(double t, double df);

#ifdef __cplusplus
}
#endif

#endif
