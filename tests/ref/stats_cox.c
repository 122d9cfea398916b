/* The oracle's Cox regressions. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "num/linalg.h"
#include "stats/concordance.h"
#include "stats/cox.h"
#include "stats_design.h"

static bool put_residuals(struct stats_case *c, const struct cox_data *data, const struct cox_fit *fit)
{
    size_t n = fit->n, p = fit->p, events = fit->event_n;
    double *martingale = case_numbers(c, n), *deviance = case_numbers(c, n), *score = case_numbers(c, n * p);
    double *dfbeta = case_numbers(c, n * p), *schoenfeld = case_numbers(c, events * p);
    double *scaled = case_numbers(c, events * p), *total = case_numbers(c, p);
    size_t *row = case_sizes(c, events);
    if (!cox_residuals(data, fit, martingale, deviance, score, dfbeta, NULL) ||
        !cox_schoenfeld(data, fit, row, schoenfeld, scaled, NULL))
        return false;
    put_array(c->got, "martingale_first25", martingale, n < 25 ? n : 25);
    put_array(c->got, "deviance_res_first25", deviance, n < 25 ? n : 25);
    put_matrix(c->got, "score_res_first10", score, n, p, 10);
    put_matrix(c->got, "dfbeta_first10", dfbeta, n, p, 10);
    put(c->got, "schoenfeld_n", (double)events);
    put_matrix(c->got, "schoenfeld_first10", schoenfeld, events, p, 10);
    put_matrix(c->got, "scaled_schoenfeld_first10", scaled, events, p, 10);
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < events; i++)
            total[j] += fabs(schoenfeld[i + j * events]);
    put_array(c->got, "schoenfeld_colsum_abs", total, p);
    return true;
}

/* At most 60 of the entries, spread as the oracle spreads them: rounded steps, half to even. */
static bool put_baseline(struct stats_case *c, const struct cox_data *data, const struct cox_fit *fit,
                         struct case_levels strata)
{
    struct cox_baseline b;
    if (!cox_baseline(data, fit, &b, NULL))
        return false;
    size_t n = b.n, shown = n > 60 ? 60 : n, kept = 0, last = SIZE_MAX;
    double *time = case_numbers(c, shown), *hazard = case_numbers(c, shown);
    json_t *part = put_object(c->got, "baseline_hazard"), *names = json_array();
    for (size_t i = 0; i < shown; i++) {
        size_t k = n > 60 ? (size_t)nearbyint(1.0 + (double)i * ((double)n - 1.0) / 59.0) - 1 : i;
        if (k == last)
            continue;
        last = k;
        time[kept] = b.time[k];
        hazard[kept++] = b.cumhaz[k];
        if (data->stratum)
            json_array_append_new(names, json_string(strata.text[b.stratum[k]]));
    }
    put_array(part, "time", time, kept);
    put_array(part, "cumhaz", hazard, kept);
    json_object_set_new(part, "strata", names);
    cox_baseline_free(&b);
    return true;
}

static bool put_zph(struct stats_case *c, const struct cox_data *data, const struct cox_fit *fit,
                    const struct design *d)
{
    static const char *const transform[ZPH_N] = {"km", "rank", "identity", "log"};
    json_t *all = put_object(c->got, "cox_zph");
    size_t rows = d->term_n + 1;
    double *chi2 = case_numbers(c, rows), *df = case_numbers(c, rows), *p = case_numbers(c, rows);
    for (enum zph_transform t = 0; t < ZPH_N; t++) {
        if (!cox_zph(data, fit, t, d->term, d->term_n, chi2, df, p, NULL))
            return false;
        json_t *part = put_object(all, transform[t]);
        const char **name = arena_alloc(&c->arena, rows, sizeof *name, NULL);
        memcpy(name, d->term_name, d->term_n * sizeof *name);
        name[d->term_n] = "GLOBAL";
        put_names(part, "rows", name, rows);
        put_array(part, "chi2", chi2, rows);
        put_array(part, "df", df, rows);
        put_array(part, "p", p, rows);
    }
    return true;
}

static bool put_concordance(struct stats_case *c, const struct cox_data *data, const struct cox_fit *fit,
                            const size_t *cluster)
{
    struct concordance_data d = {.n = data->n, .start = data->start, .stop = data->stop, .status = data->status,
                                 .marker = fit->lp, .stratum = data->stratum, .weight = data->weight,
                                 .cluster = cluster};
    struct concordance r;
    if (!concordance(&d, &r, NULL))
        return false;
    put(c->got, "concordance", r.c);
    put(c->got, "concordance_se", r.se);
    json_t *part = put_object(c->got, "concordance_counts");
    put(part, "concordant", r.concordant);
    put(part, "discordant", r.discordant);
    put(part, "tied.x", r.tied_marker);
    put(part, "tied.y", r.tied_time);
    put(part, "tied.xy", r.tied_both);
    return true;
}

/* R takes a variance below 1.8e-12 of the largest one for zero when it solves for the Wald statistic (coxph.wtest), so a
 * covariate on a scale of 1e7 falls out of its test. Where that rule drops a column the reference holds the number
 * without it; hepar's own fit->wald_chi2 keeps all columns. */
