/* The oracle's survival tasks. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "num/dist.h"
#include "num/rank.h"
#include "stats/concordance.h"
#include "stats/cox.h"
#include "stats/km.h"
#include "stats/logrank.h"
#include "stats/padjust.h"
#include "stats_case.h"

static const double level = 0.95;

static void put_estimate(json_t *to, const char *key, struct km_estimate e)
{
    json_t *part = put_object(to, key);
    put(part, "median", e.value);
    put(part, "ci_low", e.low);
    put(part, "ci_high", e.high);
}

static void put_intervals(struct stats_case *c, json_t *to, const struct km_curve *curve)
{
    static const char *const kind[KM_INTERVAL_N] = {"plain", "log", "log_log"};
    double *low = case_numbers(c, curve->time_n), *high = case_numbers(c, curve->time_n);
    for (enum km_interval k = 0; k < KM_INTERVAL_N; k++) {
        char key[64];
        for (size_t i = 0; i < curve->time_n; i++)
            km_limits(curve, i, k, level, &low[i], &high[i]);
        snprintf(key, sizeof key, "ci_low_%s", kind[k]);
        put_array(to, key, low, curve->time_n);
        snprintf(key, sizeof key, "ci_high_%s", kind[k]);
        put_array(to, key, high, curve->time_n);
        snprintf(key, sizeof key, "median_%s", kind[k]);
        put_estimate(to, key, km_quantile(curve, 0.5, k, level));
    }
}

/* One curve with all its keys. */
static bool put_curve(struct stats_case *c, json_t *to, const double *time, const double *status, size_t n,
                      struct km_rmst *rmst)
{
    struct km_curve curve, reverse;
    if (!km_fit(time, status, n, &curve, NULL))
        return false;
    put_status(c, curve.status);
    size_t m = curve.time_n;
    put(to, "n", (double)curve.n);
    put(to, "events", (double)curve.events);
    put_array(to, "times", curve.time, m);
    put_array(to, "n_risk", curve.at_risk, m);
    put_array(to, "n_event", curve.event, m);
    put_array(to, "n_censor", curve.censored, m);
    put_array(to, "surv", curve.surv, m);
    put_array(to, "se_surv", curve.se, m);
    put_array(to, "cumhaz_nelson_aalen", curve.cumhaz, m);
    put_array(to, "cumhaz_se", curve.cumhaz_se, m);
    put_intervals(c, to, &curve);
    put(to, "median", km_quantile(&curve, 0.5, KM_LOG, level).value);
    static const double prob[] = {0.25, 0.5, 0.75}, at[] = {0.1, 0.25, 0.5, 0.75, 0.9};
    double value[5], sorted_at[5], at_risk[5], *sorted = case_numbers(c, n), *flipped = case_numbers(c, n);
    put_array(to, "quantile_probs", prob, 3);
    for (size_t i = 0; i < 3; i++)
        value[i] = km_quantile(&curve, prob[i], KM_LOG, level).value;
    put_array(to, "quantiles", value, 3);
    memcpy(sorted, time, n * sizeof *sorted);
    sort_doubles(sorted, n);
    for (size_t i = 0; i < 5; i++) {
        sorted_at[i] = quantile_sorted_type(sorted, n, at[i], 1);
        value[i] = km_surv_at(&curve, sorted_at[i]);
        at_risk[i] = km_at_risk_at(&curve, sorted_at[i]);
    }
    put_array(to, "at_times", sorted_at, 5);
    put_array(to, "at_surv", value, 5);
    put_array(to, "at_n_risk", at_risk, 5);
    for (size_t i = 0; i < n; i++)
        flipped[i] = 1.0 - status[i];
    if (!km_fit(time, flipped, n, &reverse, NULL)) {
        km_free(&curve);
        return false;
    }
    put_estimate(to, "reverse_km_median_followup", km_quantile(&reverse, 0.5, KM_LOG, level));
    const json_t *tau = case_option(c, "rmst_tau");
    if (json_is_number(tau)) {
        *rmst = km_rmst(&curve, json_number_value(tau), level);
        put(to, "rmst_tau", json_number_value(tau));
        put(to, "rmst", rmst->value);
        put(to, "rmst_se", rmst->se);
        put(to, "rmst_ci_low", rmst->low);
        put(to, "rmst_ci_high", rmst->high);
    }
    km_free(&curve);
    km_free(&reverse);
    return true;
}

