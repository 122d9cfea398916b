/* The stages of a study, one after the other; see run.h. No stage looks back:
 *   settings -> cohort and roles -> features -> predictors -> fits on train -> lock -> seals opened -> measures -> files. */
#include "study/run.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "study/crops.h"
#include "study/deep.h"
#include "study/deep_pretrain.h"
#include "study/extraction.h"
#include "study/fit.h"
#include "study/frozen_columns.h"
#include "study/maps.h"
#include "study/metrics.h"
#include "study/model.h"
#include "study/outputs.h"
#include "study/plan.h"
#include "study/slices.h"

static const size_t IMAGE_BYTES_MAX = (size_t)16 << 30;

/* Everything a run holds, in the order it comes to be. */
struct run {
    const struct run_options *options;
    struct study_settings *settings;
    struct cohort cohort;
    struct params params;
    char *params_text;
    char settings_sha256[65], model_sha256[65];
    char *work;
    struct table features;
    bool has_images, extracts; /* something is made from images; radiomics columns are */
    struct deep deep;
    struct crops crops;
    struct table networks; /* frozen features, and the cases that networks read */
    size_t failed_n;
    struct predictors predictors;
    struct plan plan;
    struct outcomes train, opened;
    struct outcomes broken; /* --allow-leakage */
    struct fit fit;
    struct model model;
    struct maps maps;
};

static void run_free(struct run *run)
{
    maps_free(&run->maps);
    model_free(&run->model);
    fit_free(&run->fit);
    outcomes_free(&run->broken);
    outcomes_free(&run->opened);
    outcomes_free(&run->train);
    plan_free(&run->plan);
    predictors_free(&run->predictors);
    deep_free(&run->deep);
    table_free(&run->networks);
    crops_free(&run->crops);
    table_free(&run->features);
    mem_free(run->work);
    mem_free(run->params_text);
    params_free(&run->params);
    cohort_free(&run->cohort);
    settings_free(run->settings);
}

/* ---- inputs ---- */

struct hashing {
    const struct cohort *cohort;
    char (*hex)[65]; /* case x phase x (image, mask); empty where the file cannot be read */
};

static bool hash_files(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct hashing *hashing = ctx;
    const struct cohort *cohort = hashing->cohort;
    for (size_t k = begin; k < end; k++) {
        const struct phase *phase = &cohort->phase[k / 2 % cohort->phase_n];
        char *path = extraction_path(cohort, k % 2 == 0 ? phase->image_column : phase->mask_column, k / 2 / cohort->phase_n, err);
        unsigned char *bytes = NULL;
        size_t n;
        struct err why = ERR_INIT; /* a missing file is the case's failure, told by extraction */
        if (path != NULL && file_read(path, IMAGE_BYTES_MAX, &bytes, &n, &why))
            sha256_hex(bytes, n, hashing->hex[k]);
        bool short_of_memory = path != NULL && why.kind == ERR_SYSTEM;
        mem_free(bytes);
        mem_free(path);
        if (short_of_memory) {
            *err = why;
            return false;
        }
    }
    return true;
}

/* One hash for all images and masks: of the list of theirs, in the cohort's order. */
static bool hash_images(const struct cohort *cohort, char hex[65], struct err *err)
{
    size_t n = cohort->n * cohort->phase_n * 2;
    struct hashing hashing = {cohort, mem_zero(n, sizeof *hashing.hex, err)};
    if (hashing.hex == NULL)
        return false;
    bool done = par_for(n, 8, hash_files, &hashing, err);
    if (done)
        sha256_hex(hashing.hex, n * sizeof *hashing.hex, hex);
    mem_free(hashing.hex);
    return done;
}

static bool same_lock(const char *path, const struct text *lock, struct err *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    if (!file_read(path, (size_t)1 << 26, &bytes, &n, err))
        return false;
    bool same = n == lock->n && memcmp(bytes, lock->bytes, n) == 0;
    mem_free(bytes);
    return same || err_set(err, ERR_USAGE, "%s: the interrupted run had other settings or inputs; start anew without --resume", path);
}

