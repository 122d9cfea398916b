#include "stats/logrank.h"

#include <math.h>

#include "tap.h"

static const double time_of[] = {6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35,
                                 1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23};
static const double event_of[] = {1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
enum { N = 42 };

static void freireichs_trial_has_the_textbook_statistic(void **state)
{
    (void)state; /* Kleinbaum and Klein: expected 19.25 and 10.75, chi-square 16.79 */
    size_t group[N];
    struct logrank r;
    for (size_t i = 0; i < N; i++)
        group[i] = i >= 21;
    assert_true(logrank(time_of, event_of, group, 2, NULL, N, 0, &r, NULL));
    assert_double_near(r.observed[0], 9, 0);
    assert_double_near(r.expected[0], 19.25, 0.005);
    assert_double_near(r.expected[1], 10.75, 0.005);
    assert_double_near(r.chi2, 16.79, 0.005);
    logrank_free(&r);
}

static void one_stratum_a_group_leaves_no_variance(void **state)
{
    (void)state;
    size_t group[N];
    struct logrank r;
    for (size_t i = 0; i < N; i++)
        group[i] = i % 2;
    assert_true(logrank(time_of, event_of, group, 2, group, N, 0, &r, NULL));
    assert_double_near(r.observed[0], r.expected[0], 1e-12);
    assert_true(isnan(r.chi2) || r.chi2 < 1e-12);
    logrank_free(&r);
}

static void exchanging_groups_changes_nothing(void **state)
{
    (void)state;
    size_t group[N], turned[N];
    struct logrank a, b;
    for (size_t i = 0; i < N; i++) {
        group[i] = i % 3;
        turned[i] = 2 - i % 3;
    }
    assert_true(logrank(time_of, event_of, group, 3, NULL, N, 1, &a, NULL));
    assert_true(logrank(time_of, event_of, turned, 3, NULL, N, 1, &b, NULL));
    assert_double_near(a.chi2, b.chi2, 1e-12);
    assert_double_near(a.observed[0] + a.observed[1] + a.observed[2], a.expected[0] + a.expected[1] + a.expected[2], 1e-12);
    logrank_free(&a);
    logrank_free(&b);
}

static void check(const double *event, const size_t *group, const char *text)
{
    struct logrank r;
    assert_true(logrank(time_of, event, group, 2, NULL, 4, 0, &r, NULL));
    assert_string_equal(stats_status_text(r.status), text);
    assert_true(isnan(r.p));
    logrank_free(&r);
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double none[] = {0, 0, 0, 0}, some[] = {1, 0, 1, 1}, odd[] = {1, 3, 0, 1};
    const size_t mixed[] = {0, 1, 0, 1}, same[] = {1, 1, 1, 1};
    check(none, mixed, "no_events");
    check(some, same, "one_group");
    check(odd, mixed, "label_not_binary");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freireichs_trial_has_the_textbook_statistic),
        cmocka_unit_test(one_stratum_a_group_leaves_no_variance),
        cmocka_unit_test(exchanging_groups_changes_nothing),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
