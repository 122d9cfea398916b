/* The whole procedure on data made here: noise, signal, leakage, threads, what a step can see. */
#include "ml/procedure.h"

#include <math.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "ml/nested.h"
#include "ml/permute.h"
#include "ml/optimism.h"
#include "ml/steps.h"
#include "table/fold.h"
#include "tap.h"

enum { COLUMN_MAX = 200 };

/* n cases, p normal columns, of which the first `signal` follow the label. */
struct cohort {
    struct table table;
    struct outcome outcome;
    struct rows rows;
    double *label;
    char name[COLUMN_MAX][16];
    const char *column[COLUMN_MAX];
};

static struct cohort *cohort_make(size_t n, size_t p, size_t signal, double effect, uint64_t seed)
{
    struct err err = ERR_INIT;
    struct cohort *c = test_calloc(1, sizeof *c);
    assert_done(table_init(&c->table, n, NULL, NULL, &err), err);
    c->label = test_calloc(n, sizeof *c->label);
    struct rng coin = rng_make(seed, "test.label", 0, 0);
    for (size_t i = 0; i < n; i++)
        c->label[i] = rng_uniform(&coin) < 0.4;
    for (size_t j = 0; j < p; j++) {
        struct rng rng = rng_make(seed, "test.column", j, 0);
        snprintf(c->name[j], sizeof c->name[j], "f%zu", j);
        c->column[j] = c->name[j];
        struct column *column = table_add(&c->table, c->name[j], COLUMN_NUMBER, &err);
        assert_non_null(column);
        for (size_t i = 0; i < n; i++)
            column->number[i] = rng_normal(&rng) + (j < signal ? effect * c->label[i] : 0.0);
    }
    c->outcome.label = c->label;
    c->rows = (struct rows){&c->table, &c->outcome, 0, NULL};
    return c;
}

static void cohort_free(struct cohort *c)
{
    table_free(&c->table);
    test_free(c->label);
    test_free(c);
}

static struct learner_choice learners[6];

static struct procedure procedure_make(const struct block *block, size_t block_n, const char *only)
{
    size_t n = 0;
    for (size_t l = 0; l < ml_learner_n; l++)
        if (only == NULL || strcmp(only, ml_learners[l].name) == 0)
            learners[n++] = (struct learner_choice){ml_learners[l].name, ml_learners[l].step};
    return (struct procedure){.block = block, .block_n = block_n, .learner = learners, .learner_n = n, .repeat_n = 1, .fold_n = 5};
}

static struct block block_make(const struct cohort *c, size_t p)
{
    return (struct block){.name = "all", .column = c->column, .column_n = p, .prefix = ml_default_prefix, .prefix_n = ml_default_prefix_n, .may_win = true};
}

static void signal_is_found_and_the_winner_scores_new_cases(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *train = cohort_make(120, 30, 4, 1.0, 1), *other = cohort_make(200, 30, 4, 1.0, 2);
    struct block block = block_make(train, 30);
    struct procedure procedure = procedure_make(&block, 1, NULL);
    struct procedure_result result;
    assert_done(procedure_fit(&procedure, &train->rows, 7, &result, &err), err);
    for (size_t c = 0; c < result.ranking.candidate_n; c++) {
        assert_null(result.ranking.failed[c]);
        assert_true(result.ranking.auc_mean[c] > 0.75);
    }
    double probability[200], mean[2] = {0, 0}, count[2] = {0, 0};
    bool apparent[200];
    assert_done(procedure_score(&result, &train->table, probability, apparent, &err), err);
    for (size_t i = 0; i < 120; i++)
        assert_true(apparent[i]);
    for (size_t i = 0; i < 200; i++)
        other->table.row[i] = 1000 + i;
    assert_done(procedure_score(&result, &other->table, probability, apparent, &err), err);
    for (size_t i = 0; i < 200; i++) {
        assert_false(apparent[i]);
        assert_true(probability[i] > 0.0 && probability[i] < 1.0);
        mean[other->label[i] == 1.0] += probability[i];
        count[other->label[i] == 1.0] += 1.0;
    }
    assert_true(mean[1] / count[1] > mean[0] / count[0] + 0.2);
    procedure_result_free(&result);
    cohort_free(train);
    cohort_free(other);
}

