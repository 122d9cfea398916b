#include "num/sum.h"

#include <math.h>

#include "tap.h"

static void a_compensated_sum_keeps_what_a_plain_one_loses(void **state)
{
    (void)state;
    struct sum sum = SUM_INIT;
    const double term[] = {1.0, 1e100, 1.0, -1e100};
    for (size_t i = 0; i < 4; i++)
        sum_add(&sum, term[i]);
    assert_double_near(sum_value(&sum), 2.0, 0.0);
}

static void an_infinite_term_makes_the_sum_infinite(void **state)
{
    (void)state;
    struct sum sum = SUM_INIT;
    sum_add(&sum, INFINITY);
    sum_add(&sum, 1.0);
    assert_true(isinf(sum_value(&sum)));
}

static void a_pairwise_sum_of_many_tenths_is_exact_to_the_last_digits(void **state)
{
    (void)state;
    static double x[100000];
    for (size_t i = 0; i < 100000; i++)
        x[i] = 0.1;
    assert_double_near(sum_of(x, 100000), 10000.0, 1e-10);
    assert_double_near(mean_of(x, 100000), 0.1, 1e-16);
}

static void variance_does_not_depend_on_a_large_mean(void **state)
{
    (void)state;
    const double x[] = {1e12 + 4, 1e12 + 7, 1e12 + 13, 1e12 + 16};
    assert_double_near(variance_of(x, 4), 30.0, 1e-9);
}

static void covariance_of_a_column_with_itself_is_its_variance(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, 8}, y[] = {-1, -2, -4, -8};
    assert_double_near(covariance_of(x, x, 4), variance_of(x, 4), 0.0);
    assert_double_near(covariance_of(x, y, 4), -variance_of(x, 4), 1e-14);
}

static void what_has_no_value_is_nan(void **state)
{
    (void)state;
    const double x[] = {3};
    assert_true(isnan(mean_of(x, 0)));
    assert_true(isnan(variance_of(x, 1)));
    assert_double_near(sum_of(x, 0), 0.0, 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compensated_sum_keeps_what_a_plain_one_loses),
        cmocka_unit_test(an_infinite_term_makes_the_sum_infinite),
        cmocka_unit_test(a_pairwise_sum_of_many_tenths_is_exact_to_the_last_digits),
        cmocka_unit_test(variance_does_not_depend_on_a_large_mean),
        cmocka_unit_test(covariance_of_a_column_with_itself_is_its_variance),
        cmocka_unit_test(what_has_no_value_is_nan),
    };
    return tap_run(tests);
}
