/* A score as a function of networks' columns; see scoring.h. */
#include "study/scoring.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/occlusion.h"
#include "study/crops.h"

/* The step that adds the logit; the number of steps where there is none. */
static size_t networks_at(const struct pipeline *pipeline)
{
    size_t at = 0;
    while (at < pipeline_step_n(pipeline) && pipeline_step_kind(pipeline, at) != &crossfit_kind)
        at++;
    return at;
}

/* Behind the learner: what comes after it makes a probability of its score. */
static size_t learner_end(const struct pipeline *pipeline)
{
    size_t end = pipeline_step_n(pipeline);
    while (end > 0 && pipeline_step_kind(pipeline, end - 1)->parts == NULL)
        end--;
    return end;
}

bool scoremap_has_networks(const struct model *model)
{
    return model->has_crop && (model->frozen != NULL || networks_at(model->pipeline) < pipeline_step_n(model->pipeline));
}

void scoring_free(struct scoring *scoring)
{
    table_free(&scoring->seen);
    mem_free(scoring->column);
    *scoring = (struct scoring){.pipeline = NULL};
}

static bool same_sample(const struct sample_settings *a, const struct sample_settings *b)
{
    return a->mask_channel == b->mask_channel && a->values == b->values && !(fabs(a->amplitude - b->amplitude) > 0);
}

static bool find_networks(const struct model *model, struct scoring *out, struct err *err)
{
    size_t at = networks_at(model->pipeline), step_n = pipeline_step_n(model->pipeline);
    *out = (struct scoring){.pipeline = model->pipeline, .behind = at < step_n ? at + 1 : 0, .end = learner_end(model->pipeline), .frozen = model->frozen,
                            .backend = nn_backend_default(), .sample = model->frozen_sample, .sign = 1};
    if (!scoremap_has_networks(model) || out->end <= out->behind)
        return err_set(err, ERR_INPUT, "the model's score is not made with networks");
    if (at == step_n)
        return true;
    out->nets = pipeline_step_state(model->pipeline, at);
    out->backend = out->nets->backend;
    out->sample = out->nets->sample;
    return model->frozen == NULL || same_sample(&out->sample, &model->frozen_sample) ||
           err_set(err, ERR_INPUT, "the model's networks see a case in different ways");
}

static bool find_crop(const struct table *inputs, size_t row, struct scoring *out, struct err *err)
{
    const struct column *column = table_find(inputs, out->nets != NULL ? out->nets->column : CROPS_COLUMN);
    out->crop = column == NULL || column->kind != COLUMN_CASE ? NULL : column->object[row];
    if (out->crop == NULL)
        return err_set(err, ERR_INPUT, "there is no image for the networks");
    out->shape = sample_shape(out->crop, &out->sample);
    out->site_n = out->shape.z * out->shape.y * out->shape.x;
    return true;
}

static bool add_column(struct scoring *scoring, struct deep_column column, struct err *err)
{
    const struct column *in = table_find(&scoring->seen, column.name);
    if (in == NULL || in->kind != COLUMN_NUMBER)
        return err_set(err, ERR_BUG, "the networks gave no column '%s'", column.name);
    if (!isfinite(in->number[0]))
        return err_set(err, ERR_INPUT, "the networks give no value");
    column.value = in->number[0];
    scoring->column[scoring->column_n++] = column;
    return true;
}

/* The logit is standardised, so its spread is 1; of a frozen network's columns those that the score reads. */
static bool list_columns(const struct model *model, struct scoring *out, struct err *err)
{
    size_t embedding_n = out->frozen == NULL ? 0 : out->frozen->layer[out->frozen->embedding].c;
    size_t frozen_n = embedding_n * (out->crop->view == CROP_2D_ALL ? 2 : 1);
    struct deep_column logit = {.frozen = SIZE_MAX, .spread = 1};
    out->column = mem_zero(frozen_n + 1, sizeof *out->column, err);
    if (out->column == NULL)
        return false;
    if (out->nets != NULL) {
        snprintf(logit.name, sizeof logit.name, "%s", out->nets->name);
        if (!add_column(out, logit, err))
            return false;
    }
    for (size_t c = 0; c < frozen_n; c++) {
        struct deep_column column = {.frozen = c};
        snprintf(column.name, sizeof column.name, "deep.%s.%sf%03zu", out->frozen->name, c < embedding_n ? "" : "max.", c % embedding_n);
        for (size_t i = 0; i < model->input_n; i++)
            if (model->input[i].in_score && strcmp(model->input[i].name, column.name) == 0)
                column.spread = model->input[i].sd;
        if (column.spread > 0 && !add_column(out, column, err))
            return false;
    }
    return true;
}

