/* Reading a run folder, and the accessors that take anything for "not there". */
#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "io/json.h"
#include "report/report.h"
#include "report/run.h"

static json_t *parse(const char *content)
{
    struct err err = ERR_INIT;
    json_t *root = json_parse(content, strlen(content), "t.json", &err);
    assert_non_null(root);
    return root;
}

static void a_member_is_found_by_its_path(void **state)
{
    (void)state;
    json_t *root = parse("{\"a\": {\"b\": {\"c\": 0.5}, \"d\": null}, \"t\": \"x\", \"f\": true, \"l\": [1, null, \"y\"]}");
    assert_double_near(number_at(root, "a.b.c"), 0.5, 0);
    assert_true(isnan(number_at(root, "a.b")));
    assert_true(isnan(number_at(root, "a.d.e")));
    assert_true(isnan(number_at(root, "t")));
    assert_null(part(root, "a.d"));
    assert_string_equal(text_at(root, "t"), "x");
    assert_string_equal(text_at(root, "f"), "");
    assert_true(flag_at(root, "f"));
    assert_int_equal(length_at(root, "l"), 3);
    assert_int_equal(length_at(root, "a"), 0);
    assert_null(item_at(root, "l", 3));
    assert_true(isnan(number_at(NULL, "a")));
    assert_true(isnan(estimate_at(root, "t").low));
    json_decref(root);
}

static void an_array_comes_as_numbers_with_holes(void **state)
{
    (void)state;
    json_t *root = parse("{\"l\": [1, null, \"y\", -2.5]}");
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct numbers numbers;
    assert_done(numbers_at(root, "l", &arena, &numbers, &err), err);
    assert_int_equal(numbers.n, 4);
    assert_double_near(numbers.v[0], 1, 0);
    assert_true(isnan(numbers.v[1]) && isnan(numbers.v[2]));
    assert_double_near(numbers.v[3], -2.5, 0);
    assert_done(numbers_at(root, "nothing", &arena, &numbers, &err), err);
    assert_int_equal(numbers.n, 0);
    arena_free(&arena);
    json_decref(root);
}

static void refuse(const char *content, const char *message)
{
    struct err err = ERR_INIT;
    assert_done(file_write(tap_path("metrics.json"), content, strlen(content), &err), err);
    assert_false(report_draw(tap_folder(), &err));
    assert_error_has(err, ERR_INPUT, message);
    assert_false(file_exists(tap_path("report.html")));
}

static void a_folder_without_our_metrics_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(report_draw(tap_path("absent"), &err));
    assert_error_has(err, ERR_INPUT, "report: ");
    assert_error_has(err, ERR_INPUT, "absent/metrics.json: no such file");
    refuse("{\"auc\": 0.8}", "metrics.json: no \"hepar\" or no \"roles\", expected the metrics of hepar run");
    refuse("[1, 2", "metrics.json line 1: ");
    refuse("{\"hepar\": \"0.1.0\", \"roles\": {}}", "expected the metrics of hepar run");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_found_by_its_path),
        cmocka_unit_test(an_array_comes_as_numbers_with_holes),
        cmocka_unit_test(a_folder_without_our_metrics_is_refused),
    };
    return tap_run(tests);
}
