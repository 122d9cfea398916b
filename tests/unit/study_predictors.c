/* Blocks of predictor columns: kinds, patterns, exclusions, and leakage by accident. */
#include "study/predictors.h"

#include <math.h>

#include "study_files.h"

#define TOP "cohort: cohort.csv\nroles: {column: role}\ntarget: {label: y}\nendpoints: {OS: {time: t, event: e}}\n"
static const char head[] = "ID,role,y,t,e,age,sex,afp,f_a,f_b,g\n";

struct made {
    struct study_settings *settings;
    struct cohort cohort;
    struct predictors predictors;
};

static const char *table_of(const char *rows)
{
    static char table[4000];
    snprintf(table, sizeof table, "%s%s", head, rows);
    return table;
}

static void make(const char *blocks, const char *rows, struct made *made)
{
    struct err err = ERR_INIT;
    char study[1000];
    snprintf(study, sizeof study, TOP "blocks: %s\n", blocks);
    made->settings = cohort_of(study, table_of(rows), &made->cohort);
    assert_done(predictors_make(made->settings, &made->cohort, &(struct deep){0}, &made->predictors, &err), err);
    assert_done(predictors_complete(&made->cohort, NULL, NULL, &made->predictors, &err), err);
}

static void unmake(struct made *made)
{
    predictors_free(&made->predictors);
    cohort_free(&made->cohort);
    settings_free(made->settings);
}

/* predictors_make() refuses with a message that is `tail` behind "STUDY:". */
static void refused(const char *blocks, const char *rows, enum err_kind kind, const char *tail)
{
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct predictors predictors;
    char study[1000], expected[1100];
    snprintf(study, sizeof study, TOP "blocks: %s\n", blocks);
    struct study_settings *settings = cohort_of(study, table_of(rows), &cohort);
    assert_false(predictors_make(settings, &cohort, &(struct deep){0}, &predictors, &err));
    const char *mark = strchr(tail, '%');
    snprintf(expected, sizeof expected, "%s%s", mark == tail ? tap_path("study.yaml") : "", mark == tail ? tail + 1 : tail);
    assert_error(err, kind, expected);
    cohort_free(&cohort);
    settings_free(settings);
}

static const char rows[] = "A,train,0,1,1,61,F,3,1,2,3\nB,train,1,2,0,55,M,4,2,3,4\nC,train,0,3,1,,,5,3,4,5\n";

static void kinds_follow_the_cells(void **state)
{
    (void)state;
    struct made made;
    make("{clinical: {columns: [age, sex, {name: afp, kind: category}]}}", rows, &made);
    const struct table *table = &made.predictors.table;
    assert_int_equal(table->column_n, 3);
    assert_int_equal(table_find(table, "age")->kind, COLUMN_NUMBER);
    assert_int_equal(table_find(table, "sex")->kind, COLUMN_TEXT);
    assert_int_equal(table_find(table, "afp")->kind, COLUMN_TEXT);
    assert_true(isnan(table_find(table, "age")->number[2]));
    assert_string_equal(table_find(table, "age")->reason[2], "missing");
    assert_string_equal(made.predictors.block[0].title, "clinical");
    unmake(&made);
}

static void patterns_choose_columns_once_in_the_tables_order(void **state)
{
    (void)state;
    struct made made;
    make("{radiomics: {columns: [g, 'f_*', f_b]}}", rows, &made);
    const struct block_columns *block = &made.predictors.block[0];
    assert_int_equal(block->n, 3);
    assert_string_equal(block->column[0], "f_a");
    assert_string_equal(block->column[2], "g");
    unmake(&made);
}

static void a_wide_pattern_takes_no_outcome(void **state)
{
    (void)state;
    struct made made;
    make("{radiomics: {columns: ['[aefgty]*']}}", "A,train,0,1,1,61,1,3,1,2,3\nB,train,1,2,0,55,2,4,2,3,4\n", &made);
    for (size_t c = 0; c < made.predictors.table.column_n; c++)
        for (const char *const *outcome = (const char *const[]){"y", "t", "e", NULL}; *outcome != NULL; outcome++)
            assert_string_not_equal(made.predictors.table.column[c].name, *outcome);
    assert_int_equal(made.predictors.table.column_n, 5);
    unmake(&made);
}

static void outcomes_are_no_predictors(void **state)
{
    (void)state;
    refused("{clinical: {columns: [age, y]}}", rows, ERR_USAGE, "%:5:36: 'y' is read by an outcome of the study and cannot be a predictor");
    refused("{clinical: {columns: [{name: t}]}}", rows, ERR_USAGE, "%:5:38: 't' is read by an outcome of the study and cannot be a predictor");
    refused("{radiomics: {columns: [e]}}", rows, ERR_USAGE, "%:5:32: 'e' is read by an outcome of the study and cannot be a predictor");
}

static void a_missing_column_names_the_nearest(void **state)
{
    (void)state;
    refused("{clinical: {columns: [agee]}}", rows, ERR_USAGE, "%:5:31: blocks.clinical: no column 'agee' in the cohort; did you mean 'age'?");
    refused("{radiomics: {columns: ['x_*']}}", rows, ERR_USAGE, "%:5:32: blocks.radiomics: no column fits 'x_*'");
    refused("{clinical: {columns: [{kind: number}]}}", rows, ERR_USAGE, "study file: blocks.clinical.columns[0] needs `name`");
}

