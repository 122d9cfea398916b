/* Kaplan-Meier curve with Greenwood's variance, three kinds of interval, quantiles and restricted mean.
 *
 * Kaplan and Meier, J Am Stat Assoc 53, 1958. At tied times events come before censorings. Intervals: plain
 * S -+ z se; log exp(log S -+ z se / S); log-log exp(-exp(log(-log S) +- z se / (S log S))); cut to [0, 1] as R.
 * Where S = 1 every interval is [1, 1]. Rows with NaN are dropped; status is 0 or 1.
 * NEGATIVE_TIME and LABEL_NOT_BINARY refuse; NO_EVENTS keeps the flat curve. */
#ifndef HEPAR_STATS_KM_H
#define HEPAR_STATS_KM_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

enum km_interval { KM_PLAIN, KM_LOG, KM_LOG_LOG, KM_INTERVAL_N };

/* One entry a distinct time, censorings included; all arrays in one block owned by `time`. */
struct km_curve {
    enum stats_status status;
    size_t n, events, dropped_n, time_n;
    double *time, *at_risk, *event, *censored;
    double *surv, *se;          /* se: Greenwood; NaN where surv = 0 */
    double *cumhaz, *cumhaz_se; /* Nelson-Aalen, sqrt(sum d / n^2) */
};

bool km_fit(const double *time, const double *status, size_t n, struct km_curve *curve, struct err *err);
void km_free(struct km_curve *curve);

/* Limits at entry i; NaN where undefined (surv = 0, log kinds). */
void km_limits(const struct km_curve *curve, size_t i, enum km_interval kind, double level, double *low, double *high);

struct km_estimate {
    double value, low, high; /* NaN: not reached */
};
/* First time with surv below 1 - p; the middle of a flat piece where surv = 1 - p exactly (R). p = 0.5: the median.
 * Limits: the same of the interval curves (Brookmeyer and Crowley, Biometrics 38, 1982). */
struct km_estimate km_quantile(const struct km_curve *curve, double p, enum km_interval kind, double level);

double km_surv_at(const struct km_curve *curve, double time);    /* S(t), right-continuous; last value beyond the end */
double km_at_risk_at(const struct km_curve *curve, double time); /* subjects with time >= t */

struct km_rmst {
    double value, se, low, high; /* area under S from 0 to tau; S is carried on beyond the last time */
};
struct km_rmst km_rmst(const struct km_curve *curve, double tau, double level);

/* Two curves: difference b - a and ratio b / a of restricted means (normal, and normal on the log scale). */
struct km_rmst_contrast {
    double difference, se, low, high, z, p;
    double ratio, ratio_low, ratio_high, ratio_p;
};
struct km_rmst_contrast km_rmst_compare(struct km_rmst a, struct km_rmst b, double level);

#endif
