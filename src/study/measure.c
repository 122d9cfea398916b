/* Discrimination, calibration and use of the locked score on one role; see measure.h. */
#include "study/measure.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "num/rank.h"
#include "num/sum.h"
#include "stats/calibration.h"
#include "stats/decision.h"
#include "stats/diagnostic.h"
#include "stats/roc.h"

static const double LEVEL = 0.95, Z_975 = 1.9599639845400545;
enum { CALIBRATION_GROUPS = 10, CALIBRATION_LEAST = 5, DECISION_POINTS = 99 };

void json_put_estimate(struct json_writer *json, const char *key, double value, double low, double high)
{
    json_key(json, key);
    json_begin_object(json, JSON_WIDE);
    json_key(json, "value");
    json_put_number(json, value);
    json_key(json, "low");
    json_put_number(json, low);
    json_key(json, "high");
    json_put_number(json, high);
    json_end(json);
}

static void put_pair(struct json_writer *json, const char *key, double low, double high)
{
    json_key(json, key);
    json_put_numbers(json, (const double[]){low, high}, 2);
}

static void put_keyed(struct json_writer *json, const char *key, double value)
{
    json_key(json, key);
    json_put_number(json, value);
}

/* Rows with a label, closed up once for everything below. */
struct labelled {
    double *score, *label;
    size_t n, positive;
};

static bool close_up(const struct scored *scored, struct labelled *out, struct err *err)
{
    out->score = mem_alloc(scored->n, sizeof(double), err);
    out->label = mem_alloc(scored->n, sizeof(double), err);
    if (out->score == NULL || out->label == NULL)
        return false;
    for (size_t k = 0; scored->label != NULL && k < scored->n; k++)
        if (!isnan(scored->label[k])) {
            out->score[out->n] = scored->score[k];
            out->label[out->n++] = scored->label[k];
            out->positive += scored->label[k] > 0.5;
        }
    return true;
}

static bool put_auc(struct json_writer *json, const struct labelled *rows, struct err *err)
{
    struct roc_auc auc;
    if (!roc_auc(rows->score, rows->label, rows->n, ROC_HIGHER, LEVEL, &auc, err))
        return false;
    json_key(json, "auc");
    json_begin_object(json, JSON_WIDE);
    put_keyed(json, "value", auc.auc);
    put_keyed(json, "se", auc.se);
    put_pair(json, "plain", auc.low, auc.high);
    put_pair(json, "cut", auc.cut_low, auc.cut_high);
    put_pair(json, "logit", auc.logit_low, auc.logit_high);
    json_key(json, "status");
    json_put_text(json, stats_status_text(auc.status));
    json_end(json);
    return true;
}

static bool put_roc(struct json_writer *json, const struct labelled *rows, double threshold, struct err *err)
{
    struct roc_curve curve;
    if (!roc_curve(rows->score, rows->label, rows->n, ROC_HIGHER, &curve, err))
        return false;
    struct diagnostic at = diagnostic_at(rows->score, rows->label, rows->n, threshold, LEVEL);
    json_key(json, "roc");
    json_begin_object(json, JSON_TALL);
    json_key(json, "fpr");
    json_begin_array(json, JSON_WIDE);
    for (size_t k = curve.n; k-- > 0;) /* from the strictest threshold: both rates rise */
        json_put_number(json, 1 - curve.specificity[k]);
    json_end(json);
    json_key(json, "tpr");
    json_begin_array(json, JSON_WIDE);
    for (size_t k = curve.n; k-- > 0;)
        json_put_number(json, curve.sensitivity[k]);
    json_end(json);
    put_pair(json, "at_threshold", 1 - at.specificity.value, at.sensitivity.value);
    json_end(json);
    roc_curve_free(&curve);
    return true;
}

static void put_proportion(struct json_writer *json, const char *key, const struct proportion *p)
{
    json_key(json, key);
    json_begin_object(json, JSON_WIDE);
    put_keyed(json, "value", p->value);
    put_pair(json, "wilson", p->wilson_low, p->wilson_high);
    put_pair(json, "clopper_pearson", p->exact_low, p->exact_high);
    put_keyed(json, "k", p->x);
    put_keyed(json, "n", p->n);
    json_end(json);
}

