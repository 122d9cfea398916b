/* Tables: columns, holes, copies of rows and columns, and whose rows a value was fitted on. */
#include "tap.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "table/table.h"

/* Three cohort rows 4, 5, 9 with a number and a text column. */
static void make_example(struct table *table)
{
    const size_t row[] = {4, 5, 9};
    char *const id[] = {"p4", "p5", "p9"};
    assert_true(table_init(table, 3, row, id, NULL));
    struct column *age = table_add(table, "age", COLUMN_NUMBER, NULL);
    age->number[0] = 61;
    age->number[2] = 48;
    assert_true(table_set_reason(table, age, 1, "not asked", NULL));
    struct column *stage = table_add(table, "stage", COLUMN_TEXT, NULL);
    assert_true(table_set_text(table, stage, 0, "II", NULL));
    assert_true(table_set_text(table, stage, 2, "IIIa", NULL));
}

static void a_new_column_is_all_holes(void **state)
{
    (void)state;
    struct table table;
    make_example(&table);
    assert_true(isnan(table_find(&table, "age")->number[1]));
    assert_string_equal(table_find(&table, "age")->reason[1], "not asked");
    assert_null(table_find(&table, "stage")->text[1]);
    assert_null(table_find(&table, "absent"));
    table_free(&table);
}

