#include "stats/correlation.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { N = 30 };

static void kendalls_tau_equals_the_count_over_all_pairs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct rng rng = rng_make(7, "test.correlation", seed, 0);
        double x[N], y[N], score = 0, tied_x = 0, tied_y = 0, pairs = N * (N - 1) / 2;
        for (size_t i = 0; i < N; i++) {
            x[i] = seed % 2 ? rng_normal(&rng) : (double)rng_below(&rng, 5);
            y[i] = seed % 3 ? rng_normal(&rng) + x[i] : (double)rng_below(&rng, 4);
        }
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < i; j++) {
                double dx = x[i] - x[j], dy = y[i] - y[j];
                score += dx * dy > 0 ? 1 : dx * dy < 0 ? -1 : 0;
                tied_x += dx == 0;
                tied_y += dy == 0;
            }
        struct correlation r;
        assert_true(correlation(x, y, N, 0.95, &r, NULL));
        assert_double_near(r.tau, score / sqrt((pairs - tied_x) * (pairs - tied_y)), 1e-13);
    }
}

static void a_monotone_curve_has_rank_correlation_one(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {1, 8, 27, 64, 125};
    struct correlation r;
    double p;
    assert_true(correlation(x, y, 5, 0.95, &r, NULL));
    assert_double_near(r.rho, 1, 1e-15);
    assert_double_near(r.tau, 1, 1e-15);
    assert_true(r.r < 1);
    assert_double_near(spearman_exact_p(r.rho, 5), 2.0 / 120, 1e-15);
    assert_true(kendall_exact_p(10, 5, &p, NULL));
    assert_double_near(p, 2.0 / 120, 1e-15);
}

static void check(const double *x, const double *y, size_t n, const char *text)
{
    struct correlation r;
    assert_true(correlation(x, y, n, 0.95, &r, NULL));
    assert_string_equal(stats_status_text(r.status), text);
    assert_true(isnan(r.r) && isnan(r.rho) && isnan(r.tau));
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double up[] = {1, 2, 3, 4}, flat[] = {2, 2, 2, 2}, holes[] = {NAN, NAN, 1, 2}, none[] = {NAN, NAN, NAN, NAN};
    check(up, flat, 4, "zero_variance");
    check(up, holes, 4, "too_few_observations");
    check(up, none, 4, "no_complete_rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kendalls_tau_equals_the_count_over_all_pairs),
        cmocka_unit_test(a_monotone_curve_has_rank_correlation_one),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
