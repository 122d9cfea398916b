/* YAML: scalars as PyYAML resolves them, places of nodes and faults, aliases and their limits. */
#include "tap.h"

#include <math.h>

#include "base/text.h"
#include "io/yaml.h"

static void refuse(const char *content, const char *message)
{
    struct yaml yaml;
    struct err err = ERR_INIT;
    assert_false(yaml_parse("t.yaml", content, strlen(content), &yaml, &err));
    assert_error_has(err, ERR_USAGE, message);
    assert_null(yaml.root);
}

static void parse(const char *content, struct yaml *yaml)
{
    struct err err = ERR_INIT;
    assert_done(yaml_parse("t.yaml", content, strlen(content), yaml, &err), err);
}

/* Values by PyYAML 6.0.3 safe_load. */
static void plain_scalars_are_what_pyyaml_makes_of_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum yaml_kind kind;
        double value;
        bool ambiguous;
    } cases[] = {
        {"", YAML_NULL, 0, false},        {"~", YAML_NULL, 0, false},         {"Null", YAML_NULL, 0, false},
        {"true", YAML_BOOL, 1, false},    {"Yes", YAML_BOOL, 1, true},        {"no", YAML_BOOL, 0, true},
        {"OFF", YAML_BOOL, 0, true},      {"y", YAML_TEXT, 0, false},         {"tRUE", YAML_TEXT, 0, false},
        {"0", YAML_INT, 0, false},        {"-12", YAML_INT, -12, false},      {"+3", YAML_INT, 3, false},
        {"1_000", YAML_INT, 1000, false}, {"010", YAML_INT, 8, true},         {"09", YAML_TEXT, 0, false},
        {"0x1F", YAML_INT, 31, false},    {"0b101", YAML_INT, 5, true},       {"1:30", YAML_INT, 90, true},
        {"-1:00:01", YAML_INT, -3601, true}, {"1:60", YAML_TEXT, 0, false},   {"9223372036854775807", YAML_INT, 9223372036854775807.0, false},
        {"9223372036854775808", YAML_FLOAT, 9223372036854775808.0, false},    {"-9223372036854775808", YAML_INT, -9223372036854775808.0, false},
        {"1.5", YAML_FLOAT, 1.5, false},  {"1.", YAML_FLOAT, 1, false},       {".5", YAML_FLOAT, 0.5, false},
        {"-.5", YAML_TEXT, 0, false},     {"+1.5e+3", YAML_FLOAT, 1500, false}, {"1.0e-3", YAML_FLOAT, 0.001, false},
        {"1e3", YAML_TEXT, 0, false},     {"1.0e3", YAML_TEXT, 0, false},     {"1e-3", YAML_TEXT, 0, false},
        {"1_0.2_5", YAML_FLOAT, 10.25, false}, {"1:30.5", YAML_FLOAT, 90.5, true}, {".inf", YAML_FLOAT, INFINITY, false},
        {"-.INF", YAML_FLOAT, -INFINITY, false}, {".nan", YAML_FLOAT, NAN, false}, {"nan", YAML_TEXT, 0, false},
        {"inf", YAML_TEXT, 0, false},     {"2020-01-02", YAML_TEXT, 0, false}, {"1.2.3", YAML_TEXT, 0, false},
        {".", YAML_TEXT, 0, false},       {"-", YAML_TEXT, 0, false},         {"0x", YAML_TEXT, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct yaml_node node = {.kind = YAML_MAP};
        yaml_resolve(&node, cases[i].text);
        if (node.kind != cases[i].kind)
            fail_msg("\"%s\" became %s, expected %s", cases[i].text, yaml_kind_name(node.kind), yaml_kind_name(cases[i].kind));
        if (node.ambiguous != cases[i].ambiguous)
            fail_msg("\"%s\" has the wrong ambiguity", cases[i].text);
        if (node.kind == YAML_BOOL)
            assert_int_equal(node.boolean, cases[i].value != 0);
        if (yaml_is_number(&node))
            assert_double_near(node.number, cases[i].value, 0);
        if (node.kind == YAML_INT && fabs(node.number) < 1e15)
            assert_true((double)node.whole == node.number);
    }
}

static void every_node_knows_its_line_and_column(void **state)
{
    (void)state;
    struct yaml yaml;
    struct err err = ERR_INIT;
    parse("\xEF\xBB\xBF# study\na: 1\nb:\n  - x\n  - {c: 'yes', d: 2.5}\n", &yaml);
    const struct yaml_node *list = yaml_find(yaml.root, "b");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->n, 2);
    assert_int_equal(yaml.root->key[1]->line, 3);
    const struct yaml_node *c = yaml_find(list->item[1], "c");
    assert_int_equal(c->kind, YAML_TEXT); /* quoted: no truth value */
    assert_string_equal(c->text, "yes");
    assert_int_equal(c->line, 5);
    assert_int_equal(c->column, 9);
    assert_false(yaml_fault(&err, &yaml, c, "found \"%s\"", c->text));
    assert_error(err, ERR_USAGE, "t.yaml:5:9: found \"yes\"");
    assert_null(yaml_find(yaml.root, "z"));
    assert_null(yaml_find(list, "b"));
    yaml_drop(&yaml);
}

