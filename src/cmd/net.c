/* hepar net train: trains one network on a table of cases or on arrays. hepar net apply: its logits for others. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/net_input.h"
#include "io/weights.h"
#include "nn/holdout.h"
#include "nn/import.h"
#include "nn/input_options.h"
#include "nn/mirror.h"
#include "nn/nets.h"
#include "nn/predict.h"
#include "nn/pretrain.h"
#include "nn/train_options.h"
#include "stats/roc.h"

static const char *const numbers[] = {"f32", "bf16", NULL};
enum { NUMBERS_BF16 = 1 };
static const char *const mask_fits[] = {"strict", "snap", "resample", NULL}; /* in the order of enum mask_policy */

struct settings {
    const char *output, *net, *shortcut, *weights, *target, *time, *event, *val;
    int64_t seed, label;
    double offset, scale;
    int mask_fit, numbers;
    double checkpoint;
    bool resume;
    struct train_options train;
    struct input_options input;
};

static struct mask_choice mask_choice_of(const struct settings *settings)
{
    return (struct mask_choice){settings->label, 0, (enum mask_policy)settings->mask_fit};
}

/* ---- train ---- */

/* A training's parts. */
struct training_job {
    const struct settings *settings;
    const struct net_kind *kind;
    bool endpoint;
    struct net_target target;
    struct trainer_settings trainer;
    struct net_augment augment;
    struct net_input input;
    struct net *net;
    struct net_data train, val; /* val: of a file of its own */
    double *label, *time, *event; /* of both together */
    struct source both;
    struct history history;
};

static bool check_train(struct training_job *job, const char *path, struct err *err)
{
    const struct settings *settings = job->settings;
    job->kind = net_kind_find(settings->net);
    if (job->kind == NULL)
        return net_make(settings->net, NULL, 0, &job->net, err);
    if (settings->output == NULL)
        return err_set(err, ERR_USAGE, "option --output is missing: the folder to write");
    if ((settings->time == NULL) != (settings->event == NULL))
        return err_set(err, ERR_USAGE, "option --%s is missing: an endpoint has a time and an event", settings->time == NULL ? "time" : "event");
    job->endpoint = settings->time != NULL;
    if (job->endpoint && settings->target != NULL)
        return err_set(err, ERR_USAGE, "option --target: a label, and an endpoint by --time and --event as well");
    bool array = net_data_is_array(path);
    if (!array && !job->endpoint && settings->target == NULL)
        return err_set(err, ERR_USAGE, "option --target is missing: the table's column with the label (0 or 1); or --time and --event");
    if (settings->scale == 0.0)
        return err_set(err, ERR_USAGE, "option --scale: 0, expected another number");
    job->target = (struct net_target){job->endpoint ? NULL : settings->target == NULL ? "label" : settings->target, settings->time, settings->event, true};
    return train_options_settle(&settings->train, job->endpoint, &job->trainer, err) &&
           (array ? train_options_array_augment(&settings->train, &job->augment.array, err) : train_options_augment(&settings->train, &job->augment.cases, err));
}

/* --val: a share of the training cases, or a file. */
static bool read_val(struct training_job *job, const struct mask_choice *choice, struct err *err)
{
    const char *val = job->settings->val;
    double share;
    if (val == NULL)
        return true;
    if (double_from_text(val, &share)) {
        job->trainer.holdout = share;
        return (share > 0.0 && share <= 0.5) || err_set(err, ERR_USAGE, "option --val: %s: expected a share above 0, at most 0.5, or a file", val);
    }
    return net_data_read(val, job->kind->rank, &job->input, &job->target, NULL, choice, &job->val, err);
}

/* Of what the network will be the mean when it is applied. */
static void choose_mirrors(struct training_job *job)
{
    const struct augment *cases = &job->augment.cases;
    const struct array_augment *array = &job->augment.array;
    const struct sample_shape *shape = &job->train.source.shape;
    if (job->settings->train.mirror == 0)
        job->input.mirrors = job->input.cases ? mirror_axes(cases->flip_x, cases->flip_y, cases->flip_z, shape)
                                              : mirror_axes(array->flip_x, array->flip_y, array->flip_z, shape);
}

