/* Cross-fitted networks; see crossfit.h. */
#include "nn/crossfit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "nn/crossfit_store.h"
#include "nn/holdout.h"
#include "nn/mirror.h"
#include "nn/predict.h"
#include "nn/pretrain.h"
#include "num/sum.h"
#include "table/fold.h"

struct crossfit_settings crossfit_default(void)
{
    return (struct crossfit_settings){.column = "crop", .net = "small3d", .sample = SAMPLE_DEFAULT, .augment = AUGMENT_DEFAULT, .trainer = TRAINER_DEFAULT,
                                      .mirror = true, .epoch_share = 1.0, .net_n = 3};
}

bool crossfit_check(const struct crossfit_settings *settings, struct err *err)
{
    if (net_kind_find(settings->net) == NULL)
        return net_make(settings->net, NULL, 0, &(struct net *){NULL}, err);
    if (settings->net_n < 2 || settings->net_n > 100)
        return err_set(err, ERR_USAGE, "%zu nets, expected 2 to 100", settings->net_n);
    if (!(settings->epoch_share > 0.0 && settings->epoch_share <= 1.0))
        return err_set(err, ERR_USAGE, "share of epochs %g, expected above 0, at most 1", settings->epoch_share);
    if (settings->trainer.loss.kind > LOSS_FOCAL)
        return err_set(err, ERR_USAGE, "loss '%s', expected one of a label: binary, balanced, focal", loss_names[settings->trainer.loss.kind]);
    if (settings->pretrain_n > 100000)
        return err_set(err, ERR_USAGE, "%zu epochs of pre-training, expected at most 100000", settings->pretrain_n);
    return trainer_check(&settings->trainer, err) && augment_check(&settings->augment, err);
}

static size_t share_of(const struct crossfit_settings *settings, size_t epoch_n)
{
    return (size_t)ceil(settings->epoch_share * (double)epoch_n);
}

static struct trainer_settings trainer_of(const struct crossfit_settings *settings, bool endpoint)
{
    struct trainer_settings trainer = settings->trainer;
    trainer.epoch_n = share_of(settings, trainer.epoch_n);
    if (endpoint)
        trainer.loss.kind = LOSS_COX;
    return trainer;
}

size_t crossfit_step_n(const struct crossfit_settings *settings, size_t row_n)
{
    struct trainer_settings trainer = trainer_of(settings, false);
    size_t left = row_n - row_n / settings->net_n;
    struct pretrain_settings pretrain = pretrain_before(&trainer, share_of(settings, settings->pretrain_n));
    left = left == 0 ? 1 : left;
    return settings->net_n * (trainer_step_n(&trainer, left) + trainer_step_n(&pretrain.trainer, left));
}

unsigned crossfit_mirrors(const struct crossfit_settings *settings, const struct sample_shape *shape)
{
    const struct augment *augment = &settings->augment;
    return settings->mirror && settings->trainer.augment ? mirror_axes(augment->flip_x, augment->flip_y, augment->flip_z, shape) : MIRROR_NONE;
}

char *crossfit_column_name(const char *net, struct err *err)
{
    struct text name = TEXT_INIT;
    text_add(&name, "deep.%s.logit", net);
    char *copy = text_ok(&name, err) ? mem_string(name.bytes, err) : NULL;
    text_free(&name);
    return copy;
}

/* The crops of a table's rows that have one. */
struct crops {
    const struct crop **crop; /* n, owned */
    size_t *position, *key;   /* in the table; cohort rows */
    size_t n;
    struct source_crops of;
    struct source source;
};

static void crops_free(struct crops *crops)
{
    mem_free(crops->crop);
    mem_free(crops->position);
    mem_free(crops->key);
    *crops = (struct crops){0};
}

/* `crops` stays where it is: the source points into it. */
static bool crops_take(struct crops *crops, const char *name, const struct table *table, const struct sample_settings *sample, const struct augment *augment,
                       struct err *err)
{
    const struct column *column = table_find(table, name);
    *crops = (struct crops){0};
    if (column == NULL || column->kind != COLUMN_CASE)
        return err_set(err, ERR_INPUT, "column '%s' is %s, expected crops of the cases", name, column == NULL ? "missing" : "of another kind");
    crops->crop = mem_alloc(table->row_n, sizeof *crops->crop, err);
    crops->position = mem_alloc(table->row_n, sizeof *crops->position, err);
    crops->key = mem_alloc(table->row_n, sizeof *crops->key, err);
    if (crops->crop == NULL || crops->position == NULL || crops->key == NULL)
        return false;
    for (size_t r = 0; r < table->row_n; r++)
        if (column->object[r] != NULL) {
            crops->crop[crops->n] = column->object[r];
            crops->position[crops->n] = r;
            crops->key[crops->n++] = table->row[r];
        }
    crops->of = (struct source_crops){crops->crop, *sample, augment};
    return crops->n == 0 || source_of_crops(&crops->of, crops->n, crops->key, &crops->source, err);
}

