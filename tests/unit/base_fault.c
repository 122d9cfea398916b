#include "tap.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/file.h"
#include "base/mem.h"

/* The environment is read once a process, so each case is a child. */
static int in_child(const char *fault, const char *log, int (*body)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("HEPAR_FAULT", fault, 1);
        if (log != NULL)
            setenv("HEPAR_FAULT_LOG", log, 1);
        _exit(body());
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Bit i is set when call i failed. */
static int four_calls(void)
{
    int failed = 0;
    for (int i = 0; i < 4; i++)
        failed |= fault_here(i == 2 ? "../src/x.c:2" : "../src/x.c:1") << i;
    return failed;
}

static void the_nth_call_fails_alone(void **state)
{
    (void)state;
    assert_int_equal(in_child("1", NULL, four_calls), 1);
    assert_int_equal(in_child("3", NULL, four_calls), 4);
    assert_int_equal(in_child("9", NULL, four_calls), 0);
}

static void the_first_call_at_a_site_fails(void **state)
{
    (void)state;
    assert_int_equal(in_child("@src/x.c:1", NULL, four_calls), 1);
    assert_int_equal(in_child("@src/x.c:2", NULL, four_calls), 4);
    assert_int_equal(in_child("@src/x.c:3", NULL, four_calls), 0);
}

static void the_log_lists_every_call(void **state)
{
    (void)state;
    const char *log = tap_path("sites");
    assert_int_equal(in_child("0", log, four_calls), 0);
    char text[200];
    FILE *file = fopen(log, "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    fclose(file);
    assert_string_equal(text, "src/x.c:1\nsrc/x.c:1\nsrc/x.c:2\nsrc/x.c:1\n");
}

static int allocate(void)
{
    struct err err = ERR_INIT;
    return mem_alloc(10, 10, &err) == NULL && err.kind == ERR_SYSTEM && strcmp(err.text, "out of memory: 100 bytes asked for") == 0;
}

static const char *target;

static int write_file(void)
{
    struct err err = ERR_INIT;
    return !file_write(target, "x", 1, &err) && err.kind == ERR_SYSTEM && err.text[0] != '\0' && !file_exists(target);
}

static void allocations_and_every_step_of_writing_fail_cleanly(void **state)
{
    (void)state;
    assert_int_equal(in_child("1", NULL, allocate), 1);
    target = tap_path("never");
    int failed = 0;
    while (failed < 50 && in_child((char[]){(char)('1' + failed), '\0'}, NULL, write_file) == 1)
        failed++;
    assert_true(failed >= 7); /* outfile, two names, open, write, fsync, close, rename at least */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_call_fails_alone),
        cmocka_unit_test(the_first_call_at_a_site_fails),
        cmocka_unit_test(the_log_lists_every_call),
        cmocka_unit_test(allocations_and_every_step_of_writing_fail_cleanly),
    };
    return tap_run(tests);
}
