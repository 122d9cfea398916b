#include "stats/mannwhitney.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"
#include "stats/sample.h"

bool mannwhitney(const double *value, const double *label, size_t rows, struct mannwhitney *out, struct err *err)
{
    *out = (struct mannwhitney){.w = NAN, .u_min = NAN, .auc = NAN, .z = NAN, .p = NAN, .p_continuity = NAN,
                                .p_less_continuity = NAN, .p_greater_continuity = NAN};
    struct sample sample;
    if (!sample_split(value, label, rows, &sample, err))
        return false;
    out->status = sample.status;
    out->n0 = sample.n0;
    out->n1 = sample.n1;
    out->dropped_n = sample.dropped;
    if (sample.status != STATS_OK)
        goto done;
    sort_doubles(sample.x0, sample.n0);
    sort_doubles(sample.x1, sample.n1);

    double above = 0.0, ties = 0.0; /* one merge of the two groups: W and the sum of t^3 - t */
    size_t i = 0, j = 0;
    while (i < sample.n0 || j < sample.n1) {
        double x = i < sample.n0 ? sample.x0[i] : sample.x1[j];
        if (j < sample.n1 && sample.x1[j] < x)
            x = sample.x1[j];
        size_t i0 = i, j0 = j;
        while (i < sample.n0 && sample.x0[i] == x)
            i++;
        while (j < sample.n1 && sample.x1[j] == x)
            j++;
        above += (double)(i - i0) * (0.5 * (double)(j0 + j));
        double t = (double)(i - i0 + j - j0);
        ties += t * t * t - t;
    }
    double n = (double)sample.n0, m = (double)sample.n1, all = n + m;
    out->w = above;
    out->u_min = fmin(above, n * m - above);
    out->auc = above / (n * m);
    out->has_ties = ties > 0.0;
    double sigma = sqrt(n * m / 12.0 * ((all + 1.0) - ties / (all * (all - 1.0))));
    if (!(sigma > 0.0)) {
        out->status = STATS_ZERO_VARIANCE;
        goto done;
    }
    double distance = above - n * m / 2.0, step = distance > 0.0 ? 0.5 : distance < 0.0 ? -0.5 : 0.0;
    out->z = distance / sigma;
    out->p = normal_two_sided(out->z);
    out->p_continuity = fmin(1.0, normal_two_sided((distance - step) / sigma));
    out->p_less_continuity = normal_cdf((distance + 0.5) / sigma);
    out->p_greater_continuity = normal_sf((distance - 0.5) / sigma);
done:
    sample_free(&sample);
    return true;
}

/* ways[s] of choosing n of the (doubled, whole) scores with sum s, by the shift algorithm, as shares of all choices:
 * picked[k][s], k = 0..n. Scores ascending in score[all]. */
static double two_sided_share(const size_t *score, size_t all, size_t n, size_t top, double *picked, size_t observed)
{
    size_t width = top + 1;
    memset(picked, 0, (n + 1) * width * sizeof *picked);
    picked[0] = 1.0;
    size_t reach = 0;
    for (size_t i = 0; i < all; i++) {
        reach = reach + score[i] < top ? reach + score[i] : top;
        size_t most = i + 1 < n ? i + 1 : n;
        for (size_t k = most; k >= 1; k--) {
            /* Shares, not counts: choosing item i+1 of i+1 as the k-th keeps every row a distribution, and no
             * binomial coefficient overflows. */
            double take = (double)k / (double)(i + 1), leave = 1.0 - take;
            double *row = picked + k * width;
            const double *less = picked + (k - 1) * width;
            for (size_t s = reach + 1; s-- > 0;)
                row[s] = leave * row[s] + (s >= score[i] ? take * less[s - score[i]] : 0.0);
        }
    }
    /* Two-sided: both tails at the observed distance from the mean n * sum / all. */
    double total = 0.0, share = 0.0;
    for (size_t i = 0; i < all; i++)
        total += (double)score[i];
    double mean = total * (double)n / (double)all, distance = fabs((double)observed - mean);
    const double *row = picked + n * width;
    for (size_t s = 0; s <= top; s++)
        if (fabs((double)s - mean) >= distance - 1e-9 * (1.0 + mean))
            share += row[s];
    return fmin(1.0, share);
}

