/* What nets make of the weights read: the forward-pass rows of expected.json, by the fast backend in f32 and the plain one in f64; see weights.h. */
#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/weights.h"
#include "nn/engine.h"
#include "nn/import.h"
#include "nn/nets.h"

enum { STAGE_N = 3 };

/* A net, its input (channels last), and what is read of it. */
struct pass {
    struct net *net;
    const float *input;
    size_t z, y, x;
    size_t stage[STAGE_N], stage_n; /* layers whose mean is compared */
};

/* (n = 1) x c x plane to plane x c. */
static void to_channels_last(const float *from, size_t c, size_t plane, float *to)
{
    for (size_t k = 0; k < c; k++)
        for (size_t i = 0; i < plane; i++)
            to[i * c + k] = from[k * plane + i];
}

static double *read_layer(const struct engine *engine, size_t layer, size_t *n)
{
    const struct nn_shape shape = engine_shape(engine, layer);
    *n = nn_shape_value_n(&shape);
    double *value = mem_alloc(*n, sizeof *value, NULL);
    if (value != NULL && !engine_read(engine, layer, value, NULL)) {
        mem_free(value);
        return NULL;
    }
    return value;
}

static void compare_vector(struct findings *found, const char *what, const char *part, const struct engine *engine, size_t layer, const json_t *expected, double atol)
{
    size_t n = 0;
    double *value = read_layer(engine, layer, &n);
    char key[100];
    for (size_t i = 0; i < json_array_size(expected); i++) {
        snprintf(key, sizeof key, "%s %s[%zu]", what, part, i);
        findings_number_within(found, key, json_number_value(json_array_get(expected, i)), value != NULL && i < n ? value[i] : NAN, 0, atol);
    }
    mem_free(value);
}

static void compare_stages(struct findings *found, const char *what, const struct engine *engine, const struct pass *pass, const json_t *expected, double atol)
{
    char key[100];
    for (size_t s = 0; s < pass->stage_n; s++) {
        size_t n = 0;
        double *value = read_layer(engine, pass->stage[s], &n), total = 0;
        for (size_t i = 0; value != NULL && i < n; i++)
            total += value[i];
        snprintf(key, sizeof key, "%s stage_mean[%zu]", what, s);
        findings_number_within(found, key, json_number_value(json_array_get(expected, s)), n == 0 ? NAN : total / (double)n, 0, atol);
        mem_free(value);
    }
}

/* The five likeliest classes in their order, with their probabilities. */
static void compare_top5(struct findings *found, const char *what, const struct engine *engine, const struct pass *pass, const json_t *expected)
{
    const json_t *classes = json_object_get(expected, "classes"), *top = json_object_get(expected, "top5");
    size_t n = 0;
    double *logit = read_layer(engine, pass->net->output, &n), total = 0;
    char key[100];
    for (size_t i = 0; logit != NULL && i < n; i++)
        total += exp(logit[i]);
    for (size_t rank = 0; rank < json_array_size(top); rank++) {
        size_t best = 0;
        for (size_t i = 1; logit != NULL && i < n; i++)
            best = logit[i] > logit[best] ? i : best;
        const json_t *row = json_array_get(top, rank);
        snprintf(key, sizeof key, "%s top5[%zu]", what, rank);
        findings_text(found, key, json_string_value(json_array_get(row, 0)), logit == NULL ? "none" : json_string_value(json_array_get(classes, best)));
        snprintf(key, sizeof key, "%s top5[%zu] p", what, rank);
        findings_number_within(found, key, json_number_value(json_array_get(row, 1)), logit == NULL ? NAN : exp(logit[best]) / total, 0, 1e-4);
        if (logit != NULL)
            logit[best] = -INFINITY;
    }
    mem_free(logit);
}

static void compare_pass(struct findings *found, const char *what, const struct nn_backend *backend, const struct pass *pass, const json_t *expected, double atol)
{
    const struct engine_settings settings = {
        .backend = backend, .mode = ENGINE_INFER, .batch_n = 1, .z = pass->z, .y = pass->y, .x = pass->x, .keep = pass->stage, .keep_n = pass->stage_n};
    struct engine *engine = NULL;
    struct err err = ERR_INIT;
    bool done = engine_make(pass->net, &settings, &engine, &err) && engine_load(engine, pass->net->value, &err) && engine_forward(engine, pass->input, 0, &err);
    findings_true(found, what, done, "computed", done ? "computed" : err.text);
    if (done) {
        compare_vector(found, what, "embedding", engine, pass->net->embedding, json_object_get(expected, "embedding_float64"), atol);
        compare_vector(found, what, "logits", engine, pass->net->output, json_object_get(expected, "logits_float64"), atol);
        compare_stages(found, what, engine, pass, json_object_get(expected, "stage_mean"), atol);
        compare_top5(found, what, engine, pass, expected);
    }
    engine_free(engine);
}