static double wald_as_r(struct stats_case *c, const struct cox_fit *fit, const double *vcov)
{
    size_t p = fit->p, kept = 0;
    double largest = 0.0, *matrix = case_numbers(c, p * p), *solved = case_numbers(c, p), total = 0.0;
    size_t *which = case_sizes(c, p);
    for (size_t j = 0; j < p; j++)
        largest = fmax(largest, vcov[j + j * p]);
    for (size_t j = 0; j < p; j++)
        if (vcov[j + j * p] > 1.8e-12 * largest)
            which[kept++] = j;
    if (kept == p)
        return cox_wald(fit, vcov);
    for (size_t i = 0; i < kept; i++) {
        solved[i] = fit->coef[which[i]];
        for (size_t j = 0; j < kept; j++)
            matrix[i + j * kept] = vcov[which[i] + which[j] * p];
    }
    if (!la_solve(kept, matrix, 1, solved))
        return NAN;
    for (size_t i = 0; i < kept; i++)
        total += solved[i] * fit->coef[which[i]];
    return total;
}

static bool put_cox(struct stats_case *c, const struct cox_data *data, const struct cox_fit *fit,
                    const struct design *d, struct case_levels strata, const size_t *cluster)
{
    size_t n = fit->n, p = fit->p;
    double *hr = case_numbers(c, p), *robust = case_numbers(c, p), *vcov = case_numbers(c, p * p);
    put(c->got, "n", (double)n);
    put(c->got, "n_event", (double)fit->event_n);
    put_names(c->got, "terms", d->name, p);
    put_wald(c, fit->coef, fit->se, p, "hr_ci_low", "hr_ci_high", true);
    for (size_t j = 0; j < p; j++)
        hr[j] = exp(fit->coef[j]);
    put_array(c->got, "hr", hr, p);
    put_matrix(c->got, "vcov", fit->vcov, p, p, p);
    put(c->got, "loglik_null", fit->loglik_null);
    put(c->got, "loglik", fit->loglik);
    put(c->got, "lr_chi2", fit->lr_chi2);
    put(c->got, "lr_df", fit->df);
    put(c->got, "lr_p", fit->lr_p);
    put(c->got, "score_chi2", fit->score_chi2);
    put(c->got, "score_p", fit->score_p);
    put(c->got, "wald_chi2", wald_as_r(c, fit, fit->vcov));
    put(c->got, "aic", 2.0 * (double)p - 2.0 * fit->loglik);
    put_array(c->got, "means", fit->mean, p);
    put_array(c->got, "linear_predictor_uncentered_first10", fit->lp, n < 10 ? n : 10);
    if (cluster) {
        if (!cox_robust(data, fit, cluster, vcov, NULL))
            return false;
        for (size_t j = 0; j < p; j++)
            robust[j] = sqrt(vcov[j + j * p]);
        put(c->got, "wald_chi2", cox_wald(fit, vcov));
        put_array(c->got, "robust_se", robust, p);
    }
    return put_residuals(c, data, fit) && put_baseline(c, data, fit, strata) && put_zph(c, data, fit, d) &&
           put_concordance(c, data, fit, cluster);
}

static bool run_coxph(struct stats_case *c)
{
    const json_t *columns = json_object_get(c->spec, "columns"), *lhs = json_object_get(columns, "lhs");
    size_t rows = case_rows(c), times = json_array_size(lhs);
    const double *side[3] = {NULL, NULL, NULL}; /* start, stop, status */
    bool *usable = arena_alloc(&c->arena, rows, sizeof *usable, NULL);
    for (size_t i = 0; i < rows; i++)
        usable[i] = true;
    for (size_t k = 0; k < times && k < 3; k++) {
        side[3 - times + k] = case_column_of(c, 0, json_string_value(json_array_get(lhs, k)));
        for (size_t i = 0; i < rows; i++)
            usable[i] = usable[i] && !isnan(side[3 - times + k][i]);
    }
    struct design d = design_of(c, json_object_get(columns, "x"), usable);
    struct case_levels strata = {.n = 0}, clusters = {.n = 0};
    struct cox_data data = {.n = d.n, .p = d.p, .start = design_taken(c, side[0], &d), .stop = design_taken(c, side[1], &d),
                            .status = design_taken(c, side[2], &d), .x = d.x,
                            .stratum = design_codes(c, case_name_of(c, "strata"), &d, &strata),
                            .weight = design_taken(c, case_column(c, "weights"), &d)};
    const size_t *cluster = design_codes(c, case_name_of(c, "cluster"), &d, &clusters);
    const char *word = json_string_value(case_option(c, "ties"));
    struct cox_fit fit, breslow;
    if (!cox_fit(&data, word && strcmp(word, "breslow") == 0 ? COX_BRESLOW : COX_EFRON, &fit, NULL))
        return false;
    put_status(c, fit.status);
    put(c->got, "loglik_limit", fit.loglik);
    bool done = fit.status != STATS_OK || put_cox(c, &data, &fit, &d, strata, cluster);
    if (done && fit.status == STATS_OK && cox_fit(&data, COX_BRESLOW, &breslow, NULL)) {
        put(c->got, "coef_efron", fit.coef[0]);
        put(c->got, "loglik_null_efron", fit.loglik_null);
        put(c->got, "loglik_null_breslow", breslow.loglik_null);
        cox_fit_free(&breslow);
    }
    cox_fit_free(&fit);
    return done;
}

const struct stats_task_row stats_cox_tasks[] = {
    {"coxph", run_coxph},
    {NULL, NULL},
};
