/* Steps that blocks share, tried with a cross-fitted step that can do nothing but remember: who sees what, and how often. */
#include "ml/shared.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "ml/crossval.h"
#include "ml/nested.h"
#include "ml/optimism.h"
#include "ml/permute.h"
#include "ml/procedure.h"
#include "ml/steps.h"
#include "stats/roc.h"
#include "tap.h"

#define MEMORY_COLUMN "deep.memory.logit"
enum { PART_N = 3, CASE_N = 120, ROW_MAX = 1000 };

/* Part k of PART_N remembers the labels of all fitted rows whose cohort row is not k modulo PART_N, and answers with them; of any other
 * row it knows nothing, and says noise. `gain` times column f0 is added: something that can be learnt. */
struct memory_settings {
    double gain;
    bool refuses;
};

struct memory {
    double label[ROW_MAX]; /* by cohort row; NaN: never seen */
    double gain;
};

static struct {
    atomic_size_t fits, remembered; /* remembered: rows given to apply() that the state was fitted on */
} spy;

static double noise(size_t row)
{
    struct rng rng = rng_make(99, "test.noise", row, 0);
    return rng_normal(&rng);
}

static double answer(const struct memory *memory, size_t part, size_t row, double x)
{
    bool known = !isnan(memory->label[row]) && row % PART_N != part;
    return memory->gain * x + (known ? 20.0 * memory->label[row] - 10.0 : noise(row));
}

static bool copy_all(const struct table *table, struct table *out, struct err *err)
{
    size_t all[64];
    for (size_t c = 0; c < table->column_n; c++)
        all[c] = c;
    return table_take_columns(table, all, table->column_n, out, err);
}

static struct rowset *rows_of_others(const struct table *table, size_t part, struct err *err)
{
    size_t row[ROW_MAX], n = 0;
    for (size_t i = 0; i < table->row_n; i++)
        if (table->row[i] % PART_N != part)
            row[n++] = table->row[i];
    return rowset_make(row, n, err);
}

static bool memory_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    const struct memory_settings *settings = step->settings;
    atomic_fetch_add(&spy.fits, 1);
    if (settings->refuses)
        return err_set(err, ERR_INPUT, "there is nothing to remember");
    struct memory *memory = mem_zero(1, sizeof *memory, err);
    struct column *column;
    if (memory == NULL || !copy_all(rows->table, train_columns, err) || (column = table_add(train_columns, MEMORY_COLUMN, COLUMN_NUMBER, err)) == NULL)
        return false;
    memory->gain = settings->gain;
    for (size_t r = 0; r < ROW_MAX; r++)
        memory->label[r] = NAN;
    for (size_t i = 0; i < rows->table->row_n; i++)
        memory->label[rows->table->row[i]] = rows->outcome->label[i];
    const double *x = table_find(train_columns, "f0")->number;
    column->seen.each = mem_zero(rows->table->row_n, sizeof *column->seen.each, err);
    for (size_t i = 0; i < rows->table->row_n; i++) {
        size_t part = rows->table->row[i] % PART_N;
        column->number[i] = answer(memory, part, rows->table->row[i], x[i]);
        column->seen.each[i] = rows_of_others(rows->table, part, err);
    }
    *state = memory;
    return true;
}

static bool memory_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct memory *memory = state;
    struct column *column;
    if (!copy_all(table, out, err) || (column = table_add(out, MEMORY_COLUMN, COLUMN_NUMBER, err)) == NULL)
        return false;
    const double *x = table_find(out, "f0")->number;
    for (size_t i = 0; i < table->row_n; i++) {
        column->number[i] = 0.0;
        for (size_t part = 0; part < PART_N; part++)
            column->number[i] += answer(memory, part, table->row[i], x[i]) / PART_N;
        if (!isnan(memory->label[table->row[i]]))
            atomic_fetch_add(&spy.remembered, 1);
    }
    return true;
}

static bool memory_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    return store_put_f64(store, prefix, state, sizeof(struct memory) / sizeof(double), err);
}

static bool memory_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    const double *values;
    if (!store_get_f64(store, prefix, sizeof(struct memory) / sizeof(double), &values, NULL, err) || (*state = mem_alloc(1, sizeof(struct memory), err)) == NULL)
        return false;
    memcpy(*state, values, sizeof(struct memory));
    return true;
}

static void memory_describe(const void *state, struct text *out)
{
    (void)state;
    text_add(out, "memory");
}

