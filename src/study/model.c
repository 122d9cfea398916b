/* The locked model; see model.h. Its form on disk is written down in doc/model-file.md. */
#include "study/model.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "ml/steps.h"
#include "num/rank.h"
#include "num/sum.h"

static const char FORMAT[] = "hepar model 1", HASH_KEY[] = "sha256";
enum { INPUT_NUMBERS = 4, INPUT_FLAGS = 3 };

void model_free(struct model *model)
{
    char *const texts[] = {model->version, model->name, model->block, model->learner, model->score_name, model->positive,
                           model->settings_sha256, model->params, model->mask_fit};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        mem_free(texts[k]);
    for (size_t i = 0; i < model->input_n; i++)
        mem_free(model->input[i].name);
    for (size_t p = 0; p < model->phase_n; p++)
        mem_free(model->phase[p]);
    mem_free(model->input);
    mem_free(model->phase);
    pipeline_free(model->pipeline);
    *model = (struct model){0};
}

/* ---- distance ---- */

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
        *outside += x < input->low || x > input->high;
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

static bool learn_input(struct model_input *input, const struct column *column, const size_t *row, size_t n, double *values)
{
    input->mean = input->sd = input->low = input->high = NAN;
    if (column == NULL)
        return false;
    input->is_text = column->kind == COLUMN_TEXT;
    if (input->is_text)
        return true;
    size_t m = 0;
    for (size_t k = 0; k < n; k++)
        if (!isnan(column->number[row[k]]))
            values[m++] = column->number[row[k]];
    if (m == 0)
        return true;
    input->mean = mean_of(values, m);
    input->sd = m > 1 ? sqrt(variance_of(values, m)) : 0;
    sort_doubles(values, m);
    input->low = values[0];
    input->high = values[m - 1];
    return true;
}

/* The columns that the score is made of. A category's part is "sex=M": its numbers have no range. */
static bool mark_inputs_in_score(struct model *model, struct err *err)
{
    struct parts parts = {0};
    if (!pipeline_parts(model->pipeline, &parts, err))
        return false;
    for (size_t i = 0; i < model->input_n; i++)
        for (size_t p = 0; p < parts.n && !model->input[i].in_score; p++)
            model->input[i].in_score = parts.weight[p] != 0 && strcmp(parts.name[p], model->input[i].name) == 0;
    parts_free(&parts);
    return true;
}