static bool read_input(struct training_job *job, const char *path, struct err *err)
{
    const struct settings *settings = job->settings;
    struct mask_choice choice = mask_choice_of(settings);
    size_t phase_n, mask_n, channel_n;
    struct net_input *input = &job->input;
    input->endpoint = job->endpoint;
    input->offset = settings->offset;
    input->scale = settings->scale;
    if (settings->shortcut != NULL && (input->shortcut = mem_string(settings->shortcut, err)) == NULL)
        return false;
    if (!net_data_describe(path, job->kind->rank, input, &phase_n, &mask_n, &channel_n, err))
        return false;
    if (input->cases) {
        if (!input_options_settle(&settings->input, job->kind->rank, phase_n, mask_n, &input->crop, &input->sample, err))
            return false;
        channel_n = sample_shape_of_settings(&input->crop, &input->sample).c;
        if (job->trainer.augment)
            augment_margin(&job->augment.cases, input->crop.view, input->crop.size, input->crop.spacing, input->crop.margin);
    }
    const struct net_options options = {channel_n, 1, settings->shortcut};
    return net_make(job->kind->name, &options, (uint64_t)settings->seed, &job->net, err) &&
           net_data_read(path, job->kind->rank, input, &job->target, &job->augment, &choice, &job->train, err) && read_val(job, &choice, err);
}

static bool start_values(struct training_job *job, struct err *err)
{
    const char *path = job->settings->weights;
    struct store store = {0};
    struct import_result result;
    const struct import_settings settings = {IMPORT_MEAN, true};
    if (path == NULL)
        return true;
    bool done = weights_read(path, &store, NULL, err) && (net_import(job->net, &store, &settings, &result, err) || err_add(err, "%s", path));
    if (done) {
        log_note("%s: %zu of %zu parameters taken%s%s", path, result.taken_n, job->net->parameter_n, result.head_kept ? "; the last layer begins anew" : "",
                 result.missing_n > 0 && !result.head_kept ? "; the others begin anew" : "");
        done = result.taken_n > 0 || err_set(err, ERR_INPUT, "%s: none of its tensors is one of %s", path, job->net->name);
        import_result_free(&result);
    }
    store_free(&store);
    return done;
}

/* Training cases, and behind them those of --val's file, as one source. */
static size_t both_input_n(const void *ctx, size_t i)
{
    const struct training_job *job = ctx;
    size_t n = job->train.source.n;
    return i < n ? source_input_n(&job->train.source, i) : source_input_n(&job->val.source, i - n);
}

static bool both_fill(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    const struct training_job *job = ctx;
    const struct source *source = i < job->train.source.n ? &job->train.source : &job->val.source;
    return source->fill(source->ctx, i < job->train.source.n ? i : i - job->train.source.n, input, rng, out, err);
}

static bool join(const double *a, size_t a_n, const double *b, size_t b_n, double **out, struct err *err)
{
    if (a == NULL)
        return true;
    if ((*out = mem_alloc(a_n + b_n, sizeof **out, err)) == NULL)
        return false;
    memcpy(*out, a, a_n * sizeof *a);
    if (b_n > 0)
        memcpy(*out + a_n, b, b_n * sizeof *b);
    return true;
}

/* OUT.partial/work holds the checkpoints, and what a kill leaves of one half written; it goes when all is done. */
struct places {
    char *work, *pretrain, *checkpoint;
};

/* --pretrain: without labels, on the training cases. */
static bool pretrain_net(struct training_job *job, const struct training *training, const char *checkpoint, struct err *err)
{
    const struct pretrain_settings settings = pretrain_before(&job->trainer, (size_t)job->settings->train.pretrain);
    struct training without_labels = *training;
    struct history history = {0};
    if (settings.trainer.epoch_n == 0)
        return true;
    without_labels.checkpoint = checkpoint;
    without_labels.progress = progress_start("pre-training", trainer_step_n(&settings.trainer, training->row_n));
    bool done = pretrain_run(job->net, &settings, &without_labels, &history, err);
    progress_end(without_labels.progress);
    if (done)
        log_note("pre-training: error %.4f a hidden value in the first epoch, %.4f in the last", history.epoch[0].loss, history.epoch[history.n - 1].loss);
    history_free(&history);
    return done;
}

