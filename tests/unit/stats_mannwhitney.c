#include "stats/mannwhitney.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { N = 9 };

static double pair_count(const double *value, const double *label)
{
    double w = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            if (label[i] == 0 && label[j] == 1)
                w += (value[i] > value[j]) + 0.5 * (value[i] == value[j]);
    return w;
}

static void w_and_the_exact_p_equal_the_count_over_all_relabellings(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct rng rng = rng_make(6, "test.mannwhitney", seed, 0);
        double value[N], label[N], turned[N], hits = 0, all = 0, p;
        size_t n0 = 2 + rng_below(&rng, N - 3);
        for (size_t i = 0; i < N; i++) {
            value[i] = seed % 2 ? rng_normal(&rng) : (double)rng_below(&rng, 4);
            label[i] = i >= n0;
        }
        struct mannwhitney r;
        enum stats_status status;
        assert_true(mannwhitney(value, label, N, &r, NULL));
        if (r.status == STATS_ZERO_VARIANCE)
            continue;
        assert_true(mannwhitney_exact_p(value, label, N, 2500, &p, &status, NULL));
        double w = pair_count(value, label), middle = (double)(n0 * (N - n0)) / 2;
        assert_double_near(r.w, w, 0);
        for (unsigned mask = 0; mask < 1u << N; mask++) {
            if ((size_t)__builtin_popcount(mask) != n0)
                continue;
            for (size_t i = 0; i < N; i++)
                turned[i] = !(mask >> i & 1);
            all++;
            hits += fabs(pair_count(value, turned) - middle) >= fabs(w - middle) - 1e-9;
        }
        assert_double_near(p, hits / all, 1e-12);
    }
}

static void the_shift_is_the_median_difference(void **state)
{
    (void)state;
    const double value[] = {5, 9, 1, 2}, label[] = {0, 0, 1, 1};
    struct mannwhitney_shift s;
    assert_true(mannwhitney_shift(value, label, 4, 0.95, 100, &s, NULL));
    assert_double_near(s.shift, (4 + 7) / 2.0, 0); /* differences 3 4 7 8 */
    assert_double_near(s.low, 3, 0);
    assert_double_near(s.high, 8, 0);
    assert_true(mannwhitney_shift(value, label, 4, 0.95, 3, &s, NULL));
    assert_true(isnan(s.shift));
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double flat[] = {3, 3, 3, 3}, label[] = {0, 1, 0, 1}, one[] = {1, 1, 1, 1};
    struct mannwhitney r;
    assert_true(mannwhitney(flat, label, 4, &r, NULL));
    assert_string_equal(stats_status_text(r.status), "zero_variance");
    assert_double_near(r.auc, 0.5, 0);
    assert_true(isnan(r.p));
    assert_true(mannwhitney(flat, one, 4, &r, NULL));
    assert_string_equal(stats_status_text(r.status), "one_class");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w_and_the_exact_p_equal_the_count_over_all_relabellings),
        cmocka_unit_test(the_shift_is_the_median_difference),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
