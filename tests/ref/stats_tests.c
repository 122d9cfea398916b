/* The oracle's tasks on scores, groups and tables. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "stats/contingency.h"
#include "stats/decision.h"
#include "stats/diagnostic.h"
#include "stats/mannwhitney.h"
#include "stats/normality.h"
#include "stats/roc.h"
#include "stats/ttest.h"
#include "stats_case.h"

static const double level = 0.95;

static enum roc_direction direction_of(const struct stats_case *c)
{
    const char *word = json_string_value(case_option(c, "direction"));
    return word && strcmp(word, "auto") == 0 ? ROC_AUTO : word && strcmp(word, ">") == 0 ? ROC_LOWER : ROC_HIGHER;
}

static bool run_roc_auc(struct stats_case *c)
{
    const double *score = case_column(c, "score"), *label = case_column(c, "label");
    struct roc_auc r;
    struct roc_curve curve;
    if (!roc_auc(score, label, case_rows(c), direction_of(c), level, &r, NULL) ||
        !roc_curve(score, label, case_rows(c), direction_of(c), &curve, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n_pos", (double)r.pos_n);
    put(c->got, "n_neg", (double)r.neg_n);
    put(c->got, "n_dropped", (double)r.dropped_n);
    put_text(c->got, "direction_used", r.lower_is_positive ? "lower score = positive" : "higher score = positive");
    put(c->got, "auc", r.auc);
    put(c->got, "auc_var_delong", r.var);
    put(c->got, "auc_se_delong", r.se);
    put(c->got, "ci_low", r.cut_low);
    put(c->got, "ci_high", r.cut_high);
    put(c->got, "ci_logit_low", r.logit_low);
    put(c->got, "ci_logit_high", r.logit_high);
    put(c->got, "auc_se_hanley_mcneil", r.se_hanley_mcneil);
    put(c->got, "z_vs_half", r.z_half);
    put(c->got, "p_vs_half", r.p_half);
    put_array(c->got, "thresholds", curve.threshold, curve.n);
    put_array(c->got, "sensitivity", curve.sensitivity, curve.n);
    put_array(c->got, "specificity", curve.specificity, curve.n);
    roc_curve_free(&curve);
    return true;
}

static bool run_delong_paired(struct stats_case *c)
{
    struct roc_comparison r;
    if (!roc_compare_paired(case_column(c, "score1"), case_column(c, "score2"), case_column(c, "label"), case_rows(c),
                            level, &r, NULL))
        return false;
    put(c->got, "auc1", r.auc1);
    put(c->got, "auc2", r.auc2);
    put(c->got, "se1", r.se1);
    put(c->got, "se2", r.se2);
    put(c->got, "covariance", r.covariance);
    put(c->got, "diff", r.diff);
    put(c->got, "diff_se", r.diff_se);
    put(c->got, "diff_ci_low", r.diff_low);
    put(c->got, "diff_ci_high", r.diff_high);
    put(c->got, "z", r.z);
    put(c->got, "p", r.p);
    return true;
}

static bool run_delong_unpaired(struct stats_case *c)
{
    struct roc_comparison r;
    const char *score = case_name_of(c, "score"), *label = case_name_of(c, "label");
    if (!roc_compare_unpaired(case_column_of(c, 0, score), case_column_of(c, 0, label), c->input[0].row_n,
                              case_column_of(c, 1, score), case_column_of(c, 1, label), c->input[1].row_n, level, &r,
                              NULL))
        return false;
    put(c->got, "auc1", r.auc1);
    put(c->got, "auc2", r.auc2);
    put(c->got, "diff", r.diff);
    put(c->got, "diff_se", r.diff_se);
    put(c->got, "D", r.z);
    put(c->got, "df", r.df);
    put(c->got, "p", r.p_t);
    put(c->got, "z", r.z);
    put(c->got, "p_normal", r.p);
    return true;
}

static void put_best(struct stats_case *c, const struct roc_curve *curve, enum roc_rule rule, const char *name)
{
    static const char *const ending[7] = {"threshold", "sensitivity", "specificity", "tp", "fp", "tn", "fn"};
    size_t *point = case_sizes(c, curve->n);
    double criterion, *value = case_numbers(c, 7 * curve->n);
    size_t n = roc_best_points(curve, rule, point, &criterion);
    for (size_t k = 0; k < n; k++) {
        double tp = (double)curve->tp[point[k]], fp = (double)curve->fp[point[k]];
        const double row[7] = {curve->threshold[point[k]], curve->sensitivity[point[k]], curve->specificity[point[k]],
                               tp, fp, (double)curve->neg_n - fp, (double)curve->pos_n - tp};
        for (size_t j = 0; j < 7; j++)
            value[j * curve->n + k] = row[j];
    }
    char key[64];
    for (size_t j = 0; j < 7; j++) {
        snprintf(key, sizeof key, "%s_%s", name, ending[j]);
        put_array(c->got, key, value + j * curve->n, n);
    }
    snprintf(key, sizeof key, "%s_criterion", name);
    put(c->got, key, criterion);
    if (rule == ROC_YOUDEN)
        put_array(c->got, "all_youden_thresholds_up_to_1e_12", value, n);
}

static bool run_best_threshold(struct stats_case *c)
{
    struct roc_curve curve;
    if (!roc_curve(case_column(c, "score"), case_column(c, "label"), case_rows(c), ROC_HIGHER, &curve, NULL))
        return false;
    put_best(c, &curve, ROC_YOUDEN, "youden");
    put_best(c, &curve, ROC_CLOSEST_TOPLEFT, "closest_topleft");
    roc_curve_free(&curve);
    return true;
}

static void put_proportion(json_t *to, const char *name, struct proportion p)
{
    char key[64];
    put(to, name, p.value);
    snprintf(key, sizeof key, "%s_wilson_low", name);
    put(to, key, p.wilson_low);
    snprintf(key, sizeof key, "%s_wilson_high", name);
    put(to, key, p.wilson_high);
    snprintf(key, sizeof key, "%s_clopper_pearson_low", name);
    put(to, key, p.exact_low);
    snprintf(key, sizeof key, "%s_clopper_pearson_high", name);
    put(to, key, p.exact_high);
}

static bool run_binary_metrics(struct stats_case *c)
{
    struct diagnostic d = diagnostic_at(case_column(c, "score"), case_column(c, "label"), case_rows(c),
                                        json_number_value(case_option(c, "threshold")), level);
    put(c->got, "TP", (double)d.tp);
    put(c->got, "FP", (double)d.fp);
    put(c->got, "FN", (double)d.fn);
    put(c->got, "TN", (double)d.tn);
    put_proportion(c->got, "sensitivity", d.sensitivity);
    put_proportion(c->got, "specificity", d.specificity);
    put_proportion(c->got, "ppv", d.ppv);
    put_proportion(c->got, "npv", d.npv);
    put_proportion(c->got, "accuracy", d.accuracy);
    put(c->got, "f1", d.f1);
    put(c->got, "mcc", d.mcc);
    put(c->got, "balanced_accuracy", d.balanced_accuracy);
    put(c->got, "youden_j", d.youden_j);
    put(c->got, "lr_pos", d.lr_pos);
    put(c->got, "lr_neg", d.lr_neg);
    put(c->got, "diagnostic_odds_ratio", d.odds_ratio);
    put(c->got, "cohen_kappa", d.kappa);
    put(c->got, "prevalence", d.prevalence);
    return true;
}

static bool run_decision_curve(struct stats_case *c)
{
    const json_t *asked = case_option(c, "thresholds");
    const json_t *probs = json_object_get(json_object_get(c->spec, "columns"), "probs");
    size_t n = json_array_size(asked);
    double *threshold = case_numbers(c, n), *column = case_numbers(c, n), *none = case_numbers(c, n);
    struct decision_point *point = arena_alloc(&c->arena, n, sizeof *point, NULL);
    for (size_t i = 0; i < n; i++)
        threshold[i] = json_number_value(json_array_get(asked, i));
    put_array(c->got, "threshold", threshold, n);
    put_array(c->got, "treat_none", none, n);
    for (size_t k = 0; k < json_array_size(probs); k++) {
        const char *name = json_string_value(json_array_get(probs, k));
        enum stats_status status;
        char key[128];
        if (!decision_curve(case_column_of(c, 0, name), case_column(c, "label"), case_rows(c), threshold, n, point,
                            &status, NULL))
            return false;
        for (size_t what = 0; what < 4; what++) {
            static const char *const form[4] = {"treat_all", "net_benefit_%s", "standardized_net_benefit_%s",
                                                "interventions_avoided_per_100_%s"};
            for (size_t i = 0; i < n; i++)
                column[i] = what == 0   ? point[i].treat_all
                            : what == 1 ? point[i].net_benefit
                            : what == 2 ? point[i].standardized
                                        : point[i].avoided_per_100;
            const char *percent = strchr(form[what], '%');
            int stem = percent ? (int)(percent - form[what]) : (int)strlen(form[what]);
            snprintf(key, sizeof key, "%.*s%s", stem, form[what], percent ? name : "");
            put_array(c->got, key, column, n);
        }
    }
    return true;
}

static void put_t(json_t *to, const char *key, struct t_result r)
{
    json_t *part = put_object(to, key);
    put(part, "t", r.t);
    put(part, "df", r.df);
    put(part, "p", r.p);
    put(part, "ci_low", r.low);
    put(part, "ci_high", r.high);
}

static bool run_t_test(struct stats_case *c)
{
    struct ttest r;
    if (!ttest(case_column(c, "value"), case_column(c, "group"), case_rows(c), level, &r, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n0", (double)r.n0);
    put(c->got, "n1", (double)r.n1);
    put(c->got, "mean0", r.mean0);
    put(c->got, "mean1", r.mean1);
    put(c->got, "sd0", r.sd0);
    put(c->got, "sd1", r.sd1);
    put_t(c->got, "welch", r.welch);
    put_t(c->got, "student", r.student);
    put_t(c->got, "one_sample_group0", r.group0);
    json_t *less = put_object(c->got, "welch_less");
    put(less, "t", r.welch.t);
    put(less, "df", r.welch.df);
    put(less, "p", r.welch.p_less);
    put(c->got, "cohen_d", r.cohen_d);
    put(c->got, "hedges_g", r.hedges_g);
    put(c->got, "cohen_d_se", r.cohen_d_se);
    put(c->got, "smd_austin", r.smd);
    json_t *f = put_object(c->got, "f_test");
    put(f, "F", r.f);
    put(f, "df1", r.f_df1);
    put(f, "df2", r.f_df2);
    put(f, "p", r.f_p);
    put(f, "ci_low", r.f_low);
    put(f, "ci_high", r.f_high);
    return true;
}

static bool run_mann_whitney(struct stats_case *c)
{
    const double *value = case_column(c, "value"), *group = case_column(c, "group");
    struct mannwhitney r;
    struct mannwhitney_shift shift;
    enum stats_status status;
    double exact;
    if (!mannwhitney(value, group, case_rows(c), &r, NULL) ||
        !mannwhitney_shift(value, group, case_rows(c), level, 1000000, &shift, NULL) ||
        !mannwhitney_exact_p(value, group, case_rows(c), 2500, &exact, &status, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n0", (double)r.n0);
    put(c->got, "n1", (double)r.n1);
    put(c->got, "W", r.w);
    put(c->got, "U_min", r.u_min);
    put(c->got, "auc_0_over_1", r.auc);
    put(c->got, "p_normal", r.p);
    put(c->got, "p_normal_continuity", r.p_continuity);
    put(c->got, "p_less_continuity", r.p_less_continuity);
    put(c->got, "p_greater_continuity", r.p_greater_continuity);
    json_object_set_new(c->got, "has_ties", json_boolean(r.has_ties));
    put(c->got, "hodges_lehmann_median_of_differences", shift.shift);
    put(c->got, "p_exact", exact);
    put(c->got, "p_exact_permutation", exact);
    put_array(c->got, "hl_ci_exact", (const double[]){shift.low, shift.high}, 2);
    return true;
}

static void put_levels(json_t *to, const char *key, struct case_levels levels)
{
    json_t *array = json_array();
    for (size_t i = 0; i < levels.n; i++)
        json_array_append_new(array, json_string(levels.text[i]));
    json_object_set_new(to, key, array);
}

/* Row-major cells as rows. */
static void put_cells(json_t *to, const char *key, const double *cell, size_t rows, size_t cols)
{
    json_t *array = json_array();
    for (size_t i = 0; i < rows; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < cols; j++)
            json_array_append_new(row, json_real(cell[i * cols + j]));
        json_array_append_new(array, row);
    }
    json_object_set_new(to, key, array);
}