static bool train_net(struct training_job *job, const struct places *places, struct err *err)
{
    const struct net_data *train = &job->train, *val = &job->val;
    size_t n = train->used_n + val->used_n, *row = mem_alloc(n, sizeof *row, err), *key = mem_alloc(n, sizeof *key, err);
    bool done = row != NULL && key != NULL && join(train->label, train->used_n, val->label, val->used_n, &job->label, err) &&
                join(train->time, train->used_n, val->time, val->used_n, &job->time, err) && join(train->event, train->used_n, val->event, val->used_n, &job->event, err);
    for (size_t i = 0; done && i < n; i++) {
        row[i] = i;
        key[i] = i < train->used_n ? train->used[i] : train->n + val->used[i - train->used_n]; /* a case that fails leaves the others' as they are */
    }
    job->both = (struct source){.n = n, .shape = train->source.shape, .key = key, .input_n = both_input_n, .fill = both_fill, .ctx = job};
    const struct outcome outcome = {job->label, job->time, job->event};
    const struct nn_backend *backend = job->settings->numbers == NUMBERS_BF16 ? nn_backend_onednn(NN_BF16, err) : nn_backend_default();
    if (backend == NULL)
        err_add(err, "option --numbers: bf16");
    done = done && backend != NULL;
    struct training training = {.source = &job->both, .outcome = &outcome, .row = row, .row_n = train->used_n, .held = row + train->used_n, .held_n = val->used_n,
                                .backend = backend, .seed = (uint64_t)job->settings->seed, .checkpoint = places->checkpoint, .checkpoint_seconds = job->settings->checkpoint};
    uint64_t bytes = 0;
    done = done && trainer_plan_bytes(job->net, &job->trainer, &training, &bytes, err);
    if (done && (done = pretrain_net(job, &training, places->pretrain, err))) {
        size_t value_n = 0;
        for (size_t p = 0; p < job->net->parameter_n; p++)
            value_n += job->net->parameter[p].role <= PARAMETER_SHIFT ? job->net->parameter[p].n : 0;
        log_note("training %s (%zu parameters) on %zu cases for %zu epochs with %s; about %.0f MB", job->net->name, value_n, train->used_n, job->trainer.epoch_n, backend->name,
                 (double)bytes / 1e6);
        training.progress = progress_start("training", trainer_step_n(&job->trainer, train->used_n));
        done = trainer_run(job->net, &job->trainer, &training, &job->history, err);
        progress_end(training.progress);
    }
    mem_free(row);
    mem_free(key);
    return done;
}

static void say_result(const struct training_job *job)
{
    const struct epoch *best = &job->history.epoch[job->history.best];
    if (isnan(best->held_loss))
        log_note("epoch %zu of %zu: training loss %.4f", job->history.best + 1, job->history.n, best->loss);
    else
        log_note("epoch %zu of %zu: training loss %.4f; on held-out cases loss %.4f, %s %.4f", job->history.best + 1, job->history.n, best->loss, best->held_loss,
                 job->endpoint ? "C" : "AUC", best->held_auc);
}

static bool write_results(const struct training_job *job, const char *folder, struct err *err)
{
    struct text curve = TEXT_INIT;
    char *weights = path_join(folder, "weights.safetensors", err), *history = path_join(folder, "history.csv", err);
    history_csv(&job->history, &curve);
    bool done = weights != NULL && history != NULL && text_ok(&curve, err) && net_file_write(weights, job->net, &job->input, err) &&
                file_write(history, curve.bytes, curve.n, err);
    text_free(&curve);
    mem_free(weights);
    mem_free(history);
    return done;
}

/* OUT.partial: new, or with the checkpoint that a training left. */
static bool prepare_folder(const struct settings *settings, const char *partial, struct err *err)
{
    if (folder_exists(settings->output) || file_exists(settings->output))
        return err_set(err, ERR_USAGE, "%s: is there already; name another folder or remove it", settings->output);
    if (settings->resume && !folder_exists(partial))
        log_note("%s: no interrupted training to resume; starting anew", partial);
    if (!settings->resume && folder_exists(partial)) {
        log_note("%s: an interrupted training is removed; with --resume it would have been continued", partial);
        if (!folder_remove(partial, err))
            return false;
    }
    return folder_make(partial, err);
}

