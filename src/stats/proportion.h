/* A proportion x / n with its interval, and two proportions side by side.
 *
 * Wilson, J Am Stat Assoc 22, 1927 (score interval, no continuity); Clopper and Pearson, Biometrika 26, 1934 (exact,
 * by beta quantiles). Everything is NaN when n = 0. */
#ifndef HEPAR_STATS_PROPORTION_H
#define HEPAR_STATS_PROPORTION_H

#include <stddef.h>

struct proportion {
    double x, n, value;                /* value = x / n */
    double wilson_low, wilson_high;
    double exact_low, exact_high;      /* Clopper-Pearson */
};

struct proportion proportion_of(size_t x, size_t n, double level);

/* x1 of n1 against x0 of n0; differences are group 1 minus group 0, ratios 1 over 0. A value is NaN where it is
 * 0/0, infinite where it is x/0. */
struct two_proportions {
    double p0, p1;
    double smd;                                            /* Austin, Stat Med 28, 2009 */
    double difference, difference_low, difference_high;    /* Wald */
    double chi2, p, p_yates;                               /* pooled chi-square, 1 df */
    double ratio, ratio_low, ratio_high;                   /* log method */
    double cohen_h;                                        /* difference of 2 asin(sqrt(p)) */
};

struct two_proportions two_proportions_of(size_t x0, size_t n0, size_t x1, size_t n1, double level);

#endif
