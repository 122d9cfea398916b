#include "tap.h"

#include "base/log.h"
#include "base/progress.h"

static void the_line_tells_what_is_left(void **state)
{
    (void)state;
    const struct {
        size_t done, total;
        double elapsed;
        const char *line;
    } rows[] = {
        {0, 10, 5, "cases: 0 / 10"},          {5, 10, 20, "cases: 5 / 10, 20 s left"},   {1, 11, 30, "cases: 1 / 11, 5 min left"},
        {1, 101, 72, "cases: 1 / 101, 2 h 0 min left"}, {10, 10, 3, "cases: 10 / 10, took 3 s"},
    };
    char line[100];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        progress_line("cases", rows[i].done, rows[i].total, rows[i].elapsed, line, sizeof line);
        assert_string_equal(line, rows[i].line);
    }
}

static void a_quiet_run_has_no_progress(void **state)
{
    (void)state;
    log_set_level(LOG_WARN);
    struct progress *progress = progress_start("cases", 10);
    assert_null(progress);
    progress_step(progress, 1);
    progress_end(progress);
    log_set_level(LOG_NOTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_tells_what_is_left),
        cmocka_unit_test(a_quiet_run_has_no_progress),
    };
    return tap_run(tests);
}
