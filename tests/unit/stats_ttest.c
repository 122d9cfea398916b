#include "stats/ttest.h"

#include <math.h>

#include "stats/normality.h"
#include "stats/padjust.h"
#include "tap.h"

static void students_sleep_data_has_its_known_t(void **state)
{
    (void)state; /* Student 1908, two drugs, as two groups */
    const double value[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0,
                            1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    double label[20];
    struct ttest r;
    for (size_t i = 0; i < 20; i++)
        label[i] = i >= 10;
    assert_true(ttest(value, label, 20, 0.95, &r, NULL));
    assert_double_near(r.welch.t, -1.8608, 5e-5);
    assert_double_near(r.welch.df, 17.776, 5e-4);
    assert_double_near(r.welch.p, 0.07939, 5e-6);
    assert_double_near(r.student.p, 0.07919, 5e-6);
    assert_double_near(r.welch.low, -3.3654832, 5e-7);
    assert_double_near(r.welch.p_less, r.welch.p / 2, 1e-15);
}

static void check(const double *value, const double *label, size_t n, const char *text)
{
    struct ttest r;
    assert_true(ttest(value, label, n, 0.95, &r, NULL));
    assert_string_equal(stats_status_text(r.status), text);
    assert_true(isnan(r.welch.p));
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double value[] = {1, 2, 3, 4}, flat[] = {3, 3, 3, 3}, none[] = {NAN, NAN, NAN, NAN};
    const double one[] = {0, 1, 1, 1}, two[] = {0, 0, 1, 1}, same[] = {1, 1, 1, 1}, odd[] = {0, 1, 2, 1};
    check(value, one, 4, "too_few_observations");
    check(flat, two, 4, "zero_variance");
    check(value, same, 4, "one_class");
    check(value, odd, 4, "label_not_binary");
    check(none, two, 4, "no_complete_rows");
}

static void normality_names_what_it_cannot_test(void **state)
{
    (void)state;
    const double flat[] = {1, 1, 1, 1}, two[] = {1, 2}, symmetric[] = {-2, -1, 0, 1, 2};
    struct normality r;
    assert_true(normality(flat, 4, &r, NULL));
    assert_string_equal(stats_status_text(r.status), "zero_variance");
    assert_true(normality(two, 2, &r, NULL));
    assert_string_equal(stats_status_text(r.status), "too_few_observations");
    assert_true(normality(symmetric, 5, &r, NULL));
    assert_double_near(r.skewness1, 0, 1e-15);
    assert_double_near(r.kurtosis1, 34.0 / 5 / 4 - 3, 1e-14);
    assert_double_near(r.shapiro_w, 0.98676, 5e-6);
}

static void benjamini_hochbergs_own_example(void **state)
{
    (void)state; /* 1995, section 3.2: fifteen P values, four rejected at 0.05 */
    const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
    double bh[15], holm[15], hommel[15], bonferroni[15];
    assert_true(p_adjust(p, 15, P_ADJUST_BH, bh, NULL));
    assert_true(p_adjust(p, 15, P_ADJUST_HOLM, holm, NULL));
    assert_true(p_adjust(p, 15, P_ADJUST_HOMMEL, hommel, NULL));
    assert_true(p_adjust(p, 15, P_ADJUST_BONFERRONI, bonferroni, NULL));
    size_t below = 0;
    for (size_t i = 0; i < 15; i++) {
        below += bh[i] <= 0.05;
        assert_true(bh[i] <= hommel[i] + 1e-15 && hommel[i] <= holm[i] + 1e-15 && holm[i] <= bonferroni[i] + 1e-15);
    }
    assert_int_equal(below, 4);
    assert_double_near(bh[3], 0.0095 * 15 / 4, 1e-15);
}

static void a_missing_p_does_not_count(void **state)
{
    (void)state;
    const double p[] = {0.01, NAN, 0.04};
    double q[3];
    assert_true(p_adjust(p, 3, P_ADJUST_BONFERRONI, q, NULL));
    assert_double_near(q[0], 0.02, 1e-16);
    assert_true(isnan(q[1]));
    assert_true(p_adjust(p, 1, P_ADJUST_HOMMEL, q, NULL));
    assert_double_near(q[0], 0.01, 0);
    assert_true(p_adjust(p, 0, P_ADJUST_BH, q, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(students_sleep_data_has_its_known_t),
        cmocka_unit_test(degenerate_input_has_a_name),
        cmocka_unit_test(normality_names_what_it_cannot_test),
        cmocka_unit_test(benjamini_hochbergs_own_example),
        cmocka_unit_test(a_missing_p_does_not_count),
    };
    return tap_run(tests);
}
