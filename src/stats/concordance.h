/* Concordance of a marker with survival times: Harrell's C, Uno's C, counts and a jackknife standard error.
 *
 * A pair is comparable when the earlier time is an event, the later row is still at risk then (its time is later, or the same
 * and censored). Concordant: the earlier has the higher marker. C = (concordant + tied / 2) / comparable. Harrell et
 * al., Stat Med 15, 1996; Uno et al., Stat Med 30, 2011: pairs weighted by 1 / G(t)^2 and events up to tau. Variance: the
 * infinitesimal jackknife, as R's concordance(). All O(n log n) (Fenwick trees over marker ranks). */
#ifndef HEPAR_STATS_CONCORDANCE_H
#define HEPAR_STATS_CONCORDANCE_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct concordance {
    enum stats_status status; /* also NO_PAIRS, NO_EVENTS, NEGATIVE_TIME, LABEL_NOT_BINARY */
    double c, se;
    double concordant, discordant, tied_marker; /* weighted sums over comparable pairs */
    double tied_time, tied_both;                /* pairs of events at one time: marker differs, equal */
};

struct concordance_data {
    size_t n;
    const double *start;      /* NULL: everybody from the beginning */
    const double *stop, *status, *marker; /* complete rows; higher marker = earlier event */
    const size_t *stratum;    /* NULL: one; pairs lie within a stratum */
    const double *weight;     /* NULL: 1 each; a pair weighs the product */
    const double *pair_weight; /* NULL: 1; weight of the pairs of the event at row i; 0 leaves them out */
    const size_t *cluster;    /* NULL: rows are independent; else their influences are summed (standard error) */
    bool strict;              /* true: a later row must have a later time; ties with a censored row do not count */
};

bool concordance(const struct concordance_data *data, struct concordance *out, struct err *err);

/* weight[i] = 1 / G(stop_i)^2 for events with time below tau (or equal, when `upto`), 0 for others. G: Kaplan-Meier of
 * censoring, events before censorings at tied times; `left`: its left limit G(t-). */
bool uno_weights(const double *time, const double *status, size_t n, double tau, bool upto, bool left, double *weight,
                 struct err *err);

#endif
