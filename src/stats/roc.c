#include "stats/roc.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"
#include "num/sum.h"
#include "stats/sample.h"

double roc_auc_value(const double *score, const double *label, size_t n, size_t *scratch)
{
    sort_index(score, n, scratch);
    double rank_sum = 0.0, pos = 0.0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        size_t pos_here = 0;
        for (end = begin; end < n && score[scratch[end]] == score[scratch[begin]]; end++)
            pos_here += label[scratch[end]] == 1.0;
        rank_sum += 0.5 * (double)(begin + 1 + end) * (double)pos_here;
        pos += (double)pos_here;
    }
    double neg = (double)n - pos;
    if (pos == 0.0 || neg == 0.0)
        return NAN;
    return (rank_sum - 0.5 * pos * (pos + 1.0)) / (pos * neg);
}

/* placed[i] = share of `other` below x[i], ties half; both sorted. Returns the sum of shares * other_n: exact. */
static double placements(const double *x, size_t n, const double *other, size_t other_n, double *placed)
{
    size_t below = 0, upto = 0;
    double total = 0.0;
    for (size_t i = 0; i < n; i++) {
        while (below < other_n && other[below] < x[i])
            below++;
        if (upto < below)
            upto = below;
        while (upto < other_n && other[upto] == x[i])
            upto++;
        double count = 0.5 * (double)(below + upto);
        total += count;
        placed[i] = count / (double)other_n;
    }
    return total;
}

/* DeLong's variance of the AUC of two sorted groups; placed[n0 + n1] is scratch. */
static double delong_variance(const struct sample *sample, double *auc, double *placed)
{
    size_t m = sample->n1, n = sample->n0;
    double total = placements(sample->x1, m, sample->x0, n, placed);
    *auc = total / ((double)m * (double)n);
    if (m < 2 || n < 2)
        return NAN;
    placements(sample->x0, n, sample->x1, m, placed + m);
    return variance_of(placed, m) / (double)m + variance_of(placed + m, n) / (double)n;
}

static double median_of_sorted(const double *x, size_t n)
{
    return quantile_sorted(x, n, 0.5);
}

static void turn(struct sample *sample)
{
    for (size_t i = 0; i < sample->n0 + sample->n1; i++)
        sample->x0[i] = -sample->x0[i];
}

/* Sorted groups, turned so that higher = positive. */
static void prepare(struct sample *sample, enum roc_direction direction, bool *lower_is_positive)
{
    sort_doubles(sample->x0, sample->n0);
    sort_doubles(sample->x1, sample->n1);
    *lower_is_positive =
        direction == ROC_LOWER ||
        (direction == ROC_AUTO && median_of_sorted(sample->x0, sample->n0) > median_of_sorted(sample->x1, sample->n1));
    if (*lower_is_positive) {
        turn(sample);
        sort_doubles(sample->x0, sample->n0);
        sort_doubles(sample->x1, sample->n1);
    }
}

static double hanley_mcneil(double a, double m, double n)
{
    double q1 = a / (2.0 - a), q2 = 2.0 * a * a / (1.0 + a);
    return sqrt((a * (1.0 - a) + (m - 1.0) * (q1 - a * a) + (n - 1.0) * (q2 - a * a)) / (m * n));
}

static double clip01(double x)
{
    return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x; /* NaN stays */
}

static void auc_intervals(struct roc_auc *out, double level)
{
    double z = normal_quantile(0.5 + 0.5 * level), a = out->auc, se = out->se;
    out->low = a - z * se;
    out->high = a + z * se;
    out->cut_low = clip01(out->low);
    out->cut_high = clip01(out->high);
    if (a > 0.0 && a < 1.0) {
        double logit = log(a / (1.0 - a)), half = z * se / (a * (1.0 - a));
        out->logit_low = 1.0 / (1.0 + exp(half - logit));
        out->logit_high = 1.0 / (1.0 + exp(-half - logit));
    }
    if (a != 0.5 || se > 0.0) {
        out->z_half = (a - 0.5) / se;
        out->p_half = normal_two_sided(out->z_half);
    }
}

bool roc_auc(const double *score, const double *label, size_t n, enum roc_direction direction, double level,
             struct roc_auc *out, struct err *err)
{
    *out = (struct roc_auc){.auc = NAN, .var = NAN, .se = NAN, .low = NAN, .high = NAN, .cut_low = NAN,
                            .cut_high = NAN, .logit_low = NAN, .logit_high = NAN, .se_hanley_mcneil = NAN,
                            .z_half = NAN, .p_half = NAN};
    struct sample sample;
    if (!sample_split(score, label, n, &sample, err))
        return false;
    out->status = sample.status;
    out->pos_n = sample.n1;
    out->neg_n = sample.n0;
    out->dropped_n = sample.dropped;
    bool done = true;
    if (sample.status != STATS_OK)
        goto done;
    prepare(&sample, direction, &out->lower_is_positive);
    double *placed = mem_alloc(sample.n0 + sample.n1, sizeof *placed, err);
    if (!placed) {
        done = false;
        goto done;
    }
    out->var = delong_variance(&sample, &out->auc, placed);
    mem_free(placed);
    out->se = sqrt(out->var);
    out->se_hanley_mcneil = hanley_mcneil(out->auc, (double)sample.n1, (double)sample.n0);
    double lowest = fmin(sample.x0[0], sample.x1[0]);
    double highest = fmax(sample.x0[sample.n0 - 1], sample.x1[sample.n1 - 1]);
    if (isnan(out->var))
        out->status = STATS_TOO_FEW_FOR_VARIANCE;
    else if (lowest == highest)
        out->status = STATS_CONSTANT_SCORE;
    auc_intervals(out, level);
done:
    sample_free(&sample);
    return done;
}