static bool places_make(struct places *places, const char *partial, struct err *err)
{
    places->work = path_join(partial, "work", err);
    places->pretrain = places->work == NULL ? NULL : path_join(places->work, "pretrain.safetensors", err);
    places->checkpoint = places->pretrain == NULL ? NULL : path_join(places->work, "checkpoint.safetensors", err);
    return places->checkpoint != NULL;
}

static void settle_failed(const char *partial, const struct places *places, const struct err *why)
{
    if ((file_exists(places->checkpoint) || file_exists(places->pretrain)) && (why->kind == ERR_STOPPED || why->kind == ERR_SYSTEM || why->kind == ERR_USAGE))
        log_note("%s: kept; the same command with --resume goes on from it", partial);
    else
        folder_remove(partial, NULL);
}

static bool train_into(struct training_job *job, const char *partial, struct err *err)
{
    struct places places = {NULL, NULL, NULL};
    bool begun = places_make(&places, partial, err) && prepare_folder(job->settings, partial, err);
    bool done = begun && folder_make(places.work, err) && train_net(job, &places, err) && write_results(job, partial, err) && folder_remove(places.work, err) &&
                path_rename(partial, job->settings->output, err);
    if (begun && !done)
        settle_failed(partial, &places, err);
    mem_free(places.work);
    mem_free(places.pretrain);
    mem_free(places.checkpoint);
    return done;
}

static bool run_train(struct call *call, struct err *err)
{
    struct training_job job = {.settings = call->settings};
    const char *path = call->operand[1];
    struct text partial = TEXT_INIT;
    bool done = call->operand_n == 2 || err_set(err, ERR_USAGE, "found %s as well, expected one table or file of arrays", call->operand[2]);
    done = done && check_train(&job, path, err) && read_input(&job, path, err) && start_values(&job, err);
    if (done)
        choose_mirrors(&job);
    text_add(&partial, "%s.partial", job.settings->output == NULL ? "" : job.settings->output);
    done = done && text_ok(&partial, err) && train_into(&job, partial.bytes, err);
    if (done)
        say_result(&job);
    call->failed_n = job.train.n - job.train.used_n + job.val.n - job.val.used_n;
    text_free(&partial);
    history_free(&job.history);
    net_data_free(&job.train);
    net_data_free(&job.val);
    net_input_free(&job.input);
    net_free(job.net);
    mem_free(job.label);
    mem_free(job.time);
    mem_free(job.event);
    return done;
}

/* ---- apply ---- */

static void write_rows(const struct net_data *data, const double *logit, bool endpoint, struct text *out)
{
    struct csv_writer writer = csv_writer(out);
    csv_add_text(&writer, data->failure == NULL || !data->cases.has_id ? "row" : "ID");
    csv_add_text(&writer, endpoint ? "risk" : "logit");
    if (!endpoint)
        csv_add_text(&writer, "probability");
    if (data->failure != NULL)
        csv_add_text(&writer, "notes");
    csv_end_row(&writer);
    for (size_t i = 0, k = 0; i < data->n; i++) {
        bool used = k < data->used_n && data->used[k] == i;
        char number[32];
        snprintf(number, sizeof number, "%zu", i + 1);
        csv_add_text(&writer, data->failure == NULL ? number : data->cases.row[i].id);
        csv_add_number(&writer, used ? logit[k] : NAN);
        if (!endpoint)
            csv_add_number(&writer, used ? 1.0 / (1.0 + exp(-logit[k])) : NAN);
        if (data->failure != NULL)
            csv_add_text(&writer, data->failure[i]);
        csv_end_row(&writer);
        k += used;
    }
}

