/* What a model knows of the rows it was trained on; see model.h. Its file is model_file.c's. */
#include "study/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/rank.h"
#include "num/sum.h"

void model_free(struct model *model)
{
    char *const texts[] = {model->version, model->name, model->block, model->learner, model->score_name, model->positive,
                           model->settings_sha256, model->params, model->mask_fit};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        mem_free(texts[k]);
    for (size_t i = 0; i < model->input_n; i++) {
        struct model_input *input = &model->input[i];
        for (size_t l = 0; l < input->level_n; l++)
            mem_free(input->level[l]);
        mem_free(input->level);
        mem_free(input->block);
        mem_free(input->name);
    }
    for (size_t p = 0; p < model->phase_n; p++)
        mem_free(model->phase[p]);
    mem_free(model->input);
    mem_free(model->phase);
    net_free(model->frozen);
    pipeline_free(model->pipeline);
    *model = (struct model){0};
}

/* ---- distance ---- */

bool model_is_outside(const struct model_input *input, double x)
{
    return x < input->low || x > input->high;
}

double model_distance(const struct model *model, const struct table *inputs, size_t row, size_t *outside)
{
    double sum = 0;
    size_t n = 0;
    *outside = 0;
    for (size_t i = 0; i < model->input_n; i++) {
        const struct model_input *input = &model->input[i];
        const struct column *column = input->in_score ? table_find(inputs, input->name) : NULL;
        if (column == NULL || column->kind != COLUMN_NUMBER || isnan(column->number[row]))
            continue;
        double x = column->number[row], z = input->sd > 0 ? (x - input->mean) / input->sd : 0;
        sum += z * z;
        n++;
        *outside += model_is_outside(input, x);
    }
    return n == 0 ? 0 : sqrt(sum / (double)n);
}

double model_distance_percentile(const struct model *model, double distance)
{
    size_t k = 0;
    while (k < 101 && model->distance[k] < distance)
        k++;
    return k == 0 ? 0 : k > 100 ? 100 : (double)k;
}

static void learn_numbers(struct model_input *input, const struct column *column, const size_t *row, size_t n, double *values)
{
    size_t m = 0;
    for (size_t k = 0; k < n; k++)
        if (!isnan(column->number[row[k]]))
            values[m++] = column->number[row[k]];
    if (m == 0)
        return;
    input->mean = mean_of(values, m);
    input->sd = m > 1 ? sqrt(variance_of(values, m)) : 0;
    sort_doubles(values, m);
    input->low = values[0];
    input->high = values[m - 1];
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Distinct levels of the training rows, in byte order. */
static bool learn_levels(struct model_input *input, const struct column *column, const size_t *row, size_t n, struct err *err)
{
    size_t m = 0;
    const char **level = mem_alloc(n, sizeof *level, err);
    input->level = mem_zero(n, sizeof *input->level, err);
    bool done = level != NULL && input->level != NULL;
    for (size_t k = 0; done && k < n; k++)
        if (column->text[row[k]] != NULL)
            level[m++] = column->text[row[k]];
    if (m > 0)
        qsort(level, m, sizeof *level, compare_text);
    for (size_t k = 0; done && k < m; k++) {
        if (k > 0 && strcmp(level[k], level[k - 1]) == 0)
            continue;
        done = (input->level[input->level_n] = mem_string(level[k], err)) != NULL;
        input->level_n += done;
    }
    mem_free(level);
    return done;
}

static bool learn_input(struct model_input *input, const struct column *column, const size_t *row, size_t n, double *values, struct err *err)
{
    input->mean = input->sd = input->low = input->high = NAN;
    if (column == NULL)
        return err_set(err, ERR_BUG, "the model's input '%s' is no column", input->name);
    input->is_text = column->kind == COLUMN_TEXT;
    if (input->is_text)
        return learn_levels(input, column, row, n, err);
    learn_numbers(input, column, row, n, values);
    return true;
}

/* A part of the score is an input by its own name, a category as "sex=M"; a late fusion puts "MEMBER: " in front. */
bool model_part_is_of(const struct model_input *input, const char *part)
{
    size_t n = strlen(input->name);
    for (const char *at = part;; at += 2) {
        if (strncmp(at, input->name, n) == 0 && at[n] == (input->is_text ? '=' : '\0'))
            return true;
        if ((at = strstr(at, ": ")) == NULL)
            return false;
    }
}

static bool mark_inputs_in_score(struct model *model, struct err *err)
{
    struct parts parts = {0};
    if (!pipeline_parts(model->pipeline, &parts, err))
        return false;
    for (size_t i = 0; i < model->input_n; i++)
        for (size_t p = 0; p < parts.n && !model->input[i].in_score; p++)
            model->input[i].in_score = parts.weight[p] != 0 && model_part_is_of(&model->input[i], parts.name[p]);
    parts_free(&parts);
    return true;
}

bool model_learn_ranges(struct model *model, const struct table *inputs, const size_t *train_row, size_t train_n, struct err *err)
{
    bool done = false;
    double *values = mem_alloc(train_n, sizeof *values, err);
    if (values == NULL)
        goto done;
    for (size_t i = 0; i < model->input_n; i++)
        if (!learn_input(&model->input[i], table_find(inputs, model->input[i].name), train_row, train_n, values, err))
            goto done;
    if (!mark_inputs_in_score(model, err))
        goto done;
    for (size_t k = 0; k < train_n; k++) {
        size_t outside;
        values[k] = model_distance(model, inputs, train_row[k], &outside);
    }
    sort_doubles(values, train_n);
    for (size_t k = 0; k <= 100; k++)
        model->distance[k] = quantile_sorted(values, train_n, (double)k / 100);
    done = true;
done:
    mem_free(values);
    return done;
}
