/* The JSON text `hepar` of a model file: what the pipeline does, for people and other programs to read.
 *
 * Nothing is read back from it; a number that matters is a tensor, which stands beside it by name. */
#include <math.h>
#include <stdio.h>

#include "io/json.h"
#include "study/model.h"

static void put(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_put_text(json, value);
}

static bool put_steps(const struct model *model, struct json_writer *json, struct err *err)
{
    struct text line = TEXT_INIT;
    bool done = true;
    json_key(json, "steps");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; done && k < pipeline_step_n(model->pipeline); k++) {
        char tensors[32];
        line.n = 0;
        pipeline_describe_step(model->pipeline, k, &line);
        if (!(done = text_ok(&line, err)))
            break;
        snprintf(tensors, sizeof tensors, "pipeline.%zu.", k);
        json_begin_object(json, JSON_WIDE);
        put(json, "kind", pipeline_step_kind(model->pipeline, k)->name);
        put(json, "title", pipeline_step_kind(model->pipeline, k)->title);
        put(json, "text", line.n == 0 ? "" : line.bytes);
        put(json, "tensors", tensors);
        json_end(json);
    }
    json_end(json);
    text_free(&line);
    return done;
}

static void put_columns(const struct model *model, struct json_writer *json)
{
    json_key(json, "columns");
    json_begin_array(json, JSON_TALL);
    for (size_t i = 0; i < model->input_n; i++) {
        const struct model_input *input = &model->input[i];
        json_begin_object(json, JSON_WIDE);
        put(json, "name", input->name);
        put(json, "block", input->block);
        put(json, "from", input->from_net ? "network" : input->from_images ? "images" : "table");
        put(json, "kind", input->is_text ? "text" : "number");
        json_key(json, "in_score");
        json_put_bool(json, input->in_score);
        json_end(json);
    }
    json_end(json);
}

/* What the networks see. */
static void put_crop(const struct model *model, struct json_writer *json)
{
    const struct crop_settings *crop = &model->crop;
    json_key(json, "networks");
    if (!model->has_crop) {
        json_put_null(json);
        return;
    }
    json_begin_object(json, JSON_WIDE);
    put(json, "view", crop_view_name(crop->view));
    json_key(json, "size");
    json_put_numbers(json, (const double[]){(double)crop->size[0], (double)crop->size[1], (double)crop->size[2]}, 3);
    json_key(json, "spacing_mm");
    json_put_numbers(json, crop->spacing, 3);
    json_key(json, "fit");
    json_put_number(json, crop->fit > 0 ? crop->fit : NAN);
    json_key(json, "window_low");
    json_put_numbers(json, crop->low, crop->phase_n);
    json_key(json, "window_high");
    json_put_numbers(json, crop->high, crop->phase_n);
    json_key(json, "blank_mm");
    json_put_number(json, crop->blank_mm >= 0 ? crop->blank_mm : NAN);
    put(json, "tensors", "crop.");
    json_end(json);
}

static void put_images(const struct model *model, struct json_writer *json)
{
    json_key(json, "images");
    if (model->phase_n == 0) {
        json_put_null(json);
        return;
    }
    json_begin_object(json, JSON_TALL);
    json_key(json, "phases");
    json_begin_array(json, JSON_WIDE);
    for (size_t p = 0; p < model->phase_n; p++)
        json_put_text(json, model->phase[p]);
    json_end(json);
    put(json, "mask_fit", model->mask_fit);
    json_key(json, "mask_label");
    json_put_count(json, model->mask_label);
    put_crop(model, json);
    put(json, "parameters", model->params == NULL ? "PyRadiomics' defaults" : "text params");
    json_end(json);
}

static void put_tensors(const struct model *model, struct json_writer *json)
{
    json_key(json, "fitted_on");
    json_begin_object(json, JSON_WIDE);
    json_key(json, "cases");
    json_put_count(json, rowset_n(pipeline_fitted(model->pipeline)));
    put(json, "tensor", "pipeline.fitted");
    json_end(json);
    json_key(json, "threshold");
    json_begin_object(json, JSON_WIDE);
    json_key(json, "value");
    json_put_number(json, model->threshold);
    put(json, "text", "high risk at or above");
    put(json, "tensor", "threshold");
    json_end(json);
    json_key(json, "training_ranges");
    json_begin_object(json, JSON_WIDE);
    put(json, "text", "mean, sd, least, greatest of each column, in their order");
    put(json, "tensor", "inputs.range");
    put(json, "levels", "text inputs.levels");
    json_end(json);
    json_key(json, "training_distances");
    json_begin_object(json, JSON_WIDE);
    put(json, "text", "percentiles 0 to 100 of the root mean square z-score of the numbers in the score");
    put(json, "tensor", "distance");
    json_end(json);
}

bool model_describe(const struct model *model, struct text *out, struct err *err)
{
    struct json_writer json = json_writer(out);
    json_begin_object(&json, JSON_TALL);
    put(&json, "format", MODEL_FORMAT);
    put(&json, "hepar", model->version);
    put(&json, "notice", MODEL_NOTICE);
    json_key(&json, "allow_leakage");
    json_put_bool(&json, model->leaky);
    put(&json, "study", model->name);
    put(&json, "score", model->score_name);
    put(&json, "positive", model->positive);
    put(&json, "block", model->block);
    put(&json, "learner", model->learner);
    put(&json, "settings_sha256", model->settings_sha256);
    if (!put_steps(model, &json, err))
        return false;
    put_tensors(model, &json);
    put_images(model, &json);
    put_columns(model, &json);
    json_end(&json);
    return text_ok(out, err);
}
