/* Ticks, scales and lines of plots. */
#include "tap.h"

#include <math.h>

#include "report/plot.h"

static void assert_ticks(struct ticks ticks, size_t n, double first, double last, int decimals)
{
    assert_int_equal(ticks.n, n);
    assert_double_near(ticks.at[0], first, 1e-12 * fmax(1, fabs(first)));
    assert_double_near(ticks.at[n - 1], last, 1e-12 * fmax(1, fabs(last)));
    assert_int_equal(ticks.decimals, decimals);
}

static void ticks_are_round_and_lie_inside(void **state)
{
    (void)state;
    assert_ticks(ticks_make(0, 1, 6), 6, 0, 1, 1);
    assert_ticks(ticks_make(0, 1, 4), 5, 0, 1, 2);
    assert_ticks(ticks_make(-0.37, 0.55, 5), 4, -0.2, 0.4, 1);
    assert_ticks(ticks_make(0, 2500, 6), 6, 0, 2500, 0);
}

static void bounds_that_make_no_interval_are_replaced(void **state)
{
    (void)state;
    static const double bounds[][2] = {{3, 3}, {0, 0}, {NAN, 1}, {1, 0}, {-INFINITY, INFINITY}, {1e300, 2e300}, {1e9, 1e9 + 1e-3}};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        struct ticks ticks = ticks_make(bounds[i][0], bounds[i][1], 5);
        assert_true(ticks.n >= 2 && ticks.n <= TICK_MAX);
        for (size_t k = 0; k < ticks.n; k++)
            assert_true(isfinite(ticks.at[k]));
    }
}

static void widening_goes_to_whole_steps(void **state)
{
    (void)state;
    double low = -0.48, high = 0.62;
    ticks_widen(&low, &high, 5);
    assert_double_near(low, -0.5, 1e-12);
    assert_double_near(high, 0.75, 1e-12);
    low = 0, high = 1; /* whole already */
    ticks_widen(&low, &high, 5);
    assert_double_near(low, 0, 0);
    assert_double_near(high, 1, 1e-12);
}

static void values_far_outside_stay_near_the_area(void **state)
{
    (void)state;
    struct svg svg;
    struct plot plot;
    svg_begin(&svg, 100, 100, "t");
    plot_begin(&plot, &svg, 10, 20, 80, 60);
    assert_double_near(plot_x(&plot, 0.5), 50, 1e-12);
    assert_double_near(plot_y(&plot, 0), 80, 1e-12);
    assert_double_near(plot_x(&plot, 1e300), 10 + 80 * 1.05, 1e-12);
    assert_double_near(plot_y(&plot, INFINITY), 20 - 60 * 0.05, 1e-12);
    svg_free(&svg);
}

static void a_missing_value_breaks_the_line(void **state)
{
    (void)state;
    struct svg svg;
    struct plot plot;
    const double x[] = {0, 0.5, NAN, 0.75, 1}, y[] = {0, 0.5, 0.5, 0.5, 1};
    svg_begin(&svg, 100, 100, "t");
    plot_begin(&plot, &svg, 0, 0, 100, 100);
    size_t before = svg.out.n;
    plot_line(&plot, x, y, 5, (struct pen){.stroke = "#000000"});
    const char *first = strstr(svg.out.bytes + before, "<path d=\"M0 100L50 50\"");
    assert_non_null(first);
    assert_non_null(strstr(first, "<path d=\"M75 50L100 0\""));
    svg_free(&svg);
}

static void a_survival_curve_goes_right_before_it_falls(void **state)
{
    (void)state;
    struct svg svg;
    struct plot plot;
    const double x[] = {0, 0.4, 0.8}, y[] = {1, 0.5, 0.25};
    svg_begin(&svg, 100, 100, "t");
    plot_begin(&plot, &svg, 0, 0, 100, 100);
    plot_steps(&plot, x, y, 3, 0.9, (struct pen){.stroke = "#000000"});
    assert_non_null(strstr(svg.out.bytes, "M0 0L40 0L40 50L80 50L80 75L90 75\""));
    svg_free(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_and_lie_inside),
        cmocka_unit_test(bounds_that_make_no_interval_are_replaced),
        cmocka_unit_test(widening_goes_to_whole_steps),
        cmocka_unit_test(values_far_outside_stay_near_the_area),
        cmocka_unit_test(a_missing_value_breaks_the_line),
        cmocka_unit_test(a_survival_curve_goes_right_before_it_falls),
    };
    return tap_run(tests);
}
