/* Kruskal-Wallis; see kruskal.h. */
#include "stats/kruskal.h"

#include <math.h>
#include <stddef.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"

bool kruskal_wallis(const double *value, const size_t *group, size_t group_n, size_t n, struct kruskal *out, struct err *err)
{
    bool done = false;
    *out = (struct kruskal){STATS_NO_COMPLETE_ROWS, NAN, NAN, NAN, 0};
    double *x = mem_alloc(n, sizeof *x, err), *rank = mem_alloc(n, sizeof *rank, err);
    double *rank_sum = mem_zero(group_n, sizeof *rank_sum, err), *count = mem_zero(group_n, sizeof *count, err);
    size_t *index = mem_alloc(n, sizeof *index, err), *of = mem_alloc(n, sizeof *of, err), m = 0, groups = 0;
    if (x == NULL || rank == NULL || rank_sum == NULL || count == NULL || index == NULL || of == NULL)
        goto done;
    done = true;
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i])) {
            x[m] = value[i];
            of[m++] = group[i];
        }
    out->n = m;
    if (m == 0)
        goto done;
    sort_index(x, m, index);
    double ties = ranks_average(x, index, m, rank);
    for (size_t i = 0; i < m; i++) {
        rank_sum[of[i]] += rank[i];
        count[of[i]]++;
    }
    double N = (double)m, h = 0, correction = 1 - ties / (N * N * N - N);
    for (size_t g = 0; g < group_n; g++)
        if (count[g] > 0) {
            groups++;
            h += rank_sum[g] * rank_sum[g] / count[g];
        }
    out->status = groups < 2 ? STATS_ONE_GROUP : correction <= 0 ? STATS_ZERO_VARIANCE : STATS_OK;
    if (out->status != STATS_OK)
        goto done;
    out->h = (12 / (N * (N + 1)) * h - 3 * (N + 1)) / correction;
    out->df = (double)groups - 1;
    out->p = chi2_sf(out->h, out->df);
done:
    mem_free(x);
    mem_free(rank);
    mem_free(rank_sum);
    mem_free(count);
    mem_free(index);
    mem_free(of);
    return done;
}