static void a_name_that_stands_is_refused(void **state)
{
    (void)state;
    struct table table;
    struct err err = ERR_INIT;
    make_example(&table);
    assert_null(table_add(&table, "age", COLUMN_TEXT, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_string_equal(err.text, "column age stands twice in the table");
    assert_int_equal(table.column_n, 2);
    table_free(&table);
}

static void a_renamed_column_is_found_by_its_new_name_alone(void **state)
{
    (void)state;
    struct table table;
    struct err err = ERR_INIT;
    make_example(&table);
    assert_false(table_rename(&table, table_find(&table, "age"), "stage", &err));
    assert_string_equal(err.text, "column stage stands twice in the table");
    assert_true(table_rename(&table, table_find(&table, "age"), "years", &err));
    assert_null(table_find(&table, "age"));
    assert_ptr_equal(table_find(&table, "years"), &table.column[0]);
    table_free(&table);
}

static void thousands_of_columns_are_each_found(void **state)
{
    (void)state;
    struct table table;
    char name[32];
    assert_true(table_init(&table, 1, NULL, NULL, NULL));
    for (int c = 0; c < 5000; c++) {
        snprintf(name, sizeof name, "f%d", c);
        struct column *column = table_add(&table, name, COLUMN_NUMBER, NULL);
        assert_non_null(column);
        column->number[0] = c;
    }
    for (int c = 0; c < 5000; c++) {
        snprintf(name, sizeof name, "f%d", c);
        assert_int_equal((int)table_find(&table, name)->number[0], c);
    }
    assert_null(table_find(&table, "f5000"));
    table_free(&table);
}

static void taken_rows_keep_identity_order_and_repeats(void **state)
{
    (void)state;
    struct table table, taken;
    const size_t position[] = {2, 1, 2};
    make_example(&table);
    assert_true(table_take_rows(&table, position, 3, &taken, NULL));
    table_free(&table); /* the copy stands on its own */
    assert_int_equal(taken.row[0], 9);
    assert_int_equal(taken.row[1], 5);
    assert_string_equal(taken.id[2], "p9");
    assert_int_equal((int)table_find(&taken, "age")->number[2], 48);
    assert_string_equal(table_find(&taken, "age")->reason[1], "not asked");
    assert_null(table_find(&taken, "age")->reason[0]);
    assert_string_equal(table_find(&taken, "stage")->text[0], "IIIa");
    table_free(&taken);
}

static void a_position_outside_the_table_is_our_bug(void **state)
{
    (void)state;
    struct table table, taken;
    struct err err = ERR_INIT;
    const size_t position[] = {3};
    make_example(&table);
    assert_false(table_take_rows(&table, position, 1, &taken, &err));
    assert_int_equal(err.kind, ERR_BUG);
    assert_string_equal(err.text, "table of 3 rows has no row 3");
    assert_false(table_take_columns(&table, position, 1, &taken, &err));
    assert_string_equal(err.text, "table of 2 columns has no column 3");
    table_free(&table);
}

static void taken_columns_stand_in_the_asked_order(void **state)
{
    (void)state;
    struct table table, taken;
    const size_t position[] = {1, 0};
    make_example(&table);
    assert_true(table_take_columns(&table, position, 2, &taken, NULL));
    assert_string_equal(taken.column[0].name, "stage");
    assert_string_equal(taken.column[1].name, "age");
    assert_int_equal(taken.row[2], 9);
    table_free(&taken);
    table_free(&table);
}

static void an_append_of_a_known_name_changes_nothing(void **state)
{
    (void)state;
    struct table to, from;
    struct err err = ERR_INIT;
    make_example(&to);
    make_example(&from);
    assert_false(table_append(&to, &from, &err));
    assert_string_equal(err.text, "column age stands in both tables");
    assert_true(table_rename(&from, &from.column[0], "age2", &err));
    assert_false(table_append(&to, &from, &err));
    assert_int_equal(to.column_n, 2);
    assert_null(table_find(&to, "age2"));
    assert_true(table_rename(&from, &from.column[1], "stage2", &err));
    assert_true(table_append(&to, &from, &err));
    assert_int_equal((int)table_find(&to, "age2")->number[2], 48);
    table_free(&to);
    table_free(&from);
}

static void tables_of_other_rows_are_not_joined(void **state)
{
    (void)state;
    struct table to, from;
    struct err err = ERR_INIT;
    make_example(&to);
    assert_true(table_init(&from, 3, NULL, NULL, NULL));
    assert_false(table_append(&to, &from, &err));
    assert_string_equal(err.text, "tables of other rows cannot be joined: case 4 against 0");
    table_free(&from);
    assert_true(table_init(&from, 2, NULL, NULL, NULL));
    assert_false(table_append(&to, &from, &err));
    assert_string_equal(err.text, "tables of 3 and 2 rows cannot be joined");
    table_free(&to);
    table_free(&from);
}

static void a_row_inside_the_fitted_set_has_seen_itself(void **state)
{
    (void)state;
    struct table table;
    make_example(&table);
    const size_t train[] = {4, 9};
    struct rowset *set = rowset_make(train, 2, NULL);
    assert_false(table_row_seen_itself(&table, 0));
    assert_true(table_mark_seen(&table, set, NULL));
    rowset_drop(set);
    assert_true(table_row_seen_itself(&table, 0));
    assert_false(table_row_seen_itself(&table, 1));
    assert_true(table_row_seen_itself(&table, 2));
    table_free(&table);
}

static void sets_a_row_each_travel_with_their_rows(void **state)
{
    (void)state;
    struct table table, taken;
    make_example(&table);
    struct column *age = &table.column[0];
    /* As out-of-fold scores: row 4 was scored by a fit on 5 and 9, row 9 by one on 4. */
    const size_t others[] = {5, 9}, first[] = {4}, more[] = {9};
    age->seen.each = mem_zero(3, sizeof *age->seen.each, NULL);
    age->seen.each[0] = rowset_make(others, 2, NULL);
    age->seen.each[2] = rowset_make(first, 1, NULL);
    const size_t position[] = {2, 0};
    assert_true(table_take_rows(&table, position, 2, &taken, NULL));
    assert_true(rowset_has(column_seen(&taken.column[0], 0), 4));
    assert_true(rowset_has(column_seen(&taken.column[0], 1), 5));
    assert_false(table_row_seen_itself(&taken, 0));
    struct rowset *set = rowset_make(more, 1, NULL);
    assert_true(table_mark_seen(&taken, set, NULL));
    rowset_drop(set);
    assert_true(table_row_seen_itself(&taken, 0)); /* cohort row 9 */
    assert_false(table_row_seen_itself(&taken, 1));
    table_free(&taken);
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_column_is_all_holes),
        cmocka_unit_test(a_name_that_stands_is_refused),
        cmocka_unit_test(a_renamed_column_is_found_by_its_new_name_alone),
        cmocka_unit_test(thousands_of_columns_are_each_found),
        cmocka_unit_test(taken_rows_keep_identity_order_and_repeats),
        cmocka_unit_test(a_position_outside_the_table_is_our_bug),
        cmocka_unit_test(taken_columns_stand_in_the_asked_order),
        cmocka_unit_test(an_append_of_a_known_name_changes_nothing),
        cmocka_unit_test(tables_of_other_rows_are_not_joined),
        cmocka_unit_test(a_row_inside_the_fitted_set_has_seen_itself),
        cmocka_unit_test(sets_a_row_each_travel_with_their_rows),
    };
    return tap_run(tests);
}
