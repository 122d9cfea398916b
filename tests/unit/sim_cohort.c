/* The cohort on disk: same bytes for any number of threads, whole or absent, never over something else. */
#include "sim/cohort.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "tap.h"

static const struct cohort_plan plan = {.seed = 5, .effect = 1, .n = {3, 1, 2, 0, 2}};
static const char *const files[] = {
    "cohort.csv", "truth.csv", "truth.json", "study.yaml", "images/train-0001_arterial.nii.gz", "images/train-0003_portal.nii.gz",
    "images/internal-0001_mask.nii.gz", "images/external-0002_arterial.nii.gz", "images/tace-0002_portal.nii.gz"};

static char *whole(const char *folder, const char *name)
{
    struct err err = ERR_INIT;
    unsigned char *bytes;
    size_t n;
    char *path = path_join(folder, name, &err);
    assert_done(file_read(path, 1 << 26, &bytes, &n, &err), err);
    mem_free(path);
    struct text text = TEXT_INIT;
    text_add_bytes(&text, bytes, n);
    mem_free(bytes);
    return text.bytes;
}

static void same_file(const char *a, const char *b, const char *name)
{
    struct err err = ERR_INIT;
    unsigned char *bytes[2];
    size_t n[2];
    const char *folder[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        char *path = path_join(folder[i], name, &err);
        assert_done(file_read(path, 1 << 26, &bytes[i], &n[i], &err), err);
        mem_free(path);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    mem_free(bytes[0]);
    mem_free(bytes[1]);
}

static void one_thread_and_three_write_the_same_bytes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(cohort_write(tap_path("one"), &recipe_default, &plan, &err), err);
    assert_done(pool_start(3, &err), err);
    bool done = cohort_write(tap_path("three/"), &recipe_default, &plan, &err);
    pool_stop();
    assert_done(done, err);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        same_file(tap_path("one"), tap_path("three"), files[i]);
    assert_false(folder_exists(tap_path("one.partial")));
}

static void a_larger_cohort_holds_the_same_patients(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort_plan more = plan;
    more.n[ROLE_TRAIN] = 5;
    assert_done(cohort_write(tap_path("base"), &recipe_default, &plan, &err), err);
    assert_done(cohort_write(tap_path("more"), &recipe_default, &more, &err), err);
    for (size_t i = 4; i < sizeof files / sizeof *files; i++)
        same_file(tap_path("base"), tap_path("more"), files[i]);
}

static void without_effect_the_images_are_the_same(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort_plan none = plan;
    none.effect = 0;
    assert_done(cohort_write(tap_path("with"), &recipe_default, &plan, &err), err);
    assert_done(cohort_write(tap_path("none"), &recipe_default, &none, &err), err);
    for (size_t i = 4; i < sizeof files / sizeof *files; i++)
        same_file(tap_path("with"), tap_path("none"), files[i]);
    char *truth = whole(tap_path("none"), "truth.json");
    assert_non_null(strstr(truth, "\"expected\": {\n    \"auc\": 0.5,"));
    assert_non_null(strstr(truth, "\"hazard_ratio\": null"));
    mem_free(truth);
}

static void roles_without_labels_have_empty_cells(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(cohort_write(tap_path("cells"), &recipe_default, &plan, &err), err);
    char *table = whole(tap_path("cells"), "cohort.csv");
    const char *row = strstr(table, "\ntace-0001,");
    assert_non_null(row);
    size_t commas = 0;
    for (const char *c = row + 1; *c != '\n'; c++) {
        commas += *c == ',';
        if (commas >= 15 && commas < 18 && *c == ',')
            assert_int_equal(c[1], ','); /* proliferative, rfs_days, rfs_event */
    }
    assert_int_equal(commas, 19);
    mem_free(table);
}

static void a_folder_with_something_in_it_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *folder = tap_path("taken");
    assert_done(folder_make(folder, &err), err);
    struct cohort_plan one = {.seed = 1, .effect = 1, .n = {1}};
    assert_done(cohort_write(folder, &recipe_default, &one, &err), err); /* an empty one is fine */
    assert_false(cohort_write(folder, &recipe_default, &one, &err));
    assert_error_has(err, ERR_INPUT, "taken is there already; expected a new or empty one");
}

static void a_folder_that_cannot_be_made_is_a_system_error(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(cohort_write(tap_path("no/such/place"), &recipe_default, &plan, &err));
    assert_error_has(err, ERR_SYSTEM, "cannot make the folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_and_three_write_the_same_bytes),
        cmocka_unit_test(a_larger_cohort_holds_the_same_patients),
        cmocka_unit_test(without_effect_the_images_are_the_same),
        cmocka_unit_test(roles_without_labels_have_empty_cells),
        cmocka_unit_test(a_folder_with_something_in_it_is_refused),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_a_system_error),
    };
    return tap_run(tests);
}
