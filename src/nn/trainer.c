/* Training; see trainer.h. */
#include "nn/trainer.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/budget.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/stop.h"
#include "nn/batches.h"
#include "nn/checkpoint.h"
#include "nn/ema.h"
#include "nn/holdout.h"
#include "nn/identity.h"
#include "nn/predict.h"

const struct trainer_settings TRAINER_DEFAULT = {
    .epoch_n = 30,
    .batch_n = 16,
    .optimiser = {OPTIMISER_ADAMW, 0.01, 0.9, 0.999, 1e-8, 0.9, false, false},
    .schedule = {SCHEDULE_COSINE, 3e-3, 3.0, false},
    .loss = {LOSS_BALANCED, 2.0, -1.0},
    .augment = true,
    .norm_momentum = 0.1,
};

/* One training on its way. */
struct run {
    struct net *net;
    const struct trainer_settings *settings;
    const struct training *training;
    struct history *history;
    struct holdout holdout;    /* the cases trained on, and those held out */
    struct loss loss;
    struct optimiser optimiser;
    struct ema ema;            /* average NULL: none */
    struct batches batches;
    size_t *key;               /* of the cases trained on */
    double *event;             /* the same; NULL but for the Cox loss */
    float *gradient, *best;    /* best NULL: not kept */
    float *input;              /* of the largest batch */
    size_t *drawn, *drawn_key; /* of the largest batch: its cases, and their keys */
    double *logit, *slope;     /* of the largest batch, of all held cases if more */
    size_t logit_n;            /* a case */
    double best_loss;
    struct text identity;
    struct engine *engine;     /* the one that stands */
    enum engine_mode mode;
    size_t engine_n;
};

static bool bad(struct err *err, const char *name, double value, const char *expected)
{
    return err_set(err, ERR_USAGE, "%s is %g, expected %s", name, value, expected);
}

bool trainer_check(const struct trainer_settings *s, struct err *err)
{
    if (s->epoch_n < 1 || s->epoch_n > 100000)
        return bad(err, "epochs", (double)s->epoch_n, "1 to 100000");
    if (s->batch_n < 2 || s->batch_n > 65536)
        return bad(err, "batch", (double)s->batch_n, "2 to 65536");
    if (!(s->schedule.lr > 0.0 && s->schedule.lr <= 100.0))
        return bad(err, "learning rate", s->schedule.lr, "above 0, at most 100");
    if (!(s->schedule.warmup >= 0.0))
        return bad(err, "warm-up", s->schedule.warmup, "at least 0 epochs");
    if (!(s->optimiser.weight_decay >= 0.0 && s->optimiser.weight_decay <= 100.0))
        return bad(err, "weight decay", s->optimiser.weight_decay, "0 to 100");
    if (!(s->optimiser.momentum >= 0.0 && s->optimiser.momentum < 1.0))
        return bad(err, "momentum", s->optimiser.momentum, "0 to below 1");
    if (!(s->ema_decay >= 0.0 && s->ema_decay < 1.0))
        return bad(err, "decay of the average", s->ema_decay, "0 to below 1");
    if (!(s->holdout >= 0.0 && s->holdout <= 0.5))
        return bad(err, "held-out share", s->holdout, "0 to 0.5");
    if (!(s->loss.focal_gamma >= 0.0 && s->loss.focal_gamma <= 20.0))
        return bad(err, "focal gamma", s->loss.focal_gamma, "0 to 20");
    if (!(s->loss.focal_alpha <= 1.0))
        return bad(err, "focal alpha", s->loss.focal_alpha, "0 to 1, or below 0 for none");
    if (!(s->norm_momentum > 0.0 && s->norm_momentum <= 1.0))
        return bad(err, "momentum of normalisations", s->norm_momentum, "above 0, at most 1");
    return true;
}

size_t trainer_step_n(const struct trainer_settings *settings, size_t row_n)
{
    return settings->epoch_n * batches_step_n(row_n, settings->batch_n, settings->drop_rest);
}

static struct engine_settings engine_settings_of(const struct trainer_settings *settings, const struct training *training, enum engine_mode mode, size_t n)
{
    const struct sample_shape *shape = &training->source->shape;
    return (struct engine_settings){.backend = training->backend, .mode = mode, .batch_n = n, .z = shape->z, .y = shape->y, .x = shape->x,
                                    .fixed_norm = settings->fixed_norm};
}

