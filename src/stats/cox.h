/* Cox proportional hazards regression.
 *
 * Cox, J R Stat Soc B 34, 1972; tied deaths by Efron (J Am Stat Assoc 72, 1977) or Breslow. Strata, case weights and
 * (start, stop] intervals as in R's coxph(). Newton's method on centred and scaled columns, with halved steps.
 * Status: NO_EVENTS; NEGATIVE_TIME; BAD_INTERVAL; LABEL_NOT_BINARY; SINGULAR_DESIGN (a column is constant or depends
 * on others within the risk sets); MONOTONE_LIKELIHOOD (loglik is then its limit); NOT_CONVERGED. */
#ifndef HEPAR_STATS_COX_H
#define HEPAR_STATS_COX_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

enum cox_ties { COX_EFRON, COX_BRESLOW };

/* Borrowed; complete rows only (the caller drops holes). */
struct cox_data {
    size_t n, p;
    const double *start;   /* NULL: everybody from the beginning */
    const double *stop;    /* [n], times of event or censoring */
    const double *status;  /* [n], 1 = event */
    const double *x;       /* n x p, column-major */
    const size_t *stratum; /* NULL: one; any codes */
    const double *weight;  /* NULL: 1 each; >= 0 */
};

struct cox_fit {
    enum stats_status status;
    enum cox_ties ties;
    size_t n, p, event_n, iterations;
    double *coef, *se;   /* [p]; NaN unless OK; all arrays in one block owned by coef */
    double *vcov;        /* [p * p] inverse information */
    double *mean;        /* [p] weighted means; 0 for columns of -1, 0, 1 alone, as R reports */
    double *lp;          /* [n] x' coef, not centred */
    double loglik_null, loglik;
    double lr_chi2, wald_chi2, score_chi2, df; /* against coef = 0 */
    double lr_p, wald_p, score_p;
};

bool cox_fit(const struct cox_data *data, enum cox_ties ties, struct cox_fit *fit, struct err *err);
void cox_fit_free(struct cox_fit *fit);

/* Residuals at the fit (Therneau, Grambsch and Fleming, Biometrika 77, 1990), rows as in the data. Each may be NULL:
 * martingale[n]; deviance[n]; score[n * p], unweighted; dfbeta[n * p], weighted by the case weights. */
bool cox_residuals(const struct cox_data *data, const struct cox_fit *fit, double *martingale, double *deviance,
                   double *score, double *dfbeta, struct err *err);

/* One row an event, by stratum, time, row. row[event_n], residual[event_n * p] column-major (Schoenfeld, Biometrika
 * 69, 1982); scaled (may be NULL): events * residual * vcov + coef (Grambsch and Therneau, Biometrika 81, 1994). */
bool cox_schoenfeld(const struct cox_data *data, const struct cox_fit *fit, size_t *row, double *residual,
                    double *scaled, struct err *err);

/* Robust (sandwich) covariance, grouped by cluster[n] (Lin and Wei, J Am Stat Assoc 84, 1989). vcov[p * p]. */
bool cox_robust(const struct cox_data *data, const struct cox_fit *fit, const size_t *cluster, double *vcov,
                struct err *err);

/* coef' vcov^-1 coef: Wald's chi-square with another covariance, such as the robust one. NaN when singular. */
double cox_wald(const struct cox_fit *fit, const double *vcov);

/* Cumulative baseline hazard at x = 0, one entry a distinct stop time of each stratum, strata ascending. */
struct cox_baseline {
    size_t n;
    double *time, *cumhaz; /* one block owned by time */
    size_t *stratum;
};
bool cox_baseline(const struct cox_data *data, const struct cox_fit *fit, struct cox_baseline *out, struct err *err);
void cox_baseline_free(struct cox_baseline *out);

enum zph_transform { ZPH_KM, ZPH_RANK, ZPH_IDENTITY, ZPH_LOG, ZPH_N };
/* Score tests of proportional hazards (cox.zph of R's survival 3): x g(t) added to the model. term[p] in 0..term_n-1 says
 * which columns are one term. chi2[term_n + 1], df, p: the terms, then all together. A value is NaN where singular. */
bool cox_zph(const struct cox_data *data, const struct cox_fit *fit, enum zph_transform transform, const size_t *term,
             size_t term_n, double *chi2, double *df, double *p, struct err *err);

#endif
