/* Stores of tensors and texts. */
#include "tap.h"

#include "table/store.h"

static void what_is_put_is_found_and_copied(void **state)
{
    (void)state;
    struct store store = {0};
    double values[] = {1.5, -2, 0.1};
    assert_true(store_put_f64(&store, "step1.mean", values, 3, NULL));
    values[0] = 7;
    const double *found;
    size_t n;
    assert_true(store_get_f64(&store, "step1.mean", SIZE_MAX, &found, &n, NULL));
    assert_int_equal(n, 3);
    assert_true(found[0] == 1.5 && found[2] == 0.1);
    const int64_t counts[] = {INT64_MIN, 3};
    const int64_t *whole;
    assert_true(store_put_i64(&store, "n", counts, 2, NULL));
    assert_true(store_get_i64(&store, "n", 2, &whole, NULL, NULL));
    assert_true(whole[0] == INT64_MIN);
    const char *text;
    assert_true(store_put_text(&store, "kind", "zscore", NULL));
    assert_true(store_get_text(&store, "kind", &text, NULL));
    assert_string_equal(text, "zscore");
    store_free(&store);
}

static void shapes_hold_scalars_and_empty_tensors(void **state)
{
    (void)state;
    struct store store = {0};
    const float values[] = {1, 2, 3, 4, 5, 6};
    const size_t dim[] = {2, 3}, none[] = {4, 0};
    assert_true(store_put(&store, "matrix", TENSOR_F32, dim, 2, values, NULL));
    assert_true(store_put(&store, "scalar", TENSOR_F32, NULL, 0, values, NULL));
    assert_true(store_put(&store, "empty", TENSOR_I8, none, 2, NULL, NULL));
    assert_int_equal(tensor_value_n(store_find(&store, "matrix")), 6);
    assert_int_equal(tensor_value_n(store_find(&store, "scalar")), 1);
    assert_int_equal(tensor_value_n(store_find(&store, "empty")), 0);
    assert_null(store_find(&store, "absent"));
    store_free(&store);
}

static void a_second_tensor_or_text_of_a_name_is_our_bug(void **state)
{
    (void)state;
    struct store store = {0};
    struct err err = ERR_INIT;
    const double one = 1;
    assert_true(store_put_f64(&store, "a", &one, 1, &err));
    assert_false(store_put_f64(&store, "a", &one, 1, &err));
    assert_int_equal(err.kind, ERR_BUG);
    assert_string_equal(err.text, "tensor a is stored twice");
    assert_true(store_put_text(&store, "a", "x", &err));
    assert_false(store_put_text(&store, "a", "y", &err));
    assert_string_equal(err.text, "text a is stored twice");
    store_free(&store);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct store store = {0};
    struct err err = ERR_INIT;
    const size_t dim[] = {SIZE_MAX / 4, 3};
    const size_t many[TENSOR_DIM_MAX + 1] = {0};
    assert_false(store_put(&store, "big", TENSOR_F64, dim, 2, "", &err));
    assert_string_equal(err.text, "tensor big: its size overflows");
    assert_false(store_put(&store, "deep", TENSOR_F64, many, TENSOR_DIM_MAX + 1, "", &err));
    assert_string_equal(err.text, "tensor deep has 9 dimensions, expected at most 8");
    store_free(&store);
}

static void a_tensor_of_another_form_is_refused_by_name(void **state)
{
    (void)state;
    struct store store = {0};
    struct err err = ERR_INIT;
    const double values[] = {1, 2, 3, 4};
    const size_t dim[] = {2, 2};
    const double *found;
    const int64_t *whole;
    const char *text;
    assert_true(store_put(&store, "square", TENSOR_F64, dim, 2, values, &err));
    assert_true(store_put_f64(&store, "v", values, 4, &err));
    assert_false(store_get_f64(&store, "w", 4, &found, NULL, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_string_equal(err.text, "tensor w is missing");
    assert_false(store_get_f64(&store, "square", 4, &found, NULL, &err));
    assert_string_equal(err.text, "tensor square has 2 dimensions, expected 1");
    assert_false(store_get_f64(&store, "v", 5, &found, NULL, &err));
    assert_string_equal(err.text, "tensor v has 4 values, expected 5");
    assert_false(store_get_i64(&store, "v", 4, &whole, NULL, &err));
    assert_string_equal(err.text, "tensor v is of type float64, expected int64");
    assert_false(store_get_text(&store, "v", &text, &err));
    assert_string_equal(err.text, "text v is missing");
    store_free(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_found_and_copied),
        cmocka_unit_test(shapes_hold_scalars_and_empty_tensors),
        cmocka_unit_test(a_second_tensor_or_text_of_a_name_is_our_bug),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(a_tensor_of_another_form_is_refused_by_name),
    };
    return tap_run(tests);
}
