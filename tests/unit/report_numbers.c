/* Numbers as a report prints them. */
#include "tap.h"

#include <math.h>

#include "report/numbers.h"

#define ASSERT_SAYS(call, expected) \
    do { \
        struct text out = TEXT_INIT; \
        call; \
        assert_string_equal(out.bytes, (expected)); \
        text_free(&out); \
    } while (0)

static void decimals_are_fixed_and_the_minus_is_a_minus_sign(void **state)
{
    (void)state;
    ASSERT_SAYS(add_fixed(&out, 0.8371, 3), "0.837");
    ASSERT_SAYS(add_fixed(&out, 12, 2), "12.00");
    ASSERT_SAYS(add_fixed(&out, -0.25, 1), MINUS "0.3");
    ASSERT_SAYS(add_fixed(&out, -0.001, 2), "0.00"); /* no minus before nothing */
    ASSERT_SAYS(add_fixed(&out, 2.6, 0), "3");
    ASSERT_SAYS(add_fixed(&out, 1e20, 2), "1e20");
}

static void what_is_not_defined_is_said(void **state)
{
    (void)state;
    ASSERT_SAYS(add_fixed(&out, NAN, 3), EN_DASH);
    ASSERT_SAYS(add_fixed(&out, -INFINITY, 3), MINUS "\xE2\x88\x9E");
    ASSERT_SAYS(add_interval(&out, NAN, NAN, NAN, 2, EN_DASH), "not estimable");
    ASSERT_SAYS(add_p(&out, NAN), "P not estimable");
    ASSERT_SAYS(add_p_value(&out, NAN), EN_DASH);
}

static void an_interval_with_a_negative_bound_says_to(void **state)
{
    (void)state;
    ASSERT_SAYS(add_interval(&out, 0.837, 0.746, 0.928, 3, EN_DASH), "0.837 (0.746" EN_DASH "0.928)");
    ASSERT_SAYS(add_interval(&out, -0.08, -0.5, 0.36, 2, EN_DASH), MINUS "0.08 (" MINUS "0.50 to 0.36)");
    ASSERT_SAYS(add_interval(&out, 166, 116, NAN, 0, "not reached"), "166 (116 to not reached)");
    ASSERT_SAYS(add_interval(&out, 0.5, NAN, NAN, 1, EN_DASH), "0.5");
}

static void p_values_have_a_floor(void **state)
{
    (void)state;
    ASSERT_SAYS(add_p(&out, 0.0371), "P = 0.037");
    ASSERT_SAYS(add_p(&out, 0.00099), "P < 0.001");
    ASSERT_SAYS(add_p(&out, 0), "P < 0.001");
    ASSERT_SAYS(add_p_value(&out, 0.42), "0.42");
}

static void significant_digits_follow_the_size(void **state)
{
    (void)state;
    ASSERT_SAYS(add_significant(&out, 375.915, 3), "376");
    ASSERT_SAYS(add_significant(&out, 1815.7, 3), "1816");
    ASSERT_SAYS(add_significant(&out, 0.012345, 3), "0.0123");
    ASSERT_SAYS(add_significant(&out, -9.86, 3), MINUS "9.86");
    ASSERT_SAYS(add_significant(&out, 0, 3), "0");
}

static void counts_and_statuses_are_words(void **state)
{
    (void)state;
    ASSERT_SAYS(add_count(&out, 1, "case", "cases"), "1 case");
    ASSERT_SAYS(add_count(&out, 0, "case", "cases"), "0 cases");
    ASSERT_SAYS(add_status(&out, "too_few_for_variance"), "too few for variance");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_fixed_and_the_minus_is_a_minus_sign),
        cmocka_unit_test(what_is_not_defined_is_said),
        cmocka_unit_test(an_interval_with_a_negative_bound_says_to),
        cmocka_unit_test(p_values_have_a_floor),
        cmocka_unit_test(significant_digits_follow_the_size),
        cmocka_unit_test(counts_and_statuses_are_words),
    };
    return tap_run(tests);
}
