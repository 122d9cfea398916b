/* Risk groups and the score against time-to-event endpoints; see measure.h. */
#include <math.h>

#include "base/mem.h"
#include "num/sum.h"
#include "stats/concordance.h"
#include "stats/cox.h"
#include "stats/km.h"
#include "stats/logrank.h"
#include "study/measure.h"

static const double LEVEL = 0.95, Z_975 = 1.9599639845400545;
enum { AT_RISK_TIMES = 6, GROUP_N = 2 };
static const char *const GROUP_NAME[GROUP_N] = {"low", "high"};

/* Rows with a known endpoint, closed up. */
struct followed {
    size_t n, group_count[GROUP_N];
    double *time, *event, *score, *z; /* z: score in standard deviations of these rows */
    double *high;                     /* 0 or 1 */
    size_t *group;
};

static void followed_free(struct followed *rows)
{
    mem_free(rows->time);
    mem_free(rows->event);
    mem_free(rows->score);
    mem_free(rows->z);
    mem_free(rows->high);
    mem_free(rows->group);
}

static bool close_up(const struct scored *scored, size_t e, struct followed *rows, struct err *err)
{
    *rows = (struct followed){0};
    rows->time = mem_alloc(scored->n, sizeof(double), err);
    rows->event = mem_alloc(scored->n, sizeof(double), err);
    rows->score = mem_alloc(scored->n, sizeof(double), err);
    rows->z = mem_alloc(scored->n, sizeof(double), err);
    rows->high = mem_alloc(scored->n, sizeof(double), err);
    rows->group = mem_alloc(scored->n, sizeof(size_t), err);
    if (rows->time == NULL || rows->event == NULL || rows->score == NULL || rows->z == NULL || rows->high == NULL || rows->group == NULL) {
        followed_free(rows);
        return false;
    }
    for (size_t k = 0; k < scored->n; k++) {
        if (isnan(scored->time[e][k]) || isnan(scored->event[e][k]))
            continue;
        size_t i = rows->n++;
        rows->time[i] = scored->time[e][k];
        rows->event[i] = scored->event[e][k];
        rows->score[i] = scored->score[k];
        rows->group[i] = scored->score[k] >= scored->threshold;
        rows->high[i] = (double)rows->group[i];
        rows->group_count[rows->group[i]]++;
    }
    double centre = mean_of(rows->score, rows->n), sd = sqrt(variance_of(rows->score, rows->n));
    for (size_t i = 0; i < rows->n; i++)
        rows->z[i] = sd > 0 ? (rows->score[i] - centre) / sd : 0;
    return true;
}

static void put_curve(struct json_writer *json, const struct km_curve *curve)
{
    static const char *const keys[] = {"low", "high"};
    json_key(json, "time");
    json_put_numbers(json, curve->time, curve->time_n);
    json_key(json, "survival");
    json_put_numbers(json, curve->surv, curve->time_n);
    for (size_t side = 0; side < 2; side++) {
        json_key(json, keys[side]);
        json_begin_array(json, JSON_WIDE);
        for (size_t i = 0; i < curve->time_n; i++) {
            double limit[2];
            km_limits(curve, i, KM_LOG_LOG, LEVEL, &limit[0], &limit[1]);
            json_put_number(json, limit[side]);
        }
        json_end(json);
    }
    json_key(json, "censored");
    json_begin_array(json, JSON_WIDE);
    for (size_t i = 0; i < curve->time_n; i++)
        if (curve->censored[i] > 0)
            json_put_number(json, curve->time[i]);
    json_end(json);
}

static bool put_group(struct json_writer *json, const struct followed *rows, size_t group, const double *at_times, struct err *err)
{
    bool done = false;
    double *time = mem_alloc(rows->n, sizeof *time, err), *event = mem_alloc(rows->n, sizeof *event, err);
    struct km_curve curve = {0};
    size_t n = 0;
    if (time == NULL || event == NULL)
        goto done;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->group[i] == group) {
            time[n] = rows->time[i];
            event[n++] = rows->event[i];
        }
    if (!km_fit(time, event, n, &curve, err))
        goto done;
    struct km_estimate median = km_quantile(&curve, 0.5, KM_LOG_LOG, LEVEL);
    json_begin_object(json, JSON_TALL);
    json_key(json, "group");
    json_put_text(json, GROUP_NAME[group]);
    json_key(json, "n");
    json_put_count(json, curve.n);
    json_key(json, "events");
    json_put_count(json, curve.events);
    json_put_estimate(json, "median", median.value, median.low, median.high);
    put_curve(json, &curve);
    json_key(json, "at_risk");
    json_begin_array(json, JSON_WIDE);
    for (size_t k = 0; k < AT_RISK_TIMES; k++)
        json_put_number(json, km_at_risk_at(&curve, at_times[k]));
    json_end(json);
    json_end(json);
    done = true;