static void a_column_is_named_once(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    struct predictors predictors;
    struct study_settings *settings = cohort_of(TOP "blocks: {clinical: {columns: [age, age]}}\n", table_of(rows), &cohort);
    assert_false(predictors_make(settings, &cohort, &(struct deep){0}, &predictors, &err));
    assert_error_has(err, ERR_INPUT, "age");
    cohort_free(&cohort);
    settings_free(settings);
}

static void a_number_that_is_none_names_its_case(void **state)
{
    (void)state;
    refused("{clinical: {columns: [{name: sex, kind: number}]}}", rows, ERR_INPUT, "blocks.clinical: case A: column sex: found 'F', expected a number");
    refused("{radiomics: {columns: [sex]}}", rows, ERR_INPUT, "blocks.radiomics: case A: column sex: found 'F', expected a number");
}

static void something_must_predict(void **state)
{
    (void)state;
    refused("{}", rows, ERR_USAGE, "study file: `blocks` names no column to predict from");
    refused("{radiomics: {from: images}}", rows, ERR_USAGE, "%:5:28: the cohort table has no column `Image` or `Image_PHASE`");
}

static void a_case_without_any_value_is_not_used(void **state)
{
    (void)state;
    struct made made;
    make("{clinical: {columns: [age, sex]}, radiomics: {columns: ['f_*']}}",
         "A,train,0,1,1,61,F,3,1,2,3\nB,train,1,2,0,,,4,2,3,4\nC,train,0,3,1,,M,5,3,,5\nD,train,1,3,1,60,M,5,,,5\n", &made);
    assert_null(made.cohort.why_not[0]);
    assert_string_equal(made.cohort.why_not[1], "no clinical value: missing");
    assert_null(made.cohort.why_not[2]);
    assert_string_equal(made.cohort.why_not[3], "no radiomics value: missing");
    unmake(&made);
}

/* ---- leakage by accident ---- */

/* 6 negatives, then 6 positives, all train, then a test case; age as given. */
static void make_checked(const char *blocks, const char *const age[13], struct made *made, double label[13])
{
    char text[2000] = "";
    for (size_t k = 0; k < 13; k++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "c%zu,%s,%d,1,1,%s,%s,%zu,%zu,%zu,1\n", k, k < 12 ? "train" : "external", k >= 6 && k < 12, age[k],
                 k >= 6 ? "M" : "F", k, k % 5, k % 3);
        label[k] = k == 12 ? NAN : k >= 6;
    }
    make(blocks, text, made);
}

static void a_function_of_the_label_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    double label[13];
    static const char *const ages[13] = {"5", "5", "5", "5", "5", "5", "4", "4", "4", "4", "4", "4", "99"};
    make_checked("{clinical: {columns: [age]}}", ages, &made, label);
    assert_false(predictors_check(&made.predictors, 0, &made.cohort, label, &err));
    assert_error(err, ERR_USAGE, "column 'age' is a function of the label on train and cannot be a predictor");
    unmake(&made);
    err_clear(&err);
    make_checked("{clinical: {columns: [sex]}}", ages, &made, label); /* texts as well; the test case does not count */
    assert_false(predictors_check(&made.predictors, 0, &made.cohort, label, &err));
    assert_error(err, ERR_USAGE, "column 'sex' is a function of the label on train and cannot be a predictor");
    unmake(&made);
}

static void emptiness_that_tells_the_label_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    double label[13];
    make_checked("{clinical: {columns: [age, f_a]}}", (const char *const[]){"", "", "", "", "", "", "4", "4", "4", "4", "4", "4", "4"}, &made, label);
    assert_false(predictors_check(&made.predictors, 0, &made.cohort, label, &err));
    assert_error(err, ERR_USAGE, "column 'age' is a function of the label on train and cannot be a predictor");
    unmake(&made);
}

static void a_column_that_separates_is_warned_of(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    double label[13];
    make_checked("{clinical: {columns: [age, f_a]}}", (const char *const[]){"9", "8", "9", "8", "7", "9", "1", "2", "3", "2", "2", "1", "5"}, &made, label);
    assert_done(predictors_check(&made.predictors, 0, &made.cohort, label, &err), err);
    assert_int_equal(made.predictors.warning_n, 1);
    assert_string_equal(made.predictors.warning[0], "column 'age' alone has AUC 1.000 on train: does it say what is to be predicted?");
    unmake(&made);
}

static void an_ordinary_column_passes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct made made;
    double label[13];
    make_checked("{clinical: {columns: [age, f_a, f_b, g]}}", (const char *const[]){"5", "4", "5", "4", "5", "5", "4", "4", "4", "5", "4", "4", "9"}, &made, label);
    assert_done(predictors_check(&made.predictors, 0, &made.cohort, label, &err), err);
    assert_int_equal(made.predictors.warning_n, 0);
    unmake(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_follow_the_cells),
        cmocka_unit_test(patterns_choose_columns_once_in_the_tables_order),
        cmocka_unit_test(a_wide_pattern_takes_no_outcome),
        cmocka_unit_test(outcomes_are_no_predictors),
        cmocka_unit_test(a_missing_column_names_the_nearest),
        cmocka_unit_test(a_column_is_named_once),
        cmocka_unit_test(a_number_that_is_none_names_its_case),
        cmocka_unit_test(something_must_predict),
        cmocka_unit_test(a_case_without_any_value_is_not_used),
        cmocka_unit_test(a_function_of_the_label_is_refused),
        cmocka_unit_test(emptiness_that_tells_the_label_is_refused),
        cmocka_unit_test(a_column_that_separates_is_warned_of),
        cmocka_unit_test(an_ordinary_column_passes),
    };
    return tap_run(tests);
}