/* Fills the net from what was read, and compares on both backends. The plain one in f64 computes as expected.json was computed, from the same weights. */
static void compare_both(struct findings *found, struct pass *pass, const struct store *store, const json_t *expected, double atol_f32, double atol_f64)
{
    struct import_result result;
    struct err err = ERR_INIT;
    bool done = net_import(pass->net, store, &(struct import_settings){0}, &result, &err);
    findings_true(found, "import", done && result.missing_n == 0 && result.unexpected_n == 0, "all tensors, no other", done ? "others" : err.text);
    if (!done)
        return;
    import_result_free(&result);
    compare_pass(found, "f32", nn_backend_default(), pass, expected, atol_f32);
    compare_pass(found, "f64", nn_backend_plain(NN_F64), pass, expected, atol_f64);
}

/* The activation behind the last addition of each stage. */
static void find_stages(struct pass *pass)
{
    size_t blocks = 0;
    for (size_t l = 0; l + 1 < pass->net->layer_n; l++)
        if (pass->net->layer[l].kind == LAYER_ADD && ++blocks % 3 == 0 && pass->stage_n < STAGE_N)
            pass->stage[pass->stage_n++] = l + 1;
}

void weights_compare_resnet20(struct findings *found, const struct store *store, const char *input_path, const json_t *expected)
{
    const struct net_options options = {.channel_n = 3, .output_n = 10};
    struct store file;
    struct err err = ERR_INIT;
    struct pass pass = {.z = 1, .y = 32, .x = 32};
    float input[3 * 32 * 32];
    if (!weights_read(input_path, &file, NULL, &err) || !net_make("cifar_resnet20", &options, 0, &pass.net, &err)) {
        findings_true(found, "forward pass", false, "computed", err.text);
        store_free(&file);
        return;
    }
    const struct tensor *tensor = store_find(&file, "input");
    if (tensor != NULL && tensor->type == TENSOR_F32 && tensor_value_n(tensor) == sizeof input / sizeof *input) {
        to_channels_last(tensor->values, 3, 32 * 32, input);
        pass.input = input;
        find_stages(&pass);
        compare_both(found, &pass, store, expected, 1e-4, 2e-6); /* the file's input is the f32 of what expected.json was computed from */
    } else
        findings_true(found, "forward pass", false, "a float32 tensor `input` of 1 x 3 x 32 x 32", "none");
    store_free(&file);
    net_free(pass.net);
}

/* The net that the folder's README describes. */
static bool make_tiny(struct net **net, struct err *err)
{
    struct graph *graph = graph_start("tiny", 3, 2);
    struct conv_spec first = conv_cube(graph, 8, 3, 2, 1, 1), second = conv_cube(graph, 16, 3, 1, 1, 1);
    second.bias = true;
    size_t x = graph_conv(graph, "conv1", graph_input(graph), &first);
    x = graph_act(graph, graph_norm(graph, "bn1", x), NN_ACT_RELU);
    x = graph_conv(graph, "conv2", x, &second);
    size_t map = graph_act(graph, graph_norm(graph, "bn2", x), NN_ACT_RELU);
    size_t embedding = graph_mean(graph, map);
    return graph_finish(graph, embedding, map, graph_linear(graph, "fc", embedding, 3, true), net, err);
}

void weights_compare_tiny(struct findings *found, const struct store *store, const json_t *expected)
{
    enum { C = 2, Z = 6, Y = 8, X = 10, PLANE = Z * Y * X };
    float input[C * PLANE], last[C * PLANE];
    struct pass pass = {.input = last, .z = Z, .y = Y, .x = X};
    struct err err = ERR_INIT;
    for (size_t i = 0; i < C * PLANE; i++)
        input[i] = (float)sin((double)i * 0.37);
    to_channels_last(input, C, PLANE, last);
    if (make_tiny(&pass.net, &err))
        compare_both(found, &pass, store, expected, 1e-5, 1e-9);
    else
        findings_true(found, "forward pass", false, "computed", err.text);
    net_free(pass.net);
}
