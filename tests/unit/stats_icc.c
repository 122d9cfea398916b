#include "stats/icc.h"

#include <math.h>

#include "tap.h"

static void shrout_and_fleiss_table_has_its_published_values(void **state)
{
    (void)state;
    const double x[] = {9, 6, 8, 7, 10, 6, 2, 1, 4, 1, 5, 2, 5, 3, 6, 2, 6, 4, 8, 2, 8, 6, 9, 7};
    const double published[ICC_FORM_N] = {0.17, 0.29, 0.71, 0.44, 0.62, 0.91};
    struct icc r;
    assert_true(icc(x, 6, 4, 0.95, &r, NULL));
    assert_int_equal(r.status, STATS_OK);
    for (size_t f = 0; f < ICC_FORM_N; f++) {
        assert_double_near(r.form[f].icc, published[f], 0.005);
        assert_true(r.form[f].low < r.form[f].icc && r.form[f].icc < r.form[f].high);
    }
    assert_double_near(r.ms_subjects, 11.24, 0.005);
    assert_double_near(r.ms_error, 1.02, 0.005);
}

static void a_constant_shift_between_raters_hurts_agreement_alone(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 11, 12, 13, 14, 15};
    struct icc r;
    assert_true(icc(x, 5, 2, 0.95, &r, NULL));
    assert_double_near(r.form[ICC_3_1].icc, 1, 1e-12);
    assert_true(r.form[ICC_2_1].icc < 0.1);
    assert_false(isnan(r.form[ICC_2_1].low));
}

static void equal_readings_agree_fully(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, 1, 2, 4};
    struct icc r;
    assert_true(icc(x, 3, 2, 0.95, &r, NULL));
    for (size_t f = 0; f < ICC_FORM_N; f++)
        assert_double_near(r.form[f].icc, 1, 1e-12);
}

static void check(const double *x, size_t rows, size_t k, const char *text)
{
    struct icc r;
    assert_true(icc(x, rows, k, 0.95, &r, NULL));
    assert_string_equal(stats_status_text(r.status), text);
    assert_true(isnan(r.form[ICC_2_1].icc));
}

static void degenerate_input_has_a_name(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4}, flat[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, holes[] = {1, NAN, 3, 4, 5, NAN};
    check(x, 4, 1, "too_few_raters");
    check(flat, 3, 2, "zero_variance");
    check(x, 1, 2, "too_few_observations");
    check(holes, 3, 2, "too_few_observations");
    check(x, 0, 2, "no_complete_rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shrout_and_fleiss_table_has_its_published_values),
        cmocka_unit_test(a_constant_shift_between_raters_hurts_agreement_alone),
        cmocka_unit_test(equal_readings_agree_fully),
        cmocka_unit_test(degenerate_input_has_a_name),
    };
    return tap_run(tests);
}
