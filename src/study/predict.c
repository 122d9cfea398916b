/* From inputs to predictions; see predict.h. */
#include "study/predict.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

void predictions_free(struct predictions *predictions)
{
    explanation_free(&predictions->explanation);
    arena_free(&predictions->arena);
    *predictions = (struct predictions){0};
}

bool predict_read_model(const char *path, struct model *model, char sha256[65], struct err *err)
{
    if (!folder_exists(path))
        return model_read(path, model, sha256, err);
    char *inside = path_join(path, "model.hepar", err);
    bool done = inside != NULL && model_read(inside, model, sha256, err);
    mem_free(inside);
    return done;
}

/* ---- what is unusual in a case ---- */

static bool is_unseen(const struct model_input *input, const char *level)
{
    for (size_t l = 0; l < input->level_n; l++)
        if (strcmp(input->level[l], level) == 0)
            return false;
    return true;
}

/* Which inputs in the score are missing, new or out of range. */
static bool look_at_inputs(const struct model *model, const struct table *inputs, size_t row, struct arena *arena, struct prediction *out, struct err *err)
{
    size_t **list[] = {&out->outside, &out->imputed, &out->unseen};
    for (size_t k = 0; k < 3; k++)
        if ((*list[k] = arena_alloc(arena, model->input_n, sizeof **list[k], err)) == NULL)
            return false;
    for (size_t i = 0; i < model->input_n; i++) {
        const struct model_input *input = &model->input[i];
        const struct column *column = &inputs->column[i];
        if (!input->in_score)
            continue;
        if (input->is_text ? column->text[row] == NULL : isnan(column->number[row]))
            out->imputed[out->imputed_n++] = i;
        else if (input->is_text && is_unseen(input, column->text[row]))
            out->unseen[out->unseen_n++] = i;
        else if (!input->is_text && model_is_outside(input, column->number[row]))
            out->outside[out->outside_n++] = i;
    }
    size_t outside_n;
    out->distance = model_distance(model, inputs, row, &outside_n);
    out->percentile = model_distance_percentile(model, out->distance);
    return true;
}

/* ---- scores ---- */

/* The cases that can be scored, as rows of their own: one case's fault is no other's. */
struct scored {
    struct table table;
    size_t *row, n; /* their cases */
};

static bool take_scored(struct predictions *out, struct scored *scored, struct err *err)
{
    *scored = (struct scored){0};
    scored->row = arena_alloc(&out->arena, out->n, sizeof *scored->row, err);
    if (scored->row == NULL)
        return false;
    for (size_t row = 0; row < out->n; row++)
        if (out->item[row].failure == NULL)
            scored->row[scored->n++] = row;
    return table_take_rows(&out->cases->table, scored->row, scored->n, &scored->table, err);
}

static bool apply_model(struct predictions *out, const struct scored *scored, struct err *err)
{
    struct table applied;
    if (!pipeline_apply(out->model->pipeline, &scored->table, &applied, err))
        return false;
    const struct column *column = table_find(&applied, PROBABILITY_COLUMN);
    bool done = (column != NULL && column->kind == COLUMN_NUMBER && applied.row_n == scored->n) ||
                err_set(err, ERR_INPUT, "the model gives no column '%s'", PROBABILITY_COLUMN);
    for (size_t k = 0; done && k < scored->n; k++) {
        struct prediction *item = &out->item[scored->row[k]];
        item->probability = column->number[k];
        item->high = item->probability >= out->model->threshold;
        if (!(item->probability >= 0 && item->probability <= 1))
            done = err_set(err, ERR_INPUT, "the model gives the probability %g, expected 0 to 1", item->probability);
    }
    table_free(&applied);
    return done;
}

/* Columns of the scored rows, as columns of all cases. */
static bool spread_rows(struct table *table, const struct scored *scored, size_t case_n, struct err *err)
{
    struct table spread = {0};
    bool done = table_init(&spread, case_n, NULL, NULL, err);
    for (size_t c = 0; done && c < table->column_n; c++) {
        struct column *to = table_add(&spread, table->column[c].name, COLUMN_NUMBER, err);
        done = to != NULL;
        for (size_t k = 0; done && k < scored->n; k++)
            to->number[scored->row[k]] = table->column[c].number[k];
    }
    table_free(table);
    if (done)
        *table = spread;
    else
        table_free(&spread);
    return done;
}

bool predictions_explain(struct predictions *predictions, struct err *err)
{
    struct scored scored;
    bool done = take_scored(predictions, &scored, err) && explain_rows(predictions->model->pipeline, &scored.table, &predictions->explanation, err) &&
                spread_rows(&predictions->explanation.contributions, &scored, predictions->n, err);
    table_free(&scored.table);
    return done;
}

bool predict_cases(const struct model *model, const struct newcases *cases, struct predictions *out, struct err *err)
{
    struct scored scored = {0};
    *out = (struct predictions){.model = model, .cases = cases, .n = cases->table.row_n};
    bool done = (out->item = arena_alloc(&out->arena, out->n, sizeof *out->item, err)) != NULL;
    for (size_t row = 0; done && row < out->n; row++) {
        out->item[row].failure = cases->failure[row];
        out->failed_n += cases->failure[row] != NULL;
        done = cases->failure[row] != NULL || look_at_inputs(model, &cases->table, row, &out->arena, &out->item[row], err);
    }
    done = done && take_scored(out, &scored, err) && apply_model(out, &scored, err);
    table_free(&scored.table);
    if (!done)
        predictions_free(out);
    return done;
}
