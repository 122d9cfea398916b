/* cmocka with right TAP: cmocka 1.1.5 prints a skipped test as `not ok`, and Meson would count it as a failure.
 *
 *     #include "tap.h"
 *     static void a_flat_region_has_correlation_one(void **state) { ... assert_double_near(r, 1, 1e-12); }
 *     int main(void)
 *     {
 *         const struct CMUnitTest tests[] = {cmocka_unit_test(a_flat_region_has_correlation_one)};
 *         return tap_run(tests);
 *     }
 *
 * tap_run() runs the tests in a child process and rewrites what it prints, so a crash ends as a failure too. */
#ifndef HEPAR_TESTS_UNIT_TAP_H
#define HEPAR_TESTS_UNIT_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define tap_run(tests) tap_run_group((tests), sizeof(tests) / sizeof(tests)[0], NULL, NULL)
#define tap_run_with(tests, setup, teardown) tap_run_group((tests), sizeof(tests) / sizeof(tests)[0], (setup), (teardown))
int tap_run_group(const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup, CMFixtureFunction teardown);

/* Ends the test as skipped: `ok N - name # SKIP reason`. */
void tap_skip(const char *reason) __attribute__((noreturn));

/* The test's own empty folder, removed when the program ends; the same path until then. */
const char *tap_folder(void);
/* A path in that folder; static storage, eight at a time. */
const char *tap_path(const char *name);

/* The call failed and said exactly this. */
#define assert_error(err, expected_kind, expected_text) \
    do { \
        assert_int_equal((err).kind, (expected_kind)); \
        assert_string_equal((err).text, (expected_text)); \
    } while (0)
/* The call failed and its message contains this. */
#define assert_error_has(err, expected_kind, part) \
    do { \
        assert_int_equal((err).kind, (expected_kind)); \
        if (strstr((err).text, (part)) == NULL) \
            fail_msg("message \"%s\" does not contain \"%s\"", (err).text, (part)); \
    } while (0)
/* The call went well; shows the message when not. */
#define assert_done(call, err) \
    do { \
        if (!(call)) \
            fail_msg("%s: %s", #call, (err).text); \
    } while (0)
/* |a - b| <= tolerance; NaN equals NaN alone. */
#define assert_double_near(a, b, tolerance) tap_assert_near((a), (b), (tolerance), #a, __FILE__, __LINE__)
void tap_assert_near(double a, double b, double tolerance, const char *what, const char *file, int line);

#endif