/* One fit on its way. */
struct fit {
    const struct crossfit_settings *settings;
    struct trainer_settings trainer;
    const struct nn_backend *backend;
    struct crops crops;
    struct rows_part part;   /* the rows that have a crop */
    struct outcome outcome;  /* as the loss reads it */
    size_t *fold;
    double *logit;           /* standardised, by rows of part */
    uint64_t seed;
    struct crossfit *state;
};

/* Where net k's checkpoint lies, of its training ("net") or pre-training ("start"); NULL without a fault: none is kept. */
static bool checkpoint_path(const struct fit *fit, const char *of, size_t k, char **path, struct err *err)
{
    char name[64];
    *path = NULL;
    if (fit->settings->checkpoints == NULL)
        return true;
    snprintf(name, sizeof name, "%s-%016" PRIx64 "-%zu.safetensors", of, fit->seed, k + 1);
    return (*path = path_join(fit->settings->checkpoints, name, err)) != NULL;
}

static bool start_net(const struct fit *fit, size_t k, struct net **net, struct err *err)
{
    const struct net *start = fit->settings->start;
    const struct net_options options = {fit->crops.source.shape.c, 1, fit->settings->shortcut};
    if (!net_make(fit->settings->net, &options, rng_seed(fit->seed, "crossfit.net", k, 0), net, err))
        return false;
    if (start == NULL)
        return true;
    if (strcmp(start->name, (*net)->name) != 0 || start->value_n != (*net)->value_n)
        return err_set(err, ERR_INPUT, "the start values are of %s with %zu values, expected %s with %zu", start->name, start->value_n, (*net)->name, (*net)->value_n);
    memcpy((*net)->value, start->value, start->value_n * sizeof *start->value);
    return true;
}

/* Pre-trains net k on what it is then trained on. */
static bool pretrain_net(const struct fit *fit, size_t k, const struct training *training, struct net *net, struct err *err)
{
    if (fit->state->pretrain_n == 0)
        return true;
    const struct pretrain_settings settings = pretrain_before(&fit->trainer, fit->state->pretrain_n);
    struct training without_labels = *training;
    struct history history = {0};
    char *checkpoint = NULL;
    without_labels.outcome = NULL;
    without_labels.seed = rng_seed(fit->seed, "crossfit.pretrain", k, 0);
    bool done = checkpoint_path(fit, "start", k, &checkpoint, err);
    without_labels.checkpoint = checkpoint;
    done = done && pretrain_run(net, &settings, &without_labels, &history, err);
    history_free(&history);
    mem_free(checkpoint);
    return done;
}

/* Standardises logit[n] in place. */
static void standardise(struct crossfit_net *fitted, double *logit, size_t n)
{
    fitted->mean = mean_of(logit, n);
    fitted->sd = n < 2 ? 0.0 : sqrt(variance_of(logit, n) * (double)(n - 1) / (double)n);
    if (!(fitted->sd > 1e-12 * (1.0 + fabs(fitted->mean))))
        fitted->sd = 1.0;
    for (size_t i = 0; i < n; i++)
        logit[i] = (logit[i] - fitted->mean) / fitted->sd;
}

/* What network k says of the crops row[n], not yet standardised. */
static bool raw_logits(const struct crossfit *state, size_t k, const struct crops *crops, const size_t *row, size_t n, double *logit, struct err *err)
{
    const struct net *net = state->fitted[k].net;
    const struct mirrored mirrored = {&crops->source, state->mirrors};
    struct source images;
    source_of_mirrors(&mirrored, &images);
    return net_predict(net, NULL, state->backend, &images, row, n, net->output, logit, err);
}