static void put_operating(struct json_writer *json, const struct labelled *rows, double threshold)
{
    struct diagnostic at = diagnostic_at(rows->score, rows->label, rows->n, threshold, LEVEL);
    json_key(json, "operating");
    json_begin_object(json, JSON_TALL);
    put_proportion(json, "sensitivity", &at.sensitivity);
    put_proportion(json, "specificity", &at.specificity);
    put_proportion(json, "ppv", &at.ppv);
    put_proportion(json, "npv", &at.npv);
    put_proportion(json, "accuracy", &at.accuracy);
    put_keyed(json, "f1", at.f1);
    put_keyed(json, "mcc", at.mcc);
    json_end(json);
}

/* Groups of equal size by rising score: at most ten, and at least five rows each. */
static bool put_calibration_curve(struct json_writer *json, const struct labelled *rows, struct err *err)
{
    static const char *const keys[] = {"predicted", "observed", "low", "high", "n"};
    double column[5][CALIBRATION_GROUPS];
    size_t *order = mem_alloc(rows->n, sizeof *order, err);
    if (order == NULL)
        return false;
    sort_index(rows->score, rows->n, order);
    size_t groups = rows->n / CALIBRATION_LEAST < CALIBRATION_GROUPS ? rows->n / CALIBRATION_LEAST : CALIBRATION_GROUPS;
    for (size_t g = 0; g < groups; g++) {
        size_t begin = rows->n * g / groups, end = rows->n * (g + 1) / groups, positive = 0;
        double sum = 0;
        for (size_t k = begin; k < end; k++) {
            sum += rows->score[order[k]];
            positive += rows->label[order[k]] > 0.5;
        }
        struct proportion observed = proportion_of(positive, end - begin, LEVEL);
        column[0][g] = sum / (double)(end - begin);
        column[1][g] = observed.value;
        column[2][g] = observed.wilson_low;
        column[3][g] = observed.wilson_high;
        column[4][g] = (double)(end - begin);
    }
    mem_free(order);
    json_key(json, "curve");
    json_begin_object(json, JSON_TALL);
    for (size_t k = 0; k < 5; k++) {
        json_key(json, keys[k]);
        json_put_numbers(json, column[k], groups);
    }
    json_end(json);
    return true;
}

static bool put_calibration(struct json_writer *json, const struct labelled *rows, struct err *err)
{
    struct calibration fit;
    if (!calibration(rows->score, rows->label, rows->n, &fit, err))
        return false;
    put_keyed(json, "brier", fit.brier);
    json_key(json, "calibration");
    json_begin_object(json, JSON_TALL);
    json_put_estimate(json, "in_the_large", fit.large, fit.large - Z_975 * fit.large_se, fit.large + Z_975 * fit.large_se);
    json_put_estimate(json, "intercept", fit.intercept, fit.intercept - Z_975 * fit.intercept_se, fit.intercept + Z_975 * fit.intercept_se);
    json_put_estimate(json, "slope", fit.slope, fit.slope - Z_975 * fit.slope_se, fit.slope + Z_975 * fit.slope_se);
    put_keyed(json, "observed", fit.observed);
    put_keyed(json, "expected", fit.expected);
    json_key(json, "status");
    json_put_text(json, stats_status_text(fit.status));
    bool done = put_calibration_curve(json, rows, err);
    json_end(json);
    return done;
}

