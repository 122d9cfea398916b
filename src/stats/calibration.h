/* How well predicted probabilities agree with what happened.
 *
 * Calibration in the large: intercept of a logistic model with offset logit(p); intercept and slope: logistic
 * model on logit(p) (Cox, Biometrika 45, 1958; Steyerberg, Clinical Prediction Models). Brier, Mon Weather Rev 78,
 * 1950. Spiegelhalter's z, Stat Med 5, 1986. Hosmer and Lemeshow, Commun Stat A 9, 1980. D, U, Q: Miller, Hui and
 * Tierney, Stat Med 10, 1991, as val.prob() of Harrell's rms. Rows with NaN are dropped.
 * PROBABILITY_0_OR_1: logits are infinite, so only what needs none is there (Brier, O, E, the curves);
 * ONE_CLASS, CONSTANT_SCORE (all p equal: slope NaN), PROBABILITY_OUT_OF_RANGE, separation statuses of logit.h. */
#ifndef HEPAR_STATS_CALIBRATION_H
#define HEPAR_STATS_CALIBRATION_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct calibration {
    enum stats_status status;
    size_t n, dropped_n;
    double observed, expected;                   /* events, sum of p */
    double oe, oe_log_low, oe_log_high;          /* O/E with the log interval */
    double oe_exact_low, oe_exact_high;          /* the same with exact Poisson limits of O */
    double large, large_se;                      /* calibration in the large */
    double intercept, intercept_se, slope, slope_se;
    double brier, brier_max, brier_scaled, log_loss;
    double spiegelhalter_z, spiegelhalter_p;
    double lr_chi2, d, r2;                       /* of p as it stands against the mean, val.prob's D, R2 */
    double u_chi2, u, u_p, q;                    /* unreliability: p against the recalibrated p */
};
bool calibration(const double *prob, const double *label, size_t n, struct calibration *out, struct err *err);

enum { HL_GROUPS_MAX = 100 };
/* Groups by quantiles (type 7) of p: (a, b], the first closed; equal cut points fold into one. */
struct hosmer_lemeshow {
    size_t groups;
    double observed[HL_GROUPS_MAX], expected[HL_GROUPS_MAX], n[HL_GROUPS_MAX];
    double chi2, df, p;           /* df = groups - 2: p fitted on these rows; NaN when not positive */
    double df_external, p_external; /* df = groups */
};
/* groups <= HL_GROUPS_MAX; label 0/1 and p complete. */
bool hosmer_lemeshow(const double *prob, const double *label, size_t n, size_t groups, struct hosmer_lemeshow *out,
                     struct err *err);

/* Distance of p from a smoothed curve at each row (Austin and Steyerberg, Stat Med 38, 2019). */
struct calibration_error {
    double mean, median, q90, largest; /* ICI, E50, E90, Emax */
};
bool calibration_error_of(const double *prob, const double *smooth, size_t n, struct calibration_error *out,
                          struct err *err);

#endif
