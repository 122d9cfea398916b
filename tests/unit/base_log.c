#include "tap.h"

#include <unistd.h>

#include "base/log.h"

static void read_text(const char *path, char *text, size_t room)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, room - 1, file)] = '\0';
    fclose(file);
}

static void stderr_shows_the_level_and_the_file_all(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *path = tap_path("log.txt"), *screen = tap_path("screen");
    int kept = dup(STDERR_FILENO);
    assert_non_null(freopen(screen, "w", stderr));
    log_set_level(LOG_WARN);
    bool opened = log_open(path, &err);
    log_warn("w%d\x1b[2J", 1);
    log_note("n");
    log_debug("d");
    log_close();
    log_set_level(LOG_NOTE);
    log_note("n2");
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_done(opened, err);
    char text[1000];
    read_text(screen, text, sizeof text);
    assert_string_equal(text, "warning: w1?[2J\nn2\n");
    read_text(path, text, sizeof text);
    assert_non_null(strstr(text, " warning: w1?[2J\n"));
    assert_non_null(strstr(text, " n\n"));
    assert_non_null(strstr(text, " debug: d\n"));
    assert_null(strstr(text, "n2"));
}

static void a_log_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(log_open("/nowhere/log.txt", &err));
    assert_error(err, ERR_SYSTEM, "cannot write the log /nowhere/log.txt: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stderr_shows_the_level_and_the_file_all),
        cmocka_unit_test(a_log_that_cannot_be_written_is_refused),
    };
    return tap_run(tests);
}
