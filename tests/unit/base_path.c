#include "tap.h"

#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static void paths_join_and_split(void **state)
{
    (void)state;
    const char *rows[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"}, {"", "b", "b"}};
    for (size_t i = 0; i < 4; i++) {
        char *path = path_join(rows[i][0], rows[i][1], NULL);
        assert_string_equal(path, rows[i][2]);
        mem_free(path);
    }
    const char *folders[][3] = {{"a/b", "a", "b"}, {"b", ".", "b"}, {"/b", "/", "b"}, {"a/b/", "a/b", ""}};
    for (size_t i = 0; i < 4; i++) {
        char *folder = path_folder(folders[i][0], NULL);
        assert_string_equal(folder, folders[i][1]);
        assert_string_equal(path_name(folders[i][0]), folders[i][2]);
        mem_free(folder);
    }
}

static void a_folder_goes_with_all_that_is_in_it_but_links_are_not_followed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(folder_make(tap_path("kept"), &err), err);
    assert_done(file_write(tap_path("kept/file"), "x", 1, &err), err);
    assert_done(folder_make(tap_path("top"), &err), err);
    assert_done(folder_make(tap_path("top"), &err), err);
    assert_done(folder_make(tap_path("top/inner"), &err), err);
    assert_done(file_write(tap_path("top/inner/file"), "x", 1, &err), err);
    assert_int_equal(symlink(tap_path("kept"), tap_path("top/link")), 0);
    assert_done(folder_remove(tap_path("top"), &err), err);
    assert_false(folder_exists(tap_path("top")));
    assert_true(file_exists(tap_path("kept/file")));
    assert_done(folder_remove(tap_path("top"), &err), err);
}

static void a_rename_onto_a_filled_folder_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(folder_make(tap_path("from"), &err), err);
    assert_done(folder_make(tap_path("to"), &err), err);
    assert_done(path_rename(tap_path("from"), tap_path("to"), &err), err);
    assert_done(folder_make(tap_path("from"), &err), err);
    assert_done(file_write(tap_path("to/file"), "x", 1, &err), err);
    assert_false(path_rename(tap_path("from"), tap_path("to"), &err));
    assert_error_has(err, ERR_SYSTEM, "cannot rename ");
    assert_error_has(err, ERR_SYSTEM, "Directory not empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_join_and_split),
        cmocka_unit_test(a_folder_goes_with_all_that_is_in_it_but_links_are_not_followed),
        cmocka_unit_test(a_rename_onto_a_filled_folder_is_refused),
    };
    return tap_run(tests);
}
