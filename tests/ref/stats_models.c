/* The oracle's model tasks: Cox regression, logistic regression, calibration. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "num/dist.h"
#include "num/linalg.h"
#include "num/rank.h"
#include "stats/calibration.h"
#include "stats/concordance.h"
#include "stats/cox.h"
#include "stats/logit.h"
#include "stats/roc.h"
#include "stats/smooth.h"
#include "stats_case.h"

static const double level = 0.95;

/* A design: numbers as they are, texts as treatment-coded levels (the first is the reference), incomplete rows out. */
struct design {
    size_t n, p, term_n;
    double *x;           /* n x p */
    size_t *term;        /* [p] */
    const char **name;   /* [p] */
    const char **term_name;
    size_t *row;         /* [n] rows of the table */
};

static bool is_text(struct stats_case *c, const char *column)
{
    return case_levels(c, column).number == NULL;
}

static struct design design_of(struct stats_case *c, const json_t *columns, const bool *usable)
{
    struct design d = {.n = 0};
    size_t rows = case_rows(c), most = 0;
    for (size_t k = 0; k < json_array_size(columns); k++)
        most += case_levels(c, json_string_value(json_array_get(columns, k))).n;
    most += json_array_size(columns);
    double *full = case_numbers(c, rows * most);
    d.term = case_sizes(c, most);
    d.name = arena_alloc(&c->arena, most, sizeof *d.name, NULL);
    d.term_name = arena_alloc(&c->arena, most, sizeof *d.term_name, NULL);
    d.row = case_sizes(c, rows);
    d.term_n = json_array_size(columns);
    for (size_t k = 0; k < d.term_n; k++) {
        const char *column = json_string_value(json_array_get(columns, k));
        d.term_name[k] = column;
        if (!is_text(c, column)) {
            memcpy(full + d.p * rows, case_column_of(c, 0, column), rows * sizeof *full);
            d.name[d.p] = column;
            d.term[d.p++] = k;
            continue;
        }
        struct case_levels levels = case_levels(c, column);
        for (size_t g = 1; g < levels.n; g++) {
            char name[256];
            snprintf(name, sizeof name, "%s%s", column, levels.text[g]);
            for (size_t i = 0; i < rows; i++)
                full[d.p * rows + i] = levels.code[i] == SIZE_MAX ? NAN : levels.code[i] == g ? 1.0 : 0.0;
            d.name[d.p] = arena_string(&c->arena, name, NULL);
            d.term[d.p++] = k;
        }
    }
    for (size_t i = 0; i < rows; i++) {
        bool complete = usable[i];
        for (size_t j = 0; j < d.p; j++)
            complete = complete && !isnan(full[j * rows + i]);
        if (complete)
            d.row[d.n++] = i;
    }
    d.x = case_numbers(c, d.n * d.p);
    for (size_t j = 0; j < d.p; j++)
        for (size_t i = 0; i < d.n; i++)
            d.x[j * d.n + i] = full[j * rows + d.row[i]];
    return d;
}

static double *taken(struct stats_case *c, const double *column, const struct design *d)
{
    if (!column)
        return NULL;
    double *out = case_numbers(c, d->n);
    for (size_t i = 0; i < d->n; i++)
        out[i] = column[d->row[i]];
    return out;
}

static size_t *taken_codes(struct stats_case *c, const char *column, const struct design *d, struct case_levels *levels)
{
    if (!column)
        return NULL;
    *levels = case_levels(c, column);
    size_t *out = case_sizes(c, d->n);
    for (size_t i = 0; i < d->n; i++)
        out[i] = levels->code[d->row[i]];
    return out;
}

static void put_names(json_t *to, const char *key, const char *const *name, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, json_string(name[i]));
    json_object_set_new(to, key, array);
}