static void put_contrast(struct stats_case *c, const struct km_rmst rmst[2])
{
    struct km_rmst_contrast r = km_rmst_compare(rmst[0], rmst[1], level);
    json_t *d = put_object(c->got, "rmst_difference_second_minus_first");
    put(d, "diff", r.difference);
    put(d, "se", r.se);
    put(d, "ci_low", r.low);
    put(d, "ci_high", r.high);
    put(d, "z", r.z);
    put(d, "p", r.p);
    json_t *ratio = put_object(c->got, "rmst_ratio_second_over_first");
    put(ratio, "ratio", r.ratio);
    put(ratio, "ci_low", r.ratio_low);
    put(ratio, "ci_high", r.ratio_high);
    put(ratio, "p", r.ratio_p);
}

static bool run_kaplan_meier(struct stats_case *c)
{
    const double *time = case_column(c, "time"), *status = case_column(c, "status");
    struct km_rmst rmst[2] = {{0}, {0}};
    const char *group = case_name_of(c, "group");
    if (!group)
        return put_curve(c, c->got, time, status, case_rows(c), &rmst[0]);
    struct case_levels levels = case_levels(c, group);
    double *t = case_numbers(c, case_rows(c)), *s = case_numbers(c, case_rows(c));
    for (size_t g = 0; g < levels.n; g++) {
        size_t n = 0;
        for (size_t i = 0; i < case_rows(c); i++)
            if (levels.code[i] == g) {
                t[n] = time[i];
                s[n++] = status[i];
            }
        char key[64];
        snprintf(key, sizeof key, "group_%s", levels.text[g]);
        if (!put_curve(c, put_object(c->got, key), t, s, n, &rmst[g < 2 ? g : 1]))
            return false;
    }
    if (levels.n == 2)
        put_contrast(c, rmst);
    return true;
}

static void put_logrank(json_t *to, const char *key, const struct logrank *r)
{
    json_t *part = put_object(to, key);
    put_array(part, "n", r->n, r->group_n);
    put_array(part, "observed", r->observed, r->group_n);
    put_array(part, "expected", r->expected, r->group_n);
    put_matrix(part, "var", r->var, r->group_n, r->group_n, r->group_n);
    put(part, "chi2", r->chi2);
    put(part, "df", r->df);
    put(part, "p", r->p);
}

/* Every pair of groups by itself. */
static bool put_pairs(struct stats_case *c, const double *time, const double *status, struct case_levels levels)
{
    size_t rows = case_rows(c), most = levels.n * levels.n, n = 0;
    double *chi2 = case_numbers(c, most), *p = case_numbers(c, most), *adjusted = case_numbers(c, most);
    double *t = case_numbers(c, rows);
    size_t *two = case_sizes(c, rows);
    json_t *names = json_array();
    json_object_set_new(c->got, "pairwise_groups", names);
    for (size_t a = 0; a < levels.n; a++)
        for (size_t b = a + 1; b < levels.n; b++) {
            for (size_t i = 0; i < rows; i++) {
                bool in = levels.code[i] == a || levels.code[i] == b;
                t[i] = in ? time[i] : NAN;
                two[i] = levels.code[i] == b;
            }
            struct logrank r;
            char name[128];
            if (!logrank(t, status, two, 2, NULL, rows, 0.0, &r, NULL))
                return false;
            chi2[n] = r.chi2;
            p[n++] = r.p;
            snprintf(name, sizeof name, "%s vs %s", levels.text[a], levels.text[b]);
            json_array_append_new(names, json_string(name));
            logrank_free(&r);
        }
    put_array(c->got, "pairwise_chi2", chi2, n);
    put_array(c->got, "pairwise_p", p, n);
    if (!p_adjust(p, n, P_ADJUST_BH, adjusted, NULL))
        return false;
    put_array(c->got, "pairwise_p_bh", adjusted, n);
    if (!p_adjust(p, n, P_ADJUST_HOLM, adjusted, NULL))
        return false;
    put_array(c->got, "pairwise_p_holm", adjusted, n);
    return true;
}