bool trainer_plan_bytes(const struct net *net, const struct trainer_settings *settings, const struct training *training, uint64_t *bytes, struct err *err)
{
    size_t largest = batches_largest(training->row_n, settings->batch_n, settings->drop_rest), train = 0, infer = 0;
    struct engine_settings training_engine = engine_settings_of(settings, training, ENGINE_TRAIN, largest);
    bool measured = training->held_n > 0 || settings->holdout > 0.0;
    if (!engine_plan_bytes(net, &training_engine, &train, err) || (measured && !predict_plan_bytes(net, training->backend, training->source, &infer, err)))
        return false;
    size_t array_n = 1 /* gradient */ + (settings->ema_decay > 0.0) + (settings->keep_best && measured);
    *bytes = (uint64_t)(train > infer ? train : infer) + optimiser_bytes(&settings->optimiser, net) + array_n * net->value_n * sizeof(float) +
             largest * sample_value_n(&training->source->shape) * sizeof(float);
    if (training->objective != NULL) /* output and its gradient, which may be volumes */
        *bytes += 2 * largest * training->objective->output_n * sizeof(double) + training->objective->bytes;
    return true;
}

/* The engine of a mode and batch size; the one that stood goes first. */
static bool engine_for(struct run *run, enum engine_mode mode, size_t n, struct err *err)
{
    if (run->engine != NULL && run->mode == mode && run->engine_n == n)
        return true;
    engine_free(run->engine);
    run->engine = NULL;
    struct engine_settings settings = engine_settings_of(run->settings, run->training, mode, n);
    run->mode = mode;
    run->engine_n = n;
    return engine_make(run->net, &settings, &run->engine, err);
}

static bool init_loss(struct run *run, struct err *err)
{
    const struct loss_settings *loss = &run->settings->loss;
    const struct objective *objective = run->training->objective;
    if (objective != NULL) {
        run->logit_n = objective->output_n;
        return true;
    }
    run->logit_n = run->net->layer[run->net->output].c;
    if (loss->kind != LOSS_CLASSES && run->logit_n != 1)
        return err_set(err, ERR_USAGE, "the net %s gives %zu values, the loss '%s' takes 1", run->net->name, run->logit_n, loss_names[loss->kind]);
    return loss_make(loss, run->training->outcome, run->holdout.train, run->holdout.train_n, &run->loss, err);
}

static bool run_init(struct run *run, struct err *err)
{
    const struct trainer_settings *settings = run->settings;
    const struct training *training = run->training;
    const struct source *source = training->source;
    const struct holdout *holdout = &run->holdout;
    size_t n = holdout->train_n, value_n = run->net->value_n;
    size_t largest = batches_largest(n, settings->batch_n, settings->drop_rest), most = largest > holdout->held_n ? largest : holdout->held_n;
    run->best_loss = INFINITY;
    if (!init_loss(run, err) ||
        !optimiser_init(&run->optimiser, &settings->optimiser, run->net, err) || !batches_init(&run->batches, n, settings->batch_n, settings->drop_rest, err) ||
        (settings->ema_decay > 0.0 && !ema_init(&run->ema, settings->ema_decay, run->net->value, value_n, err)))
        return false;
    run->key = mem_alloc(n, sizeof *run->key, err);
    run->gradient = mem_alloc(value_n, sizeof *run->gradient, err);
    run->input = mem_alloc(largest, sample_value_n(&source->shape) * sizeof *run->input, err);
    run->drawn = mem_alloc(largest, sizeof *run->drawn, err);
    run->drawn_key = mem_alloc(largest, sizeof *run->drawn_key, err);
    run->logit = mem_alloc(most, run->logit_n * sizeof *run->logit, err);
    run->slope = mem_alloc(most, run->logit_n * sizeof *run->slope, err);
    if (run->key == NULL || run->gradient == NULL || run->input == NULL || run->drawn == NULL || run->drawn_key == NULL || run->logit == NULL || run->slope == NULL)
        return false;
    if (settings->keep_best && holdout->held_n > 0 && (run->best = mem_alloc(value_n, sizeof *run->best, err)) == NULL)
        return false;
    if (training->objective == NULL && settings->loss.kind == LOSS_COX && (run->event = mem_alloc(n, sizeof *run->event, err)) == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        run->key[i] = source_key(source, holdout->train[i]);
        if (run->event != NULL)
            run->event[i] = training->outcome->event[holdout->train[i]];
    }
    return true;
}

static void run_free(struct run *run)
{
    engine_free(run->engine);
    holdout_free(&run->holdout);
    optimiser_free(&run->optimiser);
    ema_free(&run->ema);
    batches_free(&run->batches);
    text_free(&run->identity);
    mem_free(run->key);
    mem_free(run->event);
    mem_free(run->gradient);
    mem_free(run->best);
    mem_free(run->input);
    mem_free(run->drawn);
    mem_free(run->drawn_key);
    mem_free(run->logit);
    mem_free(run->slope);
}

