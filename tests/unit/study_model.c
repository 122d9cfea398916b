/* The model file: there and back, what it says of itself, distances, and files that lie. */
#include "study/model.h"

#include "base/file.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "small_model.h"
#include "study/predict.h"

static void probabilities(const struct model *model, const struct table *table, double *out)
{
    struct err err = ERR_INIT;
    struct table applied;
    assert_done(pipeline_apply(model->pipeline, table, &applied, &err), err);
    memcpy(out, table_find(&applied, PROBABILITY_COLUMN)->number, SMALL_N * sizeof *out);
    table_free(&applied);
}

/* ---- there and back ---- */

static void same_model(const struct model *a, const struct model *b)
{
    assert_string_equal(a->block, b->block);
    assert_string_equal(a->positive, b->positive);
    assert_memory_equal(&a->threshold, &b->threshold, sizeof a->threshold);
    assert_memory_equal(a->distance, b->distance, sizeof a->distance);
    assert_int_equal(a->input_n, b->input_n);
    for (size_t i = 0; i < a->input_n; i++) {
        const struct model_input *x = &a->input[i], *y = &b->input[i];
        assert_string_equal(x->name, y->name);
        assert_string_equal(x->block, y->block);
        assert_int_equal(x->is_text, y->is_text);
        assert_int_equal(x->in_score, y->in_score);
        assert_memory_equal(&x->mean, &y->mean, 4 * sizeof x->mean);
        assert_int_equal(x->level_n, y->level_n);
        for (size_t l = 0; l < x->level_n; l++)
            assert_string_equal(x->level[l], y->level[l]);
    }
}

static void a_model_reads_back_and_scores_to_the_bit(void **state)
{
    (void)state;
    static const char *const learner[] = {"ridge", "lasso", "svm", "forest"};
    for (size_t k = 0; k < 8; k++) {
        struct err err = ERR_INIT;
        struct small *small = small_make(learner[k / 2], k % 2 == 1);
        struct model back;
        char written[65], read[65], again[65];
        double before[SMALL_N], after[SMALL_N];
        assert_done(model_write(&small->model, tap_path("model.hepar"), written, &err), err);
        assert_done(model_read(tap_path("model.hepar"), &back, read, &err), err);
        assert_string_equal(written, read);
        same_model(&small->model, &back);
        probabilities(&small->model, &small->table, before);
        probabilities(&back, &small->table, after);
        assert_memory_equal(before, after, sizeof before);
        assert_done(model_write(&back, tap_path("again.hepar"), again, &err), err);
        assert_string_equal(written, again); /* the same bytes, hence the same hash */
        model_free(&back);
        small_free(small);
    }
}

static void the_file_is_plain_safetensors_and_describes_itself(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("lasso", false);
    char sha256[65];
    struct store store;
    assert_done(model_write(&small->model, tap_path("model.hepar"), sha256, &err), err);
    assert_done(safetensors_read(tap_path("model.hepar"), &store, &err), err);
    assert_string_equal(store_find_text(&store, "sha256"), sha256);
    const char *text = store_find_text(&store, "hepar");
    json_t *json = json_parse(text, strlen(text), "hepar", &err);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "notice")), "Research use only; not a medical device.");
    assert_int_equal(json_array_size(json_object_get(json, "steps")), pipeline_step_n(small->model.pipeline));
    assert_int_equal(json_array_size(json_object_get(json, "columns")), SMALL_INPUT_N);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "fitted_on"), "cases")), SMALL_N);
    /* What it points to is there. */
    static const char *const pointer[] = {"fitted_on", "threshold", "training_ranges", "training_distances"};
    for (size_t k = 0; k < sizeof pointer / sizeof *pointer; k++)
        assert_non_null(store_find(&store, json_string_value(json_object_get(json_object_get(json, pointer[k]), "tensor"))));
    json_decref(json);
    store_free(&store);
    small_free(small);
}

/* ---- distances ---- */

