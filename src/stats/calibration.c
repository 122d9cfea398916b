#include "stats/calibration.h"

#include <math.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"
#include "num/sum.h"
#include "stats/logit.h"

struct complete {
    size_t n;
    double *p, *y, *logit; /* one block owned by p */
};

static enum stats_status look(const struct complete *rows)
{
    bool one = false, zero = false, edge = false;
    for (size_t i = 0; i < rows->n; i++) {
        double p = rows->p[i], y = rows->y[i];
        if (y != 0.0 && y != 1.0)
            return STATS_LABEL_NOT_BINARY;
        if (p < 0.0 || p > 1.0)
            return STATS_PROBABILITY_OUT_OF_RANGE;
        one = one || y == 1.0;
        zero = zero || y == 0.0;
        edge = edge || p == 0.0 || p == 1.0;
    }
    return rows->n == 0    ? STATS_NO_COMPLETE_ROWS
           : edge          ? STATS_PROBABILITY_0_OR_1
           : !one || !zero ? STATS_ONE_CLASS
                           : STATS_OK;
}

/* What needs no logit. */
static void direct_measures(const struct complete *rows, struct calibration *out)
{
    struct sum brier = SUM_INIT, excess = SUM_INIT, variance = SUM_INIT, loss = SUM_INIT;
    double n = (double)rows->n;
    for (size_t i = 0; i < rows->n; i++) {
        double p = rows->p[i], y = rows->y[i];
        sum_add(&brier, (p - y) * (p - y));
        sum_add(&excess, (y - p) * (1.0 - 2.0 * p));
        sum_add(&variance, (1.0 - 2.0 * p) * (1.0 - 2.0 * p) * p * (1.0 - p));
        sum_add(&loss, -(y == 1.0 ? log(p) : log1p(-p)));
    }
    out->observed = sum_of(rows->y, rows->n);
    out->expected = sum_of(rows->p, rows->n);
    double o = out->observed, e = out->expected, prevalence = o / n, z = normal_quantile(0.975);
    out->oe = o / e;
    out->oe_log_low = out->oe * exp(-z / sqrt(o));
    out->oe_log_high = out->oe * exp(z / sqrt(o));
    out->oe_exact_low = o > 0.0 ? gamma_quantile(0.025, o) / e : 0.0;
    out->oe_exact_high = gamma_quantile(0.975, o + 1.0) / e;
    out->brier = sum_value(&brier) / n;
    out->brier_max = prevalence * (1.0 - prevalence);
    if (out->brier_max > 0.0)
        out->brier_scaled = 1.0 - out->brier / out->brier_max;
    out->log_loss = sum_value(&loss) / n;
    if (sum_value(&variance) > 0.0) {
        out->spiegelhalter_z = sum_value(&excess) / sqrt(sum_value(&variance));
        out->spiegelhalter_p = normal_two_sided(out->spiegelhalter_z);
    }
}

static bool recalibrate(const struct complete *rows, struct calibration *out, struct err *err)
{
    struct logit_data large = {.n = rows->n, .p = 0, .y = rows->y, .offset = rows->logit};
    struct logit_data line = {.n = rows->n, .p = 1, .x = rows->logit, .y = rows->y};
    struct logit_fit fit;
    double n = (double)rows->n, as_given = 2.0 * n * out->log_loss;
    if (!logit_fit(&large, &fit, err))
        return false;
    if (fit.status == STATS_OK) {
        out->large = fit.coef[0];
        out->large_se = fit.se[0];
    }
    logit_fit_free(&fit);
    if (!logit_fit(&line, &fit, err))
        return false;
    if (fit.status == STATS_OK) {
        out->intercept = fit.coef[0];
        out->intercept_se = fit.se[0];
        out->slope = fit.coef[1];
        out->slope_se = fit.se[1];
        out->lr_chi2 = fit.null_deviance - as_given;
        out->d = (out->lr_chi2 - 1.0) / n;
        out->r2 = (1.0 - exp(-out->lr_chi2 / n)) / (1.0 - exp(-fit.null_deviance / n));
        out->u_chi2 = as_given - fit.deviance;
        out->u = (out->u_chi2 - 2.0) / n;
        out->u_p = chi2_sf(out->u_chi2, 2.0);
        out->q = out->d - out->u;
    } else {
        out->status = fit.status == STATS_SINGULAR_DESIGN ? STATS_CONSTANT_SCORE : fit.status;
    }
    logit_fit_free(&fit);
    return true;
}