/* Wald's z, p and limits of each coefficient, under the given keys. */
static void put_wald(struct stats_case *c, const double *coef, const double *se, size_t p, const char *low_key,
                     const char *high_key, bool exponentiated)
{
    double quantile = normal_quantile(0.5 + 0.5 * level);
    double *z = case_numbers(c, p), *value = case_numbers(c, p), *low = case_numbers(c, p), *high = case_numbers(c, p);
    for (size_t j = 0; j < p; j++) {
        z[j] = coef[j] / se[j];
        value[j] = normal_two_sided(z[j]);
        low[j] = coef[j] - quantile * se[j];
        high[j] = coef[j] + quantile * se[j];
        if (exponentiated) {
            low[j] = exp(low[j]);
            high[j] = exp(high[j]);
        }
    }
    put_array(c->got, "coef", coef, p);
    put_array(c->got, "se", se, p);
    put_array(c->got, "z", z, p);
    put_array(c->got, "p", value, p);
    put_array(c->got, low_key, low, p);
    put_array(c->got, high_key, high, p);
}

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
    struct cox_data data = {.n = d.n, .p = d.p, .start = taken(c, side[0], &d), .stop = taken(c, side[1], &d),
                            .status = taken(c, side[2], &d), .x = d.x,
                            .stratum = taken_codes(c, case_name_of(c, "strata"), &d, &strata),
                            .weight = taken(c, case_column(c, "weights"), &d)};
    const size_t *cluster = taken_codes(c, case_name_of(c, "cluster"), &d, &clusters);
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

/* Harrell's val.prob list; its errors are those of the lowess curve. */
static bool put_val_prob(struct stats_case *c, const struct calibration *r, const double *prob, const double *smooth,
                         const double *given, const double *label, size_t n)
{
    struct calibration_error error;
    struct roc_auc auc;
    double *rounded = case_numbers(c, n); /* rms: C of the recalibrated probabilities in steps of 0.0001 */
    for (size_t i = 0; i < n; i++) {
        double eta = r->intercept + r->slope * log(given[i] / (1.0 - given[i]));
        rounded[i] = nearbyint(1e4 / (1.0 + exp(-eta)));
    }
    if (!calibration_error_of(prob, smooth, n, &error, NULL) ||
        !roc_auc(rounded, label, n, ROC_HIGHER, level, &auc, NULL))
        return false;
    json_t *part = put_object(c->got, "val_prob");
    put(part, "Dxy", 2.0 * auc.auc - 1.0);
    put(part, "C_ROC", auc.auc);
    put(part, "R2", r->r2);
    put(part, "D", r->d);
    put(part, "D_Chi_sq", r->lr_chi2);
    put(part, "D_p", chi2_sf(r->lr_chi2, 1.0));
    put(part, "U", r->u);
    put(part, "U_Chi_sq", r->u_chi2);
    put(part, "U_p", r->u_p);
    put(part, "Q", r->q);
    put(part, "Brier", r->brier);
    put(part, "Intercept", r->intercept);
    put(part, "Slope", r->slope);
    put(part, "Emax", error.largest);
    put(part, "E90", error.q90);
    put(part, "Eavg", error.mean);
    put(part, "S_z", r->spiegelhalter_z);
    put(part, "S_p", r->spiegelhalter_p);
    return true;
}

static bool put_curves(struct stats_case *c, const struct calibration *r, const double *prob, const double *label,
                       size_t n)
{
    size_t *index = case_sizes(c, n);
    double *x = case_numbers(c, n), *y = case_numbers(c, n), *smooth = case_numbers(c, n);
    struct calibration_error error;
    sort_index(prob, n, index);
    for (size_t i = 0; i < n; i++) {
        x[i] = prob[index[i]];
        y[i] = label[index[i]];
    }
    lowess(x, y, n, 2.0 / 3.0, 0.01 * (x[n - 1] - x[0]), smooth);
    put_array(c->got, "lowess_x", x, n);
    put_array(c->got, "lowess_y", smooth, n);
    if (!put_val_prob(c, r, x, smooth, prob, label, n) || !loess_quadratic(prob, label, n, 0.75, smooth, NULL) ||
        !calibration_error_of(prob, smooth, n, &error, NULL))
        return false;
    put_array(c->got, "loess_fitted", smooth, n);
    put(c->got, "ici_loess", error.mean);
    put(c->got, "e50_loess", error.median);
    put(c->got, "e90_loess", error.q90);
    put(c->got, "emax_loess", error.largest);
    return true;
}

