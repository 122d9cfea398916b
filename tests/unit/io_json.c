/* JSON: strict reading with the line of the fault, and writing that is the same each time. */
#include "tap.h"

#include <math.h>

#include "io/json.h"

static void refuse(const char *content, size_t n, const char *message)
{
    struct err err = ERR_INIT;
    assert_null(json_parse(content, n, "t.json", &err));
    assert_error_has(err, ERR_INPUT, message);
}

static void a_value_of_each_kind_is_read(void **state)
{
    (void)state;
    const char *content = "{\"n\": null, \"t\": true, \"i\": -3, \"x\": 0.30000000000000004, \"s\": \"\\u00e9\", \"a\": [1, 2]}";
    struct err err = ERR_INIT;
    json_t *root = json_parse(content, strlen(content), "t.json", &err);
    assert_non_null(root);
    assert_true(json_is_null(json_object_get(root, "n")));
    assert_true(json_is_true(json_object_get(root, "t")));
    assert_int_equal(json_integer_value(json_object_get(root, "i")), -3);
    assert_double_near(json_real_value(json_object_get(root, "x")), 0.1 + 0.2, 0);
    assert_string_equal(json_string_value(json_object_get(root, "s")), "é");
    assert_int_equal(json_array_size(json_object_get(root, "a")), 2);
    json_decref(root);
}

static void a_fault_names_its_line(void **state)
{
    (void)state;
#define REFUSE(content, message) refuse(content, sizeof content - 1, message)
    REFUSE("", "t.json: the file is empty, expected JSON");
    REFUSE(" \n\t", "t.json: the file is empty, expected JSON");
    REFUSE("{\"a\": 1,\n \"a\": 2}", "t.json line 2: duplicate object key");
    REFUSE("{\"a\": 1}\n{}", "t.json line 2: end of file expected");
    REFUSE("[1,\n2,]", "t.json line 2: ");
    REFUSE("[1,\n\n", "t.json line 3: ");
    REFUSE("[NaN]", "t.json line 1: invalid token near 'NaN'");
    REFUSE("[1e400]", "t.json line 1: real number overflow");
    REFUSE("[99999999999999999999]", "t.json line 1: too big integer");
    REFUSE("[\"\\ud800\"]", "t.json line 1: invalid Unicode");
    REFUSE("[\"\\u0000\"]", "t.json line 1: \\u0000 is not allowed");
    REFUSE("\xEF\xBB\xBF{}", "t.json line 1: the text begins with a byte-order mark, expected plain UTF-8");
    REFUSE("{\0\"\0", "t.json line 1: the text is UTF-16 or UTF-32, expected UTF-8");
    REFUSE("[\n\"\xFF\"]", "t.json line 2: byte 0xFF is not UTF-8");
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    char content[4096];
    memset(content, '[', sizeof content);
    refuse(content, JSON_DEPTH_MAX + 1, "t.json line 1: nesting deeper than 512 levels");
    memset(content + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    struct err err = ERR_INIT;
    json_t *root = json_parse(content, 2 * JSON_DEPTH_MAX, "t.json", &err);
    assert_non_null(root);
    json_decref(root);
    const char *quoted = "[\"[[[\\\"[[\"]";
    root = json_parse(quoted, strlen(quoted), "t.json", &err);
    assert_non_null(root);
    json_decref(root);
}

static void members_stand_in_the_order_they_were_put(void **state)
{
    (void)state;
    struct text out = TEXT_INIT;
    struct json_writer w = json_writer(&out);
    const double points[] = {0, 0.1, NAN};
    json_begin_object(&w, JSON_TALL);
    json_key(&w, "z");
    json_put_number(&w, 0.30000000000000004);
    json_key(&w, "a");
    json_put_numbers(&w, points, 3);
    json_key(&w, "empty");
    json_begin_object(&w, JSON_TALL);
    json_end(&w);
    json_key(&w, "m");
    json_begin_array(&w, JSON_TALL);
    json_put_count(&w, 3);
    json_put_whole(&w, -4);
    json_put_bool(&w, true);
    json_put_null(&w);
    json_begin_object(&w, JSON_WIDE);
    json_key(&w, "k");
    json_put_text(&w, "v");
    json_key(&w, "l");
    json_put_text(&w, NULL);
    json_end(&w);
    json_end(&w);
    json_end(&w);
    assert_string_equal(out.bytes, "{\n  \"z\": 0.30000000000000004,\n  \"a\": [0, 0.1, null],\n  \"empty\": {},\n  \"m\": [\n    3,\n    -4,\n    true,\n"
                                   "    null,\n    {\"k\": \"v\", \"l\": null}\n  ]\n}\n");
    text_free(&out);
}

static void texts_are_escaped_and_read_back(void **state)
{
    (void)state;
    const char *value = "a\"b\\c\n\t\x01 </script> <!-- <400 é";
    struct text out = TEXT_INIT;
    struct json_writer w = json_writer(&out);
    json_begin_array(&w, JSON_WIDE);
    json_put_text(&w, value);
    json_end(&w);
    assert_null(strstr(out.bytes, "</"));
    assert_null(strstr(out.bytes, "<!"));
    assert_non_null(strstr(out.bytes, "<400"));
    struct err err = ERR_INIT;
    json_t *root = json_parse(out.bytes, out.n, "t.json", &err);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_array_get(root, 0)), value);
    json_decref(root);
    text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_each_kind_is_read),
        cmocka_unit_test(a_fault_names_its_line),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(members_stand_in_the_order_they_were_put),
        cmocka_unit_test(texts_are_escaped_and_read_back),
    };
    return tap_run(tests);
}
