/* A training's settings as a user says them; see train_options.h. */
#include "nn/train_options.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

const char *const train_optimisers[] = {"adamw", "adam", "sgd", NULL};
const char *const train_schedules[] = {"cosine", "cosine-epoch", "constant", NULL};
const char *const train_losses[] = {"auto", "binary", "balanced", "focal", "cox", NULL};
const char *const train_decays[] = {"weights", "all", NULL};
const char *const train_keeps[] = {"last", "best", NULL};
const char *const train_rests[] = {"keep", "drop", NULL};
const char *const train_augments[] = {"default", "flips", "none", NULL};
enum { AUGMENT_NONE = 2, AUGMENT_FLIPS_ALONE = 1, SCHEDULE_BY_EPOCH = 1, SCHEDULE_FLAT = 2 };

static enum loss_kind loss_of(int choice, bool endpoint)
{
    static const enum loss_kind kinds[] = {LOSS_BALANCED, LOSS_BINARY, LOSS_BALANCED, LOSS_FOCAL, LOSS_COX};
    return choice == 0 && endpoint ? LOSS_COX : kinds[choice];
}

/* A strength by its name. */
static double *strength(struct augment *augment, const char *name, struct err *err)
{
    const char *names[64];
    size_t n = augment_field_n < 64 ? augment_field_n : 64;
    for (size_t k = 0; k < n; k++) {
        names[k] = augment_fields[k].name;
        if (strcmp(names[k], name) == 0)
            return (double *)((char *)augment + augment_fields[k].offset);
    }
    const char *nearest = text_nearest(name, names, n);
    err_set(err, ERR_USAGE, "option --augment-by: no strength '%s'%s%s%s", name, nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "'?" : "");
    return NULL;
}

static bool settle_augment(const struct train_options *options, struct augment *augment, struct err *err)
{
    *augment = options->augment == AUGMENT_FLIPS_ALONE ? AUGMENT_FLIPS : AUGMENT_DEFAULT;
    if (options->augment == AUGMENT_NONE)
        *augment = (struct augment){0};
    for (size_t i = 0; i < options->augment_by.n; i++) {
        const struct opt_pair *pair = &options->augment_by.item[i];
        double *at = strength(augment, pair->key, err);
        if (at == NULL)
            return false;
        if (!double_from_text(pair->value, at))
            return err_set(err, ERR_USAGE, "option --augment-by %s: found \"%s\", expected a number", pair->key, pair->value);
    }
    return augment_check(augment, err) || err_add(err, "option --augment-by");
}

bool train_options_settle(const struct train_options *options, bool endpoint, struct trainer_settings *trainer, struct augment *augment, struct err *err)
{
    *trainer = TRAINER_DEFAULT;
    trainer->epoch_n = (size_t)options->epochs;
    trainer->batch_n = (size_t)options->batch;
    trainer->optimiser.kind = (enum optimiser_kind)options->optimiser;
    trainer->optimiser.weight_decay = options->weight_decay;
    trainer->optimiser.momentum = options->momentum;
    trainer->optimiser.decay_all = options->decay != 0;
    trainer->schedule.kind = options->schedule == SCHEDULE_FLAT ? SCHEDULE_CONSTANT : SCHEDULE_COSINE;
    trainer->schedule.by_epoch = options->schedule == SCHEDULE_BY_EPOCH;
    trainer->schedule.lr = options->lr;
    trainer->schedule.warmup = options->warmup;
    trainer->loss.kind = loss_of(options->loss, endpoint);
    trainer->loss.focal_gamma = options->focal_gamma;
    trainer->loss.focal_alpha = isnan(options->focal_alpha) ? -1.0 : options->focal_alpha;
    trainer->ema_decay = options->average;
    trainer->patience = (size_t)options->patience;
    trainer->keep_best = options->keep != 0 || options->patience > 0;
    trainer->drop_rest = options->rest != 0;
    trainer->augment = options->augment != AUGMENT_NONE || options->augment_by.n > 0;
    if (endpoint != (trainer->loss.kind == LOSS_COX))
        return err_set(err, ERR_USAGE, "option --loss: %s is for %s", loss_names[trainer->loss.kind], endpoint ? "a label, found an endpoint" : "an endpoint, found a label");
    return trainer_check(trainer, err) && settle_augment(options, augment, err);
}