static bool run_logrank(struct stats_case *c)
{
    const double *time = case_column(c, "time"), *status = case_column(c, "status");
    struct case_levels levels = case_levels(c, case_name_of(c, "group"));
    struct logrank r;
    size_t n = case_rows(c);
    json_t *names = json_array();
    json_object_set_new(c->got, "groups", names);
    for (size_t g = 0; g < levels.n; g++)
        json_array_append_new(names, json_string(levels.text[g]));
    if (!logrank(time, status, levels.code, levels.n, NULL, n, 0.0, &r, NULL))
        return false;
    put_status(c, r.status);
    put_logrank(c->got, "logrank", &r);
    if (levels.number && levels.n > 2) {
        double chi2, p;
        logrank_trend(&r, levels.number, &chi2, &p);
        put(c->got, "trend_chi2", chi2);
        put(c->got, "trend_p", p);
    }
    logrank_free(&r);
    if (!logrank(time, status, levels.code, levels.n, NULL, n, 1.0, &r, NULL))
        return false;
    put_logrank(c->got, "peto_peto_rho1", &r);
    logrank_free(&r);
    const char *strata = case_name_of(c, "strata");
    if (strata) {
        struct case_levels stratum = case_levels(c, strata);
        if (!logrank(time, status, levels.code, levels.n, stratum.code, n, 0.0, &r, NULL))
            return false;
        put_logrank(c->got, "stratified_logrank", &r);
        logrank_free(&r);
    }
    return levels.n < 3 || put_pairs(c, time, status, levels);
}

static void put_counts(json_t *to, const char *key, const struct concordance *r)
{
    json_t *part = put_object(to, key);
    put(part, "concordant", r->concordant);
    put(part, "discordant", r->discordant);
    put(part, "tied.x", r->tied_marker);
    put(part, "tied.y", r->tied_time);
    put(part, "tied.xy", r->tied_both);
}

static bool run_concordance(struct stats_case *c)
{
    size_t all = case_rows(c), n = 0;
    const double *given[3] = {case_column(c, "time"), case_column(c, "status"), case_column(c, "marker")};
    double *time = case_numbers(c, all), *status = case_numbers(c, all), *marker = case_numbers(c, all);
    double *weight = case_numbers(c, all);
    for (size_t i = 0; i < all; i++)
        if (!isnan(given[0][i] + given[1][i] + given[2][i])) {
            time[n] = given[0][i];
            status[n] = given[1][i];
            marker[n++] = given[2][i];
        }
    struct concordance_data d = {.n = n, .stop = time, .status = status, .marker = marker};
    struct concordance r, strict;
    if (!concordance(&d, &r, NULL))
        return false;
    put(c->got, "harrell_c", r.c);
    put(c->got, "harrell_c_se", r.se);
    put_counts(c->got, "counts", &r);
    d.strict = true;
    if (!concordance(&d, &strict, NULL))
        return false;
    put(c->got, "comparable_pairs_survival", r.concordant + r.discordant + r.tied_marker);
    put(c->got, "comparable_pairs_strict", strict.concordant + strict.discordant + strict.tied_marker);
    /* The two rules disagree on whether there is anything to compare: both numbers are given. */
    put_text(c->got, "status", r.status == STATS_OK && strict.status == STATS_NO_PAIRS ? "see_extra"
                                                                                        : stats_status_text(r.status));
    const json_t *given_tau = case_option(c, "tau");
    if (!given_tau)
        return true;
    double tau = json_number_value(given_tau);
    put(c->got, "tau", tau);
    d.pair_weight = weight;
    d.strict = false;
    for (size_t i = 0; i < n; i++)
        weight[i] = time[i] <= tau ? 1.0 : 0.0;
    if (!concordance(&d, &r, NULL))
        return false;
    put(c->got, "harrell_c_truncated", r.c);
    static const struct {
        const char *key;
        bool upto, left, strict;
    } form[] = {
        {"uno_c_survival", true, true, false},          {"uno_c_G", false, false, true},
        {"uno_c_Gminus", false, true, true},            {"uno_c_G_censored_ties", false, false, false},
        {"uno_c_Gminus_censored_ties", false, true, false},
    };
    for (size_t k = 0; k < sizeof form / sizeof *form; k++) {
        d.strict = form[k].strict;
        if (!uno_weights(time, status, n, tau, form[k].upto, form[k].left, weight, NULL) || !concordance(&d, &r, NULL))
            return false;
        put(c->got, form[k].key, r.c);
        if (k == 0)
            put(c->got, "uno_c_survival_se", r.se);
    }
    return true;
}

const struct stats_task_row stats_survival_tasks[] = {
    {"concordance", run_concordance},
    {"kaplan_meier", run_kaplan_meier},
    {"logrank", run_logrank},
    {NULL, NULL},
};