static void distance_is_the_root_mean_square_z_score(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("ridge", true);
    const struct model *model = &small->model;
    struct table one = {0};
    size_t outside;
    assert_done(table_take_rows(&small->table, (const size_t[]){40}, 1, &one, &err), err);
    for (size_t i = 0; i < SMALL_INPUT_N; i++)
        assert_true(model->input[i].in_score); /* a late fusion's parts are "clinical: a", "clinical: sex=M" */
    static const size_t number[] = {0, 1, 3, 4};
    static const double z[] = {2, -1, 0, 0.5};
    for (size_t k = 0; k < 4; k++)
        one.column[number[k]].number[0] = model->input[number[k]].mean + z[k] * model->input[number[k]].sd;
    assert_double_near(model_distance(model, &one, 0, &outside), sqrt(5.25 / 4), 1e-12);
    one.column[1].number[0] = NAN;
    assert_double_near(model_distance(model, &one, 0, &outside), sqrt(4.25 / 3), 1e-12);
    assert_int_equal(outside, 0);
    one.column[0].number[0] = model->input[0].high + 0.001;
    one.column[3].number[0] = model->input[3].low - 0.001;
    model_distance(model, &one, 0, &outside);
    assert_int_equal(outside, 2);
    table_free(&one);
    small_free(small);
}

static void percentiles_are_of_the_training_rows(void **state)
{
    (void)state;
    struct small *small = small_make("ridge", false);
    size_t outside, nearer;
    for (size_t row = 0; row < SMALL_N; row += 11) {
        double d = model_distance(&small->model, &small->table, row, &outside);
        nearer = 0;
        for (size_t other = 0; other < SMALL_N; other++)
            nearer += model_distance(&small->model, &small->table, other, &outside) < d;
        assert_double_near(model_distance_percentile(&small->model, d), 100.0 * (double)nearer / (SMALL_N - 1), 1.0);
    }
    assert_double_near(model_distance_percentile(&small->model, 1e9), 100, 0);
    assert_double_near(model_distance_percentile(&small->model, 0), 0, 0);
    small_free(small);
}

static void parts_are_of_the_inputs_they_are_made_of(void **state)
{
    (void)state;
    const struct model_input number = {.name = "afp"}, text = {.name = "sex", .is_text = true}, odd = {.name = "x: y"};
    assert_true(model_part_is_of(&number, "afp"));
    assert_true(model_part_is_of(&number, "clinical: afp"));
    assert_false(model_part_is_of(&number, "afp2"));
    assert_false(model_part_is_of(&number, "log afp"));
    assert_true(model_part_is_of(&text, "sex=M"));
    assert_true(model_part_is_of(&text, "clinical: sex=M"));
    assert_false(model_part_is_of(&text, "sex"));
    assert_false(model_part_is_of(&number, ": "));
    assert_true(model_part_is_of(&odd, "radiomics: x: y"));
}

/* ---- files that lie ---- */