/* What the model was made with: every setting and the parameter file. Not the inputs: the outcomes of other roles are among
 * them, and no byte of the model may depend on those. */
static bool hash_settings(struct run *run, const char *params_sha256, struct err *err)
{
    struct text text = TEXT_INIT;
    bool done = settings_write_yaml(run->settings, &text, err);
    text_add(&text, "%s", params_sha256);
    done = done && text_ok(&text, err);
    if (done)
        sha256_hex(text.bytes, text.n, run->settings_sha256);
    text_free(&text);
    return done;
}

static bool write_lock(struct run *run, struct err *err)
{
    char params_sha256[65] = "", images_sha256[65];
    struct text lock = TEXT_INIT;
    char *path = path_join(run->options->folder, "study.lock.yaml", err);
    bool done = path != NULL && (!run->has_images || hash_images(&run->cohort, images_sha256, err));
    if (run->params_text != NULL)
        sha256_hex(run->params_text, strlen(run->params_text), params_sha256);
    done = done && hash_settings(run, params_sha256, err) &&
           outputs_lock(run->settings, &run->cohort, run->params_text == NULL ? NULL : params_sha256,
                        run->has_images ? images_sha256 : NULL, run->deep.weights_sha256, &lock, err) &&
           (run->options->resume && file_exists(path) ? same_lock(path, &lock, err) : outputs_write(run->options->folder, "study.lock.yaml", &lock, err));
    text_free(&lock);
    mem_free(path);
    return done;
}

/* Both labels must be there to be told apart. */
static bool check_train(const struct cohort *cohort, const double *label, struct err *err)
{
    size_t n[2] = {0, 0};
    for (size_t row = 0; row < cohort->n; row++)
        if (!isnan(label[row]))
            n[label[row] > 0.5]++;
    if (n[0] + n[1] == 0)
        return err_set(err, ERR_INPUT, "no case of role train has a label (%s)", cohort->label_title);
    if (n[0] == 0 || n[1] == 0)
        return err_set(err, ERR_INPUT, "all %zu labelled cases of role train have label %d (%s), expected both labels", n[0] + n[1], n[0] == 0, cohort->label_title);
    return true;
}

/* Whatever can be refused without a look at the images is, before hours go into them. */
static bool check_early(struct run *run, struct err *err)
{
    if (!deep_read(run->settings, &run->cohort, &run->deep, err) || !predictors_make(run->settings, &run->cohort, &run->deep, &run->predictors, err) || !plan_make(run->settings, &run->predictors, &run->deep, &run->plan, err))
        return false;
    plan_free(&run->plan); /* made again when all columns are there */
    return seal_train(run->cohort.seal, &run->train, err) && check_train(&run->cohort, run->train.label, err) &&
           predictors_check(&run->predictors, 0, &run->cohort, run->train.label, err);
}

static bool read_inputs(struct run *run, struct err *err)
{
    const struct run_options *options = run->options;
    run->settings = settings_read(options->study, options->override, options->override_n, err);
    if (run->settings == NULL || !cohort_read(run->settings, &run->cohort, err) || !check_early(run, err))
        return false;
    run->extracts = settings_text(run->settings, "blocks.radiomics.from") != NULL && run->cohort.phase_n > 0;
    run->has_images = run->extracts || deep_used(&run->deep);
    if (run->has_images && !extraction_params(run->settings, &run->params, &run->params_text, err))
        return false;
    run->work = path_join(options->folder, STUDY_WORK, err);
    for (size_t r = 0; r < run->cohort.role_n; r++) {
        size_t n = 0;
        for (size_t row = 0; row < run->cohort.n; row++)
            n += run->cohort.role_of[row] != NULL && strcmp(run->cohort.role_of[row], run->cohort.role[r].name) == 0;
        log_note("role %s: %zu cases", run->cohort.role[r].name, n);
    }
    return run->work != NULL && folder_make(run->work, err) && write_lock(run, err);
}

