#include "stats/diagnostic.h"

#include <math.h>

#include "stats/decision.h"
#include "tap.h"

static void wilson_and_clopper_pearson_of_published_examples(void **state)
{
    (void)state; /* Newcombe, Stat Med 17, 1998, table I */
    struct proportion a = proportion_of(81, 263, 0.95), b = proportion_of(0, 20, 0.95), c = proportion_of(29, 29, 0.95);
    assert_double_near(a.wilson_low, 0.2553, 5e-5);
    assert_double_near(a.wilson_high, 0.3662, 5e-5);
    assert_double_near(a.exact_low, 0.2527, 5e-5);
    assert_double_near(a.exact_high, 0.3676, 5e-5);
    assert_double_near(b.wilson_high, 0.1611, 5e-5);
    assert_double_near(b.exact_high, 0.1684, 5e-5);
    assert_double_near(b.exact_low, 0, 0);
    assert_double_near(c.wilson_low, 0.8830, 5e-5);
    assert_double_near(c.exact_high, 1, 0);
    assert_true(isnan(proportion_of(0, 0, 0.95).value));
}

static void what_is_divided_by_nothing_is_nan(void **state)
{
    (void)state;
    const double score[] = {0.1, 0.2, 0.3, NAN}, label[] = {0, 1, 0, 1};
    struct diagnostic d = diagnostic_at(score, label, 4, 0.5, 0.95);
    assert_int_equal(d.fn, 1);
    assert_int_equal(d.tn, 2);
    assert_true(isnan(d.ppv.value) && isnan(d.mcc) && isnan(d.lr_pos) && isnan(d.odds_ratio));
    assert_double_near(d.sensitivity.value, 0, 0);
    assert_double_near(d.specificity.value, 1, 0);
}

static void mcc_is_the_correlation_of_call_and_truth(void **state)
{
    (void)state;
    struct diagnostic d = diagnostic_of(20, 5, 10, 40, 0.95);
    double n = 75, covariance = 20 / n - 25 / n * 30 / n;
    assert_double_near(d.mcc, covariance / sqrt(25 / n * 50 / n * (30 / n) * (45 / n)), 1e-14);
    assert_double_near(d.f1, 40.0 / 55, 1e-15);
}

static void net_benefit_of_calling_all_is_treat_all(void **state)
{
    (void)state;
    const double prob[] = {0.9, 0.8, 0.7, 0.6}, label[] = {1, 0, 1, 0}, threshold[] = {0, 0.5, 0.75};
    struct decision_point point[3];
    enum stats_status status;
    assert_true(decision_curve(prob, label, 4, threshold, 3, point, &status, NULL));
    assert_double_near(point[1].net_benefit, point[1].treat_all, 0);
    assert_double_near(point[1].avoided_per_100, 0, 0);
    assert_double_near(point[2].net_benefit, 0.25 - 0.25 * 3, 1e-15);
    assert_true(isnan(point[0].avoided_per_100));
    assert_double_near(point[0].net_benefit, 0.5, 0);
}

static void two_proportions_without_a_difference_have_p_one(void **state)
{
    (void)state;
    struct two_proportions r = two_proportions_of(5, 10, 10, 20, 0.95);
    assert_double_near(r.p, 1, 1e-15);
    assert_double_near(r.p_yates, 1, 1e-15);
    assert_double_near(r.ratio, 1, 0);
    assert_double_near(r.smd, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_and_clopper_pearson_of_published_examples),
        cmocka_unit_test(what_is_divided_by_nothing_is_nan),
        cmocka_unit_test(mcc_is_the_correlation_of_call_and_truth),
        cmocka_unit_test(net_benefit_of_calling_all_is_treat_all),
        cmocka_unit_test(two_proportions_without_a_difference_have_p_one),
    };
    return tap_run(tests);
}