/* One line on the score where outcomes are known. */
static bool measure(const struct net_data *data, const double *logit, struct text *line, struct err *err)
{
    const struct outcome outcome = net_data_outcome(data);
    if (data->label != NULL) {
        struct roc_auc auc;
        if (!roc_auc(logit, data->label, data->used_n, ROC_HIGHER, 0.95, &auc, err))
            return false;
        if (auc.status == STATS_OK)
            text_add(line, "AUC %.4f (95 %% interval %.4f to %.4f), %zu of label 1, %zu of label 0\n", auc.auc, auc.cut_low, auc.cut_high, auc.pos_n, auc.neg_n);
        else
            text_add(line, "AUC: not defined: %zu of label 1, %zu of label 0\n", auc.pos_n, auc.neg_n);
    } else if (data->time != NULL && data->event != NULL) {
        size_t *all = mem_alloc(data->used_n, sizeof *all, err);
        double c;
        for (size_t i = 0; all != NULL && i < data->used_n; i++)
            all[i] = i;
        const struct holdout judged = {.held = all, .held_n = data->used_n};
        bool done = all != NULL && holdout_auc(&judged, &outcome, logit, &c, err);
        mem_free(all);
        if (!done)
            return false;
        text_add(line, "Harrell's C %.4f on %zu cases\n", c, data->used_n);
    }
    return true;
}

static bool run_apply(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    const struct net_target target = {settings->target == NULL && net_data_is_array(call->operand[2]) && settings->time == NULL ? "label" : settings->target, settings->time,
                                      settings->event, settings->target != NULL || settings->time != NULL};
    struct mask_choice choice = mask_choice_of(settings);
    struct net *net = NULL;
    struct net_input input = {0};
    struct net_data data = {0};
    struct text out = TEXT_INIT, line = TEXT_INIT;
    double *logit = NULL;
    char *weights = folder_exists(call->operand[1]) ? path_join(call->operand[1], "weights.safetensors", err) : mem_string(call->operand[1], err);
    bool done = weights != NULL && net_file_read(weights, &net, &input, err) && net_data_read(call->operand[2], net->rank, &input, &target, NULL, &choice, &data, err) &&
                (logit = mem_alloc(data.used_n, sizeof *logit, err)) != NULL;
    if (done) {
        const struct mirrored mirrored = {&data.source, input.mirrors};
        struct source images;
        size_t *row = mem_alloc(data.used_n, sizeof *row, err);
        for (size_t i = 0; row != NULL && i < data.used_n; i++)
            row[i] = i;
        source_of_mirrors(&mirrored, &images);
        done = row != NULL && net_predict(net, NULL, nn_backend_default(), &images, row, data.used_n, net->output, logit, err);
        mem_free(row);
    }
    if (done) {
        write_rows(&data, logit, input.endpoint, &out);
        done = text_ok(&out, err) && measure(&data, logit, &line, err) && text_ok(&line, err) &&
               (settings->output == NULL ? stdout_write(out.bytes, out.n, err) : file_write(settings->output, out.bytes, out.n, err));
    }
    if (done && line.n > 0 && settings->output != NULL)
        done = stdout_write(line.bytes, line.n, err);
    else if (done && line.n > 0)
        log_note("%.*s", (int)line.n - 1, line.bytes);
    call->failed_n = data.n - data.used_n;
    text_free(&out);
    text_free(&line);
    mem_free(logit);
    mem_free(weights);
    net_data_free(&data);
    net_input_free(&input);
    net_free(net);
    return done;
}

static bool run(struct call *call, struct err *err)
{
    if (strcmp(call->operand[0], "train") == 0 && call->operand_n >= 2)
        return run_train(call, err);
    if (strcmp(call->operand[0], "apply") == 0 && call->operand_n == 3)
        return run_apply(call, err);
    return err_set(err, ERR_USAGE, "found \"%s\" with %zu names, expected train INPUT, or apply NET INPUT", call->operand[0], call->operand_n - 1);
}

