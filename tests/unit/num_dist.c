#include "num/dist.h"

#include <math.h>

#include "tap.h"

static void quantiles_of_tables_come_out(void **state)
{
    (void)state;
    assert_double_near(normal_quantile(0.975), 1.959963984540054, 1e-14);
    assert_double_near(t_quantile(0.975, 1), 12.706204736174698, 1e-10);
    assert_double_near(t_quantile(0.975, 10), 2.2281388519862739, 1e-12);
    assert_double_near(chi2_quantile(0.95, 1), 3.841458820694124, 1e-12);
    assert_double_near(f_quantile(0.95, 3, 20), 3.0983912121407795, 1e-10);
}

static void t_with_one_degree_is_cauchy(void **state)
{
    (void)state;
    for (double x = -50; x <= 50; x += 3.7)
        assert_double_near(t_cdf(x, 1), 0.5 + atan(x) / M_PI, 1e-14);
}

static void chi2_with_two_degrees_is_exponential_down_to_tiny_tails(void **state)
{
    (void)state;
    for (double x = 0.5; x < 1200; x *= 1.7)
        assert_double_near(chi2_sf(x, 2) / exp(-x / 2), 1.0, 1e-12);
}

static void beta_and_f_and_binomial_agree(void **state)
{
    (void)state;
    double total = 0;
    for (int k = 0; k <= 12; k++) {
        total += binomial_pmf(k, 12, 0.3);
        assert_double_near(binomial_cdf(k, 12, 0.3), total, 1e-13);
        assert_double_near(binomial_cdf(k, 12, 0.3) + binomial_sf(k, 12, 0.3), 1.0, 1e-14);
    }
    assert_double_near(f_cdf(2.5, 4, 7), beta_cdf(4 * 2.5 / (4 * 2.5 + 7), 2, 3.5), 1e-14);
    assert_double_near(f_cdf(2.5, 4, 7) + f_sf(2.5, 4, 7), 1.0, 1e-14);
}

static void quantiles_invert_their_distributions(void **state)
{
    (void)state;
    for (double p = 1e-6; p < 1; p += 0.0371) {
        assert_double_near(normal_cdf(normal_quantile(p)), p, 1e-14);
        assert_double_near(t_cdf(t_quantile(p, 5.5), 5.5), p, 1e-12);
        assert_double_near(chi2_cdf(chi2_quantile(p, 3), 3), p, 1e-12);
        assert_double_near(beta_cdf(beta_quantile(p, 3, 11), 3, 11), p, 1e-12);
        assert_double_near(gamma_cdf(gamma_quantile(p, 40), 40), p, 1e-12);
        assert_double_near(f_cdf(f_quantile(p, 4, 9), 4, 9), p, 1e-12);
    }
}

static void the_two_sided_p_of_an_extreme_t_is_not_zero(void **state)
{
    (void)state;
    assert_true(t_two_sided(73.5, 96) > 1e-90 && t_two_sided(73.5, 96) < 1e-80);
    assert_double_near(t_two_sided(0, 7), 1.0, 0.0);
    assert_double_near(normal_two_sided(-1.959963984540054), 0.05, 1e-15);
}

static void ends_of_the_support_are_exact(void **state)
{
    (void)state;
    assert_double_near(chi2_sf(0, 4), 1.0, 0.0);
    assert_double_near(chi2_sf(INFINITY, 4), 0.0, 0.0);
    assert_double_near(f_sf(-3, 4, 4), 1.0, 0.0);
    assert_double_near(t_cdf(INFINITY, 4), 1.0, 0.0);
    assert_true(isinf(normal_quantile(1)) && isinf(normal_quantile(0)));
    assert_double_near(beta_quantile(0, 2, 2), 0.0, 0.0);
}

static void parameters_out_of_range_give_nan_and_nothing_is_thrown(void **state)
{
    (void)state;
    assert_true(isnan(chi2_sf(1, -1)));
    assert_true(isnan(t_cdf(1, 0)));
    assert_true(isnan(f_cdf(NAN, 1, 1)));
    assert_true(isnan(beta_quantile(1.5, 1, 1)));
    assert_true(isnan(normal_quantile(-0.1)));
    assert_true(isnan(log_choose(3, 4)));
    assert_true(isnan(gamma_cdf(1, NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_tables_come_out),
        cmocka_unit_test(t_with_one_degree_is_cauchy),
        cmocka_unit_test(chi2_with_two_degrees_is_exponential_down_to_tiny_tails),
        cmocka_unit_test(beta_and_f_and_binomial_agree),
        cmocka_unit_test(quantiles_invert_their_distributions),
        cmocka_unit_test(the_two_sided_p_of_an_extreme_t_is_not_zero),
        cmocka_unit_test(ends_of_the_support_are_exact),
        cmocka_unit_test(parameters_out_of_range_give_nan_and_nothing_is_thrown),
    };
    return tap_run(tests);
}
