#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pool.h"
#include "base/stop.h"

static bool stop_in_first(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)end, (void)worker, (void)err;
    ++*(size_t *)ctx;
    if (begin == 0)
        raise(SIGINT);
    return true;
}

static void in_child(void (*body)(void), int expected)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(99);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static void first_signal(void)
{
    stop_on_signals();
    struct err err = ERR_INIT;
    size_t chunks = 0;
    bool done = par_for(10, 1, stop_in_first, &chunks, &err);
    bool right = !done && chunks == 1 && err.kind == ERR_STOPPED && strcmp(err.text, "stopped by the user") == 0 && !stop_check(NULL);
    _exit(right ? 42 : 1);
}

static void the_first_signal_ends_par_for_between_chunks(void **state)
{
    (void)state;
    in_child(first_signal, 42);
}

static const char *target;

static void second_signal(void)
{
    stop_on_signals();
    if (outfile_open(target, NULL) == NULL)
        _exit(1);
    raise(SIGTERM);
    raise(SIGTERM);
}

static void the_second_signal_removes_temporaries_and_ends(void **state)
{
    (void)state;
    target = tap_path("half");
    in_child(second_signal, ERR_STOPPED);
    assert_false(file_exists(target));
    assert_int_equal(rmdir(tap_folder()), 0); /* nothing was left in it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signal_ends_par_for_between_chunks),
        cmocka_unit_test(the_second_signal_removes_temporaries_and_ends),
    };
    return tap_run(tests);
}