/* ---- columns ---- */

/* Pictures for eyes; they tell nothing to any later stage. */
static bool draw_slices(struct run *run, struct err *err)
{
    return !run->has_images || outputs_private(run->settings, "no-images") || slices_write(&run->cohort, &run->params, run->options->folder, err);
}

/* What the networks see, and what frozen ones make of it. */
static bool make_networks(struct run *run, struct err *err)
{
    const struct settings *masks = &run->params.settings;
    const struct mask_choice choice = {masks->label, (size_t)masks->label_channel, masks->mask_policy};
    uint64_t seed = settings_integer(run->settings, 1, "seed");
    bool pretrains = run->deep.frozen && run->deep.pretrain_n > 0;
    return crops_make(&run->cohort, &run->deep.crop, &choice, &run->crops, err) && table_init(&run->networks, run->cohort.n, NULL, run->cohort.table.id, err) &&
           (!pretrains || deep_pretrain(&run->deep, &run->cohort, &run->crops, rng_seed(seed, "study.pretrain", 0, 0), run->work, err)) &&
           (!run->deep.frozen ||
            frozen_columns_add(pretrains ? run->deep.pretrained : run->deep.start, &run->deep.crop, &run->deep.fit.sample, &run->crops, &run->networks, err)) &&
           (!pretrains || deep_mark_pretrained(&run->cohort, &run->crops, &run->networks, err)) &&
           crops_add_column(&run->crops, &run->networks, err);
}

/* A case whose images can't be read, or hold no tumour, has failed; too many of a role end the run. */
static bool tell_failed(struct run *run, struct err *err)
{
    const char **failure = mem_zero(run->cohort.n, sizeof *failure, err);
    if (failure == NULL)
        return false;
    for (size_t row = 0; row < run->cohort.n; row++) {
        if (run->extracts)
            failure[row] = extraction_failure(&run->features, row);
        if (failure[row] == NULL && deep_used(&run->deep) && run->cohort.why_not[row] == NULL)
            failure[row] = run->crops.failure[row];
    }
    run->failed_n = extraction_tell_failed(&run->cohort, failure);
    bool done = extraction_check_failed(&run->cohort, failure, settings_number(run->settings, 0.2, "max_failed"), err);
    mem_free(failure);
    return done;
}

static bool make_columns(struct run *run, struct err *err)
{
    if (run->extracts && !extraction_extract(&run->cohort, &run->params, run->work, &run->features, run->cohort.note, err))
        return false;
    if ((deep_used(&run->deep) && !make_networks(run, err)) || !tell_failed(run, err))
        return false;
    size_t checked_n = run->predictors.table.column_n;
    if (!predictors_complete(&run->cohort, run->extracts ? &run->features : NULL, deep_used(&run->deep) ? &run->networks : NULL, &run->predictors, err) ||
        !predictors_check(&run->predictors, checked_n, &run->cohort, run->train.label, err))
        return false;
    for (size_t k = 0; k < run->predictors.warning_n; k++)
        log_warn("%s", run->predictors.warning[k]);
    return plan_make(run->settings, &run->predictors, &run->deep, &run->plan, err);
}

/* ---- the model ---- */

static bool name_inputs(struct run *run, const struct block *block, struct err *err)
{
    struct model *model = &run->model;
    const struct predictors *predictors = &run->predictors;
    model->input = mem_zero(predictors->table.column_n, sizeof *model->input, err);
    if (model->input == NULL)
        return false;
    for (size_t b = 0; b < predictors->block_n; b++) {
        const struct block_columns *columns = &predictors->block[b];
        bool used = strstr(block->name, columns->name) != NULL; /* a fusion's name holds its blocks' names */
        model->has_crop |= used && columns->made_of != NULL;
        for (size_t c = 0; used && c < columns->n; c++) {
            if (table_find(&predictors->table, columns->column[c]) == NULL) /* made by the pipeline itself */
                continue;
            struct model_input *input = &model->input[model->input_n];
            input->from_net = strcmp(columns->name, "deep") == 0;
            model->has_crop |= input->from_net;
            input->from_images = run->extracts && strcmp(columns->name, "radiomics") == 0;
            model->input_n++;
            if ((input->name = mem_string(columns->column[c], err)) == NULL || (input->block = mem_string(columns->name, err)) == NULL)
                return false;
        }
    }
    return true;
}

