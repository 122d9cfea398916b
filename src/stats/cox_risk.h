/* The walk over risk sets that everything of the Cox model stands on (cox.c, cox_residual.c, cox_zph.c). */
#ifndef HEPAR_STATS_COX_RISK_H
#define HEPAR_STATS_COX_RISK_H

#include "stats/cox.h"

/* Sums over one death time t of one stratum. At risk: start < t <= stop. Matrices: lower triangle, column-major. */
struct risk_set {
    double time;
    size_t stratum;
    const size_t *death; /* rows that die at t */
    size_t death_n;
    double death_weight;   /* sum of their case weights */
    double s0, d0;         /* sum of w exp(eta) at risk; of the dying */
    const double *s1, *d1; /* [p] sums of w exp(eta) x */
    const double *s2, *d2; /* [p * p] sums of w exp(eta) x x'; NULL unless asked for */
};

typedef void risk_fn(void *ctx, const struct risk_set *set);

/* Orders made once for a data set: rows by stratum, then stop descending; and by start descending. */
struct cox_order {
    size_t *by_stop, *by_start; /* by_start NULL without starts; one block owned by by_stop */
    double *sums;               /* scratch of the walk */
};
bool cox_order_make(const struct cox_data *data, struct cox_order *order, struct err *err);
void cox_order_free(struct cox_order *order);

/* Calls fn at every death time, strata ascending, times descending. x[n * p] column-major; risk[i] = exp(eta). */
void cox_walk(const struct cox_data *data, const struct cox_order *order, const double *x, const double *risk,
              bool second_moments, risk_fn *fn, void *ctx);

/* Efron's sub-steps of a set: at step l of d the dying count 1 - l/d of their share; Breslow has one step that
 * counts d times. mean[p] = weighted covariate mean; hazard = increment of the baseline hazard; keep = 1 - l/d. */
size_t cox_steps(const struct risk_set *set, enum cox_ties ties);
double cox_step(const struct risk_set *set, enum cox_ties ties, size_t step, size_t p, double *mean, double *hazard);

#endif