bool scoring_begin(const struct model *model, const struct table *inputs, size_t row, struct scoring *out, struct err *err)
{
    struct table one = {0};
    if (!find_networks(model, out, err) || !find_crop(inputs, row, out, err))
        return false;
    bool done = table_take_rows(inputs, &row, 1, &one, err);
    if (done && out->behind == 0) {
        out->seen = one;
        one = (struct table){0};
    } else {
        done = done && pipeline_apply_range(model->pipeline, 0, out->behind, &one, &out->seen, err);
    }
    table_free(&one);
    return done && list_columns(model, out, err);
}

size_t scoring_logit(const struct scoring *scoring)
{
    size_t c = 0;
    while (c < scoring->column_n && scoring->column[c].frozen != SIZE_MAX)
        c++;
    return c;
}

bool scoring_score(const struct scoring *scoring, const double *value, size_t n, double *score, struct err *err)
{
    static const size_t first[OCCLUSION_BATCH] = {0};
    struct table rows = {0}, scored = {0};
    bool done = table_take_rows(&scoring->seen, first, n, &rows, err);
    for (size_t c = 0; done && c < scoring->column_n; c++) {
        double *to = table_find(&rows, scoring->column[c].name)->number;
        for (size_t k = 0; k < n; k++)
            to[k] = value[k * scoring->column_n + c];
    }
    done = done && pipeline_apply_range(scoring->pipeline, scoring->behind, scoring->end, &rows, &scored, err);
    const struct column *column = done ? table_find(&scored, SCORE_COLUMN) : NULL;
    if (done && (column == NULL || column->kind != COLUMN_NUMBER))
        done = err_set(err, ERR_INPUT, "the learner gives no column '%s'", SCORE_COLUMN);
    if (done)
        memcpy(score, column->number, n * sizeof *score);
    table_free(&rows);
    table_free(&scored);
    return done;
}

/* Central differences of two widths; alike where the learner is smooth. */
static bool find_slope(struct scoring *scoring, size_t c, double *value, double *score, struct err *err)
{
    static const double step[] = {0, -SCOREMAP_STEP, SCOREMAP_STEP, -SCOREMAP_STEP / 10, SCOREMAP_STEP / 10};
    struct deep_column *column = &scoring->column[c];
    double of[5];
    for (size_t k = 0; k < 5; k++)
        for (size_t other = 0; other < scoring->column_n; other++)
            value[k * scoring->column_n + other] = scoring->column[other].value + (other == c ? step[k] * column->spread : 0);
    if (!scoring_score(scoring, value, 5, of, err))
        return false;
    double wide = (of[2] - of[1]) / (2 * SCOREMAP_STEP * column->spread), narrow = (of[4] - of[3]) / (2 * SCOREMAP_STEP / 10 * column->spread);
    column->slope = wide;
    *score = of[0];
    scoring->smooth = scoring->smooth && fabs(wide - narrow) <= 0.1 * fabs(wide) + 1e-12 * fabs(of[0]) / column->spread;
    return isfinite(wide) || err_set(err, ERR_INPUT, "the learner gives a score that is not finite");
}

bool scoring_slopes(struct scoring *scoring, double *score, struct err *err)
{
    double *value = mem_alloc(5 * scoring->column_n, sizeof *value, err);
    bool done = value != NULL, any = false;
    scoring->smooth = true;
    for (size_t c = 0; done && c < scoring->column_n; c++) {
        done = find_slope(scoring, c, value, score, err);
        any = any || fabs(scoring->column[c].slope) > 0;
    }
    scoring->smooth = scoring->smooth && any;
    mem_free(value);
    return done;
}
