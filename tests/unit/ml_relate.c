/* src/ml/relate.c, the fast form, against stats/mannwhitney.c, the plain one. */
#include "ml/relate.h"

#include "base/rng.h"
#include "stats/mannwhitney.h"
#include "tap.h"

enum { MOST = 60 };

static void it_is_the_test_of_stats_with_and_without_ties(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct rng rng = rng_make(seed, "test.relate", 0, 0);
        size_t n = 6 + rng_below(&rng, MOST - 5), levels = seed % 2 == 0 ? 5 : 1000000, index[MOST];
        double x[MOST], label[MOST], rank[MOST];
        for (size_t i = 0; i < n; i++) {
            label[i] = i < 2 ? (double)i : (double)rng_below(&rng, 2);
            x[i] = (double)rng_below(&rng, levels) + label[i];
        }
        struct mannwhitney plain;
        struct err err = ERR_INIT;
        assert_done(mannwhitney(x, label, n, &plain, &err), err);
        struct relation fast = relate_to_label(x, label, n, index, rank);
        assert_double_near(fast.auc, 1 - plain.auc, 1e-14); /* stats counts group 0 above group 1 */
        assert_double_near(fast.p, plain.p_continuity, 1e-13);
    }
}

static void a_constant_column_says_nothing(void **state)
{
    (void)state;
    const double x[] = {2, 2, 2, 2}, label[] = {0, 1, 0, 1};
    size_t index[4];
    double rank[4];
    struct relation relation = relate_to_label(x, label, 4, index, rank);
    assert_true(relation.auc == 0.5 && relation.p == 1);
    assert_true(rank[0] == 2.5 && rank[3] == 2.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_test_of_stats_with_and_without_ties),
        cmocka_unit_test(a_constant_column_says_nothing),
    };
    return tap_run(tests);
}
