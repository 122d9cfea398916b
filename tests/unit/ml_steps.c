/* Steps one by one: values worked out by hand, what is said, and that load(save()) applies to the same bytes. */
#include "ml/steps.h"

#include <math.h>

#include "ml/filters.h"
#include "ml/pipeline.h"
#include "ml/threshold.h"
#include "table/fold.h"
#include "tap.h"

enum { N = 8 };
static const double label[N] = {0, 0, 0, 0, 1, 1, 1, 1};
static const struct outcome outcome = {label, NULL, NULL};

static void add_numbers(struct table *table, const char *name, const double *values)
{
    struct err err = ERR_INIT;
    struct column *column = table_add(table, name, COLUMN_NUMBER, &err);
    assert_non_null(column);
    memcpy(column->number, values, N * sizeof *values);
}

/* Fits one step, checks that it survives a store, and gives what it makes of its own rows. */
static void run_step(const char *name, const void *settings, const struct table *table, struct table *out, const char *line)
{
    struct err err = ERR_INIT;
    struct step step = {ml_step_find(name), settings};
    struct rows rows = {table, &outcome, 0, NULL};
    struct pipeline *pipeline, *again;
    struct store store = {0};
    struct text text = TEXT_INIT;
    struct table second;
    assert_non_null(step.kind);
    assert_done(pipeline_fit(&step, 1, &rows, 1, &pipeline, out, &err), err);
    pipeline_describe_step(pipeline, 0, &text);
    assert_string_equal(text.bytes, line);
    assert_done(pipeline_save(pipeline, &store, "m", &err), err);
    assert_done(pipeline_load(&store, "m", &ml_steps, &again, &err), err);
    assert_done(pipeline_apply(again, table, &second, &err), err);
    assert_int_equal(second.column_n, out->column_n);
    for (size_t c = 0; c < second.column_n; c++) {
        assert_string_equal(second.column[c].name, out->column[c].name);
        if (second.column[c].kind == COLUMN_NUMBER)
            assert_memory_equal(second.column[c].number, out->column[c].number, N * sizeof(double));
        for (size_t r = 0; r < N; r++)
            assert_true(table_row_seen_itself(&second, r));
    }
    text_free(&text);
    table_free(&second);
    store_free(&store);
    pipeline_free(pipeline);
    pipeline_free(again);
}

static void holes_become_the_median_and_are_counted(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table, out;
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    add_numbers(&table, "afp", (double[]){1, NAN, 3, 4, 5, 6, NAN, 100});
    add_numbers(&table, "none", (double[]){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN});
    run_step("impute", NULL, &table, &out, "median imputation: 2 holes in 1 column (afp 2); left out for want of any value: none");
    assert_int_equal(out.column_n, 1);
    assert_double_near(out.column[0].number[1], 4.5, 0.0);
    table_free(&out);
    table_free(&table);
}

static void text_becomes_one_column_a_level_but_the_most_frequent(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table, out;
    static const char *const stage[N] = {"I", "II", "I", "III", "I", "II", NULL, "I"};
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    struct column *column = table_add(&table, "stage", COLUMN_TEXT, &err);
    for (size_t r = 0; r < N; r++)
        assert_done(table_set_text(&table, column, r, stage[r], &err), err);
    run_step("encode", NULL, &table, &out, "text columns coded 0/1: stage (3 levels, reference 'I')");
    assert_int_equal(out.column_n, 2);
    assert_string_equal(out.column[0].name, "stage=II");
    assert_double_near(out.column[0].number[1], 1.0, 0.0);
    assert_double_near(out.column[0].number[3], 0.0, 0.0);
    assert_true(isnan(out.column[1].number[6]));
    table_free(&out);
    table_free(&table);
}

