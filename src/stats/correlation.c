#include "stats/correlation.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"
#include "num/sum.h"

static double clip1(double r)
{
    return r > 1.0 ? 1.0 : r < -1.0 ? -1.0 : r;
}

static double t_p(double r, double df)
{
    return t_two_sided(r / sqrt((1.0 - r * r) / df), df);
}

static void z_limits(double r, double half, double *low, double *high)
{
    *low = tanh(atanh(r) - half);
    *high = tanh(atanh(r) + half);
}

static void pearson(const double *x, const double *y, double z, struct correlation *out)
{
    double n = (double)out->n;
    out->r = clip1(covariance_of(x, y, out->n) / sqrt(variance_of(x, out->n)) / sqrt(variance_of(y, out->n)));
    out->df = n - 2.0;
    out->t = out->r * sqrt(out->df / (1.0 - out->r * out->r));
    out->p = t_two_sided(out->t, out->df);
    if (out->n > 3)
        z_limits(out->r, z / sqrt(n - 3.0), &out->low, &out->high);
}

static void spearman(const double *rank_x, const double *rank_y, double z, struct correlation *out)
{
    double n = (double)out->n;
    double rho = covariance_of(rank_x, rank_y, out->n) / sqrt(variance_of(rank_x, out->n) * variance_of(rank_y, out->n));
    out->rho = rho = clip1(rho);
    double pairs = n * (n * n - 1.0) / 6.0;
    out->rho_s = pairs * (1.0 - rho);
    out->rho_p = t_p(rho, n - 2.0);
    out->rho_p_continuity = t_p(1.0 - out->rho_s / (pairs + 1.0), n - 2.0); /* as R writes its correction */
    if (out->n > 3) {
        z_limits(rho, z / sqrt(n - 3.0), &out->rho_low, &out->rho_high);
        z_limits(rho, z * sqrt((1.0 + rho * rho / 2.0) / (n - 3.0)), &out->rho_wide_low, &out->rho_wide_high);
    }
}

/* Sums over groups of t tied values. */
struct ties {
    double pairs, v, cubic; /* t(t-1), t(t-1)(2t+5), t(t-1)(t-2) */
};

static struct ties ties_of(const double *x, const size_t *index, size_t n)
{
    struct ties sum = {0.0, 0.0, 0.0};
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && x[index[end]] == x[index[begin]]; end++)
            ;
        double t = (double)(end - begin);
        sum.pairs += t * (t - 1.0);
        sum.v += t * (t - 1.0) * (2.0 * t + 5.0);
        sum.cubic += t * (t - 1.0) * (t - 2.0);
    }
    return sum;
}

/* Concordant minus discordant pairs in O(n log n): y in the order of x, by a Fenwick tree over the ranks of y. */
static double kendall_score(const double *x, const double *y, size_t n, const size_t *by_x, const size_t *by_y,
                            size_t *place, size_t *tree)
{
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        distinct += i == 0 || y[by_y[i]] != y[by_y[i - 1]];
        place[by_y[i]] = distinct; /* 1-based */
    }
    memset(tree, 0, (n + 1) * sizeof *tree);
    double score = 0.0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && x[by_x[end]] == x[by_x[begin]]; end++) {
            size_t below = 0, upto = 0, at = place[by_x[end]];
            for (size_t i = at - 1; i > 0; i -= i & (~i + 1))
                below += tree[i];
            for (size_t i = at; i > 0; i -= i & (~i + 1))
                upto += tree[i];
            score += (double)below - (double)(begin - upto); /* begin rows have a smaller x */
        }
        for (size_t k = begin; k < end; k++)
            for (size_t i = place[by_x[k]]; i <= n; i += i & (~i + 1))
                tree[i]++;
    }
    return score;
}

static void kendall(const double *x, const double *y, const size_t *by_x, const size_t *by_y, size_t *scratch,
                    struct correlation *out)
{
    double n = (double)out->n;
    double score = kendall_score(x, y, out->n, by_x, by_y, scratch, scratch + out->n);
    struct ties tx = ties_of(x, by_x, out->n), ty = ties_of(y, by_y, out->n);
    double all = n * (n - 1.0);
    out->has_ties = tx.pairs + ty.pairs > 0.0;
    out->tau = clip1(2.0 * score / sqrt(all - tx.pairs) / sqrt(all - ty.pairs));
    double variance = (all * (2.0 * n + 5.0) - tx.v - ty.v) / 18.0 + tx.pairs * ty.pairs / (2.0 * all) +
                      tx.cubic * ty.cubic / (9.0 * all * (n - 2.0));
    out->tau_z = score / sqrt(variance);
    out->tau_p = normal_two_sided(out->tau_z);
    double less = fmax(fabs(score) - 1.0, score == 0.0 ? -1.0 : -INFINITY);
    out->tau_z_continuity = (score > 0.0 ? 1.0 : score < 0.0 ? -1.0 : 0.0) * less / sqrt(variance);
}

