/* The names of a case table's columns: one rule for check, extract, run and predict. */
#include "tap.h"

#include <stdint.h>

#include "base/mem.h"
#include "io/casecolumns.h"

static void one_image_column_is_a_phase_without_a_name(void **state)
{
    (void)state;
    const char *const name[] = {"ID", " IMAGE ", "Image_portal", "mask"};
    size_t column[CASE_PHASE_MAX];
    assert_int_equal(case_list_images(name, 4, column), 1);
    assert_int_equal(column[0], 1);
    assert_string_equal(case_phase(name[1]), "");
    assert_int_equal(case_find_image(name, 4, ""), 1);
    assert_int_equal(case_find_mask(name, 4, ""), 3);
}

static void phases_have_their_own_mask_or_the_shared_one(void **state)
{
    (void)state;
    const char *const name[] = {"image_arterial", "Mask", "Image_portal", "MASK_Portal", "Image_"};
    size_t column[CASE_PHASE_MAX];
    assert_int_equal(case_list_images(name, 5, column), 2);
    assert_string_equal(case_phase(name[column[0]]), "arterial");
    assert_string_equal(case_phase(name[column[1]]), "portal");
    assert_int_equal(case_find_mask(name, 5, "arterial"), 1);
    assert_int_equal(case_find_mask(name, 5, "portal"), 3);
    assert_int_equal(case_find_image(name, 5, "Portal"), 2);
    assert_int_equal(case_find_image(name, 5, ""), SIZE_MAX);
}

static void more_phases_than_there_is_room_for_are_counted(void **state)
{
    (void)state;
    static char text[CASE_PHASE_MAX + 3][24];
    const char *name[CASE_PHASE_MAX + 3];
    size_t column[CASE_PHASE_MAX];
    for (size_t i = 0; i < CASE_PHASE_MAX + 3; i++) {
        snprintf(text[i], sizeof text[i], "Image_%zu", i);
        name[i] = text[i];
    }
    assert_int_equal(case_list_images(name, CASE_PHASE_MAX + 3, column), CASE_PHASE_MAX + 3);
    assert_int_equal(column[CASE_PHASE_MAX - 1], CASE_PHASE_MAX - 1);
}

static void a_table_without_masks_has_none(void **state)
{
    (void)state;
    const char *const name[] = {"Image", "Masks", "Image_a"};
    assert_int_equal(case_find_mask(name, 3, ""), SIZE_MAX);
    assert_int_equal(case_find_mask(name, 3, "a"), SIZE_MAX);
}

static void is(char *made, const char *expected)
{
    assert_non_null(made);
    assert_string_equal(made, expected);
    mem_free(made);
}

static void a_case_without_an_id_is_called_by_its_row(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    is(case_id(NULL, 0, &err), "1");
    is(case_id(NULL, 41, &err), "42");
    is(case_id("P 7", 41, &err), "P 7");
}

static void paths_start_at_the_table(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    is(case_path("/d/set", "ct.nii", &err), "/d/set/ct.nii");
    is(case_path("/d/set", "/m/ct.nii", &err), "/m/ct.nii");
    is(case_path(".", "ct.nii", &err), "ct.nii");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_image_column_is_a_phase_without_a_name),
        cmocka_unit_test(phases_have_their_own_mask_or_the_shared_one),
        cmocka_unit_test(more_phases_than_there_is_room_for_are_counted),
        cmocka_unit_test(a_table_without_masks_has_none),
        cmocka_unit_test(a_case_without_an_id_is_called_by_its_row),
        cmocka_unit_test(paths_start_at_the_table),
    };
    return tap_run(tests);
}
