/* The METRICS score; expected values from the paper's weights by hand, and from the authors' calculator. */
#include "tap.h"

#include "report/metrics_score.h"

/* "y" yes, "n" no, "-" does not apply. */
static struct metrics_score score_of(const char *conditions, const char *answers)
{
    bool condition[METRICS_CONDITION_N], yes[METRICS_ITEM_N];
    for (size_t i = 0; i < METRICS_CONDITION_N; i++)
        condition[i] = conditions[i] == 'y';
    for (size_t i = 0; i < METRICS_ITEM_N; i++) {
        yes[i] = answers[i] == 'y';
        assert_int_equal(metrics_item_applies(condition, i), answers[i] != '-');
    }
    return metrics_score(condition, yes);
}

static void weights_add_up_to_one(void **state)
{
    (void)state;
    int sum = 0;
    for (size_t i = 0; i < METRICS_ITEM_N; i++)
        sum += metrics_weight[i];
    assert_int_equal(sum, 10000);
}

static void everything_answered_yes_is_a_hundred(void **state)
{
    (void)state;
    assert_double_near(score_of("yyyyy", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy").percent, 100, 0);
    assert_double_near(score_of("nnnnn", "yyyyyyy---y-y----yyyyyyyyyyyyy").percent, 100, 0);
    assert_double_near(score_of("yyyyy", "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn").percent, 0, 0);
}

static void items_that_do_not_apply_cost_nothing(void **state)
{
    (void)state;
    struct metrics_score score = score_of("ynyyn", "yyyyyyyy-yyyyyyy-yyyyyyyyynnnn"); /* manual masks, hand-crafted; no external test, no sharing */
    assert_int_equal(score.yes, 8601);
    assert_int_equal(score.applicable, 9575);
    assert_double_near(score.percent, 89.82767624020887, 1e-12);
}

static void automatic_masks_count_only_with_masks(void **state)
{
    (void)state;
    assert_int_equal(score_of("nnyyn", "ynnyyyy---yyyyyy-yyyyyyyyynyyy").applicable, 9126);
    const bool without_masks[METRICS_CONDITION_N] = {false, true, true, true, false};
    assert_false(metrics_item_applies(without_masks, 8));
}

static void categories_follow_the_unrounded_score(void **state)
{
    (void)state;
    assert_string_equal(metrics_category(0), "very low");
    assert_string_equal(metrics_category(19.99), "very low"); /* shown as 20.0 */
    assert_string_equal(metrics_category(20), "low");
    assert_string_equal(metrics_category(60), "good");
    assert_string_equal(metrics_category(100), "excellent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_add_up_to_one),
        cmocka_unit_test(everything_answered_yes_is_a_hundred),
        cmocka_unit_test(items_that_do_not_apply_cost_nothing),
        cmocka_unit_test(automatic_masks_count_only_with_masks),
        cmocka_unit_test(categories_follow_the_unrounded_score),
    };
    return tap_run(tests);
}