static const struct step_kind memory_kind = {.name = "memory", .title = "memory", .outcome = STEP_LABEL, .fit = memory_fit, .apply = memory_apply,
                                             .save = memory_save, .load = memory_load, .describe = memory_describe, .free = mem_free};

/* ---- a cohort of noise: blocks hand (f0..f3), deep (the step's column), both early, both late ---- */

enum { BLOCK_HAND, BLOCK_DEEP, BLOCK_EARLY, BLOCK_LATE, BLOCK_N, LEARNER_N = 2 };

struct study {
    struct table table;
    double label[CASE_N];
    struct outcome outcome;
    struct rows rows;
    struct block block[BLOCK_N];
    struct learner_choice learner[LEARNER_N];
    struct memory_settings settings;
    struct step step;
};

static const char *const hand[] = {"f0", "f1", "f2", "f3"};
static const char *const deep[] = {MEMORY_COLUMN};
static const char *const early[] = {"f0", "f1", "f2", "f3", MEMORY_COLUMN};
static const size_t members[] = {BLOCK_HAND, BLOCK_DEEP};

static struct study *study_make(double effect, double gain, uint64_t seed)
{
    struct err err = ERR_INIT;
    struct study *s = test_calloc(1, sizeof *s);
    assert_done(table_init(&s->table, CASE_N, NULL, NULL, &err), err);
    struct rng coin = rng_make(seed, "test.label", 0, 0);
    for (size_t i = 0; i < CASE_N; i++)
        s->label[i] = rng_uniform(&coin) < 0.45;
    for (size_t j = 0; j < 4; j++) {
        struct rng rng = rng_make(seed, "test.column", j, 0);
        struct column *column = table_add(&s->table, hand[j], COLUMN_NUMBER, &err);
        assert_non_null(column);
        for (size_t i = 0; i < CASE_N; i++)
            column->number[i] = rng_normal(&rng) + (j == 0 ? effect * s->label[i] : 0.0);
    }
    s->outcome.label = s->label;
    s->rows = (struct rows){&s->table, &s->outcome, 0, NULL};
    s->block[BLOCK_HAND] = (struct block){"hand", hand, 4, ml_default_prefix, ml_default_prefix_n, NULL, 0, FUSION_MEAN, true};
    s->block[BLOCK_DEEP] = (struct block){"deep", deep, 1, ml_default_prefix, ml_default_prefix_n, NULL, 0, FUSION_MEAN, true};
    s->block[BLOCK_EARLY] = (struct block){"hand+deep.early", early, 5, ml_default_prefix, ml_default_prefix_n, NULL, 0, FUSION_MEAN, true};
    s->block[BLOCK_LATE] = (struct block){.name = "hand+deep.late", .member = members, .member_n = 2, .fusion = FUSION_STACKED, .may_win = true};
    s->learner[0] = (struct learner_choice){"ridge", ml_learner_find("ridge")->step};
    s->learner[1] = (struct learner_choice){"lasso", ml_learner_find("lasso")->step};
    s->settings.gain = gain;
    s->step = (struct step){&memory_kind, &s->settings};
    atomic_store(&spy.fits, 0);
    atomic_store(&spy.remembered, 0);
    return s;
}

static void study_free(struct study *s)
{
    table_free(&s->table);
    test_free(s);
}

static struct shared shared_of(const struct study *s)
{
    return (struct shared){&s->step, 1, deep, 1};
}

static struct crossval_plan plan_of(const struct study *s, size_t repeat_n, size_t fold_n)
{
    return (struct crossval_plan){s->block, BLOCK_N, s->learner, LEARNER_N, repeat_n, fold_n, NULL, shared_of(s)};
}

static struct procedure procedure_of(const struct study *s)
{
    return (struct procedure){.block = s->block, .block_n = BLOCK_N, .learner = s->learner, .learner_n = LEARNER_N, .repeat_n = 1, .fold_n = 3,
                              .shared = shared_of(s), .shared_in_folds = shared_of(s)};
}

static size_t candidate_of(size_t block)
{
    return block * LEARNER_N;
}

/* ---- */

static void shared_steps_are_fitted_once_a_fold_for_all_blocks_and_learners(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(0.0, 0.0, 1);
    struct crossval_plan plan = plan_of(s, 2, 4);
    struct crossval out;
    assert_done(crossval_run(&plan, &s->rows, 5, &out, &err), err);
    assert_int_equal(atomic_load(&spy.fits), 8);
    for (size_t c = 0; c < out.candidate_n; c++)
        assert_null(out.failed[c]);
    crossval_free(&out);
    plan.block_n = 1; /* the block without a deep column does not pay for one */
    assert_done(crossval_run(&plan, &s->rows, 5, &out, &err), err);
    assert_int_equal(atomic_load(&spy.fits), 8);
    crossval_free(&out);
    study_free(s);
}