/* Placements in row order, so that those of several scores can be set against each other:
 * placed = [m of label 1, then n of label 0]. */
static double placements_by_row(const struct sample *sample, size_t *index, double *sorted, double *placed_sorted,
                                double *placed)
{
    size_t m = sample->n1, n = sample->n0;
    size_t *pos = index, *neg = index + m;
    double *x1 = sorted, *x0 = sorted + m;
    sort_index(sample->x1, m, pos);
    sort_index(sample->x0, n, neg);
    for (size_t i = 0; i < m; i++)
        x1[i] = sample->x1[pos[i]];
    for (size_t i = 0; i < n; i++)
        x0[i] = sample->x0[neg[i]];
    double total = placements(x1, m, x0, n, placed_sorted);
    placements(x0, n, x1, m, placed_sorted + m);
    for (size_t i = 0; i < m; i++)
        placed[pos[i]] = placed_sorted[i];
    for (size_t i = 0; i < n; i++)
        placed[m + neg[i]] = 1.0 - placed_sorted[m + i];
    return total / ((double)m * (double)n);
}

bool roc_covariance(const double *const *score, size_t k, const double *label, size_t n, double *auc,
                    double *covariance, enum stats_status *status, struct err *err)
{
    bool done = false;
    struct sample sample = {.x0 = NULL};
    double *complete = mem_alloc(n, sizeof *complete, err); /* label, NaN where any score misses */
    size_t *index = mem_alloc(n, sizeof *index, err);
    double *block = mem_alloc(n, (2 + k) * sizeof *block, err);
    if (!complete || !index || !block)
        goto done;
    for (size_t j = 0; j < k; j++)
        auc[j] = NAN;
    for (size_t j = 0; j < k * k; j++)
        covariance[j] = NAN;
    for (size_t i = 0; i < n; i++) {
        complete[i] = label[i];
        for (size_t j = 0; j < k; j++)
            if (isnan(score[j][i]))
                complete[i] = NAN;
    }
    size_t m = 0, m0 = 0;
    for (size_t j = 0; j < k; j++) {
        sample_free(&sample);
        if (!sample_split(score[j], complete, n, &sample, err))
            goto done;
        *status = sample.status;
        if (sample.status != STATS_OK) {
            done = true;
            goto done;
        }
        m = sample.n1;
        m0 = sample.n0;
        auc[j] = placements_by_row(&sample, index, block, block + n, block + (2 + j) * n);
    }
    if (m < 2 || m0 < 2) {
        *status = STATS_TOO_FEW_FOR_VARIANCE;
    } else {
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j <= i; j++) {
                const double *a = block + (2 + i) * n, *b = block + (2 + j) * n;
                double c = covariance_of(a, b, m) / (double)m + covariance_of(a + m, b + m, m0) / (double)m0;
                covariance[i + j * k] = covariance[j + i * k] = c;
            }
    }
    done = true;
done:
    sample_free(&sample);
    mem_free(complete);
    mem_free(index);
    mem_free(block);
    return done;
}

static const struct roc_comparison no_comparison = {
    .auc1 = NAN, .auc2 = NAN, .se1 = NAN, .se2 = NAN, .covariance = NAN, .diff = NAN, .diff_se = NAN,
    .diff_low = NAN, .diff_high = NAN, .z = NAN, .p = NAN, .df = NAN, .p_t = NAN,
};

static void compare(struct roc_comparison *out, double variance, double level)
{
    double z = normal_quantile(0.5 + 0.5 * level);
    out->diff = out->auc1 - out->auc2;
    out->diff_se = sqrt(fmax(variance, 0.0)); /* rounding may leave -1e-19 between equal scores */
    out->diff_low = out->diff - z * out->diff_se;
    out->diff_high = out->diff + z * out->diff_se;
    if (out->diff_se <= 1e-12) {
        if (out->status == STATS_OK)
            out->status = STATS_ZERO_VARIANCE;
        return;
    }
    out->z = out->diff / out->diff_se;
    out->p = normal_two_sided(out->z);
}