done:
    km_free(&curve);
    mem_free(time);
    mem_free(event);
    return done;
}

static bool put_logrank(struct json_writer *json, const struct followed *rows, struct err *err)
{
    struct logrank test;
    if (!logrank(rows->time, rows->event, rows->group, GROUP_N, NULL, rows->n, 0, &test, err))
        return false;
    json_key(json, "logrank");
    json_begin_object(json, JSON_WIDE);
    json_key(json, "chi2");
    json_put_number(json, test.chi2);
    json_key(json, "df");
    json_put_number(json, test.df);
    json_key(json, "p");
    json_put_number(json, test.p);
    json_key(json, "status");
    json_put_text(json, stats_status_text(test.status));
    json_end(json);
    logrank_free(&test);
    return true;
}

static bool put_cox(struct json_writer *json, const char *key, const struct followed *rows, const double *x, struct err *err)
{
    struct cox_data data = {.n = rows->n, .p = 1, .stop = rows->time, .status = rows->event, .x = x};
    struct cox_fit fit;
    if (!cox_fit(&data, COX_EFRON, &fit, err))
        return false;
    double coef = fit.status == STATS_OK ? fit.coef[0] : NAN, se = fit.status == STATS_OK ? fit.se[0] : NAN;
    json_key(json, key);
    json_begin_object(json, JSON_WIDE);
    json_put_estimate(json, "hr", exp(coef), exp(coef - Z_975 * se), exp(coef + Z_975 * se));
    json_key(json, "p");
    json_put_number(json, fit.status == STATS_OK ? fit.wald_p : NAN);
    json_key(json, "status");
    json_put_text(json, stats_status_text(fit.status));
    json_end(json);
    cox_fit_free(&fit);
    return true;
}

static bool put_c_index(struct json_writer *json, const struct followed *rows, struct err *err)
{
    struct concordance_data data = {.n = rows->n, .stop = rows->time, .status = rows->event, .marker = rows->score};
    struct concordance c;
    if (!concordance(&data, &c, err))
        return false;
    json_put_estimate(json, "c_index", c.c, c.c - Z_975 * c.se, c.c + Z_975 * c.se);
    return true;
}

/* Six times from 0 to the last, on a round step: where numbers at risk are told. */
static void round_times(const struct followed *rows, double *times)
{
    double last = 0;
    for (size_t i = 0; i < rows->n; i++)
        last = fmax(last, rows->time[i]);
    double raw = last / (AT_RISK_TIMES - 1), power = raw > 0 ? pow(10, floor(log10(raw))) : 1;
    double lead = raw / power, step = lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 2.5 ? 2.5 : lead <= 5 ? 5 : 10;
    for (size_t k = 0; k < AT_RISK_TIMES; k++)
        times[k] = (double)k * step * power;
}

static bool put_endpoint(struct json_writer *json, const struct endpoint *endpoint, const struct followed *rows, struct err *err)
{
    double times[AT_RISK_TIMES];
    round_times(rows, times);
    json_begin_object(json, JSON_TALL);
    json_key(json, "name");
    json_put_text(json, endpoint->name);
    json_key(json, "title");
    json_put_text(json, endpoint->title);
    json_key(json, "unit");
    json_put_text(json, endpoint->unit);
    json_key(json, "groups");
    json_begin_array(json, JSON_TALL);
    for (size_t g = 0; g < GROUP_N; g++)
        if (rows->group_count[g] > 0 && !put_group(json, rows, g, times, err))
            return false;
    json_end(json);
    json_key(json, "at_risk_times");
    json_put_numbers(json, times, AT_RISK_TIMES);
    if (!put_logrank(json, rows, err) || !put_cox(json, "cox_group", rows, rows->high, err) ||
        !put_cox(json, "cox_score", rows, rows->z, err) || !put_c_index(json, rows, err))
        return false;
    json_end(json);
    return true;
}

bool measure_endpoints(struct json_writer *json, const struct scored *scored, struct err *err)
{
    json_key(json, "endpoints");
    json_begin_array(json, JSON_TALL);
    for (size_t e = 0; e < scored->endpoint_n; e++) {
        struct followed rows;
        if (!close_up(scored, e, &rows, err))
            return false;
        bool done = rows.n == 0 || put_endpoint(json, &scored->endpoint[e], &rows, err);
        followed_free(&rows);
        if (!done)
            return err_add(err, "endpoint %s", scored->endpoint[e].name);
    }
    json_end(json);
    return true;
}