/* The samples of a batch: positions among the training cases, and the epoch that keys what is drawn. */
struct filling {
    const struct run *run;
    const size_t *position;
    uint64_t seed;
};

static bool fill_some(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct filling *filling = ctx;
    const struct run *run = filling->run;
    const struct source *source = run->training->source;
    size_t value_n = sample_value_n(&source->shape);
    for (size_t k = begin; k < end; k++) {
        size_t i = run->holdout.train[filling->position[k]];
        struct rng pick = rng_make(filling->seed, "train.input", source_key(source, i), 0), augment = rng_make(filling->seed, "train.augment", source_key(source, i), 0);
        size_t input = rng_below(&pick, source_input_n(source, i));
        if (!source->fill(source->ctx, i, input, run->settings->augment ? &augment : NULL, run->input + k * value_n, err))
            return false;
    }
    return true;
}

static bool prepare_batch(struct run *run, size_t n, uint64_t seed, struct err *err)
{
    const struct objective *objective = run->training->objective;
    return objective == NULL || objective->prepare(objective->ctx, run->drawn_key, n, seed, run->input, err);
}

static bool batch_loss(struct run *run, size_t n, double *loss, struct err *err)
{
    const struct objective *objective = run->training->objective;
    if (objective != NULL)
        return objective->loss(objective->ctx, n, run->logit, loss, run->slope, err);
    return loss_batch(&run->loss, run->training->outcome, run->drawn, n, run->logit_n, run->logit, loss, run->slope, err);
}

static bool train_step(struct run *run, size_t epoch, size_t step, double *loss, struct err *err)
{
    const struct trainer_settings *settings = run->settings;
    const size_t *position = run->batches.order + run->batches.begin[step];
    size_t n = run->batches.begin[step + 1] - run->batches.begin[step];
    struct filling filling = {run, position, rng_seed(run->training->seed, "train.epoch", epoch, 0)};
    double lr = schedule_lr(&settings->schedule, epoch, settings->epoch_n, step, run->batches.step_n);
    for (size_t k = 0; k < n; k++) {
        run->drawn[k] = run->holdout.train[position[k]];
        run->drawn_key[k] = run->key[position[k]];
    }
    if (!engine_for(run, ENGINE_TRAIN, n, err) || !par_for(n, 1, fill_some, &filling, err) || !prepare_batch(run, n, filling.seed, err) ||
        !engine_load(run->engine, run->net->value, err) ||
        !engine_forward(run->engine, run->input, rng_seed(run->training->seed, "train.dropout", epoch, step), err) ||
        !engine_read(run->engine, run->net->output, run->logit, err) || !batch_loss(run, n, loss, err))
        return false;
    if (!isfinite(*loss))
        return err_set(err, ERR_INPUT, "epoch %zu, batch %zu: the loss is %g; expected a number: a lower learning rate (now %g) may help", epoch + 1, step + 1, *loss, lr);
    if (!engine_backward(run->engine, run->slope, run->gradient, err))
        return false;
    if (!settings->fixed_norm)
        engine_update_running(run->engine, settings->norm_momentum, run->net->value);
    if (!optimiser_step(&run->optimiser, lr, run->gradient, run->net->value, err) || (run->ema.average != NULL && !ema_update(&run->ema, run->net->value, err)))
        return false;
    progress_step(run->training->progress, 1);
    return true;
}

/* A loss can stay finite when the last step has spoilt a value. */
static bool check_values(const struct run *run, size_t epoch, struct err *err)
{
    for (size_t i = 0; i < run->net->value_n; i++)
        if (!isfinite(run->net->value[i]))
            return err_set(err, ERR_INPUT, "epoch %zu, batch %zu: a value of the net is %g behind it; expected a number: a lower learning rate (now at most %g) may help",
                           epoch + 1, run->batches.step_n, (double)run->net->value[i], run->settings->schedule.lr);
    return true;
}

static const float *current(const struct run *run)
{
    return run->ema.average != NULL ? run->ema.average : run->net->value;
}

static bool measure_held(struct run *run, struct epoch *done, struct err *err)
{
    const struct holdout *holdout = &run->holdout;
    done->held_loss = done->held_auc = NAN;
    if (holdout->held_n == 0)
        return true;
    return engine_for(run, ENGINE_INFER, PREDICT_BATCH, err) && engine_load(run->engine, current(run), err) &&
           engine_predict(run->engine, run->training->source, holdout->held, holdout->held_n, run->net->output, run->logit, err) &&
           loss_batch(&run->loss, run->training->outcome, holdout->held, holdout->held_n, run->logit_n, run->logit, &done->held_loss, NULL, err) &&
           (run->logit_n > 1 || holdout_auc(holdout, run->training->outcome, run->logit, &done->held_auc, err));
}