bool calibration(const double *prob, const double *label, size_t n, struct calibration *out, struct err *err)
{
    *out = (struct calibration){.status = STATS_OK, .observed = NAN, .expected = NAN, .oe = NAN, .oe_log_low = NAN,
                                .oe_log_high = NAN, .oe_exact_low = NAN, .oe_exact_high = NAN, .large = NAN,
                                .large_se = NAN, .intercept = NAN, .intercept_se = NAN, .slope = NAN,
                                .slope_se = NAN, .brier = NAN, .brier_max = NAN, .brier_scaled = NAN,
                                .log_loss = NAN, .spiegelhalter_z = NAN, .spiegelhalter_p = NAN, .lr_chi2 = NAN,
                                .d = NAN, .r2 = NAN, .u_chi2 = NAN, .u = NAN, .u_p = NAN, .q = NAN};
    struct complete rows = {.p = mem_alloc(n, 3 * sizeof(double), err)};
    if (!rows.p)
        return false;
    rows.y = rows.p + n;
    rows.logit = rows.y + n;
    for (size_t i = 0; i < n; i++) {
        if (isnan(prob[i]) || isnan(label[i])) {
            out->dropped_n++;
            continue;
        }
        rows.p[rows.n] = prob[i];
        rows.y[rows.n] = label[i];
        rows.logit[rows.n++] = log(prob[i] / (1.0 - prob[i]));
    }
    out->n = rows.n;
    out->status = look(&rows);
    bool done = true;
    if (out->status == STATS_OK || out->status == STATS_ONE_CLASS || out->status == STATS_PROBABILITY_0_OR_1)
        direct_measures(&rows, out);
    if (out->status == STATS_OK)
        done = recalibrate(&rows, out, err);
    mem_free(rows.p);
    return done;
}

bool hosmer_lemeshow(const double *prob, const double *label, size_t n, size_t groups, struct hosmer_lemeshow *out,
                     struct err *err)
{
    *out = (struct hosmer_lemeshow){.chi2 = NAN, .df = NAN, .p = NAN, .df_external = NAN, .p_external = NAN};
    double *sorted = mem_alloc(n, sizeof *sorted, err), cut[HL_GROUPS_MAX + 1];
    if (!sorted)
        return false;
    for (size_t i = 0; i < n; i++)
        sorted[i] = prob[i];
    sort_doubles(sorted, n);
    size_t cuts = 0;
    for (size_t k = 0; k <= groups && n > 0; k++) {
        double q = quantile_sorted(sorted, n, (double)k / (double)groups);
        if (cuts == 0 || q > cut[cuts - 1])
            cut[cuts++] = q;
    }
    out->groups = cuts > 1 ? cuts - 1 : cuts;
    for (size_t i = 0; i < n; i++) {
        size_t g = 0;
        while (g + 1 < out->groups && prob[i] > cut[g + 1])
            g++;
        out->n[g]++;
        out->observed[g] += label[i];
        out->expected[g] += prob[i];
    }
    double chi2 = 0.0;
    for (size_t g = 0; g < out->groups; g++) {
        double o = out->observed[g], e = out->expected[g], m = out->n[g];
        if (m > 0.0) /* an interval between two cut points may hold nobody */
            chi2 += (o - e) * (o - e) / e + (o - e) * (o - e) / (m - e);
    }
    if (out->groups > 0) {
        out->chi2 = chi2;
        out->df = (double)out->groups - 2.0;
        out->df_external = (double)out->groups;
        out->p = out->df > 0.0 ? chi2_sf(chi2, out->df) : NAN;
        out->p_external = chi2_sf(chi2, out->df_external);
    }
    mem_free(sorted);
    return true;
}

bool calibration_error_of(const double *prob, const double *smooth, size_t n, struct calibration_error *out,
                          struct err *err)
{
    double *distance = mem_alloc(n, sizeof *distance, err);
    if (!distance)
        return false;
    for (size_t i = 0; i < n; i++)
        distance[i] = fabs(smooth[i] - prob[i]);
    sort_doubles(distance, n);
    *out = (struct calibration_error){mean_of(distance, n), quantile_sorted(distance, n, 0.5),
                                      quantile_sorted(distance, n, 0.9), n > 0 ? distance[n - 1] : NAN};
    mem_free(distance);
    return true;
}
