#include "stats/km.h"

#include <math.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"

static enum stats_status look(const double *time, const double *status, size_t n, struct km_curve *curve)
{
    bool negative = false, odd = false;
    for (size_t i = 0; i < n; i++) {
        if (isnan(time[i]) || isnan(status[i])) {
            curve->dropped_n++;
            continue;
        }
        curve->n++;
        negative = negative || time[i] < 0.0;
        odd = odd || (status[i] != 0.0 && status[i] != 1.0);
        curve->events += status[i] == 1.0;
    }
    return curve->n == 0 ? STATS_NO_COMPLETE_ROWS
           : negative    ? STATS_NEGATIVE_TIME
           : odd         ? STATS_LABEL_NOT_BINARY
           : curve->events == 0 ? STATS_NO_EVENTS
                                : STATS_OK;
}

static void fill(struct km_curve *curve, const double *time, const double *status, const size_t *index)
{
    double surv = 1.0, greenwood = 0.0, hazard = 0.0, hazard_var = 0.0;
    size_t entry = 0;
    for (size_t begin = 0, end; begin < curve->n; begin = end, entry++) {
        double t = time[index[begin]], at_risk = (double)(curve->n - begin), events = 0.0;
        for (end = begin; end < curve->n && time[index[end]] == t; end++)
            events += status[index[end]];
        surv *= (at_risk - events) / at_risk;
        greenwood += events / (at_risk * (at_risk - events)); /* infinite where the curve falls to 0 */
        hazard += events / at_risk;
        hazard_var += events / (at_risk * at_risk);
        curve->time[entry] = t;
        curve->at_risk[entry] = at_risk;
        curve->event[entry] = events;
        curve->censored[entry] = (double)(end - begin) - events;
        curve->surv[entry] = surv;
        curve->se[entry] = surv > 0.0 ? surv * sqrt(greenwood) : NAN;
        curve->cumhaz[entry] = hazard;
        curve->cumhaz_se[entry] = sqrt(hazard_var);
    }
    curve->time_n = entry;
}

bool km_fit(const double *time, const double *status, size_t n, struct km_curve *curve, struct err *err)
{
    *curve = (struct km_curve){.status = STATS_OK};
    curve->status = look(time, status, n, curve);
    if (curve->status != STATS_OK && curve->status != STATS_NO_EVENTS)
        return true;
    size_t *index = mem_alloc(n, sizeof *index, err);
    curve->time = mem_alloc(curve->n, 8 * sizeof(double), err);
    if (!index || !curve->time) {
        mem_free(index);
        km_free(curve);
        return false;
    }
    double **array[] = {&curve->at_risk, &curve->event, &curve->censored, &curve->surv,
                        &curve->se,      &curve->cumhaz, &curve->cumhaz_se};
    for (size_t k = 0; k < sizeof array / sizeof *array; k++)
        *array[k] = curve->time + (k + 1) * curve->n;
    sort_index(time, n, index);
    size_t kept = 0; /* incomplete rows out; the order of the others stays */
    for (size_t i = 0; i < n; i++)
        if (!isnan(time[index[i]]) && !isnan(status[index[i]]))
            index[kept++] = index[i];
    fill(curve, time, status, index);
    mem_free(index);
    return true;
}

void km_free(struct km_curve *curve)
{
    mem_free(curve->time);
    curve->time = NULL;
    curve->time_n = 0;
}

void km_limits(const struct km_curve *curve, size_t i, enum km_interval kind, double level, double *low, double *high)
{
    double s = curve->surv[i], se = curve->se[i], z = normal_quantile(0.5 + 0.5 * level);
    *low = *high = NAN;
    if (isnan(se))
        return;
    switch (kind) {
    case KM_PLAIN:
        *low = fmax(s - z * se, 0.0);
        *high = fmin(s + z * se, 1.0);
        break;
    case KM_LOG:
        *low = exp(log(s) - z * se / s);
        *high = fmin(exp(log(s) + z * se / s), 1.0);
        break;
    case KM_LOG_LOG:
        if (s == 1.0) {
            *low = *high = 1.0;
            break;
        }
        double width = z * se / (s * log(s)), centre = log(-log(s));
        *low = exp(-exp(centre - width));
        *high = exp(-exp(centre + width));
        break;
    case KM_INTERVAL_N:
        break;
    }
}