bool correlation(const double *x, const double *y, size_t rows, double level, struct correlation *out, struct err *err)
{
    *out = (struct correlation){.status = STATS_OK, .r = NAN, .t = NAN, .df = NAN, .p = NAN, .low = NAN, .high = NAN,
                                .rho = NAN, .rho_s = NAN, .rho_p = NAN, .rho_p_continuity = NAN, .rho_low = NAN,
                                .rho_high = NAN, .rho_wide_low = NAN, .rho_wide_high = NAN, .tau = NAN, .tau_z = NAN,
                                .tau_p = NAN, .tau_z_continuity = NAN};
    double *block = mem_alloc(rows, 4 * sizeof *block, err);
    size_t *index = mem_alloc(4 * rows + 1, sizeof *index, err);
    bool done = block && index;
    if (!done)
        goto done;
    double *a = block, *b = a + rows, *rank_a = b + rows, *rank_b = rank_a + rows;
    size_t n = 0, *by_a = index, *by_b = by_a + rows;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(x[i]) && !isnan(y[i])) {
            a[n] = x[i];
            b[n++] = y[i];
        }
    out->n = n;
    out->dropped_n = rows - n;
    if (n < 3) {
        out->status = n == 0 ? STATS_NO_COMPLETE_ROWS : STATS_TOO_FEW_OBSERVATIONS;
        goto done;
    }
    sort_index(a, n, by_a);
    sort_index(b, n, by_b);
    if (a[by_a[0]] == a[by_a[n - 1]] || b[by_b[0]] == b[by_b[n - 1]]) {
        out->status = STATS_ZERO_VARIANCE;
        goto done;
    }
    double z = normal_quantile(0.5 + 0.5 * level);
    ranks_average(a, by_a, n, rank_a);
    ranks_average(b, by_b, n, rank_b);
    pearson(a, b, z, out);
    spearman(rank_a, rank_b, z, out);
    kendall(a, b, by_a, by_b, index + 2 * rows, out);
done:
    mem_free(block);
    mem_free(index);
    return done;
}

/* How many orders of 1..n have a sum of squared rank differences >= limit; and how many there are. */
static void count_orders(size_t *order, size_t at, size_t n, double sum, double limit, double *reached, double *all)
{
    if (at == n) {
        *all += 1.0;
        *reached += sum >= limit;
        return;
    }
    for (size_t k = at; k < n; k++) {
        size_t chosen = order[k];
        order[k] = order[at];
        order[at] = chosen;
        double d = (double)at - (double)chosen;
        count_orders(order, at + 1, n, sum + d * d, limit, reached, all);
        order[at] = order[k];
        order[k] = chosen;
    }
}

/* P(S >= s). */
static double spearman_upper(double s, size_t n)
{
    if (n <= 9) {
        size_t order[9];
        double reached = 0.0, all = 0.0;
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        count_orders(order, 0, n, 0.0, s - 0.5, &reached, &all); /* S is even: half a unit settles rounding */
        return reached / all;
    }
    double count = (double)n, b = 1.0 / count;
    double x = (6.0 * (s - 1.0) * b / (count * count - 1.0) - 1.0) * sqrt(count - 1.0), y = x * x;
    double u = x * b * (0.2274 + b * (0.2531 + 0.1745 * b) +
                        y * (-0.0758 + b * (0.1033 + 0.3932 * b) -
                             y * b * (0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-04 * y)))));
    double p = u / exp(y / 2.0) + normal_sf(x);
    return p < 0.0 ? 0.0 : p > 1.0 ? 1.0 : p;
}

double spearman_exact_p(double rho, size_t n)
{
    double count = (double)n, s = round(count * (count * count - 1.0) * (1.0 - rho) / 6.0);
    double middle = count * (count * count - 1.0) / 6.0;
    double p = s > middle ? spearman_upper(s, n) : 1.0 - spearman_upper(s + 2.0, n);
    return fmin(1.0, 2.0 * p);
}

bool kendall_exact_p(double concordant, size_t n, double *p, struct err *err)
{
    /* Orders of n items by their number of inversions: each new item adds 0..k-1 of them. As shares of all orders. */
    size_t top = n * (n - 1) / 2;
    double *share = mem_zero(top + 1, 2 * sizeof *share, err);
    if (!share)
        return false;
    double *next = share + top + 1, below = 0.0, above = 0.0;
    share[0] = 1.0;
    for (size_t k = 2; k <= n; k++) {
        size_t reach = k * (k - 1) / 2;
        double window = 0.0;
        for (size_t s = 0; s <= reach; s++) {
            window += share[s];
            if (s >= k)
                window -= share[s - k];
            next[s] = window / (double)k;
        }
        memcpy(share, next, (reach + 1) * sizeof *share);
    }
    for (size_t s = 0; s <= top; s++) {
        below += (double)s <= concordant + 0.5 ? share[s] : 0.0;
        above += (double)s >= concordant - 0.5 ? share[s] : 0.0;
    }
    *p = fmin(1.0, 2.0 * fmin(below, above));
    mem_free(share);
    return true;
}