static bool fit_net(struct fit *fit, size_t k, struct err *err)
{
    struct crossfit_net *fitted = &fit->state->fitted[k];
    size_t n = fit->crops.n, *train = mem_alloc(2 * n, sizeof *train, err), *held = train == NULL ? NULL : train + n;
    double *logit = mem_alloc(n, sizeof *logit, err);
    char *checkpoint = NULL;
    bool done = train != NULL && logit != NULL && checkpoint_path(fit, "net", k, &checkpoint, err) && start_net(fit, k, &fitted->net, err);
    if (done) {
        fitted->train_n = fold_positions(fit->fold, n, k, false, train);
        fitted->held_n = fold_positions(fit->fold, n, k, true, held);
        const struct training training = {
            .source = &fit->crops.source, .outcome = &fit->outcome, .group = fit->part.group, .row = train, .row_n = fitted->train_n, .backend = fit->backend,
            .seed = rng_seed(fit->seed, "crossfit.train", k, 0), .checkpoint = checkpoint, .checkpoint_seconds = 10.0, .progress = fit->settings->progress};
        const struct holdout judged = {.held = held, .held_n = fitted->held_n};
        done = pretrain_net(fit, k, &training, fitted->net, err) && trainer_run(fitted->net, &fit->trainer, &training, &fitted->history, err) &&
               raw_logits(fit->state, k, &fit->crops, held, fitted->held_n, logit, err) &&
               holdout_auc(&judged, &fit->outcome, logit, &fitted->auc, err);
    }
    if (done)
        standardise(fitted, logit, fitted->held_n);
    for (size_t i = 0; done && i < fitted->held_n; i++)
        fit->logit[held[i]] = logit[i];
    mem_free(train);
    mem_free(logit);
    mem_free(checkpoint);
    return done || err_add(err, "net %zu of %zu", k + 1, fit->state->net_n);
}

static bool fit_nets(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    for (size_t k = begin; k < end; k++)
        if (!fit_net(ctx, k, err))
            return false;
    return true;
}

/* A copy of all columns, and the new one behind them. */
static bool columns_with(const struct table *table, const char *name, struct table *out, struct column **added, struct err *err)
{
    size_t *all = mem_alloc(table->column_n, sizeof *all, err);
    for (size_t c = 0; all != NULL && c < table->column_n; c++)
        all[c] = c;
    bool done = all != NULL && table_take_columns(table, all, table->column_n, out, err);
    mem_free(all);
    if (done && (*added = table_add(out, name, COLUMN_NUMBER, err)) == NULL) {
        table_free(out);
        return false;
    }
    return done;
}

static bool add_holes(struct table *table, struct column *column, const struct crops *crops, struct err *err)
{
    for (size_t r = 0, i = 0; r < table->row_n; r++) {
        if (i < crops->n && crops->position[i] == r)
            i++;
        else if (!table_set_reason(table, column, r, "no image", err))
            return false;
    }
    return true;
}

/* Each row's logit, with the rows its net was trained on. */
static bool train_columns_make(const struct fit *fit, const struct table *table, struct table *out, struct err *err)
{
    struct column *column;
    size_t n = fit->crops.n, *rows = mem_alloc(n, sizeof *rows, err);
    if (rows == NULL || !columns_with(table, fit->state->name, out, &column, err)) {
        mem_free(rows);
        return false;
    }
    bool done = (column->seen.each = mem_zero(table->row_n, sizeof(struct rowset *), err)) != NULL && add_holes(out, column, &fit->crops, err);
    for (size_t k = 0; done && k < fit->state->net_n; k++) {
        size_t m = fold_positions(fit->fold, n, k, false, rows);
        for (size_t i = 0; i < m; i++)
            rows[i] = fit->crops.key[rows[i]];
        struct rowset *seen = rowset_make(rows, m, err);
        done = seen != NULL;
        for (size_t i = 0; done && i < n; i++)
            if (fit->fold[i] == k) {
                column->number[fit->crops.position[i]] = fit->logit[i];
                column->seen.each[fit->crops.position[i]] = rowset_keep(seen);
            }
        rowset_drop(seen);
    }
    mem_free(rows);
    if (!done)
        table_free(out);
    return done;
}

/* Folds of the rows that have a crop; an endpoint's events stand in for labels. */
static bool make_folds(struct fit *fit, const struct rows *rows, struct err *err)
{
    const struct crossfit_settings *settings = fit->settings;
    size_t made = 0;
    if (!rows_take(rows, fit->crops.position, fit->crops.n, &fit->part, err))
        return false;
    fit->outcome = fit->part.outcome;
    if (fit->state->endpoint)
        fit->outcome.label = NULL;
    const struct outcome strata = {.label = fit->state->endpoint ? fit->part.event : fit->part.label};
    struct rows judged = fit->part.rows;
    judged.outcome = &strata;
    fit->fold = mem_alloc(fit->crops.n, sizeof *fit->fold, err);
    fit->logit = mem_zero(fit->crops.n, sizeof *fit->logit, err);
    if (fit->fold == NULL || fit->logit == NULL)
        return false;
    if (!fold_make(&judged, settings->net_n, rng_seed(fit->seed, "crossfit.fold", 0, 0), fit->fold, &made, err))
        return err_add(err, "folds of %zu cases%s", fit->crops.n, fit->state->endpoint ? " by event" : "");
    fit->state->fitted = mem_zero(made, sizeof *fit->state->fitted, err);
    fit->state->net_n = fit->state->fitted == NULL ? 0 : made;
    return fit->state->fitted != NULL;
}