static bool run_contingency(struct stats_case *c)
{
    struct contingency_table t;
    if (!contingency_count(case_column(c, "row"), case_column(c, "col"), case_rows(c), &t, NULL))
        return false;
    put_status(c, t.status);
    bool done = true;
    if (t.status == STATS_OK) {
        double *expected = case_numbers(c, t.rows * t.cols), fisher_p;
        struct contingency r = contingency_test(t.count, t.rows, t.cols, level, expected);
        done = fisher_rxc(t.count, t.rows, t.cols, 2e9, &fisher_p, NULL);
        put_cells(c->got, "table", t.count, t.rows, t.cols);
        put_cells(c->got, "expected", expected, t.rows, t.cols);
        put_levels(c->got, "row_levels", case_levels(c, case_name_of(c, "row")));
        put_levels(c->got, "col_levels", case_levels(c, case_name_of(c, "col")));
        put(c->got, "chi2", r.chi2);
        put(c->got, "df", r.df);
        put(c->got, "p", r.p);
        put(c->got, "cramers_v", r.cramers_v);
        put(c->got, "g_lr", r.g);
        put(c->got, "fisher_p", fisher_p);
        if (t.rows == 2 && t.cols == 2) {
            struct fisher2x2 f = fisher_2x2(t.count, level);
            put(c->got, "fisher_p", f.p);
            put(c->got, "fisher_p_less", f.p_less);
            put(c->got, "fisher_p_greater", f.p_greater);
            put(c->got, "fisher_or_conditional_mle", f.odds_ratio);
            put(c->got, "fisher_ci_low", f.low);
            put(c->got, "fisher_ci_high", f.high);
            put(c->got, "chi2_yates", r.chi2_yates);
            put(c->got, "p_yates", r.p_yates);
            put(c->got, "odds_ratio", r.odds_ratio);
            put(c->got, "odds_ratio_ci_low", r.odds_ratio_low);
            put(c->got, "odds_ratio_ci_high", r.odds_ratio_high);
        }
    }
    contingency_table_free(&t);
    return done;
}