/* Lower quantile of the null distribution of W without ties (Mann and Whitney's recursion), as R's qwilcox. */
static size_t wilcoxon_quantile(size_t n, size_t m, double p, double *count)
{
    /* Number of partitions by multiplying (1 - x^(m+i)) / (1 - x^i), i = 1..n, as shares of their sum. */
    size_t top = n * m;
    memset(count, 0, (top + 1) * sizeof *count);
    count[0] = 1.0;
    for (size_t i = 1; i <= n; i++) {
        for (size_t s = top + 1; s-- > m + i;)
            count[s] -= count[s - m - i];
        for (size_t s = i; s <= top; s++)
            count[s] += count[s - i];
    }
    double all = 0.0;
    for (size_t s = 0; s <= top; s++)
        all += count[s];
    double below = 0.0;
    for (size_t s = 0; s <= top; s++) {
        below += count[s] / all;
        if (below >= p - 1e-13)
            return s;
    }
    return top;
}

static bool exact_p(const struct sample *sample, double *p, enum stats_status *status, struct err *err)
{
    size_t n = sample->n0, all = n + sample->n1;
    bool done = false;
    double *rank = mem_alloc(all, sizeof *rank, err), *picked = NULL;
    size_t *index = mem_alloc(all, sizeof *index, err), *score = mem_alloc(all, sizeof *score, err);
    if (!rank || !index || !score)
        goto done;
    sort_index(sample->x0, all, index); /* x1 lies behind x0 */
    ranks_average(sample->x0, index, all, rank);
    if (rank[index[0]] == rank[index[all - 1]]) {
        *status = STATS_ZERO_VARIANCE;
        done = true;
        goto done;
    }
    size_t observed = 0, top = 0;
    for (size_t i = 0; i < all; i++) {
        /* Doubled midranks are whole; taking the lowest off shortens the table and shifts every sum alike. */
        score[i] = (size_t)(2.0 * rank[index[i]] - 2.0 * rank[index[0]]);
        if (index[i] < n)
            observed += score[i];
    }
    for (size_t i = all - n; i < all; i++)
        top += score[i];
    picked = mem_alloc((n + 1) * (top + 1), sizeof *picked, err);
    if (!picked)
        goto done;
    *p = two_sided_share(score, all, n, top, picked, observed);
    done = true;
done:
    mem_free(rank);
    mem_free(index);
    mem_free(score);
    mem_free(picked);
    return done;
}

bool mannwhitney_exact_p(const double *value, const double *label, size_t rows, size_t limit, double *p,
                         enum stats_status *status, struct err *err)
{
    *p = NAN;
    struct sample sample;
    if (!sample_split(value, label, rows, &sample, err))
        return false;
    *status = sample.status;
    bool done = true;
    if (sample.status == STATS_OK && sample.n0 <= limit / sample.n1)
        done = exact_p(&sample, p, status, err);
    sample_free(&sample);
    return done;
}

/* Both groups sorted. */
static bool has_ties(const struct sample *sample)
{
    for (size_t i = 1; i < sample->n0; i++)
        if (sample->x0[i] == sample->x0[i - 1])
            return true;
    for (size_t j = 1; j < sample->n1; j++)
        if (sample->x1[j] == sample->x1[j - 1])
            return true;
    for (size_t i = 0, j = 0; i < sample->n0 && j < sample->n1;) {
        if (sample->x0[i] == sample->x1[j])
            return true;
        if (sample->x0[i] < sample->x1[j])
            i++;
        else
            j++;
    }
    return false;
}

bool mannwhitney_shift(const double *value, const double *label, size_t rows, double level, size_t limit,
                       struct mannwhitney_shift *out, struct err *err)
{
    *out = (struct mannwhitney_shift){.shift = NAN, .low = NAN, .high = NAN};
    struct sample sample;
    if (!sample_split(value, label, rows, &sample, err))
        return false;
    out->status = sample.status;
    bool done = true;
    double *difference = NULL, *count = NULL;
    if (sample.status != STATS_OK || sample.n0 > limit / sample.n1)
        goto done;
    size_t n = sample.n0, m = sample.n1, pairs = n * m;
    difference = mem_alloc(pairs, sizeof *difference, err);
    count = mem_alloc(pairs + 1, sizeof *count, err);
    done = difference && count;
    if (!done)
        goto done;
    sort_doubles(sample.x0, n);
    sort_doubles(sample.x1, m);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            difference[i * m + j] = sample.x0[i] - sample.x1[j];
    sort_doubles(difference, pairs);
    out->shift = quantile_sorted(difference, pairs, 0.5);
    if (!has_ties(&sample)) {
        size_t cut = wilcoxon_quantile(n, m, 0.5 * (1.0 - level), count);
        cut = cut == 0 ? 1 : cut;
        out->low = difference[cut - 1];
        out->high = difference[pairs - cut];
    }
done:
    mem_free(difference);
    mem_free(count);
    sample_free(&sample);
    return done;
}
