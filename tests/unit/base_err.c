#include "tap.h"

#include <errno.h>

#include "base/err.h"

static void context_reads_from_outside_in(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(err_set(&err, ERR_INPUT, "header length %d bytes", 10));
    assert_false(err_add(&err, "image %s", "a.nii"));
    assert_false(err_add(&err, "line %d", 7));
    assert_error(err, ERR_INPUT, "line 7: image a.nii: header length 10 bytes");
    errno = ENOSPC;
    err_set_errno(&err, "cannot write %s", "x");
    assert_error(err, ERR_SYSTEM, "cannot write x: No space left on device");
    err_clear(&err);
    assert_error(err, ERR_NONE, "");
}

static void a_stop_is_told_without_its_place(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_STOPPED, "stopped by the user");
    assert_false(err_add(&err, "layer %d", 3));
    assert_error(err, ERR_STOPPED, "stopped by the user");
}

static void control_characters_cannot_break_the_line(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_INPUT, "a%cb\nc\x7f", 27);
    assert_string_equal(err.text, "a?b?c?");
    err_add(&err, "d\r");
    assert_string_equal(err.text, "d?: a?b?c?");
}

static void a_long_line_is_cut_and_no_error_is_fine(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, ERR_INPUT, "%s", text);
    err_add(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_false(err_set(NULL, ERR_INPUT, "x"));
    assert_false(err_add(NULL, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_reads_from_outside_in),
        cmocka_unit_test(a_stop_is_told_without_its_place),
        cmocka_unit_test(control_characters_cannot_break_the_line),
        cmocka_unit_test(a_long_line_is_cut_and_no_error_is_fine),
    };
    return tap_run(tests);
}
