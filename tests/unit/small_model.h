/* A small locked model on made rows, for the tests of what is done with one: columns a, b (numbers, with holes) and sex (F, M) in
 * the block clinical, t1, t2 in the block radiomics; both blocks fused late, or all columns in one block. */
#ifndef HEPAR_TESTS_UNIT_SMALL_MODEL_H
#define HEPAR_TESTS_UNIT_SMALL_MODEL_H

#include <math.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/encode.h"
#include "ml/impute.h"
#include "ml/procedure.h"
#include "ml/steps.h"
#include "ml/zscore.h"
#include "study/model.h"
#include "tap.h"

enum { SMALL_N = 90, SMALL_INPUT_N = 5 };

static const char *const small_column[SMALL_INPUT_N] = {"a", "b", "sex", "t1", "t2"};
static const char *const small_block[SMALL_INPUT_N] = {"clinical", "clinical", "clinical", "radiomics", "radiomics"};

struct small {
    struct table table;
    double label[SMALL_N];
    struct model model;
};

static void small_rows(struct small *small)
{
    struct err err = ERR_INIT;
    assert_done(table_init(&small->table, SMALL_N, NULL, NULL, &err), err);
    for (size_t i = 0; i < SMALL_N; i++) {
        struct rng rng = rng_make(3, "test.label", i, 0);
        small->label[i] = rng_uniform(&rng) < 0.45;
    }
    for (size_t c = 0; c < SMALL_INPUT_N; c++) {
        struct column *column = table_add(&small->table, small_column[c], c == 2 ? COLUMN_TEXT : COLUMN_NUMBER, &err);
        assert_non_null(column);
        for (size_t i = 0; i < SMALL_N; i++) {
            struct rng rng = rng_make(3, small_column[c], i, 0);
            double shift = c % 2 == 0 ? small->label[i] : 0, x = rng_normal(&rng);
            if (c == 2)
                assert_done(table_set_text(&small->table, column, i, x + shift > 0.4 ? "M" : "F", &err), err);
            else if (c > 1 || i % 13 != c)
                column->number[i] = 10 + x + shift;
        }
    }
}

static void small_fields(struct model *model, const char *block, const char *learner)
{
    struct err err = ERR_INIT;
    model->version = mem_string("0", &err);
    model->name = mem_string("small", &err);
    model->block = mem_string(block, &err);
    model->learner = mem_string(learner, &err);
    model->score_name = mem_string("clinical-radiomics score", &err);
    model->positive = mem_string("yes", &err);
    model->settings_sha256 = mem_string("0123", &err);
    model->mask_fit = mem_string("strict", &err);
    model->mask_label = 1;
    model->input = mem_zero(SMALL_INPUT_N, sizeof *model->input, &err);
    for (size_t c = 0; c < SMALL_INPUT_N; c++) {
        model->input[c].name = mem_string(small_column[c], &err);
        model->input[c].block = mem_string(small_block[c], &err);
    }
    model->input_n = SMALL_INPUT_N;
}

/* `late`: the two blocks fused late. The caller gives it back with small_free(). */
static struct small *small_make(const char *learner, bool late)
{
    struct err err = ERR_INIT;
    struct small *small = test_calloc(1, sizeof *small);
    struct procedure_result result;
    static const size_t members[] = {0, 1};
    static const struct step prefix[] = {{&encode_kind, NULL}, {&impute_kind, NULL}, {&zscore_kind, NULL}};
    const struct block blocks[] = {
        {.name = "clinical", .column = small_column, .column_n = 3, .prefix = prefix, .prefix_n = 3},
        {.name = "radiomics", .column = small_column + 3, .column_n = 2, .prefix = prefix, .prefix_n = 3},
        {.name = "clinical+radiomics.early", .column = small_column, .column_n = SMALL_INPUT_N, .prefix = prefix, .prefix_n = 3, .may_win = !late},
        {.name = "clinical+radiomics.late", .member = members, .member_n = 2, .fusion = FUSION_STACKED, .may_win = late},
    };
    const struct learner_choice choice = {learner, ml_learner_find(learner)->step};
    const struct procedure procedure = {.block = blocks, .block_n = 4, .learner = &choice, .learner_n = 1, .repeat_n = 1, .fold_n = 3};
    small_rows(small);
    struct outcome outcome = {.label = small->label};
    struct rows rows = {&small->table, &outcome, 0, NULL};
    assert_done(procedure_fit(&procedure, &rows, 1, &result, &err), err);
    small_fields(&small->model, blocks[result.block].name, learner);
    small->model.pipeline = result.pipeline;
    small->model.threshold = result.threshold.value;
    result.pipeline = NULL;
    procedure_result_free(&result);
    size_t train[SMALL_N];
    for (size_t i = 0; i < SMALL_N; i++)
        train[i] = i;
    assert_done(model_learn_ranges(&small->model, &small->table, train, SMALL_N, &err), err);
    return small;
}

static void small_free(struct small *small)
{
    table_free(&small->table);
    model_free(&small->model);
    test_free(small);
}

#endif
