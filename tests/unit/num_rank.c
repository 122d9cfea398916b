#include "num/rank.h"

#include <math.h>

#include "base/rng.h"
#include "tap.h"

enum { N = 3000 };

static void fill(double *x, size_t n, uint64_t seed, size_t levels)
{
    struct rng rng = rng_make(1, "test.rank", seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = levels ? (double)rng_below(&rng, levels) : rng_normal(&rng);
}

static void a_sort_index_is_a_stable_ascending_permutation(void **state)
{
    (void)state;
    static double x[N];
    static size_t index[N];
    static char seen[N];
    for (size_t levels = 0; levels < 5; levels++) {
        fill(x, N, levels, levels);
        sort_index(x, N, index);
        memset(seen, 0, N);
        for (size_t i = 0; i < N; i++) {
            assert_false(seen[index[i]]);
            seen[index[i]] = 1;
            if (i > 0)
                assert_true(x[index[i - 1]] < x[index[i]] ||
                            (x[index[i - 1]] == x[index[i]] && index[i - 1] < index[i]));
        }
    }
}

static void sorted_orders_and_organ_pipes_sort_too(void **state)
{
    (void)state;
    static double x[N], y[N];
    static size_t index[N];
    for (int shape = 0; shape < 3; shape++) {
        for (size_t i = 0; i < N; i++)
            x[i] = y[i] = shape == 0 ? (double)i : shape == 1 ? -(double)i : (double)(i < N / 2 ? i : N - i);
        sort_index(x, N, index);
        sort_doubles(y, N);
        for (size_t i = 0; i < N; i++)
            assert_double_near(y[i], x[index[i]], 0.0);
    }
}

static void sorting_values_equals_sorting_by_index(void **state)
{
    (void)state;
    static double x[N], y[N];
    static size_t index[N];
    for (size_t n = 0; n < 200; n++)
        for (size_t levels = 0; levels < 4; levels++) {
            fill(x, n, 7 * n + levels, levels);
            memcpy(y, x, sizeof x);
            sort_index(x, n, index);
            sort_doubles(y, n);
            for (size_t i = 0; i < n; i++)
                assert_double_near(y[i], x[index[i]], 0.0);
        }
}

static void nan_sorts_behind_everything(void **state)
{
    (void)state;
    double x[] = {NAN, 2, INFINITY, NAN, 1};
    size_t index[5];
    const size_t expected[] = {4, 1, 2, 0, 3};
    sort_index(x, 5, index);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(index[i], expected[i]);
    sort_doubles(x, 5);
    assert_double_near(x[0], 1, 0);
    assert_double_near(x[1], 2, 0);
    assert_true(isinf(x[2]) && isnan(x[3]) && isnan(x[4]));
}

static void tied_values_share_their_average_rank(void **state)
{
    (void)state;
    const double x[] = {10, 20, 10, 30, 10}, expected[] = {2, 4, 2, 5, 2};
    size_t index[5];
    double rank[5];
    sort_index(x, 5, index);
    assert_double_near(ranks_average(x, index, 5, rank), 24.0, 0.0); /* 3^3 - 3 */
    for (size_t i = 0; i < 5; i++)
        assert_double_near(rank[i], expected[i], 0.0);
}

static void the_median_is_the_same_by_types_of_symmetric_definition(void **state)
{
    (void)state;
    const double x[] = {1, 3, 10};
    for (int type = 4; type <= 9; type++)
        if (type != 4)
            assert_double_near(quantile_sorted_type(x, 3, 0.5, type), 3.0, 1e-15);
    assert_double_near(quantile_sorted(x, 3, 0.25), 2.0, 1e-15);
    assert_double_near(quantile_sorted(x, 3, 0.0), 1.0, 0.0);
    assert_double_near(quantile_sorted(x, 3, 1.0), 10.0, 0.0);
    assert_true(isnan(quantile_sorted(x, 0, 0.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sort_index_is_a_stable_ascending_permutation),
        cmocka_unit_test(sorted_orders_and_organ_pipes_sort_too),
        cmocka_unit_test(sorting_values_equals_sorting_by_index),
        cmocka_unit_test(nan_sorts_behind_everything),
        cmocka_unit_test(tied_values_share_their_average_rank),
        cmocka_unit_test(the_median_is_the_same_by_types_of_symmetric_definition),
    };
    return tap_run(tests);
}
