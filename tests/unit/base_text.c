#include "tap.h"

#include "base/text.h"

static void appended_pieces_join(void **state)
{
    (void)state;
    struct text text = TEXT_INIT;
    struct err err = ERR_INIT;
    char expected[5001] = "", long_piece[1001];
    memset(long_piece, 'x', 1000);
    long_piece[1000] = '\0';
    for (int i = 0; i < 5; i++) {
        text_add(&text, "%s", long_piece);
        strcat(expected, long_piece);
    }
    assert_true(text_ok(&text, &err));
    assert_string_equal(text.bytes, expected);
    text_free(&text);
    text_add(&text, "%d-", 5);
    text_add_double(&text, 0.1);
    text_add_char(&text, '!');
    text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.n, 9);
    assert_memory_equal(text.bytes, "5-0.1!a\0b", 10);
    text_free(&text);
}

static void nothing_appended_is_an_empty_text(void **state)
{
    (void)state;
    struct text text = TEXT_INIT;
    text_add(&text, "%s", "");
    assert_string_equal(text.bytes, "");
    text_free(&text);
}

static void the_nearest_word_is_found(void **state)
{
    (void)state;
    const char *names[] = {"threads", "output", "mask", "mask-fit"};
    assert_string_equal(text_nearest("treads", names, 4), "threads");
    assert_string_equal(text_nearest("OUTPUT", names, 4), "output");
    assert_string_equal(text_nearest("ouptut", names, 4), "output");
    assert_string_equal(text_nearest("maks", names, 4), "mask");
    assert_string_equal(text_nearest("maskfit", names, 4), "mask-fit");
    assert_null(text_nearest("colour", names, 4));
    assert_null(text_nearest("", names, 4));
    assert_null(text_nearest("x", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appended_pieces_join),
        cmocka_unit_test(nothing_appended_is_an_empty_text),
        cmocka_unit_test(the_nearest_word_is_found),
    };
    return tap_run(tests);
}
