/* Labels and endpoints: from columns and conditions, and the cells that are refused. Read through the seal, as everyone must. */
#include "study/outcome.h"

#include <math.h>

#include "study_files.h"

#define TOP "cohort: cohort.csv\nroles: {default: train}\n"

static void labels_are(const char *target, const char *cells, const double *expected, size_t n)
{
    char study[600], table[600] = "ID,y\n";
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct outcomes train;
    snprintf(study, sizeof study, TOP "target: {label: %s}\n", target);
    for (size_t k = 0; k < n; k++) {
        size_t at = strlen(table), length = strcspn(cells, "|");
        snprintf(table + at, sizeof table - at, "c%zu,%.*s\n", k, (int)length, cells);
        cells += length + (cells[length] == '|');
    }
    struct study_settings *settings = cohort_of(study, table, &cohort);
    assert_done(seal_train(cohort.seal, &train, &err), err);
    for (size_t k = 0; k < n; k++)
        assert_double_near(train.label[k], expected[k], 0);
    outcomes_free(&train);
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_binary_column_is_a_label(void **state)
{
    (void)state;
    labels_are("y", "0|1||1.0|NA", (const double[]){0, 1, NAN, 1, NAN}, 5);
    labels_are("{column: y}", "0|1|0", (const double[]){0, 1, 0}, 3);
}

static void a_condition_makes_a_label(void **state)
{
    (void)state;
    labels_are("{column: y, positive: [1, 2], negative: [3, 4]}", "1|2|3|4|5||2.0| 1 |x", (const double[]){1, 1, 0, 0, NAN, NAN, 1, 1, NAN}, 9);
    labels_are("{column: y, positive: [G3], negative: [G1, G2]}", "G3|G1|g3|G2", (const double[]){1, 0, NAN, 0}, 4);
}

static void refused(const char *rest, const char *table, enum err_kind kind, const char *tail)
{
    char study[800];
    snprintf(study, sizeof study, TOP "%s", rest);
    cohort_refused(study, table, kind, tail);
}

static void a_label_that_is_not_binary_names_its_case(void **state)
{
    (void)state;
    refused("target: {label: y}\n", "ID,y\nA,0\nB,2\n", ERR_INPUT, "case B: column y: found '2', expected 0, 1 or nothing");
    refused("target: {label: y}\n", "ID,y\nA,0\nB,yes\n", ERR_INPUT, "case B: column y: found 'yes', expected 0, 1 or nothing");
}

static void a_study_needs_a_label(void **state)
{
    (void)state;
    refused("", "ID,y\nA,0\n", ERR_USAGE, "study file: `target.label` is missing: the column that is to be predicted");
    refused("target: {label: {positive: [1], negative: [0]}}\n", "ID,y\nA,0\n", ERR_USAGE, "study file: `target.label.column` is missing");
}

static void a_misspelt_label_names_the_nearest(void **state)
{
    (void)state;
    refused("target: {label: grde}\n", "ID,grade\nA,0\n", ERR_USAGE, "%/study.yaml:3:17: target.label: no column 'grde' in the cohort; did you mean 'grade'?");
}

static void a_condition_says_both_sides(void **state)
{
    (void)state;
    refused("target: {label: {column: y, positive: [1]}}\n", "ID,y\nA,0\n", ERR_USAGE, "study file: target.label needs both `positive` and `negative`, or neither");
    refused("target: {label: {column: y, positive: [1, 2], negative: [2.0, 3]}}\n", "ID,y\nA,2\n", ERR_USAGE,
            "study file: target.label: '2' is listed as positive and as negative");
}

static void endpoints_are_read_in_order(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct outcomes train;
    struct study_settings *settings = cohort_of(TOP "target: {label: y}\nendpoints:\n  RFS: {time: t1, event: e1}\n  OS: {time: t2, event: e2, unit: months, title: Overall}\n",
                                                "ID,y,t1,e1,t2,e2\nA,0,5,1,9,0\nB,1,,1,3,\n", &cohort);
    assert_int_equal(cohort.endpoint_n, 2);
    assert_string_equal(cohort.endpoint[0].unit, "days");
    assert_string_equal(cohort.endpoint[0].title, "RFS");
    assert_string_equal(cohort.endpoint[1].unit, "months");
    assert_string_equal(cohort.endpoint[1].title, "Overall");
    assert_done(seal_train(cohort.seal, &train, &err), err);
    assert_double_near(train.time[1][0], 9, 0);
    assert_double_near(train.event[0][0], 1, 0);
    assert_true(isnan(train.time[0][1]));
    assert_true(isnan(train.event[1][1]));
    assert_true(seal_known(cohort.seal, 0, 0));
    assert_false(seal_known(cohort.seal, 0, 1)); /* an event without its time says nothing */
    for (size_t c = 0; c < cohort.table.column_n; c++)
        fail_msg("column %s is still in the table", cohort.table.column[c].name);
    outcomes_free(&train);
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_bad_time_or_event_names_its_case(void **state)
{
    (void)state;
    static const char study[] = "target: {label: y}\nendpoints: {OS: {time: t, event: e}}\n";
    refused(study, "ID,y,t,e\nA,0,-1,1\n", ERR_INPUT, "case A: column t: found '-1', expected a time of 0 or more");
    refused(study, "ID,y,t,e\nA,0,soon,1\n", ERR_INPUT, "case A: column t: found 'soon', expected a time of 0 or more");
    refused(study, "ID,y,t,e\nA,0,inf,1\n", ERR_INPUT, "case A: column t: found 'inf', expected a time of 0 or more");
    refused(study, "ID,y,t,e\nA,0,1,2\n", ERR_INPUT, "case A: column e: found '2', expected 0, 1 or nothing");
}

static void an_endpoint_needs_time_and_event(void **state)
{
    (void)state;
    refused("target: {label: y}\nendpoints: {OS: {time: t}}\n", "ID,y,t,e\nA,0,1,1\n", ERR_USAGE, "study file: `endpoints.OS.event` is missing");
    refused("target: {label: y}\nendpoints: {OS: {time: day, event: e}}\n", "ID,y,days,e\nA,0,1,1\n", ERR_USAGE,
            "%/study.yaml:4:24: endpoints.OS.time: no column 'day' in the cohort; did you mean 'days'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binary_column_is_a_label),
        cmocka_unit_test(a_condition_makes_a_label),
        cmocka_unit_test(a_label_that_is_not_binary_names_its_case),
        cmocka_unit_test(a_study_needs_a_label),
        cmocka_unit_test(a_misspelt_label_names_the_nearest),
        cmocka_unit_test(a_condition_says_both_sides),
        cmocka_unit_test(endpoints_are_read_in_order),
        cmocka_unit_test(a_bad_time_or_event_names_its_case),
        cmocka_unit_test(an_endpoint_needs_time_and_event),
    };
    return tap_run(tests);
}
