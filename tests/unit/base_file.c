#include "tap.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static size_t entry_n(const char *folder)
{
    DIR *open = opendir(folder);
    assert_non_null(open);
    size_t n = 0;
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(open);
    return n;
}

static const char *fresh_folder(const char *name)
{
    const char *path = tap_path(name);
    assert_int_equal(mkdir(path, 0777), 0);
    return path;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *path = tap_path("back");
    size_t n = 200000, got;
    unsigned char *bytes = malloc(n), *back;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    assert_done(file_write(path, bytes, n, &err), err);
    assert_done(file_read(path, n, &back, &got, &err), err);
    assert_int_equal(got, n);
    assert_memory_equal(back, bytes, n);
    assert_int_equal(back[n], 0);
    mem_free(back);
    free(bytes);
}

static void streamed_pieces_of_any_size_join(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *path = tap_path("stream");
    struct outfile *out = outfile_open(path, &err);
    assert_non_null(out);
    static char piece[100000];
    size_t sizes[] = {1, 70000, 0, 65535, 2, 65536, 99999}, total = 0;
    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < 7; i++) {
        assert_done(outfile_write(out, piece, sizes[i], &err), err);
        total += sizes[i];
    }
    assert_false(file_exists(path));
    assert_done(outfile_commit(out, &err), err);
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_size, total);
}

static void an_aborted_file_leaves_nothing_and_keeps_the_old(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *folder = fresh_folder("abort"), *path = tap_path("abort/file");
    assert_done(file_write(path, "old", 3, &err), err);
    struct outfile *out = outfile_open(path, &err);
    assert_done(outfile_write(out, "new", 3, &err), err);
    assert_int_equal(entry_n(folder), 2);
    outfile_abort(out);
    assert_int_equal(entry_n(folder), 1);
    unsigned char *bytes;
    size_t n;
    assert_done(file_read(path, 10, &bytes, &n, &err), err);
    assert_string_equal((char *)bytes, "old");
    mem_free(bytes);
}

static void temporaries_go_when_the_program_must_leave(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *folder = fresh_folder("leave");
    struct outfile *out = outfile_open(tap_path("leave/file"), &err);
    assert_int_equal(entry_n(folder), 1);
    temporaries_remove();
    assert_int_equal(entry_n(folder), 0);
    outfile_abort(out);
}

static void a_linked_target_is_followed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(file_write(tap_path("real"), "a", 1, &err), err);
    assert_int_equal(symlink("real", tap_path("link")), 0);
    assert_done(file_write(tap_path("link"), "bc", 2, &err), err);
    struct stat facts;
    assert_int_equal(lstat(tap_path("link"), &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_int_equal(stat(tap_path("real"), &facts), 0);
    assert_int_equal(facts.st_size, 2);
}

static void a_device_is_written_directly(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_done(file_write("/dev/null", "a", 1, &err), err);
    struct stat facts;
    assert_int_equal(stat("/dev/null", &facts), 0);
    assert_true(S_ISCHR(facts.st_mode));
}

static void a_full_disk_is_said(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(file_write("/dev/full", "a", 1, &err));
    assert_error(err, ERR_SYSTEM, "cannot write /dev/full: No space left on device");
}

static void a_missing_file_a_folder_and_a_large_one_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    unsigned char *bytes;
    size_t n;
    char text[600];
    assert_false(file_read("/nowhere/x", 10, &bytes, &n, &err));
    assert_error(err, ERR_INPUT, "/nowhere/x: no such file");
    assert_false(file_read("/dev/null", 10, &bytes, &n, &err));
    assert_error(err, ERR_INPUT, "/dev/null: is a device or pipe, expected a regular file");
    assert_false(file_read(tap_folder(), 10, &bytes, &n, &err));
    snprintf(text, sizeof text, "%s: is a folder, expected a file", tap_folder());
    assert_error(err, ERR_INPUT, text);
    const char *path = tap_path("large");
    assert_done(file_write(path, "12345", 5, &err), err);
    assert_false(file_read(path, 4, &bytes, &n, &err));
    snprintf(text, sizeof text, "%s: is 5 bytes, expected at most 4", path);
    assert_error(err, ERR_INPUT, text);
}

static void a_target_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(file_write("/nowhere/x", "a", 1, &err));
    assert_error(err, ERR_SYSTEM, "cannot write /nowhere/x: No such file or directory");
    assert_false(file_write(tap_folder(), "a", 1, &err));
    assert_error_has(err, ERR_SYSTEM, ": is a folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(streamed_pieces_of_any_size_join),
        cmocka_unit_test(an_aborted_file_leaves_nothing_and_keeps_the_old),
        cmocka_unit_test(temporaries_go_when_the_program_must_leave),
        cmocka_unit_test(a_linked_target_is_followed),
        cmocka_unit_test(a_device_is_written_directly),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(a_missing_file_a_folder_and_a_large_one_are_refused),
        cmocka_unit_test(a_target_that_cannot_be_is_refused),
    };
    return tap_run(tests);
}