bool roc_compare_paired(const double *score1, const double *score2, const double *label, size_t n, double level,
                        struct roc_comparison *out, struct err *err)
{
    *out = no_comparison;
    double auc[2], covariance[4];
    const double *score[2] = {score1, score2};
    if (!roc_covariance(score, 2, label, n, auc, covariance, &out->status, err))
        return false;
    out->auc1 = auc[0];
    out->auc2 = auc[1];
    if (out->status != STATS_OK)
        return true;
    out->se1 = sqrt(covariance[0]);
    out->se2 = sqrt(covariance[3]);
    out->covariance = covariance[1];
    compare(out, covariance[0] + covariance[3] - 2.0 * covariance[1], level);
    return true;
}

bool roc_compare_unpaired(const double *score1, const double *label1, size_t n1, const double *score2,
                          const double *label2, size_t n2, double level, struct roc_comparison *out, struct err *err)
{
    *out = no_comparison;
    struct roc_auc a, b;
    if (!roc_auc(score1, label1, n1, ROC_HIGHER, level, &a, err) ||
        !roc_auc(score2, label2, n2, ROC_HIGHER, level, &b, err))
        return false;
    out->status = a.status != STATS_OK ? a.status : b.status;
    out->auc1 = a.auc;
    out->auc2 = b.auc;
    if (isnan(a.var) || isnan(b.var))
        return true;
    out->se1 = a.se;
    out->se2 = b.se;
    out->covariance = 0.0;
    compare(out, a.var + b.var, level);
    double r1 = (double)(a.pos_n + a.neg_n), r2 = (double)(b.pos_n + b.neg_n), v = a.var + b.var;
    out->df = v * v / (a.var * a.var / (r1 - 1.0) + b.var * b.var / (r2 - 1.0));
    out->p_t = t_two_sided(out->z, out->df);
    return true;
}

bool roc_curve(const double *score, const double *label, size_t n, enum roc_direction direction,
               struct roc_curve *curve, struct err *err)
{
    *curve = (struct roc_curve){.status = STATS_OK};
    struct sample sample;
    if (!sample_split(score, label, n, &sample, err))
        return false;
    curve->status = sample.status;
    curve->pos_n = sample.n1;
    curve->neg_n = sample.n0;
    bool done = false;
    if (sample.status != STATS_OK) {
        done = true;
        goto done;
    }
    size_t m = sample.n1, m0 = sample.n0, room = m + m0 + 1;
    prepare(&sample, direction, &curve->lower_is_positive);
    curve->threshold = mem_alloc(room, 3 * sizeof(double), err);
    curve->tp = mem_alloc(room, 2 * sizeof(size_t), err);
    if (!curve->threshold || !curve->tp) {
        roc_curve_free(curve);
        goto done;
    }
    curve->sensitivity = curve->threshold + room;
    curve->specificity = curve->sensitivity + room;
    curve->fp = curve->tp + room;
    double sign = curve->lower_is_positive ? -1.0 : 1.0, last = -INFINITY;
    for (size_t i = 0, j = 0; curve->n < room; curve->n++) { /* i positives and j negatives lie below */
        double next = INFINITY;
        if (i < m)
            next = sample.x1[i];
        if (j < m0 && sample.x0[j] < next)
            next = sample.x0[j];
        double middle = 0.5 * last + 0.5 * next;
        if (isfinite(last) && isfinite(next) && !isinf(last + next))
            middle = (last + next) / 2.0;
        if (middle == last && isfinite(last)) /* neighbours without a double between them */
            middle = next;
        curve->threshold[curve->n] = sign * middle;
        curve->tp[curve->n] = m - i;
        curve->fp[curve->n] = m0 - j;
        curve->sensitivity[curve->n] = (double)(m - i) / (double)m;
        curve->specificity[curve->n] = (double)j / (double)m0;
        if (isinf(next) && i == m && j == m0) {
            curve->n++;
            break;
        }
        while (i < m && sample.x1[i] == next)
            i++;
        while (j < m0 && sample.x0[j] == next)
            j++;
        last = next;
    }
    done = true;
done:
    sample_free(&sample);
    return done;
}

void roc_curve_free(struct roc_curve *curve)
{
    mem_free(curve->threshold);
    mem_free(curve->tp);
    curve->threshold = curve->sensitivity = curve->specificity = NULL;
    curve->tp = curve->fp = NULL;
    curve->n = 0;
}

size_t roc_best_points(const struct roc_curve *curve, enum roc_rule rule, size_t *point, double *criterion)
{
    double m = (double)curve->pos_n, n = (double)curve->neg_n, best = INFINITY;
    size_t found = 0;
    for (size_t i = 0; i < curve->n; i++) {
        double fn = m - (double)curve->tp[i], fp = (double)curve->fp[i];
        /* Both rules scaled by m n (squared): whole numbers, so ties are ties. */
        double loss = rule == ROC_YOUDEN ? fn * n + fp * m : fn * n * (fn * n) + fp * m * (fp * m);
        if (loss < best) {
            best = loss;
            found = 0;
        }
        if (loss == best)
            point[found++] = i;
    }
    if (criterion)
        *criterion = found == 0 ? NAN : rule == ROC_YOUDEN ? 1.0 - best / (m * n) : best / (m * n) / (m * n);
    return found;
}