static void a_block_that_names_no_shared_column_scores_as_if_there_were_none(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(1.0, 1.0, 2);
    struct crossval_plan with = plan_of(s, 1, 4), without = with;
    struct crossval one, two;
    without.block_n = 1;
    without.shared = (struct shared){0};
    assert_done(crossval_run(&with, &s->rows, 5, &one, &err), err);
    assert_done(crossval_run(&without, &s->rows, 5, &two, &err), err);
    assert_memory_equal(one.score, two.score, LEARNER_N * CASE_N * sizeof(double));
    crossval_free(&one);
    crossval_free(&two);
    study_free(s);
}

static void no_shared_step_is_fitted_on_a_row_that_its_fold_holds_out(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(0.0, 0.0, 3);
    struct crossval_plan plan = plan_of(s, 3, 5);
    struct crossval out;
    assert_done(crossval_run(&plan, &s->rows, 5, &out, &err), err);
    assert_int_equal(atomic_load(&spy.remembered), 0);
    crossval_free(&out);
    plan.leaky = &s->rows; /* the same count finds a leak */
    assert_done(crossval_run(&plan, &s->rows, 5, &out, &err), err);
    assert_true(atomic_load(&spy.remembered) > 0);
    crossval_free(&out);
    study_free(s);
}

static void training_rows_are_learnt_from_by_values_that_have_not_seen_them(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(0.0, 0.0, 4);
    struct crossval_plan plan = plan_of(s, 1, 3);
    struct pipeline *pipeline;
    struct table train = {0};
    assert_done(candidate_fit_keep(&plan, candidate_of(BLOCK_EARLY), &s->rows, 6, &pipeline, &train, &err), err);
    const struct column *column = table_find(&train, MEMORY_COLUMN);
    assert_non_null(column);
    for (size_t i = 0; i < CASE_N; i++) {
        assert_double_near(column->number[i], noise(i), 0.0);
        for (size_t other = 0; other < CASE_N; other++)
            assert_int_equal(rowset_has(column_seen(column, i), other), other % PART_N != i % PART_N);
        assert_false(table_row_seen_itself(&train, i));
    }
    assert_string_equal(pipeline_step_kind(pipeline, 0)->name, "memory");
    assert_int_equal(rowset_n(pipeline_fitted(pipeline)), CASE_N);
    struct table scored;
    assert_done(pipeline_apply(pipeline, &s->table, &scored, &err), err);
    for (size_t i = 0; i < CASE_N; i++)
        assert_true(table_row_seen_itself(&scored, i)); /* a measure there is apparent */
    table_free(&scored);
    table_free(&train);
    pipeline_free(pipeline);
    assert_done(candidate_fit_keep(&plan, candidate_of(BLOCK_HAND), &s->rows, 6, &pipeline, &train, &err), err);
    assert_string_equal(pipeline_step_kind(pipeline, 0)->name, "columns");
    assert_int_equal(train.column_n, 0);
    pipeline_free(pipeline);
    study_free(s);
}

static void any_number_of_threads_gives_the_same_bytes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(0.7, 1.0, 5);
    struct crossval_plan plan = plan_of(s, 2, 4);
    struct crossval first = {0};
    static const size_t threads[] = {1, 2, 4, 8};
    for (size_t t = 0; t < 4; t++) {
        struct crossval now;
        assert_done(pool_start(threads[t], &err), err);
        assert_done(crossval_run(&plan, &s->rows, 5, &now, &err), err);
        pool_stop();
        if (t == 0) {
            first = now;
            continue;
        }
        assert_memory_equal(first.score, now.score, first.candidate_n * 2 * CASE_N * sizeof(double));
        crossval_free(&now);
    }
    crossval_free(&first);
    study_free(s);
}

