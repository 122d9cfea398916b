#include "stats/padjust.h"

#include <math.h>

#include "base/mem.h"
#include "num/rank.h"

/* Hommel's closed procedure on ascending p: for each size m of a sub-family, what that size demands. */
static void hommel(const double *p, size_t n, double *q, double *adjusted)
{
    double least = INFINITY, count = (double)n;
    for (size_t i = 0; i < n; i++)
        least = fmin(least, count * p[i] / (double)(i + 1));
    for (size_t i = 0; i < n; i++)
        adjusted[i] = q[i] = least;
    for (size_t m = n - 1; m >= 2 && n >= 2; m--) {
        size_t first = n - m + 1; /* the first `first` stay below; the m - 1 largest are tested among themselves */
        double best = INFINITY;
        for (size_t k = 2; k <= m; k++)
            best = fmin(best, (double)m * p[first + k - 2] / (double)k);
        for (size_t i = 0; i < first; i++)
            q[i] = fmin((double)m * p[i], best);
        for (size_t i = first; i < n; i++)
            q[i] = q[n - m];
        for (size_t i = 0; i < n; i++)
            adjusted[i] = fmax(adjusted[i], q[i]);
    }
    for (size_t i = 0; i < n; i++)
        adjusted[i] = fmax(adjusted[i], p[i]);
}

static double factor(enum p_adjust_method method, size_t n, size_t i, double harmonic)
{
    double count = (double)n, rank = (double)(i + 1);
    switch (method) {
    case P_ADJUST_HOLM:
    case P_ADJUST_HOCHBERG:
        return count - rank + 1.0;
    case P_ADJUST_BH:
        return count / rank;
    case P_ADJUST_BY:
        return harmonic * count / rank;
    case P_ADJUST_BONFERRONI:
    case P_ADJUST_HOMMEL:
        break;
    }
    return count;
}

bool p_adjust(const double *p, size_t all, enum p_adjust_method method, double *adjusted, struct err *err)
{
    size_t *index = mem_alloc(all, sizeof *index, err);
    double *sorted = mem_alloc(all, 3 * sizeof *sorted, err);
    bool done = index && sorted;
    if (done) {
        size_t n = 0;
        double *q = sorted + all, *out = q + all, harmonic = 0.0;
        sort_index(p, all, index); /* NaN last */
        for (; n < all && !isnan(p[index[n]]); n++) {
            sorted[n] = p[index[n]];
            harmonic += 1.0 / (double)(n + 1);
        }
        if (method == P_ADJUST_HOMMEL && n > 1) {
            hommel(sorted, n, q, out);
        } else {
            for (size_t i = 0; i < n; i++)
                out[i] = factor(method, n, i, harmonic) * sorted[i];
            if (method == P_ADJUST_HOLM) /* step down: never below a smaller P's */
                for (size_t i = 1; i < n; i++)
                    out[i] = fmax(out[i], out[i - 1]);
            else if (method != P_ADJUST_BONFERRONI) /* step up: never above a larger P's */
                for (size_t i = n; i-- > 1;)
                    out[i - 1] = fmin(out[i - 1], out[i]);
        }
        for (size_t i = 0; i < all; i++)
            adjusted[index[i]] = i < n ? fmin(1.0, out[i]) : NAN;
    }
    mem_free(index);
    mem_free(sorted);
    return done;
}
