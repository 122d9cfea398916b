#include "tap.h"

#include "base/notes.h"

static void notes_keep_their_order_and_topic(void **state)
{
    (void)state;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    for (int i = 0; i < 9; i++)
        assert_done(notes_add(&notes, &err, i % 2 == 0 ? "even" : "odd", "note %d", i), err);
    assert_int_equal(notes.n, 9);
    assert_string_equal(notes.note[8].topic, "even");
    assert_string_equal(notes.note[7].line, "note 7");
    assert_true(notes_has(&notes, "odd"));
    assert_false(notes_has(&notes, "none"));
    notes_free(&notes);
    assert_int_equal(notes.n, 0);
}

static void control_characters_do_not_reach_the_line(void **state)
{
    (void)state;
    struct notes notes = NOTES_INIT;
    notes_add(&notes, NULL, "topic", "a\033[2Jb\nc");
    assert_string_equal(notes.note[0].line, "a?[2Jb?c");
    notes_free(&notes);
}

static void a_list_that_nobody_asks_for_is_fine(void **state)
{
    (void)state;
    assert_true(notes_add(NULL, NULL, "topic", "lost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_keep_their_order_and_topic),
        cmocka_unit_test(control_characters_do_not_reach_the_line),
        cmocka_unit_test(a_list_that_nobody_asks_for_is_fine),
    };
    return tap_run(tests);
}