enum which { ESTIMATE, LOW, HIGH };

static double value_at(const struct km_curve *curve, size_t i, enum which which, enum km_interval kind, double level)
{
    if (which == ESTIMATE)
        return curve->surv[i];
    double low, high;
    km_limits(curve, i, kind, level, &low, &high);
    return which == LOW ? low : high;
}

/* First time where the curve reaches `target`; half way to the next drop where it lies on it. */
static double reach(const struct km_curve *curve, double target, enum which which, enum km_interval kind, double level)
{
    const double tolerance = 1.4901161193847656e-08; /* sqrt(DBL_EPSILON), R's */
    size_t i = 0;
    double first = NAN;
    for (; i < curve->time_n; i++) {
        first = value_at(curve, i, which, kind, level);
        if (first < target + tolerance)
            break;
    }
    if (i == curve->time_n)
        return NAN;
    if (fabs(first - target) < tolerance)
        for (size_t j = i + 1; j < curve->time_n; j++)
            if (value_at(curve, j, which, kind, level) < first)
                return (curve->time[i] + curve->time[j]) / 2.0;
    return curve->time[i];
}

struct km_estimate km_quantile(const struct km_curve *curve, double p, enum km_interval kind, double level)
{
    return (struct km_estimate){reach(curve, 1.0 - p, ESTIMATE, kind, level), reach(curve, 1.0 - p, LOW, kind, level),
                                reach(curve, 1.0 - p, HIGH, kind, level)};
}

/* How many entries lie at or before t. */
static size_t entries_upto(const struct km_curve *curve, double t)
{
    size_t low = 0, high = curve->time_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (curve->time[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double km_surv_at(const struct km_curve *curve, double time)
{
    size_t entries = entries_upto(curve, time);
    return entries == 0 ? 1.0 : curve->surv[entries - 1];
}

double km_at_risk_at(const struct km_curve *curve, double time)
{
    size_t entries = entries_upto(curve, time);
    if (entries > 0 && curve->time[entries - 1] == time)
        return curve->at_risk[entries - 1];
    return entries < curve->time_n ? curve->at_risk[entries] : 0.0;
}

struct km_rmst km_rmst(const struct km_curve *curve, double tau, double level)
{
    size_t inside = entries_upto(curve, tau);
    double area = 0.0, variance = 0.0; /* from tau back to 0: `area` is what lies right of the entry */
    for (size_t i = inside; i-- > 0;) {
        double right = i + 1 < inside ? curve->time[i + 1] : tau;
        area += (right - curve->time[i]) * curve->surv[i];
        double left = curve->at_risk[i] - curve->event[i];
        if (left > 0.0)
            variance += area * area * curve->event[i] / (curve->at_risk[i] * left);
    }
    area += inside > 0 ? curve->time[0] : tau;
    double se = sqrt(variance), half = normal_quantile(0.5 + 0.5 * level) * se;
    return (struct km_rmst){area, se, area - half, area + half};
}

struct km_rmst_contrast km_rmst_compare(struct km_rmst a, struct km_rmst b, double level)
{
    double z = normal_quantile(0.5 + 0.5 * level);
    struct km_rmst_contrast out = {.difference = b.value - a.value, .se = sqrt(a.se * a.se + b.se * b.se)};
    out.low = out.difference - z * out.se;
    out.high = out.difference + z * out.se;
    out.z = out.difference / out.se;
    out.p = normal_two_sided(out.z);
    double log_ratio = log(b.value / a.value);
    double log_se = sqrt(a.se * a.se / (a.value * a.value) + b.se * b.se / (b.value * b.value));
    out.ratio = exp(log_ratio);
    out.ratio_low = exp(log_ratio - z * log_se);
    out.ratio_high = exp(log_ratio + z * log_se);
    out.ratio_p = normal_two_sided(log_ratio / log_se);
    return out;
}
