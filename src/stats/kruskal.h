/* Kruskal-Wallis test of k groups: H with ties corrected, chi-square with k - 1 degrees of freedom (J Am Stat Assoc 47,
 * 1952; R's kruskal.test()). */
#ifndef HEPAR_STATS_KRUSKAL_H
#define HEPAR_STATS_KRUSKAL_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct kruskal {
    enum stats_status status; /* OK, ONE_GROUP, NO_COMPLETE_ROWS, ZERO_VARIANCE */
    double h, df, p;
    size_t n;
};

/* group[i] in 0..group_n-1; rows with NaN are dropped, and a group that is then empty does not count. */
bool kruskal_wallis(const double *value, const size_t *group, size_t group_n, size_t n, struct kruskal *out, struct err *err);

#endif
