#include "stats/logit.h"

#include <math.h>

#include "tap.h"

static void a_binary_predictor_gives_the_log_odds_ratio(void **state)
{
    (void)state; /* 2 x 2 table: x = 0: 3 of 10; x = 1: 8 of 12 */
    double x[22], y[22];
    for (size_t i = 0; i < 22; i++) {
        x[i] = i >= 10;
        y[i] = i < 10 ? i < 3 : i < 18;
    }
    struct logit_data data = {.n = 22, .p = 1, .x = x, .y = y};
    struct logit_fit fit;
    double hat[22], leverage = 0;
    assert_true(logit_fit(&data, &fit, NULL));
    assert_int_equal(fit.status, STATS_OK);
    assert_double_near(fit.coef[0], log(3.0 / 7), 1e-12);
    assert_double_near(fit.coef[1], log(8.0 / 4 / (3.0 / 7)), 1e-12);
    assert_double_near(fit.se[1], sqrt(1.0 / 3 + 1.0 / 7 + 1.0 / 8 + 1.0 / 4), 1e-12);
    assert_double_near(fit.loglik, 3 * log(0.3) + 7 * log(0.7) + 8 * log(2.0 / 3) + 4 * log(1.0 / 3), 1e-12);
    assert_true(logit_hat(&data, &fit, hat, NULL));
    for (size_t i = 0; i < 22; i++)
        leverage += hat[i];
    assert_double_near(leverage, 2, 1e-12);
    double low, high;
    assert_true(logit_profile(&data, &fit, 1, 0.95, &low, &high, NULL));
    assert_true(low < fit.coef[1] && fit.coef[1] < high);
    logit_fit_free(&fit);
}

static void weights_are_counts_of_rows(void **state)
{
    (void)state;
    const double x[] = {0, 0, 1, 1}, y[] = {0, 1, 0, 1}, weight[] = {7, 3, 4, 8};
    struct logit_data data = {.n = 4, .p = 1, .x = x, .y = y, .weight = weight};
    struct logit_fit fit;
    assert_true(logit_fit(&data, &fit, NULL));
    assert_double_near(fit.coef[1], log(8.0 / 4 / (3.0 / 7)), 1e-12);
    logit_fit_free(&fit);
}

static void check(const double *x, size_t p, const double *y, size_t n, const char *text, double loglik)
{
    struct logit_data data = {.n = n, .p = p, .x = x, .y = y};
    struct logit_fit fit;
    assert_true(logit_fit(&data, &fit, NULL));
    assert_string_equal(stats_status_text(fit.status), text);
    assert_true(isnan(fit.coef[0]));
    if (!isnan(loglik))
        assert_double_near(fit.loglik, loglik, 1e-9);
    logit_fit_free(&fit);
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double up[] = {1, 2, 3, 4, 5, 6}, split[] = {0, 0, 0, 1, 1, 1}, mixed[] = {0, 1, 0, 1, 1, 0};
    const double ones[] = {1, 1, 1, 1, 1, 1}, odd[] = {0, 1, 2, 0, 1, 1};
    const double quasi_x[] = {0, 0, 0, 1, 1, 1}, quasi_y[] = {0, 0, 0, 1, 1, 0};
    const double twice[] = {1, 2, 3, 4, 6, 5, 2, 4, 6, 8, 12, 10}, flat[] = {1, 2, 3, 4, 6, 5, 7, 7, 7, 7, 7, 7};
    check(up, 1, split, 6, "perfect_separation", 0);
    check(quasi_x, 1, quasi_y, 6, "quasi_separation", 2 * log(2.0 / 3) + log(1.0 / 3));
    check(twice, 2, mixed, 6, "singular_design", NAN);
    check(flat, 2, mixed, 6, "singular_design", NAN);
    check(up, 1, ones, 6, "one_class", NAN);
    check(up, 1, odd, 6, "label_not_binary", NAN);
    check(up, 1, mixed, 0, "no_complete_rows", NAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binary_predictor_gives_the_log_odds_ratio),
        cmocka_unit_test(weights_are_counts_of_rows),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