/* Mean over cohorts of noise of the cross-validated AUC of a block's first learner. */
static double mean_auc(size_t block, bool leaky, double *se)
{
    enum { RUN_N = 12 };
    double auc[RUN_N], mean, sd;
    for (size_t run = 0; run < RUN_N; run++) {
        struct err err = ERR_INIT;
        struct study *s = study_make(0.0, 0.0, 100 + run);
        struct crossval_plan plan = plan_of(s, 1, 5);
        struct crossval out;
        plan.leaky = leaky ? &s->rows : NULL;
        assert_done(crossval_run(&plan, &s->rows, run, &out, &err), err);
        auc[run] = out.auc_mean[candidate_of(block)];
        crossval_free(&out);
        study_free(s);
    }
    summarise_auc(auc, RUN_N, &mean, &sd);
    *se = sd / sqrt(RUN_N);
    return mean;
}

static void a_step_that_remembers_labels_scores_half_out_of_fold(void **state)
{
    (void)state;
    static const size_t blocks[] = {BLOCK_DEEP, BLOCK_EARLY, BLOCK_LATE};
    for (size_t b = 0; b < 3; b++) {
        double se, leaky_se, honest = mean_auc(blocks[b], false, &se), leaky = mean_auc(blocks[b], true, &leaky_se);
        print_message("# block %zu: honest %.3f (se %.3f), leaky %.3f\n", blocks[b], honest, se, leaky);
        assert_true(fabs(honest - 0.5) < 3.5 * se);
        assert_true(leaky > 0.9);
    }
}

static void nested_permuted_and_bootstrap_hold_what_they_judge_away_from_the_shared_steps(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(0.0, 0.0, 6);
    struct procedure procedure = procedure_of(s);
    struct nested nested;
    struct permuted permuted;
    struct optimism optimism;
    procedure.block = s->block + BLOCK_DEEP;
    procedure.block_n = 1;
    assert_done(nested_run(&procedure, &s->rows, 1, 3, 4, &nested, &err), err);
    assert_int_equal(atomic_load(&spy.fits), 12); /* three outer folds: three inner ones and the refit */
    assert_int_equal(atomic_load(&spy.remembered), 0);
    assert_true(fabs(nested.auc_mean - 0.5) < 0.2);
    atomic_store(&spy.fits, 0);
    assert_done(permute_run(&procedure, &s->rows, 10, 4, &permuted, &err), err);
    assert_int_equal(atomic_load(&spy.fits), 40);
    assert_int_equal(atomic_load(&spy.remembered), 0);
    assert_true(fabs(permuted.auc_mean - 0.5) < 3.5 * permuted.auc_se);
    struct crossval_plan plan = procedure_plan(&procedure);
    assert_done(optimism_run(&plan, 0, &s->rows, 10, 4, &optimism, &err), err);
    assert_true(fabs(optimism.apparent - 0.5) > 0.45); /* remembered, with whatever sign the learner drew from noise */
    assert_true(fabs(optimism.oob_mean - 0.5) < 0.1);
    nested_free(&nested);
    permuted_free(&permuted);
    optimism_free(&optimism);
    study_free(s);
}

static void the_winner_carries_the_shared_steps_it_uses_into_its_model(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static const struct step_kind *const extra[] = {&memory_kind};
    for (size_t only = 0; only < BLOCK_N; only++) {
        struct study *s = study_make(1.5, 1.0, 7);
        struct procedure procedure = procedure_of(s);
        struct procedure_result result;
        for (size_t b = 0; b < BLOCK_N; b++)
            s->block[b].may_win = b == only;
        assert_done(procedure_fit(&procedure, &s->rows, 3, &result, &err), err);
        bool deep_winner = only != BLOCK_HAND;
        assert_int_equal(result.block, only);
        assert_int_equal(result.shared_n, deep_winner);
        assert_int_equal(result.shared_train.column_n, deep_winner ? 5 : 0);
        assert_string_equal(pipeline_step_kind(result.pipeline, 0)->name, deep_winner ? "memory" : only == BLOCK_LATE ? "fusion" : "columns");
        const struct step_kind *all[64];
        size_t n = 0;
        for (; n < ml_steps.n; n++)
            all[n] = ml_steps.kind[n];
        all[n++] = extra[0];
        struct step_registry known = {all, n};
        struct store store = {0};
        struct pipeline *again;
        struct table one, two;
        for (size_t i = 0; i < CASE_N; i++) /* new cases: none is remembered */
            s->table.row[i] = 500 + i;
        assert_done(pipeline_save(result.pipeline, &store, "model", &err), err);
        assert_done(pipeline_load(&store, "model", &known, &again, &err), err);
        assert_done(pipeline_apply(result.pipeline, &s->table, &one, &err), err);
        assert_done(pipeline_apply(again, &s->table, &two, &err), err);
        assert_memory_equal(table_find(&one, PROBABILITY_COLUMN)->number, table_find(&two, PROBABILITY_COLUMN)->number, CASE_N * sizeof(double));
        size_t scratch[CASE_N];
        assert_true(roc_auc_value(table_find(&one, PROBABILITY_COLUMN)->number, s->label, CASE_N, scratch) > 0.7);
        table_free(&one);
        table_free(&two);
        store_free(&store);
        pipeline_free(again);
        procedure_result_free(&result);
        study_free(s);
    }
}

