/* The oracle's tasks on columns: quantiles, correlation, agreement of raters, adjusted P values. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "num/rank.h"
#include "num/sum.h"
#include "stats/correlation.h"
#include "stats/icc.h"
#include "stats/padjust.h"
#include "stats_case.h"

static const double level = 0.95;

static bool run_p_adjust(struct stats_case *c)
{
    static const struct {
        const char *key;
        enum p_adjust_method method;
    } form[] = {{"bonferroni", P_ADJUST_BONFERRONI}, {"holm", P_ADJUST_HOLM}, {"hochberg", P_ADJUST_HOCHBERG},
                {"hommel", P_ADJUST_HOMMEL},         {"BH", P_ADJUST_BH},     {"BY", P_ADJUST_BY}};
    const double *p = case_column(c, "p");
    double *adjusted = case_numbers(c, case_rows(c));
    for (size_t k = 0; k < sizeof form / sizeof *form; k++) {
        if (!p_adjust(p, case_rows(c), form[k].method, adjusted, NULL))
            return false;
        put_array(c->got, form[k].key, adjusted, case_rows(c));
    }
    return true;
}

static bool run_quantiles(struct stats_case *c)
{
    static const double prob[] = {0, 0.01, 0.05, 0.1, 0.25, 0.33, 0.5, 0.66, 0.75, 0.9, 0.95, 0.99, 1};
    enum { PROBS = sizeof prob / sizeof *prob };
    const double *value = case_column(c, "value");
    size_t rows = case_rows(c), n = 0;
    double *x = case_numbers(c, rows), *away = case_numbers(c, rows), q[PROBS];
    for (size_t i = 0; i < rows; i++)
        if (!isnan(value[i]))
            x[n++] = value[i];
    put(c->got, "mean", mean_of(x, n));
    put(c->got, "var", variance_of(x, n));
    put(c->got, "sd", sqrt(variance_of(x, n)));
    put(c->got, "se_mean", sqrt(variance_of(x, n) / (double)n));
    put(c->got, "n", (double)n);
    put(c->got, "n_missing", (double)(rows - n));
    sort_doubles(x, n);
    put_array(c->got, "probs", prob, PROBS);
    for (int type = 1; type <= 9; type++) {
        char key[16];
        for (size_t k = 0; k < PROBS; k++)
            q[k] = quantile_sorted_type(x, n, prob[k], type);
        snprintf(key, sizeof key, "type%d", type);
        put_array(c->got, key, q, PROBS);
    }
    double median = quantile_sorted(x, n, 0.5);
    put(c->got, "median", median);
    put(c->got, "iqr", quantile_sorted(x, n, 0.75) - quantile_sorted(x, n, 0.25));
    for (size_t i = 0; i < n; i++)
        away[i] = fabs(x[i] - median);
    sort_doubles(away, n);
    put(c->got, "mad", 1.4826 * quantile_sorted(away, n, 0.5));
    size_t half = (n + 1) / 2, cut = n / 10; /* Tukey's hinges: medians of the halves, the middle in both */
    put_array(c->got, "fivenum",
              (const double[]){x[0], quantile_sorted(x, half, 0.5), median, quantile_sorted(x + n - half, half, 0.5),
                               x[n - 1]}, 5);
    put(c->got, "trimmed_mean_10", mean_of(x + cut, n - 2 * cut));
    return true;
}

static bool run_icc(struct stats_case *c)
{
    static const char *const name[ICC_FORM_N] = {"ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"};
    size_t rows = case_rows(c), k = c->input[0].column_n;
    double *x = case_numbers(c, rows * k);
    for (size_t j = 0; j < k; j++)
        memcpy(x + j * rows, case_column_of(c, 0, c->input[0].name[j]), rows * sizeof *x);
    struct icc r;
    if (!icc(x, rows, k, level, &r, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n_subjects", (double)r.n);
    put(c->got, "k_raters", (double)r.k);
    put(c->got, "ms_subjects", r.ms_subjects);
    put(c->got, "ms_raters", r.ms_raters);
    put(c->got, "ms_error", r.ms_error);
    for (size_t f = 0; f < ICC_FORM_N; f++) {
        json_t *part = put_object(c->got, name[f]);
        put(part, "icc", r.form[f].icc);
        put(part, "F", r.form[f].f);
        put(part, "df1", r.form[f].df1);
        put(part, "df2", r.form[f].df2);
        put(part, "p", r.form[f].p);
        put(part, "ci_low", r.form[f].low);
        put(part, "ci_high", r.form[f].high);
    }
    return true;
}

static bool run_correlation(struct stats_case *c)
{
    struct correlation r;
    if (!correlation(case_column(c, "a"), case_column(c, "b"), case_rows(c), level, &r, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n", (double)r.n);
    json_t *pearson = put_object(c->got, "pearson"), *spearman = put_object(c->got, "spearman");
    json_t *kendall = put_object(c->got, "kendall");
    put(pearson, "r", r.r);
    put(pearson, "t", r.t);
    put(pearson, "df", r.df);
    put(pearson, "p", r.p);
    put(pearson, "ci_low", r.low);
    put(pearson, "ci_high", r.high);
    put(spearman, "rho", r.rho);
    put(spearman, "S", r.rho_s);
    put(spearman, "p_t", r.rho_p);
    put(spearman, "p_t_continuity", r.rho_p_continuity);
    put(spearman, "ci_low_fisher_z", r.rho_low);
    put(spearman, "ci_high_fisher_z", r.rho_high);
    put(spearman, "ci_low_bonett_wright", r.rho_wide_low);
    put(spearman, "ci_high_bonett_wright", r.rho_wide_high);
    put(kendall, "tau_b", r.tau);
    put(kendall, "z", r.tau_z);
    put(kendall, "p_normal", r.tau_p);
    put(kendall, "z_continuity", r.tau_z_continuity);
    if (!r.has_ties && r.n > 2) {
        double concordant = round((r.tau + 1.0) * (double)(r.n * (r.n - 1)) / 4.0), p = NAN;
        if (r.n < 50 && !kendall_exact_p(concordant, r.n, &p, NULL))
            return false;
        put(spearman, "p_exact_or_edgeworth", spearman_exact_p(r.rho, r.n));
        put(kendall, "T", concordant);
        put(kendall, "p_exact", p);
    }
    return true;
}

const struct stats_task_row stats_column_tasks[] = {
    {"correlation", run_correlation},
    {"icc", run_icc},
    {"p_adjust", run_p_adjust},
    {"quantiles", run_quantiles},
    {NULL, NULL},
};