static void of_two_columns_of_one_order_the_one_nearer_the_label_is_kept(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table, out;
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    add_numbers(&table, "weak", (double[]){1, 2, 3, 5, 4, 6, 7, 8});
    add_numbers(&table, "strong", (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    add_numbers(&table, "other", (double[]){5, 1, 8, 2, 6, 3, 7, 4});
    run_step("spearman", NULL, &table, &out, "Spearman: 2 of 3 columns kept, |rho| at most 0.9");
    assert_string_equal(out.column[0].name, "strong");
    assert_string_equal(out.column[1].name, "other");
    table_free(&out);
    table_free(&table);
}

static void filters_say_what_they_keep(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table, out;
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    add_numbers(&table, "a", (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    add_numbers(&table, "b", (double[]){1, 2, 3, 4, 5, 6, 7, 8});
    add_numbers(&table, "flat", (double[]){2, 2, 2, 2, 2, 2, 2, 2});
    add_numbers(&table, "noise", (double[]){5, 1, 8, 2, 6, 3, 7, 4});
    run_step("near_zero_variance", NULL, &table, &out, "near-zero variance: 3 of 4 columns kept");
    table_free(&out);
    run_step("duplicates", NULL, &table, &out, "duplicates: 3 of 4 columns kept");
    table_free(&out);
    /* U = 16 of 16: z = (16 - 8 - 0.5) / sqrt(12) = 2.165, P 0.0304 */
    run_step("mann_whitney", NULL, &table, &out, "Mann-Whitney: 2 of 4 columns kept, P at most 0.05");
    table_free(&out);
    struct icc_settings icc = {(const char *const[]){"a", "noise"}, (const double[]){0.9, 0.3}, 2, 0.0};
    run_step("icc", &icc, &table, &out, "ICC: 3 of 4 columns kept, ICC at least 0.75 (2 without an ICC kept)");
    table_free(&out);
    table_free(&table);
}

static void the_z_score_has_mean_0_and_sd_1_with_divisor_n(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table, out;
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    add_numbers(&table, "a", (double[]){2, 4, 4, 4, 5, 5, 7, 9});
    add_numbers(&table, "flat", (double[]){3, 3, 3, 3, 3, 3, 3, 3});
    run_step("zscore", NULL, &table, &out, "z-score of 2 columns");
    assert_double_near(out.column[0].number[0], -1.5, 1e-15); /* mean 5, sd 2 */
    assert_double_near(out.column[1].number[0], 0.0, 0.0);
    table_free(&out);
    table_free(&table);
}

static void a_hole_and_a_text_before_a_learner_are_refused_by_column(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table;
    struct pipeline *pipeline;
    struct rows rows = {&table, &outcome, 0, NULL};
    struct step step = {ml_step_find("lasso"), NULL};
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    add_numbers(&table, "a", (double[]){2, NAN, 4, 4, 5, 5, 7, 9});
    assert_false(pipeline_fit(&step, 1, &rows, 1, &pipeline, NULL, &err));
    assert_error(err, ERR_INPUT, "lasso: column a has a hole in row 1, expected none behind an impute step");
    assert_non_null(table_add(&table, "stage", COLUMN_TEXT, &err));
    assert_false(pipeline_fit(&step, 1, &rows, 1, &pipeline, NULL, &err));
    assert_error_has(err, ERR_INPUT, "column stage is text, expected numbers behind an encode step");
    table_free(&table);
}

static void folds_are_stratified_and_do_not_depend_on_the_order_of_rows(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct table table, turned;
    size_t fold[N], other[N], made, back[N] = {7, 6, 5, 4, 3, 2, 1, 0};
    double swapped[N];
    assert_done(table_init(&table, N, NULL, NULL, &err), err);
    struct rows rows = {&table, &outcome, 0, NULL};
    assert_done(fold_make(&rows, 4, 3, fold, &made, &err), err);
    assert_int_equal(made, 4);
    for (size_t f = 0; f < 4; f++) {
        size_t count[2] = {0, 0};
        for (size_t r = 0; r < N; r++)
            count[(size_t)label[r]] += fold[r] == f;
        assert_int_equal(count[0], 1);
        assert_int_equal(count[1], 1);
    }
    assert_done(table_take_rows(&table, back, N, &turned, &err), err);
    for (size_t r = 0; r < N; r++)
        swapped[r] = label[back[r]];
    struct outcome turned_outcome = {swapped, NULL, NULL};
    struct rows turned_rows = {&turned, &turned_outcome, 0, NULL};
    assert_done(fold_make(&turned_rows, 4, 3, other, &made, &err), err);
    for (size_t r = 0; r < N; r++)
        assert_int_equal(other[r], fold[back[r]]);
    /* Patients of two rows each: no fold cuts one. */
    struct rows grouped = {&table, &outcome, N, (size_t[]){0, 0, 1, 1, 2, 2, 3, 3}};
    assert_done(fold_make(&grouped, 4, 3, fold, &made, &err), err);
    assert_int_equal(made, 2);
    for (size_t r = 0; r < N; r += 2)
        assert_int_equal(fold[r], fold[r + 1]);
    table_free(&table);
    table_free(&turned);
}

static void the_threshold_is_youdens_unless_a_group_would_be_too_small(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct threshold cut;
    const double score[N] = {0.1, 0.2, 0.3, 0.6, 0.4, 0.7, 0.8, 0.9};
    struct threshold_rule rule = {THRESHOLD_YOUDEN, 0.0, 0.0};
    assert_done(threshold_choose(&rule, score, label, N, &cut, &err), err);
    assert_double_near(cut.value, 0.35, 1e-15); /* sensitivity 1, specificity 3/4; 0.65 gives the same J: 3/8 and 5/8 high are as near */
    rule = (struct threshold_rule){THRESHOLD_SENSITIVITY, 1.0, 0.0};
    assert_done(threshold_choose(&rule, score, label, N, &cut, &err), err);
    assert_double_near(cut.value, 0.35, 1e-15);
    rule = (struct threshold_rule){THRESHOLD_YOUDEN, 0.0, 0.5};
    assert_done(threshold_choose(&rule, score, label, N, &cut, &err), err);
    assert_double_near(cut.value, 0.5, 1e-15);
    assert_true(cut.share_bound);
    const double flat[N] = {1, 1, 1, 1, 1, 1, 1, 1};
    assert_done(threshold_choose(&rule, flat, label, N, &cut, &err), err);
    assert_true(cut.constant && cut.value == 1 && cut.high_share == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_become_the_median_and_are_counted),
        cmocka_unit_test(text_becomes_one_column_a_level_but_the_most_frequent),
        cmocka_unit_test(of_two_columns_of_one_order_the_one_nearer_the_label_is_kept),
        cmocka_unit_test(filters_say_what_they_keep),
        cmocka_unit_test(the_z_score_has_mean_0_and_sd_1_with_divisor_n),
        cmocka_unit_test(a_hole_and_a_text_before_a_learner_are_refused_by_column),
        cmocka_unit_test(folds_are_stratified_and_do_not_depend_on_the_order_of_rows),
        cmocka_unit_test(the_threshold_is_youdens_unless_a_group_would_be_too_small),
    };
    return tap_run(tests);
}