static bool fit_init(struct fit *fit, const struct rows *rows, struct err *err)
{
    const struct crossfit_settings *settings = fit->settings;
    struct crossfit *state = fit->state = mem_zero(1, sizeof *state, err);
    if (state == NULL || !crossfit_check(settings, err))
        return false;
    state->endpoint = rows->outcome->label == NULL;
    state->sample = settings->sample;
    state->backend = fit->backend = settings->backend == NULL ? nn_backend_default() : settings->backend;
    state->asked_n = settings->net_n;
    state->pretrain_n = share_of(settings, settings->pretrain_n);
    fit->trainer = trainer_of(settings, state->endpoint);
    if ((state->column = mem_string(settings->column, err)) == NULL || (state->name = crossfit_column_name(settings->net, err)) == NULL ||
        (state->shortcut = mem_string(settings->shortcut == NULL ? "" : settings->shortcut, err)) == NULL ||
        !crops_take(&fit->crops, settings->column, rows->table, &settings->sample, &settings->augment, err))
        return false;
    state->case_n = fit->crops.n;
    if (fit->crops.n < 4)
        return err_set(err, ERR_INPUT, "%zu cases with images, expected at least 4", fit->crops.n);
    state->mirrors = crossfit_mirrors(settings, &fit->crops.source.shape);
    return make_folds(fit, rows, err);
}

static bool kind_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    struct fit fit = {.settings = step->settings, .seed = seed};
    bool done = fit_init(&fit, rows, err) && par_for(fit.state->net_n, 1, fit_nets, &fit, err) &&
                (train_columns == NULL || train_columns_make(&fit, rows->table, train_columns, err));
    crops_free(&fit.crops);
    rows_part_free(&fit.part);
    mem_free(fit.fold);
    mem_free(fit.logit);
    if (done)
        *state = fit.state;
    else
        crossfit_free(fit.state);
    return done;
}

static bool kind_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct crossfit *crossfit = state;
    struct crops crops;
    struct column *column;
    bool done = crops_take(&crops, crossfit->column, table, &crossfit->sample, NULL, err);
    double *logit = done ? mem_alloc(crops.n, sizeof *logit, err) : NULL;
    size_t *all = done ? mem_alloc(crops.n, sizeof *all, err) : NULL;
    done = logit != NULL && all != NULL && columns_with(table, crossfit->name, out, &column, err);
    if (done) {
        for (size_t i = 0; i < crops.n; i++) {
            all[i] = i;
            column->number[crops.position[i]] = 0.0;
        }
        done = add_holes(out, column, &crops, err);
        for (size_t k = 0; done && crops.n > 0 && k < crossfit->net_n; k++) {
            const struct crossfit_net *fitted = &crossfit->fitted[k];
            done = raw_logits(crossfit, k, &crops, all, crops.n, logit, err);
            for (size_t i = 0; done && i < crops.n; i++)
                column->number[crops.position[i]] += (logit[i] - fitted->mean) / fitted->sd / (double)crossfit->net_n;
        }
        if (!done)
            table_free(out);
    }
    crops_free(&crops);
    mem_free(logit);
    mem_free(all);
    return done;
}

static void kind_describe(const void *state, struct text *out)
{
    const struct crossfit *crossfit = state;
    text_add(out, "%zu cross-fitted nets %s", crossfit->net_n, crossfit->fitted[0].net->name);
    if (crossfit->net_n < crossfit->asked_n)
        text_add(out, " (%zu asked for: too few cases of a class)", crossfit->asked_n);
    if (crossfit->pretrain_n > 0)
        text_add(out, " (%zu epochs of pre-training without labels)", crossfit->pretrain_n);
    text_add(out, " on %zu cases; %s on the cases they had not seen", crossfit->case_n, crossfit->endpoint ? "C" : "AUC");
    for (size_t k = 0; k < crossfit->net_n; k++)
        if (isnan(crossfit->fitted[k].auc))
            text_add(out, "%s not defined", k == 0 ? "" : ",");
        else
            text_add(out, "%s %.3f", k == 0 ? "" : ",", crossfit->fitted[k].auc);
}

const struct step_kind crossfit_kind = {
    .name = "crossfit",
    .title = "cross-fitted networks",
    .outcome = STEP_ANY_OUTCOME,
    .fit = kind_fit,
    .apply = kind_apply,
    .save = crossfit_save,
    .load = crossfit_load,
    .describe = kind_describe,
    .free = crossfit_free,
};