static bool name_phases(struct run *run, struct err *err)
{
    struct model *model = &run->model;
    bool from_images = false;
    for (size_t i = 0; i < model->input_n; i++)
        from_images |= model->input[i].from_images;
    if (model->has_crop && run->deep.frozen) {
        struct net **frozen = run->deep.pretrained != NULL ? &run->deep.pretrained : &run->deep.start;
        model->frozen = *frozen;
        model->frozen_sample = run->deep.fit.sample;
        *frozen = NULL; /* the model's from here on */
    }
    model->crop = run->deep.crop;
    memset(model->crop.margin, 0, sizeof model->crop.margin); /* of training alone */
    if (!from_images && !model->has_crop)
        return true;
    model->phase = mem_zero(run->cohort.phase_n, sizeof *model->phase, err);
    if (model->phase == NULL)
        return false;
    for (size_t p = 0; p < run->cohort.phase_n; p++) {
        if ((model->phase[p] = mem_string(run->cohort.phase[p].name, err)) == NULL)
            return false;
        model->phase_n++;
    }
    return run->params_text == NULL || !from_images || (model->params = mem_string(run->params_text, err)) != NULL;
}

static bool make_model(struct run *run, struct err *err)
{
    char score_name[64];
    struct model *model = &run->model;
    struct procedure_result *result = &run->fit.result;
    const struct block *block = &run->plan.block[result->block];
    model->version = mem_string(HEPAR_VERSION, err);
    model->name = mem_string(settings_text(run->settings, "name"), err);
    model->block = mem_string(block->name, err);
    model->learner = mem_string(run->plan.learner[result->learner].name, err);
    model->score_name = mem_string(plan_score_name(block->name, score_name), err);
    model->positive = mem_string(run->cohort.label_title, err);
    model->settings_sha256 = mem_string(run->settings_sha256, err);
    model->mask_fit = mem_string(settings_text(run->settings, "mask_fit"), err);
    model->mask_label = settings_integer(run->settings, 1, "mask_label");
    model->threshold = result->threshold.value;
    model->leaky = result->leaky;
    model->pipeline = result->pipeline;
    result->pipeline = NULL; /* the model's from here on */
    return model->version != NULL && model->name != NULL && model->block != NULL && model->learner != NULL && model->score_name != NULL &&
           model->positive != NULL && model->settings_sha256 != NULL && model->mask_fit != NULL && name_inputs(run, block, err) &&
           name_phases(run, err) && model_learn_ranges(model, &run->predictors.table, run->fit.train_row, run->fit.train_n, err);
}

static bool fit_and_lock(struct run *run, struct err *err)
{
    const double *leak = NULL;
    if (run->options->allow_leakage) {
        if (!seal_break(run->cohort.seal, &run->broken, err))
            return false;
        log_warn("--allow-leakage: selection sees the outcomes of every role; no measure of this run is honest");
        leak = run->broken.label;
    }
    if (!fit_study(&run->plan, &run->cohort, &run->predictors, run->train.label, leak, settings_integer(run->settings, 1, "seed"), run->work, &run->fit, err) ||
        !make_model(run, err))
        return false;
    char *path = path_join(run->options->folder, "model.hepar", err);
    bool done = path != NULL && model_write(&run->model, path, run->model_sha256, err) && seal_lock(run->cohort.seal, run->model_sha256, err);
    mem_free(path);
    if (done)
        log_note("locked: %s with %s, threshold %.4g, sha256 %.12s", run->model.block, run->model.learner, run->model.threshold, run->model_sha256);
    return done;
}