static bool run_calibration(struct stats_case *c)
{
    const double *prob = case_column(c, "prob"), *label = case_column(c, "label");
    size_t n = case_rows(c);
    struct calibration r;
    struct hosmer_lemeshow hl;
    const json_t *groups = case_option(c, "groups");
    if (!calibration(prob, label, n, &r, NULL) ||
        !hosmer_lemeshow(prob, label, n, groups ? (size_t)json_integer_value(groups) : 10, &hl, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n", (double)r.n);
    put(c->got, "observed", r.observed);
    put(c->got, "expected_events", r.expected);
    put(c->got, "e_over_o", 1.0 / r.oe);
    put(c->got, "o_over_e", r.oe);
    put(c->got, "o_over_e_ci_low_log", r.oe_log_low);
    put(c->got, "o_over_e_ci_high_log", r.oe_log_high);
    put(c->got, "o_over_e_ci_low_exact_poisson", r.oe_exact_low);
    put(c->got, "o_over_e_ci_high_exact_poisson", r.oe_exact_high);
    put(c->got, "citl", r.large);
    put(c->got, "citl_se", r.large_se);
    put(c->got, "cal_intercept", r.intercept);
    put(c->got, "cal_intercept_se", r.intercept_se);
    put(c->got, "cal_slope", r.slope);
    put(c->got, "cal_slope_se", r.slope_se);
    put(c->got, "brier", r.brier);
    put(c->got, "brier_max", r.brier_max);
    put(c->got, "brier_scaled", r.brier_scaled);
    put(c->got, "log_loss", r.log_loss);
    put(c->got, "spiegelhalter_z", r.spiegelhalter_z);
    put(c->got, "spiegelhalter_p", r.spiegelhalter_p);
    put_array(c->got, "hl_observed", hl.observed, hl.groups);
    put_array(c->got, "hl_expected", hl.expected, hl.groups);
    put_array(c->got, "hl_n", hl.n, hl.groups);
    put(c->got, "hl_chi2", hl.chi2);
    put(c->got, "hl_df", hl.df);
    put(c->got, "hl_p", hl.p);
    put(c->got, "hl_df_external", hl.df_external);
    put(c->got, "hl_p_external", hl.p_external);
    return put_curves(c, &r, prob, label, n);
}

/* Without each term in turn: likelihood ratio, its degrees of freedom, P, AIC. */
static bool put_drop1(struct stats_case *c, const struct logit_data *data, const struct logit_fit *fit,
                      const struct design *d)
{
    size_t n = data->n;
    double *chi2 = case_numbers(c, d->term_n), *df = case_numbers(c, d->term_n), *p = case_numbers(c, d->term_n);
    double *aic = case_numbers(c, d->term_n), *x = case_numbers(c, n * d->p);
    for (size_t t = 0; t < d->term_n; t++) {
        struct logit_data rest = *data;
        struct logit_fit without;
        rest.p = 0;
        rest.x = x;
        for (size_t j = 0; j < d->p; j++)
            if (d->term[j] != t)
                memcpy(x + n * rest.p++, data->x + n * j, n * sizeof *x);
        if (!logit_fit(&rest, &without, NULL))
            return false;
        chi2[t] = without.deviance - fit->deviance;
        df[t] = (double)(d->p - rest.p);
        p[t] = chi2_sf(chi2[t], df[t]);
        aic[t] = without.aic;
        logit_fit_free(&without);
    }
    put_names(c->got, "drop1_terms", d->term_name, d->term_n);
    put_array(c->got, "drop1_lr_chi2", chi2, d->term_n);
    put_array(c->got, "drop1_df", df, d->term_n);
    put_array(c->got, "drop1_p", p, d->term_n);
    put_array(c->got, "drop1_aic", aic, d->term_n);
    return true;
}

/* Variance inflation: diagonal of the inverse correlation of the coefficients, the intercept left out. */
static void put_vif(struct stats_case *c, const struct logit_fit *fit, const struct design *d)
{
    size_t p = fit->p, k = fit->k;
    double *r = case_numbers(c, p * p), *inverse = case_numbers(c, p * p);
    json_t *part = put_object(c->got, "vif");
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            r[i + j * p] = fit->vcov[i + 1 + (j + 1) * k] / (fit->se[i + 1] * fit->se[j + 1]);
    if (!la_cholesky(p, r))
        return;
    la_cholesky_inverse(p, r, inverse);
    for (size_t j = 0; j < p; j++)
        put(part, d->name[j], inverse[j + j * p]);
}

static bool put_logit_diagnostics(struct stats_case *c, const struct logit_data *data, const struct logit_fit *fit)
{
    size_t n = data->n, shown = n < 10 ? n : 10;
    double *hat = case_numbers(c, n), *pearson = case_numbers(c, n), *deviance = case_numbers(c, n);
    struct roc_auc auc;
    if (!logit_hat(data, fit, hat, NULL) || !roc_auc(fit->fitted, data->y, n, ROC_HIGHER, level, &auc, NULL))
        return false;
    for (size_t i = 0; i < n; i++) {
        double mu = fit->fitted[i], y = data->y[i];
        pearson[i] = (y - mu) / sqrt(mu * (1.0 - mu));
        deviance[i] = copysign(sqrt(-2.0 * log(y == 1.0 ? mu : 1.0 - mu)), y - mu);
    }
    put(c->got, "auc", auc.auc);
    put_array(c->got, "hat_first10", hat, shown);
    put_array(c->got, "pearson_residuals_first10", pearson, shown);
    put_array(c->got, "deviance_residuals_first10", deviance, shown);
    put_array(c->got, "fitted_first10", fit->fitted, shown);
    return true;
}

static bool put_logit(struct stats_case *c, const struct logit_data *data, const struct logit_fit *fit,
                      const struct design *d)
{
    size_t k = fit->k;
    const char **term = arena_alloc(&c->arena, k, sizeof *term, NULL);
    double *odds = case_numbers(c, k), *low = case_numbers(c, k), *high = case_numbers(c, k), n = (double)data->n;
    term[0] = "(Intercept)";
    memcpy(term + 1, d->name, d->p * sizeof *term);
    for (size_t j = 0; j < k; j++) {
        odds[j] = exp(fit->coef[j]);
        if (!logit_profile(data, fit, j, level, &low[j], &high[j], NULL))
            return false;
    }
    put_names(c->got, "terms", term, k);
    put_wald(c, fit->coef, fit->se, k, "wald_ci_low", "wald_ci_high", false);
    put_array(c->got, "odds_ratio", odds, k);
    put_array(c->got, "profile_ci_low", low, k);
    put_array(c->got, "profile_ci_high", high, k);
    put_matrix(c->got, "vcov", fit->vcov, k, k, k);
    put(c->got, "null_deviance", fit->null_deviance);
    put(c->got, "deviance", fit->deviance);
    put(c->got, "loglik", fit->loglik);
    put(c->got, "aic", fit->aic);
    put(c->got, "bic", fit->bic);
    put(c->got, "df_residual", n - (double)k);
    put(c->got, "lr_chi2", fit->lr_chi2);
    put(c->got, "lr_df", fit->lr_df);
    put(c->got, "lr_p", fit->lr_p);
    put(c->got, "n_used", n);
    double cox_snell = 1.0 - exp((fit->deviance - fit->null_deviance) / n);
    put(c->got, "cox_snell_r2", cox_snell);
    put(c->got, "nagelkerke_r2", cox_snell / (1.0 - exp(-fit->null_deviance / n)));
    put(c->got, "mcfadden_r2", 1.0 - fit->deviance / fit->null_deviance);
    put_vif(c, fit, d);
    return put_drop1(c, data, fit, d) && put_logit_diagnostics(c, data, fit);
}

static bool run_logistic(struct stats_case *c)
{
    size_t rows = case_rows(c);
    const double *y = case_column(c, "y"), *weight = case_column(c, "weights");
    bool *usable = arena_alloc(&c->arena, rows, sizeof *usable, NULL);
    for (size_t i = 0; i < rows; i++)
        usable[i] = !isnan(y[i]) && (!weight || !isnan(weight[i]));
    struct design d = design_of(c, json_object_get(json_object_get(c->spec, "columns"), "x"), usable);
    struct logit_data data = {.n = d.n, .p = d.p, .x = d.x, .y = taken(c, y, &d), .weight = taken(c, weight, &d)};
    struct logit_fit fit;
    if (!logit_fit(&data, &fit, NULL))
        return false;
    put_status(c, fit.status);
    put(c->got, "deviance_limit", fit.deviance);
    put(c->got, "loglik_limit", fit.loglik);
    json_t *aliased = json_array();
    json_object_set_new(c->got, "aliased", aliased);
    for (size_t j = 1; j < fit.k; j++)
        if (fit.aliased[j])
            json_array_append_new(aliased, json_string(d.name[j - 1]));
    bool done = fit.status != STATS_OK || put_logit(c, &data, &fit, &d);
    logit_fit_free(&fit);
    return done;
}

const struct stats_task_row stats_model_tasks[] = {
    {"calibration", run_calibration},
    {"coxph", run_coxph},
    {"logistic", run_logistic},
    {NULL, NULL},
};
