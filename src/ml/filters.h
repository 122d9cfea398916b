/* Filters: steps that keep some of the number columns. Text and case columns pass. All are written over keep.h. */
#ifndef HEPAR_ML_FILTERS_H
#define HEPAR_ML_FILTERS_H

#include <stddef.h>

#include "table/step.h"

/* Drops columns whose reliability is below a threshold: ICCs measured outside (a second reader, perturbed masks). A column
 * without an ICC is kept and counted. */
struct icc_settings {
    const char *const *name; /* n columns' names */
    const double *icc;       /* n values; NaN counts as below */
    size_t n;
    double threshold; /* 0: 0.75 */
};
extern const struct step_kind icc_filter_kind; /* "icc": needs settings */

/* caret's nearZeroVar: dropped when one value stands in all rows, or when the most frequent value is more than freq_ratio
 * times as frequent as the second and distinct values are at most unique_share of the rows. */
struct variance_settings {
    double freq_ratio;   /* 0: 19 (95/5) */
    double unique_share; /* 0: 0.1 */
};
extern const struct step_kind variance_filter_kind; /* "near_zero_variance" */

/* Drops a column that is equal, value by value, to an earlier one. */
extern const struct step_kind duplicates_filter_kind; /* "duplicates" */

/* Mann-Whitney U test of each column between the classes (normal approximation with ties and continuity correction).
 * Passes: p (adjusted by Benjamini-Hochberg with `adjust`) at most `alpha`, then the `top` best by p. Fewer than
 * `at_least` passing: the best `at_least` are kept and describe() says so. */
struct mannwhitney_settings {
    double alpha;    /* 0: 0.05; 1: no limit */
    bool adjust;
    size_t top;      /* 0: no limit */
    size_t at_least; /* 0: 1 */
};
extern const struct step_kind mannwhitney_filter_kind; /* "mann_whitney" */

/* Of two columns with |Spearman rho| > limit, keeps the one better related to the target: columns are walked by |AUC - 0.5|
 * falling (ties: the first column), and one is kept when its |rho| with every kept one is at most `limit`. */
struct spearman_settings {
    double limit; /* 0: 0.9 */
};
extern const struct step_kind spearman_filter_kind; /* "spearman" */

#endif
