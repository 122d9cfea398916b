/* Tables of counts: chi-square, likelihood ratio, Yates, Fisher's exact test, odds ratios.
 *
 * A table of r rows and c columns is row-major: count[i * c + j]. Rows and columns that sum to 0 have to be left out by
 * the caller (contingency_count() does). Fisher's P sums the probabilities of all tables with these margins that are
 * no more likely than the one seen, with R's relative slack of 1e-7; 2 x 2 also has the conditional
 * maximum-likelihood odds ratio with its exact interval (noncentral hypergeometric). */
#ifndef HEPAR_STATS_CONTINGENCY_H
#define HEPAR_STATS_CONTINGENCY_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

/* Counts two coded columns; rows with NaN in either are dropped. Levels ascend. ONE_LEVEL when a side has one. */
struct contingency_table {
    enum stats_status status; /* OK, ONE_LEVEL, NO_COMPLETE_ROWS */
    size_t rows, cols, n;
    double *row_level, *col_level; /* [rows], [cols] */
    double *count;                 /* [rows * cols]; whole numbers */
};
bool contingency_count(const double *row, const double *col, size_t n, struct contingency_table *table,
                       struct err *err);
void contingency_table_free(struct contingency_table *table);

struct contingency {
    enum stats_status status; /* OK or ONE_LEVEL */
    double chi2, df, p, cramers_v, g; /* g: likelihood-ratio statistic */
    double chi2_yates, p_yates;       /* 2 x 2 only, NaN else */
    double odds_ratio, odds_ratio_low, odds_ratio_high; /* 2 x 2 without a zero (Woolf), NaN else */
};
/* expected[rows * cols] may be NULL. */
struct contingency contingency_test(const double *count, size_t rows, size_t cols, double level, double *expected);

struct fisher2x2 {
    double p, p_less, p_greater;
    double odds_ratio, low, high; /* conditional maximum likelihood; 0 and infinity at the ends of the range */
};
/* Cells a b / c d as doubles that hold whole numbers; margins all positive. */
struct fisher2x2 fisher_2x2(const double count[4], double level);

/* P for any r x c. *p is NaN when the work would exceed `limit` steps (1e9 is some seconds). false: no memory. */
bool fisher_rxc(const double *count, size_t rows, size_t cols, double limit, double *p, struct err *err);

#endif
