/* The model as a file: a store of tensors and texts, written down in doc/model-file.md.
 *
 * Reading trusts nothing: every count and number that could lead astray is checked here or by the step that owns it. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "study/model_parts.h"
#include "study/steps.h"

static const char HASH_KEY[] = "sha256";
enum { INPUT_NUMBERS = 4, INPUT_FLAGS = 3 };

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
    if (!store_put_text(store, "format", MODEL_FORMAT, err))
        return false;
    for (size_t k = 0; k < TEXT_FIELD_N; k++) {
        const char *value = *(char *const *)((const char *)model + text_fields[k].offset);
        if (value != NULL && !store_put_text(store, text_fields[k].key, value, err))
            return false;
    }
    return true;
}

/* Lists of names are JSON arrays: a name may hold any character. */
static bool put_json(struct store *store, const char *key, const struct text *text, struct err *err)
{
    return text_ok(text, err) && store_put_text(store, key, text->bytes, err);
}

static bool put_phases(const struct model *model, struct store *store, struct err *err)
{
    struct text text = TEXT_INIT;
    struct json_writer json = json_writer(&text);
    json_begin_array(&json, JSON_WIDE);
    for (size_t p = 0; p < model->phase_n; p++)
        json_put_text(&json, model->phase[p]);
    json_end(&json);
    bool done = put_json(store, "phases", &text, err);
    text_free(&text);
    return done;
}

/* Names, blocks and levels of the inputs: three arrays of one length, the last one of arrays. */
static bool put_input_names(const struct model *model, struct store *store, struct err *err)
{
    struct text names = TEXT_INIT, blocks = TEXT_INIT, levels = TEXT_INIT;
    struct json_writer name = json_writer(&names), block = json_writer(&blocks), level = json_writer(&levels);
    json_begin_array(&name, JSON_WIDE);
    json_begin_array(&block, JSON_WIDE);
    json_begin_array(&level, JSON_WIDE);
    for (size_t i = 0; i < model->input_n; i++) {
        const struct model_input *input = &model->input[i];
        json_put_text(&name, input->name);
        json_put_text(&block, input->block);
        json_begin_array(&level, JSON_WIDE);
        for (size_t l = 0; l < input->level_n; l++)
            json_put_text(&level, input->level[l]);
        json_end(&level);
    }
    json_end(&name);
    json_end(&block);
    json_end(&level);
    bool done = put_json(store, "inputs", &names, err) && put_json(store, "inputs.blocks", &blocks, err) && put_json(store, "inputs.levels", &levels, err);
    text_free(&names);
    text_free(&blocks);
    text_free(&levels);
    return done;
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
        memcpy(flags + INPUT_FLAGS * i, (const int64_t[]){input->is_text, input->from_net ? 2 : input->from_images, input->in_score}, INPUT_FLAGS * sizeof *flags);
    }
    const int64_t plain[] = {model->leaky, (int64_t)model->mask_label};
    done = store_put_f64(store, "inputs.range", numbers, model->input_n * INPUT_NUMBERS, err) &&
           store_put_i64(store, "inputs.flags", flags, model->input_n * INPUT_FLAGS, err) &&
           put_input_names(model, store, err) && put_phases(model, store, err) && store_put_f64(store, "threshold", &model->threshold, 1, err) &&
           store_put_f64(store, "distance", model->distance, 101, err) && store_put_i64(store, "leaky.mask_label", plain, 2, err);
done:
    mem_free(numbers);
    mem_free(flags);
    return done;
}

static bool put_description(const struct model *model, struct store *store, struct err *err)
{
    struct text text = TEXT_INIT;
    bool done = model_describe(model, &text, err) && put_json(store, "hepar", &text, err);
    text_free(&text);
    return done;
}

bool model_to_store(const struct model *model, struct store *store, struct err *err)
{
    return put_description(model, store, err) && put_texts(model, store, err) && put_inputs(model, store, err) && model_crop_put(model, store, err) && model_net_put(model, store, err) &&
           pipeline_save(model->pipeline, store, "pipeline", err);
}

bool model_write(const struct model *model, const char *path, char sha256[65], struct err *err)
{
    struct store store = {0};
    bool done = model_to_store(model, &store, err) && safetensors_write_hashed(path, &store, HASH_KEY, sha256, err);
    store_free(&store);
    return done || err_add(err, "model");
}