static const struct opt opts[] = {
    OPT_OUTPUT("OUT", "train: folder to write, must be new; apply: the file of predictions, unset: to the screen", offsetof(struct settings, output)),
    {"net", 0, OPT_TEXT, "NET", "network to train, e.g. small3d, resnet18_3d, resnet50 (doc/networks.md)", offsetof(struct settings, net), .initial = "small3d"},
    {"shortcut", 0, OPT_TEXT, "A|B", "shortcuts of the 3D ResNets; unset: B", offsetof(struct settings, shortcut)},
    {"weights", 0, OPT_TEXT, "FILE", "start values (safetensors, or a PyTorch state dict); unset: drawn anew", offsetof(struct settings, weights)},
    {"target", 0, OPT_TEXT, "COLUMN", "column with the label, 0 or 1 (arrays: tensor, unset: label)", offsetof(struct settings, target)},
    {"time", 0, OPT_TEXT, "COLUMN", "an endpoint in place of a label: time", offsetof(struct settings, time)},
    {"event", 0, OPT_TEXT, "COLUMN", "an endpoint in place of a label: 1 event, 0 censored", offsetof(struct settings, event)},
    {"val", 0, OPT_TEXT, "FILE|SHARE", "cases on which each epoch is measured: a table or file of its own, or a share of the training cases, e.g. 0.2", offsetof(struct settings, val)},
    OPT_SEED(offsetof(struct settings, seed)),
    {"resume", 0, OPT_FLAG, NULL, "go on from OUT.partial of an interrupted training", offsetof(struct settings, resume)},
    {"checkpoint", 0, OPT_NUMBER, "SECONDS", "at least so long between two states kept for --resume; 0: each epoch", offsetof(struct settings, checkpoint), .initial = "5", .least = 0, .most = 1e6},
    {"numbers", 0, OPT_CHOICE, NULL, "what the network computes with while it is trained: f32, or bf16, up to twice as fast and less exact, for processors with AMX; parameters are f32 either way", offsetof(struct settings, numbers), numbers, .initial = "f32"},
    TRAIN_OPT_ROWS(offsetof(struct settings, train)),
    INPUT_OPT_ROWS(offsetof(struct settings, input)),
    {"label", 0, OPT_INTEGER, "N", "mask value of the region, where the table has no column Label", offsetof(struct settings, label), .initial = "1", .least = 1, .most = 65535},
    {"mask-fit", 0, OPT_CHOICE, NULL, "how mask and image grids must agree", offsetof(struct settings, mask_fit), mask_fits, .initial = "strict"},
    {"offset", 0, OPT_NUMBER, "O", "arrays: values become (value - O) / S", offsetof(struct settings, offset), .initial = "0", .least = -1e9, .most = 1e9},
    {"scale", 0, OPT_NUMBER, "S", "arrays: values become (value - O) / S", offsetof(struct settings, scale), .initial = "1", .least = -1e9, .most = 1e9},
};

static const char *const usage[] = {"train INPUT -o OUT [--net NET] [--target COLUMN]", "apply NET INPUT [-o FILE]", NULL};

static const struct manual_example examples[] = {
    {"hepar net train cohort.csv --target proliferative -o net", "The small 3D net on the cases of a table."},
    {"hepar net train cohort.csv --time rfs_days --event rfs_event --net resnet10_3d --weights MedicalNet.pth -o net", "Cox regression by a network with weights that are there."},
    {"hepar net train cohort.csv --target proliferative --pretrain 100 -o net", "The same, after it has learnt from the images alone."},
    {"hepar net apply net new.csv -o predictions.csv", "Logits and probabilities of other cases."},
    {"hepar net train train.safetensors --val val.safetensors --net patches3d --offset 128 --scale 64 --augment flips -o net", "Arrays that are cut already."},
};

const struct command command_net = {
    .page = {.name = "net", .group = GROUP_STUDY, .summary = "train one network, or apply it, without a study", .usage = usage,
             .description =
                 "INPUT is a table of cases (or a folder with its cohort.csv): Image and Mask, or Image_PHASE with Mask_PHASE or a shared Mask, and the column of "
                 "the label or of time and event. A box around each tumour is cut out as the --input options say. Or it is a safetensors file: tensor image "
                 "of (n, z, y, x), for 2-D nets (n, y, x), with channels behind where there are any, and tensor label.\n\n"
                 "'train' writes OUT/weights.safetensors (parameters under PyTorch's names, and what input they take) and OUT/history.csv (a row an epoch). A case that "
                 "fails is left out with its reason. It is interrupted without loss: --resume goes on from the last epoch to the same bytes.\n\n"
                 "'apply' takes OUT or its weights file and writes ID (or row), logit and probability, or for an endpoint risk; where outcomes are there (--target, --time and "
                 "--event), the AUC or C.\n\n"
                 "For a validated model use 'hepar run': a single training measured on its own cases says nothing.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 2,
    .operand_most = 3,
    .settings_size = sizeof(struct settings),
    .run = run,
};