static void folds_and_the_last_fit_take_their_own_settings(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(0.0, 0.0, 8);
    struct memory_settings fine = {3.0, false};
    struct step step = {&memory_kind, &fine};
    struct procedure procedure = procedure_of(s);
    struct procedure_result result;
    procedure.shared.step = &step;
    for (size_t b = 0; b < BLOCK_N; b++)
        s->block[b].may_win = b == BLOCK_DEEP;
    assert_done(procedure_fit(&procedure, &s->rows, 3, &result, &err), err);
    const double *x = table_find(&s->table, "f0")->number, *logit = table_find(&result.shared_train, MEMORY_COLUMN)->number;
    for (size_t i = 0; i < CASE_N; i++)
        assert_double_near(logit[i], 3.0 * x[i] + noise(i), 1e-12);
    /* In the folds the gain was 0, so a change of f0 there changes no out-of-fold score of the deep block. */
    struct crossval_plan plan = procedure_plan(&procedure);
    struct crossval before, after;
    assert_done(crossval_run(&plan, &s->rows, 1, &before, &err), err);
    s->table.column[0].number[0] += 100.0;
    assert_done(crossval_run(&plan, &s->rows, 1, &after, &err), err);
    size_t at = candidate_of(BLOCK_DEEP) * CASE_N;
    assert_memory_equal(before.score + at, after.score + at, CASE_N * sizeof(double));
    crossval_free(&before);
    crossval_free(&after);
    procedure_result_free(&result);
    study_free(s);
}

static void a_fold_where_shared_steps_fail_fails_the_blocks_that_use_them_alone(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct study *s = study_make(1.0, 0.0, 9);
    struct procedure procedure = procedure_of(s);
    struct procedure_result result;
    s->settings.refuses = true;
    assert_done(procedure_fit(&procedure, &s->rows, 3, &result, &err), err);
    assert_int_equal(result.block, BLOCK_HAND);
    for (size_t c = 0; c < result.ranking.candidate_n; c++)
        if (c / LEARNER_N == BLOCK_HAND)
            assert_null(result.ranking.failed[c]);
        else
            assert_string_equal(result.ranking.failed[c], "memory: there is nothing to remember");
    procedure_result_free(&result);
    study_free(s);
}

static void the_cost_counts_what_is_fitted_once_for_all(void **state)
{
    (void)state;
    struct validation_cost quick = validation_shared_cost(&validation_efforts[VALIDATION_QUICK]);
    struct validation_cost standard = validation_shared_cost(&validation_efforts[VALIDATION_STANDARD]);
    assert_int_equal(quick.rank, 6);
    assert_int_equal(quick.nested, 12);
    assert_int_equal(quick.permuted, 20);
    assert_int_equal(quick.bootstrap, 0);
    assert_int_equal(quick.total, 38);
    assert_int_equal(standard.rank, 16);
    assert_int_equal(standard.nested, 30);
    assert_int_equal(standard.permuted, 80);
    assert_int_equal(standard.bootstrap, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_steps_are_fitted_once_a_fold_for_all_blocks_and_learners),
        cmocka_unit_test(a_block_that_names_no_shared_column_scores_as_if_there_were_none),
        cmocka_unit_test(no_shared_step_is_fitted_on_a_row_that_its_fold_holds_out),
        cmocka_unit_test(training_rows_are_learnt_from_by_values_that_have_not_seen_them),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(a_step_that_remembers_labels_scores_half_out_of_fold),
        cmocka_unit_test(nested_permuted_and_bootstrap_hold_what_they_judge_away_from_the_shared_steps),
        cmocka_unit_test(the_winner_carries_the_shared_steps_it_uses_into_its_model),
        cmocka_unit_test(folds_and_the_last_fit_take_their_own_settings),
        cmocka_unit_test(a_fold_where_shared_steps_fail_fails_the_blocks_that_use_them_alone),
        cmocka_unit_test(the_cost_counts_what_is_fitted_once_for_all),
    };
    return tap_run(tests);
}