static bool put_decision(struct json_writer *json, const struct labelled *rows, struct err *err)
{
    double threshold[DECISION_POINTS], model[DECISION_POINTS], all[DECISION_POINTS];
    struct decision_point point[DECISION_POINTS];
    enum stats_status status;
    for (size_t k = 0; k < DECISION_POINTS; k++)
        threshold[k] = (double)(k + 1) / 100;
    if (!decision_curve(rows->score, rows->label, rows->n, threshold, DECISION_POINTS, point, &status, err))
        return false;
    for (size_t k = 0; k < DECISION_POINTS; k++) {
        model[k] = point[k].net_benefit;
        all[k] = point[k].treat_all;
    }
    json_key(json, "decision_curve");
    json_begin_object(json, JSON_TALL);
    json_key(json, "threshold");
    json_put_numbers(json, threshold, DECISION_POINTS);
    json_key(json, "model");
    json_put_numbers(json, model, DECISION_POINTS);
    json_key(json, "all");
    json_put_numbers(json, all, DECISION_POINTS);
    json_end(json);
    return true;
}

static bool put_score(struct json_writer *json, const struct scored *scored, struct err *err)
{
    double *sorted = mem_alloc(scored->n, sizeof *sorted, err);
    size_t *order = mem_alloc(scored->n, sizeof *order, err), high = 0;
    if (sorted == NULL || order == NULL) {
        mem_free(sorted);
        mem_free(order);
        return false;
    }
    sort_index(scored->score, scored->n, order);
    for (size_t k = 0; k < scored->n; k++) {
        sorted[k] = scored->score[order[k]];
        high += sorted[k] >= scored->threshold;
    }
    json_key(json, "score");
    json_begin_object(json, JSON_TALL);
    put_keyed(json, "mean", mean_of(sorted, scored->n));
    put_keyed(json, "sd", sqrt(variance_of(sorted, scored->n)));
    json_key(json, "quantiles");
    json_begin_array(json, JSON_WIDE);
    for (size_t k = 0; k < 5; k++)
        json_put_number(json, quantile_sorted(sorted, scored->n, (double)k / 4));
    json_end(json);
    json_key(json, "high_group");
    json_put_count(json, high);
    json_end(json);
    json_key(json, "waterfall");
    json_begin_object(json, JSON_TALL);
    json_key(json, "score");
    json_put_numbers(json, sorted, scored->n);
    json_key(json, "label");
    json_begin_array(json, JSON_WIDE);
    for (size_t k = 0; k < scored->n; k++)
        json_put_number(json, scored->label == NULL ? NAN : scored->label[order[k]]);
    json_end(json);
    json_end(json);
    mem_free(sorted);
    mem_free(order);
    return true;
}

static const char *kind_text(enum role_kind kind)
{
    return kind == ROLE_TRAIN ? "train" : kind == ROLE_TEST ? "test" : "survival";
}

bool measure_role(struct json_writer *json, const struct scored *scored, const struct out_of_fold *out_of_fold, struct err *err)
{
    bool done = false;
    struct labelled rows = {0};
    if (!close_up(scored, &rows, err))
        goto done;
    json_begin_object(json, JSON_TALL);
    json_key(json, "role");
    json_put_text(json, scored->role->name);
    json_key(json, "kind");
    json_put_text(json, kind_text(scored->role->kind));
    json_key(json, "apparent");
    json_put_bool(json, scored->apparent);
    json_key(json, "n");
    json_put_count(json, scored->n);
    json_key(json, "label_n");
    json_put_count(json, rows.n);
    json_key(json, "positive");
    json_put_count(json, rows.positive);
    if (out_of_fold != NULL) {
        json_key(json, "auc_out_of_fold");
        json_begin_object(json, JSON_WIDE);
        put_keyed(json, "mean", out_of_fold->mean);
        put_keyed(json, "sd", out_of_fold->sd);
        put_keyed(json, "pooled", out_of_fold->pooled);
        json_end(json);
    }
    if (rows.n > 0) {
        if (!put_auc(json, &rows, err) || !put_roc(json, &rows, scored->threshold, err))
            goto done;
        put_operating(json, &rows, scored->threshold);
        if (!put_calibration(json, &rows, err) || !put_decision(json, &rows, err))
            goto done;
    }
    if (!put_score(json, scored, err) || !measure_endpoints(json, scored, err))
        goto done;
    json_end(json);
    done = true;
done:
    mem_free(rows.score);
    mem_free(rows.label);
    return done || err_add(err, "role %s", scored->role->name);
}