static void the_model_applies_the_same_after_save_and_load_for_every_learner(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(90, 12, 3, 1.0, 3);
    struct block blocks[3] = {block_make(c, 12), block_make(c, 6), {.name = "late", .member = (size_t[]){0, 1}, .member_n = 2, .fusion = FUSION_STACKED, .may_win = true}};
    blocks[1].name = "half";
    for (size_t l = 0; l < ml_learner_n; l++)
        for (size_t b = 0; b < 3; b += 2) {
            struct procedure procedure = procedure_make(blocks, 3, ml_learners[l].name);
            struct crossval_plan plan = {blocks, 3, procedure.learner, 1, 1, 3, NULL};
            struct pipeline *pipeline, *again;
            struct store store = {0}, second = {0};
            struct table one, two;
            assert_done(candidate_fit(&plan, b, &c->rows, 11, &pipeline, &err), err);
            assert_done(pipeline_save(pipeline, &store, "model", &err), err);
            assert_done(pipeline_load(&store, "model", &ml_steps, &again, &err), err);
            assert_done(pipeline_save(again, &second, "model", &err), err);
            assert_int_equal(store.tensor_n, second.tensor_n);
            for (size_t t = 0; t < store.tensor_n; t++)
                assert_memory_equal(store.tensor[t].values, second.tensor[t].values, tensor_value_n(&store.tensor[t]) * tensor_type_size(store.tensor[t].type));
            assert_done(pipeline_apply(pipeline, &c->table, &one, &err), err);
            assert_done(pipeline_apply(again, &c->table, &two, &err), err);
            assert_memory_equal(table_find(&one, SCORE_COLUMN)->number, table_find(&two, SCORE_COLUMN)->number, 90 * sizeof(double));
            if (pipeline_is_linear(pipeline)) {
                struct table parts, raw; /* raw: before the score is standardised */
                struct parts made_of;
                assert_done(pipeline_contributions(pipeline, &c->table, &parts, &err), err);
                assert_done(pipeline_apply_part(pipeline, pipeline_step_n(pipeline) - 1, &c->table, &raw, &err), err);
                assert_done(pipeline_parts(pipeline, &made_of, &err), err);
                for (size_t i = 0; i < 90; i++) {
                    double sum = made_of.constant;
                    for (size_t k = 0; k < parts.column_n; k++)
                        sum += parts.column[k].number[i];
                    assert_double_near(sum, table_find(&raw, SCORE_COLUMN)->number[i], 1e-9);
                }
                parts_free(&made_of);
                table_free(&parts);
                table_free(&raw);
            }
            table_free(&one);
            table_free(&two);
            store_free(&store);
            store_free(&second);
            pipeline_free(pipeline);
            pipeline_free(again);
        }
    cohort_free(c);
}

static void any_number_of_threads_gives_the_same_bytes(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(80, 20, 2, 0.8, 4);
    struct block block = block_make(c, 20);
    struct procedure procedure = procedure_make(&block, 1, NULL);
    struct crossval_plan plan = {&block, 1, procedure.learner, procedure.learner_n, 2, 4, NULL};
    struct crossval first = {0};
    static const size_t threads[] = {1, 1, 2, 8};
    for (size_t t = 0; t < 4; t++) {
        struct crossval now;
        assert_done(pool_start(threads[t], &err), err);
        assert_done(crossval_run(&plan, &c->rows, 5, &now, &err), err);
        pool_stop();
        if (t == 0) {
            first = now;
            continue;
        }
        assert_memory_equal(first.score, now.score, first.candidate_n * 2 * 80 * sizeof(double));
        assert_memory_equal(first.auc_mean, now.auc_mean, first.candidate_n * sizeof(double));
        crossval_free(&now);
    }
    crossval_free(&first);
    cohort_free(c);
}

/* Mean of the AUC of rows held out over permuted runs on noise. */
static struct permuted noise_runs(bool leaky)
{
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(90, 150, 0, 0.0, 6);
    struct block block = block_make(c, 150);
    struct procedure procedure = procedure_make(&block, 1, "ridge");
    struct permuted out;
    procedure.fold_n = 3;
    procedure.leaky = leaky ? &c->rows : NULL;
    assert_done(permute_run(&procedure, &c->rows, 30, 9, &out, &err), err);
    cohort_free(c);
    return out;
}

static void noise_gives_half_and_leaking_selection_gives_more(void **state)
{
    (void)state;
    struct permuted honest = noise_runs(false), leaky = noise_runs(true);
    print_message("# honest %.3f (se %.3f), leaky %.3f (se %.3f)\n", honest.auc_mean, honest.auc_se, leaky.auc_mean, leaky.auc_se);
    assert_true(fabs(honest.auc_mean - 0.5) < 3.5 * honest.auc_se);
    assert_true(leaky.auc_mean - 0.5 > 3.5 * leaky.auc_se && leaky.auc_mean > 0.65);
    assert_true(leaky.leaky && !honest.leaky);
    permuted_free(&honest);
    permuted_free(&leaky);
}

/* A step that writes down all that it is shown: rows, values, outcomes. */
static struct {
    size_t calls;
    bool saw_held, saw_outcome;
    const size_t *fold;
} spy;

static bool spy_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **spied, struct table *train_columns, struct err *err)
{
    (void)step;
    (void)seed;
    (void)train_columns;
    (void)err;
    *spied = &spy;
    spy.calls++;
    spy.saw_outcome = spy.saw_outcome || rows->outcome != NULL;
    for (size_t r = 0; r < rows->table->row_n; r++)
        spy.saw_held = spy.saw_held || spy.fold[rows->table->row[r]] == 0;
    return true;
}

