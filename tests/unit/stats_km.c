#include "stats/km.h"

#include <math.h>

#include "tap.h"

static void freireichs_6mp_group_has_the_textbook_curve(void **state)
{
    (void)state; /* Kalbfleisch and Prentice: remission of 21 children on 6-MP */
    const double time[] = {6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35};
    const double event[] = {1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0};
    struct km_curve curve;
    assert_true(km_fit(time, event, 21, &curve, NULL));
    assert_int_equal(curve.status, STATS_OK);
    assert_int_equal(curve.events, 9);
    assert_double_near(km_surv_at(&curve, 6), 18.0 / 21, 1e-15);
    assert_double_near(km_surv_at(&curve, 10), 18.0 / 21 * 16 / 17 * 14 / 15, 1e-15);
    assert_double_near(km_surv_at(&curve, 100), 0.4481792717, 1e-9);
    assert_double_near(km_surv_at(&curve, 5.9), 1.0, 0);
    assert_double_near(km_quantile(&curve, 0.5, KM_LOG_LOG, 0.95).value, 23, 0);
    assert_true(isnan(km_quantile(&curve, 0.5, KM_LOG_LOG, 0.95).high));
    assert_double_near(km_at_risk_at(&curve, 6), 21, 0);
    assert_double_near(km_at_risk_at(&curve, 8), 16, 0);
    assert_double_near(km_at_risk_at(&curve, 36), 0, 0);
    km_free(&curve);
}

static void without_censoring_the_mean_is_the_sample_mean(void **state)
{
    (void)state;
    const double time[] = {1, 4, 2, 8}, event[] = {1, 1, 1, 1};
    struct km_curve curve;
    assert_true(km_fit(time, event, 4, &curve, NULL));
    struct km_rmst r = km_rmst(&curve, 8, 0.95);
    assert_double_near(r.value, 15.0 / 4, 1e-14);
    assert_double_near(km_rmst(&curve, 0.5, 0.95).value, 0.5, 0); /* before the first event: the whole of it */
    assert_double_near(km_rmst(&curve, 0.5, 0.95).se, 0.0, 0);
    assert_double_near(km_quantile(&curve, 0.5, KM_LOG, 0.95).value, 3, 0); /* S = 0.5 from 2 to 4 */
    assert_true(isnan(curve.se[3]));
    km_free(&curve);
}

static void check(const double *time, const double *event, size_t n, const char *text)
{
    struct km_curve curve;
    assert_true(km_fit(time, event, n, &curve, NULL));
    assert_string_equal(stats_status_text(curve.status), text);
    km_free(&curve);
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double time[] = {1, 2, 3}, back[] = {1, -2, 3}, none[] = {NAN, NAN, NAN};
    const double event[] = {1, 0, 1}, censored[] = {0, 0, 0}, odd[] = {0, 2, 1};
    check(time, event, 3, "ok");
    check(time, censored, 3, "no_events");
    check(back, event, 3, "negative_time");
    check(none, event, 3, "no_complete_rows");
    check(time, odd, 3, "label_not_binary");
    check(time, event, 0, "no_complete_rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freireichs_6mp_group_has_the_textbook_curve),
        cmocka_unit_test(without_censoring_the_mean_is_the_sample_mean),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
