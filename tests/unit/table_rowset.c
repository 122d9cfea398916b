/* Sets of rows: order, duplicates, union, sharing. */
#include "tap.h"

#include "table/table.h"

static void a_set_is_sorted_and_free_of_duplicates(void **state)
{
    (void)state;
    const size_t rows[] = {9, 2, 7, 2, 9, 0};
    struct err err = ERR_INIT;
    struct rowset *set = rowset_make(rows, 6, &err);
    const size_t expected[] = {0, 2, 7, 9};
    assert_int_equal(rowset_n(set), 4);
    assert_memory_equal(rowset_rows(set), expected, sizeof expected);
    assert_true(rowset_has(set, 7));
    assert_false(rowset_has(set, 8));
    rowset_drop(set);
}

static void an_absent_set_holds_nothing(void **state)
{
    (void)state;
    assert_false(rowset_has(NULL, 0));
    assert_int_equal(rowset_n(NULL), 0);
    assert_null(rowset_keep(NULL));
    rowset_drop(NULL);
}

static void a_union_holds_the_rows_of_both(void **state)
{
    (void)state;
    const size_t left[] = {1, 3, 5}, right[] = {2, 3, 8};
    const size_t expected[] = {1, 2, 3, 5, 8};
    struct err err = ERR_INIT;
    struct rowset *a = rowset_make(left, 3, &err), *b = rowset_make(right, 3, &err), *joined = NULL;
    assert_true(rowset_union(a, b, &joined, &err));
    assert_int_equal(rowset_n(joined), 5);
    assert_memory_equal(rowset_rows(joined), expected, sizeof expected);
    rowset_drop(a);
    rowset_drop(b);
    rowset_drop(joined);
}

static void a_union_with_a_part_shares_the_whole(void **state)
{
    (void)state;
    const size_t whole[] = {1, 2, 3}, part[] = {2};
    struct err err = ERR_INIT;
    struct rowset *a = rowset_make(whole, 3, &err), *b = rowset_make(part, 1, &err), *joined = NULL;
    assert_true(rowset_union(a, b, &joined, &err));
    assert_ptr_equal(joined, a);
    rowset_drop(a); /* the union's own reference keeps it alive */
    assert_true(rowset_has(joined, 3));
    rowset_drop(joined);
    assert_true(rowset_union(NULL, b, &joined, &err));
    assert_ptr_equal(joined, b);
    rowset_drop(b);
    rowset_drop(joined);
    assert_true(rowset_union(NULL, NULL, &joined, &err));
    assert_null(joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_is_sorted_and_free_of_duplicates),
        cmocka_unit_test(an_absent_set_holds_nothing),
        cmocka_unit_test(a_union_holds_the_rows_of_both),
        cmocka_unit_test(a_union_with_a_part_shares_the_whole),
    };
    return tap_run(tests);
}