static bool run_normality(struct stats_case *c)
{
    struct normality r;
    if (!normality(case_column(c, "value"), case_rows(c), &r, NULL))
        return false;
    put_status(c, r.status);
    put(c->got, "n", (double)r.n);
    put(c->got, "shapiro_W", r.shapiro_w);
    put(c->got, "shapiro_p", r.shapiro_p);
    put(c->got, "ks_D", r.ks_d);
    put(c->got, "ks_p", r.ks_p);
    put(c->got, "skewness_type1", r.skewness1);
    put(c->got, "kurtosis_excess_type1", r.kurtosis1);
    put(c->got, "skewness_type2", r.skewness2);
    put(c->got, "kurtosis_excess_type2", r.kurtosis2);
    return true;
}

static bool run_two_proportions(struct stats_case *c)
{
    const double *value = case_column(c, "value"), *group = case_column(c, "group");
    size_t x[2] = {0, 0}, n[2] = {0, 0};
    for (size_t i = 0; i < case_rows(c); i++) {
        size_t g = group[i] == 1.0;
        n[g]++;
        x[g] += value[i] == 1.0;
    }
    struct two_proportions r = two_proportions_of(x[0], n[0], x[1], n[1], level);
    put(c->got, "p0", r.p0);
    put(c->got, "p1", r.p1);
    put(c->got, "smd", r.smd);
    put(c->got, "risk_difference", r.difference);
    put(c->got, "rd_ci_low", r.difference_low);
    put(c->got, "rd_ci_high", r.difference_high);
    put(c->got, "chi2", r.chi2);
    put(c->got, "p", r.p);
    put(c->got, "p_yates", r.p_yates);
    put(c->got, "risk_ratio", r.ratio);
    put(c->got, "rr_ci_low", r.ratio_low);
    put(c->got, "rr_ci_high", r.ratio_high);
    put(c->got, "cohen_h", r.cohen_h);
    return true;
}

const struct stats_task_row stats_two_group_tasks[] = {
    {"best_threshold", run_best_threshold},
    {"binary_metrics", run_binary_metrics},
    {"contingency", run_contingency},
    {"decision_curve", run_decision_curve},
    {"delong_paired", run_delong_paired},
    {"delong_unpaired", run_delong_unpaired},
    {"mann_whitney", run_mann_whitney},
    {"normality", run_normality},
    {"roc_auc", run_roc_auc},
    {"t_test", run_t_test},
    {"two_proportions", run_two_proportions},
    {NULL, NULL},
};
