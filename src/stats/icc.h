/* Intraclass correlation in the six forms of Shrout and Fleiss (Psychol Bull 86, 1979), with F tests and intervals.
 *
 * Rows are subjects, columns raters. ICC(1,1): each subject by its own raters; ICC(2,1): the raters are a sample, absolute
 * agreement; ICC(3,1): these raters, consistency; (.,k): the mean of the k. The interval of ICC(2,.) uses Satterthwaite's
 * degrees of freedom, as psych::ICC. Rows with a NaN are dropped.
 * TOO_FEW_RATERS below two columns, TOO_FEW_OBSERVATIONS below two rows, ZERO_VARIANCE when all values are equal. */
#ifndef HEPAR_STATS_ICC_H
#define HEPAR_STATS_ICC_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

enum icc_form { ICC_1_1, ICC_2_1, ICC_3_1, ICC_1_K, ICC_2_K, ICC_3_K, ICC_FORM_N };

struct icc_value {
    double icc, f, df1, df2, p, low, high; /* F infinite where the raters agree without error */
};

struct icc {
    enum stats_status status;
    size_t n, k, dropped_n;
    double ms_subjects, ms_raters, ms_error, ms_within;
    struct icc_value form[ICC_FORM_N];
};

/* x: rows x k, column-major. */
bool icc(const double *x, size_t rows, size_t k, double level, struct icc *out, struct err *err);

#endif