/* ---- after the lock ---- */

static struct mask_choice mask_choice_of(const struct run *run)
{
    const struct settings *masks = &run->params.settings;
    return (struct mask_choice){masks->label, (size_t)masks->label_channel, masks->mask_policy};
}

/* Where in the images the locked score comes from; no outcome is needed for it. */
static bool map_score(struct run *run, struct err *err)
{
    const struct maps_settings settings = {.role_n = settings_integer(run->settings, 4, "deep.maps"), .pictures = !outputs_private(run->settings, "no-images"),
                                           .masks = mask_choice_of(run), .seed = settings_integer(run->settings, 1, "seed"), .folder = run->options->folder};
    if (!deep_used(&run->deep))
        return true;
    if (settings.role_n > 0 && !scoremap_has_networks(&run->model))
        log_note("no maps of the score: the winner, %s with %s, is not made with networks", run->model.block, run->model.learner);
    return maps_make(&run->model, &run->cohort, &run->predictors.table, run->fit.probability, &settings, &run->maps, err);
}

static void merge_outcomes(struct outcomes *into, const struct outcomes *from, size_t n)
{
    for (size_t row = 0; row < n; row++) {
        if (!isnan(from->label[row]))
            into->label[row] = from->label[row];
        for (size_t e = 0; e < into->endpoint_n; e++) {
            if (!isnan(from->time[e][row]))
                into->time[e][row] = from->time[e][row];
            if (!isnan(from->event[e][row]))
                into->event[e][row] = from->event[e][row];
        }
    }
}

static bool open_seals(struct run *run, struct err *err)
{
    struct cohort *cohort = &run->cohort;
    if (!outcomes_init(&run->opened, cohort->n, cohort->has_label, cohort->endpoint_n, err))
        return false;
    for (size_t r = 0; r < cohort->role_n; r++) {
        struct outcomes role;
        if (!seal_open(cohort->seal, cohort->role[r].name, &role, err))
            return false;
        merge_outcomes(&run->opened, &role, cohort->n);
        outcomes_free(&role);
    }
    return true;
}

/* Train cases without a label took no part and are told so. */
static bool exclude_unlabelled_train(struct cohort *cohort, struct err *err)
{
    for (size_t row = 0; row < cohort->n; row++)
        if (cohort->role_of[row] != NULL && strcmp(cohort->role_of[row], "train") == 0 && !seal_known(cohort->seal, SIZE_MAX, row) &&
            !cohort_exclude(cohort, row, "no label: not trained on", err))
            return false;
    return true;
}

static bool write_outputs(struct run *run, struct err *err)
{
    struct run_results results = {run->settings, &run->cohort, &run->predictors, &run->deep, &run->plan, &run->fit, &run->model,
                                  run->model_sha256, run->settings_sha256, &run->opened, run->options->allow_leakage, &run->maps};
    struct text metrics = TEXT_INIT;
    bool done = outputs_cases(&run->cohort, run->options->folder, err) && outputs_features(&run->predictors, run->options->folder, err) &&
                outputs_predictions(&results, run->options->folder, err) && outputs_logits(&results, run->options->folder, err) && metrics_write(&results, &metrics, err) &&
                outputs_write(run->options->folder, "metrics.json", &metrics, err) && folder_remove(run->work, err);
    text_free(&metrics);
    return done;
}

bool study_run(const struct run_options *options, size_t *failed_n, struct err *err)
{
    struct run run = {.options = options};
    bool done = read_inputs(&run, err) && make_columns(&run, err) && exclude_unlabelled_train(&run.cohort, err) && draw_slices(&run, err) &&
                fit_and_lock(&run, err) && map_score(&run, err) && open_seals(&run, err) && write_outputs(&run, err);
    *failed_n = run.failed_n;
    run_free(&run);
    return done;
}