static bool get_texts(struct model *model, const struct store *store, struct err *err)
{
    const char *value;
    if (!store_get_text(store, "format", &value, err))
        return err_set(err, ERR_INPUT, "no hepar model: it has no `format` text");
    if (strcmp(value, MODEL_FORMAT) != 0)
        return err_set(err, ERR_INPUT, "found format '%s', expected '%s'", value, MODEL_FORMAT);
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

/* A JSON array of texts as an owned list; *n of them are there also when it fails. */
static bool take_names(const json_t *list, const char *key, char ***names, size_t *n, struct err *err)
{
    if (!json_is_array(list))
        return err_set(err, ERR_INPUT, "the text '%s' is no list", key);
    size_t count = json_array_size(list);
    if ((*names = mem_zero(count, sizeof **names, err)) == NULL)
        return false;
    for (; *n < count; ++*n) {
        const char *name = json_string_value(json_array_get(list, *n));
        if (name == NULL)
            return err_set(err, ERR_INPUT, "the text '%s' is no list of names", key);
        if (((*names)[*n] = mem_string(name, err)) == NULL)
            return false;
    }
    return true;
}

static json_t *get_json(const struct store *store, const char *key, struct err *err)
{
    const char *value;
    return store_get_text(store, key, &value, err) ? json_parse(value, strlen(value), key, err) : NULL;
}

static bool get_phases(struct model *model, const struct store *store, struct err *err)
{
    json_t *list = get_json(store, "phases", err);
    bool done = list != NULL && take_names(list, "phases", &model->phase, &model->phase_n, err);
    json_decref(list);
    return done;
}

static bool get_input_names(struct model *model, const struct store *store, struct err *err)
{
    bool done = false;
    json_t *names = get_json(store, "inputs", err), *blocks = names == NULL ? NULL : get_json(store, "inputs.blocks", err);
    json_t *levels = blocks == NULL ? NULL : get_json(store, "inputs.levels", err);
    size_t n = json_array_size(names);
    if (levels == NULL)
        goto done;
    if (!json_is_array(names) || !json_is_array(blocks) || !json_is_array(levels) || json_array_size(blocks) != n || json_array_size(levels) != n) {
        err_set(err, ERR_INPUT, "the texts 'inputs', 'inputs.blocks' and 'inputs.levels' are no lists of one length");
        goto done;
    }
    if ((model->input = mem_zero(n, sizeof *model->input, err)) == NULL)
        goto done;
    for (size_t i = 0; i < n; i++) {
        struct model_input *input = &model->input[model->input_n++];
        const char *name = json_string_value(json_array_get(names, i)), *block = json_string_value(json_array_get(blocks, i));
        if (name == NULL || block == NULL) {
            err_set(err, ERR_INPUT, "the texts 'inputs' and 'inputs.blocks' are no lists of names");
            goto done;
        }
        if ((input->name = mem_string(name, err)) == NULL || (input->block = mem_string(block, err)) == NULL ||
            !take_names(json_array_get(levels, i), "inputs.levels", &input->level, &input->level_n, err))
            goto done;
    }
    done = true;
done:
    json_decref(names);
    json_decref(blocks);
    json_decref(levels);
    return done;
}

/* A number in the score was seen in training: it has a range. */
static bool check_range(const struct model_input *input, struct err *err)
{
    if (input->is_text || !input->in_score)
        return true;
    bool fits = isfinite(input->mean) && isfinite(input->sd) && input->sd >= 0 && isfinite(input->low) && isfinite(input->high) && input->low <= input->high;
    return fits || err_set(err, ERR_INPUT, "tensor inputs.range: input '%s' has no range", input->name);
}

static bool get_inputs(struct model *model, const struct store *store, struct err *err)
{
    const double *range;
    const int64_t *flags;
    if (!get_input_names(model, store, err) || !get_phases(model, store, err) ||
        !store_get_f64(store, "inputs.range", model->input_n * INPUT_NUMBERS, &range, NULL, err) ||
        !store_get_i64(store, "inputs.flags", model->input_n * INPUT_FLAGS, &flags, NULL, err))
        return false;
    for (size_t i = 0; i < model->input_n; i++) {
        struct model_input *input = &model->input[i];
        const double *r = range + INPUT_NUMBERS * i;
        const int64_t *f = flags + INPUT_FLAGS * i;
        input->mean = r[0], input->sd = r[1], input->low = r[2], input->high = r[3];
        input->is_text = f[0] != 0, input->from_images = f[1] == 1, input->from_net = f[1] == 2, input->in_score = f[2] != 0;
        if (input->from_images && (input->is_text || model->phase_n == 0))
            return err_set(err, ERR_INPUT, "input '%s' comes from images, but %s", input->name, input->is_text ? "is a text" : "the model has no phase");
        if (!check_range(input, err))
            return false;
    }
    return true;
}

static bool get_numbers(struct model *model, const struct store *store, struct err *err)
{
    const double *threshold, *distance;
    const int64_t *plain;
    if (!store_get_f64(store, "threshold", 1, &threshold, NULL, err) || !store_get_f64(store, "distance", 101, &distance, NULL, err) ||
        !store_get_i64(store, "leaky.mask_label", 2, &plain, NULL, err))
        return false;
    if (!isfinite(threshold[0]))
        return err_set(err, ERR_INPUT, "tensor threshold: found %g, expected a finite number", threshold[0]);
    for (size_t k = 0; k < 101; k++)
        if (!isfinite(distance[k]) || (k > 0 && distance[k] < distance[k - 1]))
            return err_set(err, ERR_INPUT, "tensor distance: its percentiles do not rise");
    if (plain[1] < 1)
        return err_set(err, ERR_INPUT, "tensor leaky.mask_label: found mask label %lld, expected 1 or more", (long long)plain[1]);
    model->threshold = threshold[0];
    memcpy(model->distance, distance, sizeof model->distance);
    model->leaky = plain[0] != 0;
    model->mask_label = (size_t)plain[1];
    return true;
}

static bool check_networks(const struct model *model, struct err *err)
{
    for (size_t i = 0; i < model->input_n; i++)
        if (model->input[i].from_net && (model->input[i].is_text || model->frozen == NULL))
            return err_set(err, ERR_INPUT, "input '%s' comes from a network, but %s", model->input[i].name, model->input[i].is_text ? "is a text" : "the model holds none");
    return true;
}

bool model_from_store(const struct store *store, struct model *model, struct err *err)
{
    *model = (struct model){0};
    if (get_texts(model, store, err) && get_inputs(model, store, err) && get_numbers(model, store, err) &&
        model_crop_get(model, store, err) && model_net_get(model, store, err) && check_networks(model, err) && pipeline_load(store, "pipeline", &study_steps, &model->pipeline, err))
        return true;
    model_free(model);
    return false;
}

bool model_read(const char *path, struct model *model, char sha256[65], struct err *err)
{
    struct store store = {0};
    *model = (struct model){0};
    if (!safetensors_read_hashed(path, HASH_KEY, &store, sha256, err))
        return err_add(err, "model");
    bool done = model_from_store(&store, model, err) || err_add(err, "model %s", path);
    store_free(&store);
    return done;
}