static bool spy_apply(const void *spied, const struct table *table, struct table *out, struct err *err)
{
    (void)spied;
    size_t all[COLUMN_MAX];
    for (size_t c = 0; c < table->column_n; c++)
        all[c] = c;
    return table_take_columns(table, all, table->column_n, out, err);
}

static void spy_free(void *spied)
{
    (void)spied;
}

static const struct step_kind spy_kind = {.name = "spy", .title = "spy", .outcome = STEP_NO_OUTCOME, .fit = spy_fit, .apply = spy_apply, .free = spy_free};

static void a_step_sees_its_rows_alone_and_no_outcome_it_did_not_ask_for(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(40, 5, 1, 1.0, 8);
    size_t fold[40], position[40], made;
    assert_done(fold_make(&c->rows, 4, 1, fold, &made, &err), err);
    spy.fold = fold;
    size_t m = fold_positions(fold, 40, 0, false, position);
    struct rows_part train;
    assert_done(rows_take(&c->rows, position, m, &train, &err), err);
    struct step steps[2] = {{&spy_kind, NULL}, {ml_step_find("lasso"), NULL}};
    struct pipeline *pipeline;
    assert_done(pipeline_fit(steps, 2, &train.rows, 3, &pipeline, NULL, &err), err);
    assert_int_equal(spy.calls, 1);
    assert_false(spy.saw_held);
    assert_false(spy.saw_outcome);
    rows_part_free(&train);
    pipeline_free(pipeline);
    cohort_free(c);
}

static void what_the_held_out_rows_hold_changes_nothing_that_was_fitted(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(60, 10, 2, 1.0, 10);
    struct block block = block_make(c, 10);
    struct procedure procedure = procedure_make(&block, 1, "lasso");
    struct crossval_plan plan = {&block, 1, procedure.learner, 1, 1, 3, NULL};
    struct crossval before, after;
    assert_done(crossval_run(&plan, &c->rows, 2, &before, &err), err);
    /* One row of fold 0 is moved far away: the model that scores fold 0 was fitted without it, so the others there stay as they were. */
    size_t held = 0;
    while (before.fold[held] != 0)
        held++;
    double kept = c->table.column[0].number[held];
    c->table.column[0].number[held] = kept + 1000.0;
    assert_done(crossval_run(&plan, &c->rows, 2, &after, &err), err);
    for (size_t i = 0; i < 60; i++)
        if (before.fold[i] == 0 && i != held)
            assert_double_near(before.score[i], after.score[i], 0.0);
    crossval_free(&before);
    crossval_free(&after);
    cohort_free(c);
}

static void an_endpoint_is_refused_by_name(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(30, 3, 1, 1.0, 12);
    struct outcome endpoint = {NULL, c->label, c->label};
    struct rows rows = {&c->table, &endpoint, 0, NULL};
    struct step step = {ml_step_find("forest"), NULL};
    struct pipeline *pipeline;
    assert_false(pipeline_fit(&step, 1, &rows, 1, &pipeline, NULL, &err));
    assert_error(err, ERR_INPUT, "forest: the target is an endpoint (time and event), expected a label");
    cohort_free(c);
}

static void nested_runs_and_optimism_measure_the_whole_procedure(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort *c = cohort_make(90, 20, 3, 1.0, 13);
    struct block block = block_make(c, 20);
    struct procedure procedure = procedure_make(&block, 1, "ridge");
    struct crossval_plan plan = {&block, 1, procedure.learner, 1, 1, 3, NULL};
    struct nested nested;
    struct optimism optimism;
    assert_done(nested_run(&procedure, &c->rows, 1, 3, 4, &nested, &err), err);
    assert_true(nested.auc_mean > 0.7 && nested.auc_mean < 1.0);
    assert_done(optimism_run(&plan, 0, &c->rows, 10, 4, &optimism, &err), err);
    assert_true(optimism.optimism > 0.0);
    assert_true(optimism.auc_632plus < optimism.apparent && optimism.auc_632plus > optimism.oob_mean - 1e-9);
    nested_free(&nested);
    optimism_free(&optimism);
    cohort_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signal_is_found_and_the_winner_scores_new_cases),
        cmocka_unit_test(the_model_applies_the_same_after_save_and_load_for_every_learner),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bytes),
        cmocka_unit_test(noise_gives_half_and_leaking_selection_gives_more),
        cmocka_unit_test(a_step_sees_its_rows_alone_and_no_outcome_it_did_not_ask_for),
        cmocka_unit_test(what_the_held_out_rows_hold_changes_nothing_that_was_fitted),
        cmocka_unit_test(an_endpoint_is_refused_by_name),
        cmocka_unit_test(nested_runs_and_optimism_measure_the_whole_procedure),
    };
    return tap_run(tests);
}