static void every_altered_byte_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("ridge", false);
    unsigned char *bytes;
    size_t n;
    char sha256[65];
    const char *path = tap_path("model.hepar");
    assert_done(model_write(&small->model, path, sha256, &err), err);
    assert_done(file_read(path, SIZE_MAX / 4, &bytes, &n, &err), err);
    for (size_t at = 0; at < n; at += 97) {
        struct model model;
        bytes[at] ^= 1;
        assert_done(file_write(path, bytes, n, &err), err);
        bytes[at] ^= 1;
        assert_false(model_read(path, &model, sha256, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        err_clear(&err);
    }
    for (size_t length = 0; length < n; length += 501) {
        struct model model;
        assert_done(file_write(path, bytes, length, &err), err);
        assert_false(model_read(path, &model, sha256, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        err_clear(&err);
    }
    mem_free(bytes);
    small_free(small);
}

static struct tensor *tensor_of(struct store *store, const char *name)
{
    for (size_t i = 0; i < store->tensor_n; i++)
        if (strstr(store->tensor[i].name, name) != NULL)
            return &store->tensor[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static char **text_of(struct store *store, const char *name)
{
    for (size_t i = 0; i < store->text_n; i++)
        if (strcmp(store->text[i].name, name) == 0)
            return &store->text[i].value;
    fail_msg("no text %s", name);
    return NULL;
}

static void refuses(const struct store *store, const char *message)
{
    struct err err = ERR_INIT;
    struct model model;
    assert_false(model_from_store(store, &model, &err));
    assert_error_has(err, ERR_INPUT, message);
}

static void indices_of_a_forest_that_lead_astray_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("forest", false);
    struct store store = {0};
    struct model back;
    assert_done(model_to_store(&small->model, &store, &err), err);
    int32_t *column = tensor_of(&store, ".column")->values, *left = tensor_of(&store, ".left")->values;
    int64_t *root = tensor_of(&store, ".root")->values;
    double *rows = tensor_of(&store, ".rows")->values, *share = tensor_of(&store, ".share")->values;
    assert_true(column[0] >= 0);
    static const int32_t bad_column[] = {5, 1000, INT32_MAX}, bad_left[] = {0, -1, INT32_MIN, 1000000, INT32_MAX};
    for (size_t k = 0; k < 3; k++) {
        int32_t was = column[0];
        column[0] = bad_column[k];
        refuses(&store, "node 0 in tree 0 of the forest is broken");
        column[0] = was;
    }
    for (size_t k = 0; k < 5; k++) {
        int32_t was = left[0];
        left[0] = bad_left[k];
        refuses(&store, "node 0 in tree 0 of the forest is broken");
        left[0] = was;
    }
    static const int64_t bad_root[] = {0, INT64_MAX, 100000000};
    for (size_t k = 0; k < 3; k++) {
        int64_t was = root[1];
        root[1] = bad_root[k];
        refuses(&store, "of the forest lies outside its nodes");
        root[1] = was;
    }
    int64_t first = root[1];
    root[1] = -1;
    refuses(&store, "holds -1, expected 0 or more");
    root[1] = first;
    double was = rows[0];
    rows[0] = 0;
    refuses(&store, "node 0 in tree 0 of the forest has no rows, or no share");
    rows[0] = was + 1;
    refuses(&store, "node 0 in tree 0 of the forest: its children's rows are not its own");
    rows[0] = was;
    share[0] = NAN;
    refuses(&store, "node 0 in tree 0 of the forest has no rows, or no share");
    share[0] = 0.5;
    assert_done(model_from_store(&store, &back, &err), err);
    model_free(&back);
    store_free(&store);
    small_free(small);
}

static void swapped_kinds_and_missing_parts_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct small *small = small_make("ridge", false);
    static const struct {
        const char *text, *value, *message;
    } cases[] = {
        {"format", "hepar model 9", "found format 'hepar model 9', expected 'hepar model 1'"},
        {"pipeline.steps", "columns\nencode\nimpute\nzscore\nforest\nzscore\ncalibrate\n", "step 5 (forest): "},
        {"pipeline.steps", "columns\nencode\nimpute\nimpute\nlogistic\nzscore\ncalibrate\n", "step 4 (impute): "},
        {"pipeline.steps", "columns\nshell\n", "step 2 is of the kind 'shell', which this program does not know"},
        {"pipeline.steps", "pipeline\n", "step 1 (pipeline): "},
        {"pipeline.steps", "", "pipeline: there are no steps"},
        {"inputs", "[\"a\"]", "are no lists of one length"},
        {"inputs", "{}", "are no lists of one length"},
        {"inputs", "[1, 2, 3, 4, 5]", "are no lists of names"},
        {"inputs.levels", "[1, 2, 3, 4, 5]", "the text 'inputs.levels' is no list"},
        {"phases", "7", "the text 'phases' is no list"},
        {"phases", "[", "phases line 1"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct store store = {0};
        assert_done(model_to_store(&small->model, &store, &err), err);
        char **text = text_of(&store, cases[k].text);
        mem_free(*text);
        *text = mem_string(cases[k].value, &err);
        refuses(&store, cases[k].message);
        store_free(&store);
    }
    struct store store = {0};
    assert_done(model_to_store(&small->model, &store, &err), err);
    ((double *)tensor_of(&store, "threshold")->values)[0] = NAN;
    refuses(&store, "tensor threshold: found nan, expected a finite number");
    ((double *)tensor_of(&store, "threshold")->values)[0] = 0.5;
    ((double *)tensor_of(&store, "distance")->values)[50] = -1;
    refuses(&store, "tensor distance: its percentiles do not rise");
    store_free(&store);
    small_free(small);
}

/* Every value of every tensor set to what is awkward, one at a time: read and scored, or refused; never a bug's error. */
static bool survives(const struct store *store, const struct small *small)
{
    struct err err = ERR_INIT;
    struct model model;
    if (!model_from_store(store, &model, &err)) {
        assert_int_equal(err.kind, ERR_INPUT);
        return false;
    }
    for (size_t i = 0; i < model.input_n; i++)
        if (model.input[i].is_text != (small->table.column[i].kind == COLUMN_TEXT)) { /* newcases.h makes columns of the model's kinds; these are not */
            model_free(&model);
            return true;
        }
    struct newcases cases = {0};
    struct predictions predictions;
    cases.failure = test_calloc(SMALL_N, sizeof *cases.failure);
    cases.table = small->table;
    bool done = predict_cases(&model, &cases, &predictions, &err) && predictions_explain(&predictions, &err);
    if (!done)
        assert_int_equal(err.kind, ERR_INPUT);
    predictions_free(&predictions);
    test_free(cases.failure);
    model_free(&model);
    return done;
}

static void awkward_values_do_no_harm(void **state)
{
    (void)state;
    static const char *const learner[] = {"ridge", "forest"};
    static const double awkward[] = {-1, 0, 3, 1e300, NAN, INFINITY};
    size_t refused = 0, taken = 0;
    for (size_t m = 0; m < 2; m++) {
        struct err err = ERR_INIT;
        struct small *small = small_make(learner[m], m == 1);
        struct store store = {0};
        assert_done(model_to_store(&small->model, &store, &err), err);
        for (size_t i = 0; i < store.tensor_n; i++) {
            struct tensor *tensor = &store.tensor[i];
            size_t n = tensor_value_n(tensor), size = tensor_type_size(tensor->type), step = n / 5 + 1;
            for (size_t at = 0; at < n; at += step)
                for (size_t k = 0; k < sizeof awkward / sizeof *awkward; k++) {
                    unsigned char was[8], *place = (unsigned char *)tensor->values + at * size;
                    int64_t whole = awkward[k] >= -1 && awkward[k] < 4 ? (int64_t)awkward[k] : INT64_MAX;
                    int32_t half = whole == INT64_MAX ? INT32_MAX : (int32_t)whole;
                    memcpy(was, place, size);
                    memcpy(place, tensor->type == TENSOR_F64 ? (const void *)&awkward[k] : tensor->type == TENSOR_I64 ? (const void *)&whole : (const void *)&half, size);
                    *(survives(&store, small) ? &taken : &refused) += 1;
                    memcpy(place, was, size);
                }
        }
        store_free(&store);
        small_free(small);
    }
    assert_true(refused > 100 && taken > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_reads_back_and_scores_to_the_bit),
        cmocka_unit_test(the_file_is_plain_safetensors_and_describes_itself),
        cmocka_unit_test(distance_is_the_root_mean_square_z_score),
        cmocka_unit_test(percentiles_are_of_the_training_rows),
        cmocka_unit_test(parts_are_of_the_inputs_they_are_made_of),
        cmocka_unit_test(every_altered_byte_is_refused),
        cmocka_unit_test(indices_of_a_forest_that_lead_astray_are_refused),
        cmocka_unit_test(swapped_kinds_and_missing_parts_are_refused),
        cmocka_unit_test(awkward_values_do_no_harm),
    };
    return tap_run(tests);
}
