#include "tap.h"

#include <math.h>

#include "base/opt.h"

struct settings {
    bool flag;
    const char *text;
    double number;
    int64_t integer;
    uint64_t size;
    int choice;
    struct opt_list list;
    struct opt_pairs pairs;
};
static const char *const words[] = {"strict", "snap", NULL};
static const struct opt rows[] = {
    {"flag", 'f', OPT_FLAG, NULL, "a flag", offsetof(struct settings, flag)},
    {"text", 't', OPT_TEXT, "FILE", "a text", offsetof(struct settings, text), .required = true},
    {"number", 0, OPT_NUMBER, "X", "a number", offsetof(struct settings, number)},
    {"integer", 'i', OPT_INTEGER, "N", "an integer", offsetof(struct settings, integer), .initial = "7", .least = -5, .most = 10},
    {"size", 0, OPT_SIZE, NULL, "a size", offsetof(struct settings, size)},
    {"mask-fit", 0, OPT_CHOICE, NULL, "a choice", offsetof(struct settings, choice), words, .initial = "snap"},
    {"list", 'l', OPT_LIST, "WORD", "a list", offsetof(struct settings, list)},
    {"set", 0, OPT_PAIRS, NULL, "pairs", offsetof(struct settings, pairs)},
};

static bool parse(struct settings *settings, struct operands *operands, struct err *err, const char *const *argv)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    *settings = (struct settings){0};
    *operands = (struct operands){NULL, 0, 0};
    const struct opt_table table = {rows, sizeof rows / sizeof rows[0], settings};
    return opt_parse(&table, 1, argc, (char *const *)(uintptr_t)argv, operands, err);
}

static void finish(struct settings *settings, struct operands *operands)
{
    const struct opt_table table = {rows, sizeof rows / sizeof rows[0], settings};
    opt_free(&table, 1, operands);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void every_spelling_is_understood(void **state)
{
    (void)state;
    struct settings s;
    struct operands o;
    struct err err = ERR_INIT;
    assert_done(parse(&s, &o, &err, ARGS("a", "-fi", "-3", "--text=x=y", "--number", "-1.5e3", "--size=1.5K", "-lone", "--list", "two",
                                         "--mask-fit", "strict", "--set", "k=v=w", "--set=e=", "-", "--", "-z")), err);
    assert_true(s.flag);
    assert_int_equal(s.integer, -3);
    assert_string_equal(s.text, "x=y");
    assert_true(s.number == -1500);
    assert_int_equal(s.size, 1536);
    assert_int_equal(s.choice, 0);
    assert_int_equal(s.list.n, 2);
    assert_string_equal(s.list.item[0], "one");
    assert_string_equal(s.list.item[1], "two");
    assert_int_equal(s.pairs.n, 2);
    assert_string_equal(s.pairs.item[0].key, "k");
    assert_string_equal(s.pairs.item[0].value, "v=w");
    assert_string_equal(s.pairs.item[1].value, "");
    assert_int_equal(o.n, 3);
    assert_string_equal(o.item[2], "-z");
    finish(&s, &o);
}

static void defaults_stand_where_nothing_is_given(void **state)
{
    (void)state;
    struct settings s;
    struct operands o;
    struct err err = ERR_INIT;
    assert_done(parse(&s, &o, &err, ARGS("-t", "x")), err);
    assert_int_equal(s.integer, 7);
    assert_int_equal(s.choice, 1);
    assert_true(isnan(s.number));
    assert_false(s.flag);
    finish(&s, &o);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    const struct {
        const char *argv[4], *text;
    } cases[] = {
        {{"--txet", "x"}, "unknown option --txet; did you mean --text?"},
        {{"--zzzzzz"}, "unknown option --zzzzzz; --help lists those there are"},
        {{"-z"}, "unknown option -z; --help lists those there are"},
        {{"--text"}, "option --text needs a value: FILE"},
        {{"--flag=1"}, "option --flag takes no value, '1' found"},
        {{"-ta", "--text=b"}, "option --text is given twice"},
        {{"-i", "11"}, "option -i: 11 is out of range, expected -5 to 10"},
        {{"-i", "1x"}, "option -i: '1x' is no whole number"},
        {{"-i", "99999999999999999999"}, "option -i: 99999999999999999999 does not fit into 64 bits"},
        {{"--number", "0x10"}, "option --number: '0x10' is no number"},
        {{"--size", "4Q"}, "option --size: '4Q' is no size, expected e.g. 800M or 4G"},
        {{"--mask-fit", "snpa"}, "option --mask-fit: 'snpa' is not known, expected strict or snap; did you mean snap?"},
        {{"--set", "=v"}, "option --set: '=v' found, expected KEY=VALUE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct settings s;
        struct operands o;
        struct err err = ERR_INIT;
        assert_false(parse(&s, &o, &err, cases[i].argv));
        assert_error(err, ERR_USAGE, cases[i].text);
        finish(&s, &o);
    }
}

static void a_needed_option_is_asked_for(void **state)
{
    (void)state;
    struct settings s;
    struct operands o;
    struct err err = ERR_INIT;
    const struct opt_table table = {rows, sizeof rows / sizeof rows[0], &s};
    assert_done(parse(&s, &o, &err, ARGS("-f")), err);
    assert_false(opt_check_required(&table, 1, &err));
    assert_error(err, ERR_USAGE, "option --text FILE is needed: a text");
    finish(&s, &o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_is_understood),
        cmocka_unit_test(defaults_stand_where_nothing_is_given),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_needed_option_is_asked_for),
    };
    return tap_run(tests);
}
