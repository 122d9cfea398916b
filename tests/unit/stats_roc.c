#include "stats/roc.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { N = 120 };

static void draw(double *score, double *label, uint64_t seed, size_t levels)
{
    struct rng rng = rng_make(3, "test.roc", seed, 0);
    for (size_t i = 0; i < N; i++) {
        label[i] = i < 2 ? 1.0 : i < 4 ? 0.0 : (double)rng_below(&rng, 2);
        score[i] = floor((double)levels * (rng_uniform(&rng) + 0.3 * label[i]));
    }
}

/* The definition, pair by pair, with DeLong's components summed plainly. */
static double pairs(const double *score, const double *label, double *variance)
{
    double v[N], auc = 0, m = 0, n = 0;
    for (size_t i = 0; i < N; i++) {
        m += label[i] == 1;
        n += label[i] == 0;
    }
    for (size_t i = 0; i < N; i++) {
        v[i] = 0;
        for (size_t j = 0; j < N; j++) {
            if (label[i] == label[j])
                continue;
            double high = label[i] == 1 ? score[i] : score[j], low = label[i] == 1 ? score[j] : score[i];
            v[i] += (high > low) + 0.5 * (high == low);
        }
        auc += label[i] == 1 ? v[i] / (m * n) : 0;
        v[i] /= label[i] == 1 ? n : m;
    }
    double s1 = 0, s0 = 0;
    for (size_t i = 0; i < N; i++)
        *(label[i] == 1 ? &s1 : &s0) += (v[i] - auc) * (v[i] - auc);
    *variance = s1 / (m - 1) / m + s0 / (n - 1) / n;
    return auc;
}

static void auc_and_variance_equal_the_count_over_all_pairs(void **state)
{
    (void)state;
    double score[N], label[N], variance;
    size_t scratch[N];
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct roc_auc r;
        draw(score, label, seed, seed % 3 == 0 ? 3 : 50);
        double auc = pairs(score, label, &variance);
        assert_true(roc_auc(score, label, N, ROC_HIGHER, 0.95, &r, NULL));
        assert_double_near(r.auc, auc, 1e-14);
        assert_double_near(r.var, variance, 1e-15);
        assert_double_near(roc_auc_value(score, label, N, scratch), auc, 1e-14);
    }
}

static void turning_the_score_mirrors_the_area(void **state)
{
    (void)state;
    double score[N], label[N];
    struct roc_auc high, low, turned;
    draw(score, label, 5, 20);
    assert_true(roc_auc(score, label, N, ROC_HIGHER, 0.95, &high, NULL));
    assert_true(roc_auc(score, label, N, ROC_LOWER, 0.95, &low, NULL));
    for (size_t i = 0; i < N; i++)
        score[i] = -score[i];
    assert_true(roc_auc(score, label, N, ROC_AUTO, 0.95, &turned, NULL));
    assert_double_near(high.auc + low.auc, 1.0, 1e-14);
    assert_true(turned.lower_is_positive);
    assert_double_near(turned.auc, high.auc, 1e-14);
}

static void a_score_compared_with_itself_has_no_spread(void **state)
{
    (void)state;
    double score[N], label[N];
    struct roc_comparison r;
    draw(score, label, 6, 30);
    assert_true(roc_compare_paired(score, score, label, N, 0.95, &r, NULL));
    assert_int_equal(r.status, STATS_ZERO_VARIANCE);
    assert_double_near(r.diff, 0.0, 0.0);
    assert_true(isnan(r.p));
}

static void the_trapezoids_under_the_curve_are_the_area(void **state)
{
    (void)state;
    double score[N], label[N], area = 0;
    struct roc_curve curve;
    struct roc_auc r;
    draw(score, label, 7, 9);
    assert_true(roc_curve(score, label, N, ROC_HIGHER, &curve, NULL));
    assert_true(roc_auc(score, label, N, ROC_HIGHER, 0.95, &r, NULL));
    for (size_t i = 1; i < curve.n; i++)
        area += (curve.specificity[i] - curve.specificity[i - 1]) * (curve.sensitivity[i] + curve.sensitivity[i - 1]) / 2;
    assert_double_near(area, r.auc, 1e-14);
    roc_curve_free(&curve);
}

static void all_thresholds_that_share_the_optimum_are_found(void **state)
{
    (void)state;
    const double score[] = {1, 2, 3, 4, 5, 6, 7, 8}, label[] = {0, 0, 1, 0, 1, 0, 1, 1};
    struct roc_curve curve;
    size_t point[9];
    double criterion;
    assert_true(roc_curve(score, label, 8, ROC_HIGHER, &curve, NULL));
    assert_int_equal(roc_best_points(&curve, ROC_YOUDEN, point, &criterion), 3);
    assert_double_near(criterion, 0.5, 1e-15);
    assert_double_near(curve.threshold[point[0]], 2.5, 0);
    assert_double_near(curve.threshold[point[2]], 6.5, 0);
    assert_int_equal(roc_best_points(&curve, ROC_CLOSEST_TOPLEFT, point, &criterion), 1);
    assert_double_near(curve.threshold[point[0]], 4.5, 0);
    roc_curve_free(&curve);
}

static void check_status(const double *score, const double *label, size_t n, const char *text, double auc)
{
    struct roc_auc r;
    assert_true(roc_auc(score, label, n, ROC_HIGHER, 0.95, &r, NULL));
    assert_string_equal(stats_status_text(r.status), text);
    assert_double_near(r.auc, auc, 0);
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double up[] = {1, 2, 3, 4}, flat[] = {5, 5, 5, 5}, none[] = {NAN, NAN, NAN, NAN};
    const double mixed[] = {0, 1, 0, 1}, ones[] = {1, 1, 1, 1}, one[] = {0, 0, 0, 1}, odd[] = {0, 1, 2, 1};
    check_status(up, ones, 4, "one_class", NAN);
    check_status(flat, mixed, 4, "constant_score", 0.5);
    check_status(up, one, 4, "too_few_for_variance", 1.0);
    check_status(none, mixed, 4, "no_complete_rows", NAN);
    check_status(up, odd, 4, "label_not_binary", NAN);
    check_status(up, mixed, 0, "no_complete_rows", NAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auc_and_variance_equal_the_count_over_all_pairs),
        cmocka_unit_test(turning_the_score_mirrors_the_area),
        cmocka_unit_test(a_score_compared_with_itself_has_no_spread),
        cmocka_unit_test(the_trapezoids_under_the_curve_are_the_area),
        cmocka_unit_test(all_thresholds_that_share_the_optimum_are_found),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
