/* Why a statistic has no value, or only a part of its values.
 *
 * Degenerate input is an outcome, not an error: every fit of this folder returns true, and its result carries one
 * of these. STATS_OK means that all values are there, but those a result's own comment calls undefined; with any
 * other status, what cannot be computed is NaN and what can be is given. `struct err` is kept for memory. */
#ifndef HEPAR_STATS_STATUS_H
#define HEPAR_STATS_STATUS_H

enum stats_status {
    STATS_OK,
    STATS_NO_COMPLETE_ROWS,      /* every row misses a value */
    STATS_LABEL_NOT_BINARY,      /* a label other than 0 and 1 */
    STATS_ONE_CLASS,             /* all labels equal */
    STATS_CONSTANT_SCORE,        /* AUC 0.5 with variance 0, whatever the labels */
    STATS_TOO_FEW_FOR_VARIANCE,  /* a group of one: the estimate stands, its variance does not */
    STATS_TOO_FEW_OBSERVATIONS,
    STATS_ZERO_VARIANCE,
    STATS_ONE_LEVEL,             /* a table of one row or one column */
    STATS_PROBABILITY_0_OR_1,    /* a logit is infinite */
    STATS_PROBABILITY_OUT_OF_RANGE, /* below 0 or above 1 */
    STATS_PERFECT_SEPARATION,    /* the likelihood has no maximum: a plane splits the classes */
    STATS_QUASI_SEPARATION,      /* the same, with rows on the plane */
    STATS_SINGULAR_DESIGN,       /* a constant or linearly dependent column */
    STATS_NO_EVENTS,
    STATS_NEGATIVE_TIME,
    STATS_BAD_INTERVAL,          /* a start that is not before its stop */
    STATS_ONE_GROUP,
    STATS_MONOTONE_LIKELIHOOD,   /* Cox: a coefficient runs to infinity */
    STATS_NO_PAIRS,              /* concordance: nothing to compare */
    STATS_TOO_FEW_RATERS,
    STATS_NOT_CONVERGED,
    STATS_STATUS_N,
};

/* "one_class" and so on; stable, what outputs print. */
const char *stats_status_text(enum stats_status status);

#endif