static bool train_epoch(struct run *run, size_t epoch, struct err *err)
{
    struct epoch done = {.lr = schedule_lr(&run->settings->schedule, epoch, run->settings->epoch_n, 0, run->batches.step_n)};
    double sum = 0.0;
    if (!batches_deal(&run->batches, run->key, run->event, run->training->seed, epoch, err))
        return false;
    for (size_t step = 0; step < run->batches.step_n; step++) {
        double loss;
        if (!stop_check(err) || !train_step(run, epoch, step, &loss, err))
            return false;
        sum += loss * (double)(run->batches.begin[step + 1] - run->batches.begin[step]);
    }
    done.loss = sum / (double)run->batches.begin[run->batches.step_n];
    if (!check_values(run, epoch, err) || !measure_held(run, &done, err) || !history_add(run->history, &done, err))
        return false;
    bool better = run->best == NULL || run->history->n == 1 || done.held_loss < run->best_loss || isnan(run->best_loss);
    if (better) {
        run->history->best = epoch;
        run->best_loss = done.held_loss;
    }
    if (better && run->best != NULL)
        memcpy(run->best, current(run), run->net->value_n * sizeof *run->best);
    return true;
}

static struct checkpoint checkpoint_of(struct run *run, bool finished)
{
    return (struct checkpoint){run->identity.bytes, run->net->value_n, run->net->value, run->optimiser.first, run->optimiser.second, run->ema.average, run->best,
                               run->optimiser.step, run->ema.step, run->best_loss, finished, run->history};
}

static bool resume(struct run *run, bool *finished, struct err *err)
{
    struct checkpoint checkpoint = checkpoint_of(run, false);
    if (!checkpoint_read(run->training->checkpoint, &checkpoint, err))
        return false;
    run->optimiser.step = checkpoint.optimiser_step;
    run->ema.step = checkpoint.average_step;
    run->best_loss = checkpoint.best_loss;
    *finished = checkpoint.finished;
    progress_step(run->training->progress, run->history->n * run->batches.step_n);
    return true;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool out_of_patience(const struct run *run)
{
    return run->best != NULL && run->settings->patience > 0 && run->history->n - 1 - run->history->best >= run->settings->patience;
}

static bool train_all(struct run *run, struct err *err)
{
    const struct training *training = run->training;
    bool finished = false;
    double written = seconds();
    if (training->checkpoint != NULL && file_exists(training->checkpoint) && !resume(run, &finished, err))
        return false;
    for (size_t epoch = run->history->n; !finished && epoch < run->settings->epoch_n; epoch++) {
        if (!train_epoch(run, epoch, err))
            return false;
        finished = epoch + 1 == run->settings->epoch_n || out_of_patience(run);
        if (training->checkpoint != NULL && (finished || seconds() - written >= training->checkpoint_seconds)) {
            struct checkpoint checkpoint = checkpoint_of(run, finished);
            if (!checkpoint_write(training->checkpoint, &checkpoint, err))
                return false;
            written = seconds();
        }
    }
    progress_step(training->progress, (run->settings->epoch_n - run->history->n) * run->batches.step_n);
    const float *kept = run->best != NULL ? run->best : current(run);
    if (kept != run->net->value)
        memcpy(run->net->value, kept, run->net->value_n * sizeof *kept);
    return true;
}

bool trainer_run(struct net *net, const struct trainer_settings *settings, const struct training *training, struct history *history, struct err *err)
{
    struct run run = {.net = net, .settings = settings, .training = training, .history = history};
    uint64_t bytes = 0;
    if (training->backend->number == NN_F64)
        return err_set(err, ERR_BUG, "training runs on 32-bit parameters, the backend has 64-bit ones");
    if (!trainer_check(settings, err) || !predict_check(net, training->source, err) || !trainer_plan_bytes(net, settings, training, &bytes, err))
        return false;
    if (training->row_n < 2)
        return err_set(err, ERR_INPUT, "%zu cases to train on, expected at least 2", training->row_n);
    budget_take(bytes, "training of a net");
    bool done = holdout_make(&run.holdout, settings->holdout, training, err) && run_init(&run, err) &&
                (training->checkpoint == NULL || identity_make(&run.identity, net, settings, training, &run.holdout, err)) && train_all(&run, err);
    run_free(&run);
    budget_give(bytes);
    return done;
}
