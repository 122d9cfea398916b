/* The table of the study file's keys keeps its own promises: what the parser, --set and the page take from it. */
#include "study/keys.h"

#include <math.h>

#include "tap.h"

static void every_path_is_there_once(void **state)
{
    (void)state;
    for (size_t a = 0; a < study_key_n; a++) {
        assert_ptr_equal(key_find(study_keys[a].path), &study_keys[a]);
        for (size_t b = a + 1; b < study_key_n; b++)
            assert_string_not_equal(study_keys[a].path, study_keys[b].path);
    }
}

static void keys_of_one_top_stand_together(void **state)
{
    (void)state;
    for (size_t a = 0; a < study_key_n; a++)
        for (size_t b = a + 2; b < study_key_n; b++) {
            size_t n = strcspn(study_keys[a].path, ".[");
            bool same = strcspn(study_keys[b].path, ".[") == n && strncmp(study_keys[a].path, study_keys[b].path, n) == 0;
            bool before = strcspn(study_keys[b - 1].path, ".[") == n && strncmp(study_keys[a].path, study_keys[b - 1].path, n) == 0;
            if (same && !before)
                fail_msg("%s stands apart from %s", study_keys[b].path, study_keys[a].path);
        }
}

static void every_default_is_a_value_of_its_kind(void **state)
{
    (void)state;
    for (size_t k = 0; k < study_key_n; k++) {
        const struct key *key = &study_keys[k];
        double number = 0;
        if (key->kind == KEY_CHOICE)
            assert_non_null(key->choices);
        if (key->kind == KEY_INTEGER || key->kind == KEY_NUMBER)
            assert_true(key->low < key->high);
        if (key->standard == NULL)
            continue;
        if (key->kind == KEY_INTEGER || key->kind == KEY_NUMBER) {
            assert_true(double_from_text(key->standard, &number));
            assert_true(number >= key->low && number <= key->high);
        }
        if (key->kind == KEY_INTEGER)
            assert_true(number == floor(number));
        if (key->kind == KEY_FLAG)
            assert_true(strcmp(key->standard, "true") == 0 || strcmp(key->standard, "false") == 0);
        if (key->kind == KEY_CHOICE) {
            char whole[300], sought[300];
            snprintf(whole, sizeof whole, "|%s|", key->choices);
            snprintf(sought, sizeof sought, "|%s|", key->standard);
            assert_non_null(strstr(whole, sought));
        }
    }
}

static void every_key_says_what_it_is_in_a_sentence(void **state)
{
    (void)state;
    for (size_t k = 0; k < study_key_n; k++) {
        const char *help = study_keys[k].help;
        size_t n = strlen(help);
        if (n < 5 || strchr(".`", help[n - 1]) == NULL)
            fail_msg("%s: '%s'", study_keys[k].path, help);
        assert_null(strchr(help, '\n'));
    }
}

static void what_lies_below_is_found(void **state)
{
    (void)state;
    assert_true(key_has_below(""));
    assert_true(key_has_below("roles"));
    assert_true(key_has_below("roles.split[]"));
    assert_true(key_has_below("endpoints.*"));
    assert_false(key_has_below("role"));
    assert_false(key_has_below("seed"));
    assert_null(key_find("roles"));
}

static void the_nearest_is_one_of_the_same_level(void **state)
{
    char out[64];
    (void)state;
    assert_string_equal(key_nearest_below("", "cohrt", out), "cohort");
    assert_string_equal(key_nearest_below("roles.split[]", "shar", out), "share");
    assert_string_equal(key_nearest_below("blocks", "radiomic", out), "radiomics");
    assert_null(key_nearest_below("", "share", out)); /* a key, but not here */
    assert_null(key_nearest_below("endpoints", "OS", out)); /* any name is right there */
}

static void the_page_has_a_row_a_key_and_no_broken_cell(void **state)
{
    (void)state;
    struct text page = TEXT_INIT;
    keys_document(&page);
    assert_false(page.failed);
    size_t lines = 0;
    for (char *line = strtok(page.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
        size_t bars = 0;
        for (size_t c = 0; line[c] != '\0'; c++)
            bars += line[c] == '|' && (c == 0 || line[c - 1] != '\\');
        assert_int_equal(bars, 5);
    }
    assert_int_equal(lines, study_key_n + 2);
    text_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_is_there_once),
        cmocka_unit_test(keys_of_one_top_stand_together),
        cmocka_unit_test(every_default_is_a_value_of_its_kind),
        cmocka_unit_test(every_key_says_what_it_is_in_a_sentence),
        cmocka_unit_test(what_lies_below_is_found),
        cmocka_unit_test(the_nearest_is_one_of_the_same_level),
        cmocka_unit_test(the_page_has_a_row_a_key_and_no_broken_cell),
    };
    return tap_run(tests);
}