static void aliases_and_merge_keys_share_values(void **state)
{
    (void)state;
    struct yaml yaml;
    parse("a: &x {p: 1, q: 2}\nb: *x\nc:\n  <<: *x\n  q: 3\n", &yaml);
    assert_ptr_equal(yaml_find(yaml.root, "a"), yaml_find(yaml.root, "b"));
    const struct yaml_node *merged = yaml_find(yaml.root, "c");
    assert_int_equal(merged->n, 2);
    assert_int_equal(yaml_find(merged, "p")->whole, 1);
    assert_int_equal(yaml_find(merged, "q")->whole, 3);
    yaml_drop(&yaml);
}

static void core_tags_are_obeyed(void **state)
{
    (void)state;
    struct yaml yaml;
    parse("a: !!str 12\nb: !!float 3\n", &yaml);
    assert_int_equal(yaml_find(yaml.root, "a")->kind, YAML_TEXT);
    assert_int_equal(yaml_find(yaml.root, "b")->kind, YAML_FLOAT);
    yaml_drop(&yaml);
}

static void a_fault_names_line_and_column(void **state)
{
    (void)state;
    refuse("", "t.yaml: the file is empty, expected YAML");
    refuse("# only this\n", "t.yaml: the file is empty, expected YAML");
    refuse("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: key \"a\" stands twice in its map");
    refuse("a:\n\tb: 1\n", "t.yaml:2:1: found character that cannot start any token");
    refuse("a: 1\nb: [1, 2\n", "t.yaml:2:4: did not find expected ',' or ']', on line 3, while parsing a flow sequence that begins here");
    refuse("a: *x\n", "t.yaml:1:4: alias *x has no anchor before it");
    refuse("a:\n  b: &x [*x]\n", "t.yaml:2:10: alias *x stands inside the value that it names");
    refuse("a: !!python/object:os.system x\n", "t.yaml:1:4: tag tag:yaml.org,2002:python/object:os.system is not known here");
    refuse("a: !!int x\n", "t.yaml:1:4: the value is not of the kind its tag says");
    refuse("? [a]\n: 1\n", "t.yaml:1:3: a list or map stands as a key, expected a plain word");
    refuse("a: 1\n---\nb: 1\n", "t.yaml:2:1: a second document begins, expected one");
    refuse("<<: 1\n", "t.yaml:1:5: << takes a map or a list of maps");
    refuse("a: 1\nb: \x01\n", "t.yaml:2:4: a control character, expected text in UTF-8");
    refuse("a: 1\nb: \xFC\n", "t.yaml:2:1: byte 0xFC is not UTF-8");
    refuse("a: \"\\0\"\n", "t.yaml:1:4: a text holds a NUL character");
}

static void aliases_of_aliases_have_a_limit(void **state)
{
    (void)state;
    struct text bomb = TEXT_INIT;
    text_add(&bomb, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++) {
        text_add(&bomb, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            text_add(&bomb, "%s*a%d", k == 0 ? "" : ",", i - 1);
        text_add(&bomb, "]\n");
    }
    refuse(bomb.bytes, "t.yaml:2:10: the aliases expand to more than a million values");
    text_free(&bomb);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    char content[2 * YAML_DEPTH_MAX + 8];
    memset(content, '[', YAML_DEPTH_MAX + 1);
    memset(content + YAML_DEPTH_MAX + 1, ']', YAML_DEPTH_MAX + 1);
    content[2 * YAML_DEPTH_MAX + 2] = '\0';
    refuse(content, "t.yaml:1:501: nesting deeper than 500 levels");
    struct yaml yaml;
    struct err err = ERR_INIT;
    assert_done(yaml_parse("t.yaml", content + 1, 2 * YAML_DEPTH_MAX, &yaml, &err), err);
    yaml_drop(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_scalars_are_what_pyyaml_makes_of_them),
        cmocka_unit_test(every_node_knows_its_line_and_column),
        cmocka_unit_test(aliases_and_merge_keys_share_values),
        cmocka_unit_test(core_tags_are_obeyed),
        cmocka_unit_test(a_fault_names_line_and_column),
        cmocka_unit_test(aliases_of_aliases_have_a_limit),
        cmocka_unit_test(nesting_has_a_limit),
    };
    return tap_run(tests);
}
