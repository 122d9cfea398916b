/* The oracle's logistic regression and calibration. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "num/dist.h"
#include "num/linalg.h"
#include "num/rank.h"
#include "stats/calibration.h"
#include "stats/logit.h"
#include "stats/roc.h"
#include "stats/smooth.h"
#include "stats_design.h"

static const double level = 0.95;

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
    struct logit_data data = {.n = d.n, .p = d.p, .x = d.x, .y = design_taken(c, y, &d), .weight = design_taken(c, weight, &d)};
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
    {"logistic", run_logistic},
    {NULL, NULL},
};