bool model_learn_ranges(struct model *model, const struct table *inputs, const size_t *train_row, size_t train_n, struct err *err)
{
    bool done = false;
    double *values = mem_alloc(train_n, sizeof *values, err);
    if (values == NULL || !mark_inputs_in_score(model, err))
        goto done;
    for (size_t i = 0; i < model->input_n; i++)
        if (!learn_input(&model->input[i], table_find(inputs, model->input[i].name), train_row, train_n, values)) {
            err_set(err, ERR_BUG, "the model's input '%s' is no column", model->input[i].name);
            goto done;
        }
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

/* ---- to and from a store ---- */

struct text_field {
    const char *key;
    size_t offset;
    bool optional;
};

static const struct text_field text_fields[] = {
    {"version", offsetof(struct model, version), false},
    {"study", offsetof(struct model, name), false},
    {"block", offsetof(struct model, block), false},
    {"learner", offsetof(struct model, learner), false},
    {"score", offsetof(struct model, score_name), false},
    {"positive", offsetof(struct model, positive), false},
    {"settings_sha256", offsetof(struct model, settings_sha256), false},
    {"mask_fit", offsetof(struct model, mask_fit), false},
    {"params", offsetof(struct model, params), true},
};
enum { TEXT_FIELD_N = sizeof text_fields / sizeof *text_fields };

static bool put_texts(const struct model *model, struct store *store, struct err *err)
{
    if (!store_put_text(store, "format", FORMAT, err))
        return false;
    for (size_t k = 0; k < TEXT_FIELD_N; k++) {
        const char *value = *(char *const *)((const char *)model + text_fields[k].offset);
        if (value != NULL && !store_put_text(store, text_fields[k].key, value, err))
            return false;
    }
    return true;
}

/* Names of inputs and phases as one JSON array each: a name may hold any character. */
static bool put_names(struct store *store, const char *key, size_t n, const char *(*name)(const void *list, size_t i), const void *list, struct err *err)
{
    struct text text = TEXT_INIT;
    struct json_writer json = json_writer(&text);
    json_begin_array(&json, JSON_WIDE);
    for (size_t i = 0; i < n; i++)
        json_put_text(&json, name(list, i));
    json_end(&json);
    bool done = text_ok(&text, err) && store_put_text(store, key, text.bytes, err);
    text_free(&text);
    return done;
}

static const char *input_name(const void *list, size_t i)
{
    return ((const struct model_input *)list)[i].name;
}

static const char *phase_name(const void *list, size_t i)
{
    return ((char *const *)list)[i];
}

static bool put_inputs(const struct model *model, struct store *store, struct err *err)
{
    bool done = false;
    double *numbers = mem_alloc(model->input_n * INPUT_NUMBERS, sizeof *numbers, err);
    int64_t *flags = mem_alloc(model->input_n * INPUT_FLAGS, sizeof *flags, err);
    if (numbers == NULL || flags == NULL)
        goto done;
    for (size_t i = 0; i < model->input_n; i++) {
        const struct model_input *input = &model->input[i];
        memcpy(numbers + INPUT_NUMBERS * i, (const double[]){input->mean, input->sd, input->low, input->high}, INPUT_NUMBERS * sizeof *numbers);
        memcpy(flags + INPUT_FLAGS * i, (const int64_t[]){input->is_text, input->from_images, input->in_score}, INPUT_FLAGS * sizeof *flags);
    }
    const int64_t plain[] = {model->leaky, (int64_t)model->mask_label};
    done = store_put_f64(store, "inputs.range", numbers, model->input_n * INPUT_NUMBERS, err) &&
           store_put_i64(store, "inputs.flags", flags, model->input_n * INPUT_FLAGS, err) &&
           put_names(store, "inputs", model->input_n, input_name, model->input, err) &&
           put_names(store, "phases", model->phase_n, phase_name, model->phase, err) && store_put_f64(store, "threshold", &model->threshold, 1, err) &&
           store_put_f64(store, "distance", model->distance, 101, err) && store_put_i64(store, "leaky.mask_label", plain, 2, err);
done:
    mem_free(numbers);
    mem_free(flags);
    return done;
}

bool model_write(const struct model *model, const char *path, char sha256[65], struct err *err)
{
    struct store store = {0};
    bool done = put_texts(model, &store, err) && put_inputs(model, &store, err) &&
                pipeline_save(model->pipeline, &store, "pipeline", err) && safetensors_write_hashed(path, &store, HASH_KEY, sha256, err);
    store_free(&store);
    return done || err_add(err, "%s", path);
}

static bool get_texts(struct model *model, const struct store *store, struct err *err)
{
    const char *value;
    if (!store_get_text(store, "format", &value, err))
        return err_set(err, ERR_INPUT, "no hepar model: it has no `format` text");
    if (strcmp(value, FORMAT) != 0)
        return err_set(err, ERR_INPUT, "found format '%s', expected '%s'", value, FORMAT);
    for (size_t k = 0; k < TEXT_FIELD_N; k++) {
        value = store_find_text(store, text_fields[k].key);
        if (value == NULL && !text_fields[k].optional)
            return err_set(err, ERR_INPUT, "the text '%s' is missing", text_fields[k].key);
        char **field = (char **)((char *)model + text_fields[k].offset);
        if (value != NULL && (*field = mem_string(value, err)) == NULL)
            return false;
    }
    return true;
}

static bool get_names(const struct store *store, const char *key, char ***names, size_t *n, struct err *err)
{
    const char *value;
    if (!store_get_text(store, key, &value, err))
        return false;
    json_t *list = json_parse(value, strlen(value), key, err);
    if (list == NULL)
        return false;
    bool done = json_is_array(list) || err_set(err, ERR_INPUT, "the text '%s' is no list", key);
    size_t count = json_array_size(list);
    *names = done ? mem_zero(count, sizeof **names, err) : NULL;
    done = done && *names != NULL;
    for (size_t i = 0; done && i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        done = name != NULL ? ((*names)[i] = mem_string(name, err)) != NULL : err_set(err, ERR_INPUT, "the text '%s' is no list of names", key);
        *n = i + done;
    }
    json_decref(list);
    return done;
}

static bool get_inputs(struct model *model, const struct store *store, struct err *err)
{
    char **names = NULL;
    const double *range, *single;
    const int64_t *flags, *plain;
    size_t n = 0;
    bool done = get_names(store, "inputs", &names, &n, err);
    model->input = done ? mem_zero(n, sizeof *model->input, err) : NULL;
    for (size_t i = 0; i < n; i++)
        if (model->input != NULL)
            model->input[model->input_n++].name = names[i];
        else
            mem_free(names[i]);
    mem_free(names);
    if (model->input == NULL || !get_names(store, "phases", &model->phase, &model->phase_n, err) ||
        !store_get_f64(store, "inputs.range", n * INPUT_NUMBERS, &range, NULL, err) ||
        !store_get_i64(store, "inputs.flags", n * INPUT_FLAGS, &flags, NULL, err) || !store_get_f64(store, "threshold", 1, &single, NULL, err))
        return false;
    model->threshold = single[0];
    if (!store_get_f64(store, "distance", 101, &single, NULL, err) || !store_get_i64(store, "leaky.mask_label", 2, &plain, NULL, err))
        return false;
    memcpy(model->distance, single, sizeof model->distance);
    model->leaky = plain[0] != 0;
    if (plain[1] < 0)
        return err_set(err, ERR_INPUT, "the mask label is below 0");
    model->mask_label = (size_t)plain[1];
    for (size_t i = 0; i < n; i++) {
        struct model_input *input = &model->input[i];
        const double *r = range + INPUT_NUMBERS * i;
        const int64_t *f = flags + INPUT_FLAGS * i;
        input->mean = r[0], input->sd = r[1], input->low = r[2], input->high = r[3];
        input->is_text = f[0] != 0, input->from_images = f[1] != 0, input->in_score = f[2] != 0;
    }
    return true;
}

bool model_read(const char *path, struct model *model, char sha256[65], struct err *err)
{
    *model = (struct model){0};
    struct store store = {0};
    bool done = safetensors_read_hashed(path, HASH_KEY, &store, sha256, err) && get_texts(model, &store, err) && get_inputs(model, &store, err) &&
                pipeline_load(&store, "pipeline", &ml_steps, &model->pipeline, err);
    store_free(&store);
    if (done)
        return true;
    model_free(model);
    return err_add(err, "model %s", path);
}
