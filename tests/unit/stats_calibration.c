#include "stats/calibration.h"

#include <math.h>

#include "stats/smooth.h"
#include "tap.h"

static void a_perfectly_calibrated_table_has_slope_one_and_intercept_zero(void **state)
{
    (void)state; /* 10 rows at each of 0.2, 0.5, 0.8 with just as many events */
    double p[30], y[30];
    for (size_t i = 0; i < 30; i++) {
        size_t level = i / 10;
        p[i] = level == 0 ? 0.2 : level == 1 ? 0.5 : 0.8;
        y[i] = i % 10 < (level == 0 ? 2u : level == 1 ? 5u : 8u);
    }
    struct calibration r;
    struct hosmer_lemeshow hl;
    assert_true(calibration(p, y, 30, &r, NULL));
    assert_int_equal(r.status, STATS_OK);
    assert_double_near(r.slope, 1, 1e-9);
    assert_double_near(r.intercept, 0, 1e-9);
    assert_double_near(r.large, 0, 1e-9);
    assert_double_near(r.oe, 1, 1e-14);
    assert_double_near(r.u_chi2, 0, 1e-9);
    assert_double_near(r.brier, (20 * 0.16 + 10 * 0.25) / 30, 1e-14);
    assert_true(hosmer_lemeshow(p, y, 30, 10, &hl, NULL));
    assert_double_near(hl.chi2, 0, 1e-12);
}

static void check(const double *p, const double *y, size_t n, const char *text, bool has_brier)
{
    struct calibration r;
    assert_true(calibration(p, y, n, &r, NULL));
    assert_string_equal(stats_status_text(r.status), text);
    assert_true(isnan(r.slope));
    assert_int_equal(!isnan(r.brier), has_brier);
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double y[] = {0, 1, 0, 1}, ones[] = {1, 1, 1, 1}, odd[] = {0, 1, 3, 1};
    const double p[] = {0.2, 0.7, 0.4, 0.3}, edge[] = {0, 1, 0.4, 0.3}, far[] = {0.1, 1.2, 0.3, 0.4};
    const double flat[] = {0.4, 0.4, 0.4, 0.4}, none[] = {NAN, NAN, NAN, NAN}, split[] = {0.1, 0.9, 0.2, 0.8};
    check(edge, y, 4, "probability_0_or_1", true);
    check(far, y, 4, "probability_out_of_range", false);
    check(p, ones, 4, "one_class", true);
    check(p, odd, 4, "label_not_binary", false);
    check(flat, y, 4, "constant_score", true);
    check(none, y, 4, "no_complete_rows", false);
    check(split, y, 4, "perfect_separation", true);
}

static void smoothers_leave_a_straight_line_alone(void **state)
{
    (void)state;
    double x[60], y[60], smooth[60], parabola[60];
    for (size_t i = 0; i < 60; i++) {
        x[i] = (double)(i * i) / 3600;
        y[i] = 2 - 3 * x[i];
        parabola[i] = 1 + x[i] - x[i] * x[i];
    }
    lowess(x, y, 60, 2.0 / 3, 0.01 * (x[59] - x[0]), smooth);
    for (size_t i = 0; i < 60; i++)
        assert_double_near(smooth[i], y[i], 1e-12);
    assert_true(loess_quadratic(x, parabola, 60, 0.75, smooth, NULL));
    for (size_t i = 0; i < 60; i++)
        assert_double_near(smooth[i], parabola[i], 1e-9);
}

static void smoothers_bear_ties_and_single_points(void **state)
{
    (void)state;
    const double x[] = {1, 1, 1, 1}, y[] = {0, 1, 1, 0}, one[] = {3};
    double smooth[4];
    lowess(x, y, 4, 2.0 / 3, 0, smooth);
    assert_false(isnan(smooth[0]));
    assert_true(loess_quadratic(x, y, 4, 0.75, smooth, NULL));
    assert_double_near(smooth[2], 0.5, 1e-12);
    lowess(one, one, 1, 0.5, 0, smooth);
    assert_double_near(smooth[0], 3, 0);
    assert_true(loess_quadratic(one, one, 0, 0.75, smooth, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfectly_calibrated_table_has_slope_one_and_intercept_zero),
        cmocka_unit_test(degenerate_input_has_a_name),
        cmocka_unit_test(smoothers_leave_a_straight_line_alone),
        cmocka_unit_test(smoothers_bear_ties_and_single_points),
    };
    return tap_run(tests);
}
