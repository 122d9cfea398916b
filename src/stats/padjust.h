/* P values adjusted for how many there are: Bonferroni, Holm (Scand J Stat 6, 1979), Hochberg (Biometrika 75, 1988),
 * Hommel (Biometrika 75, 1988), Benjamini and Hochberg (J R Stat Soc B 57, 1995), Benjamini and Yekutieli (Ann Stat
 * 29, 2001). NaN stays NaN and does not count. */
#ifndef HEPAR_STATS_PADJUST_H
#define HEPAR_STATS_PADJUST_H

#include <stddef.h>

#include "base/err.h"

enum p_adjust_method {
    P_ADJUST_BONFERRONI,
    P_ADJUST_HOLM,
    P_ADJUST_HOCHBERG,
    P_ADJUST_HOMMEL,
    P_ADJUST_BH,
    P_ADJUST_BY,
};

bool p_adjust(const double *p, size_t n, enum p_adjust_method method, double *adjusted, struct err *err);

#endif
