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
const char *const train_mirrors[] = {"yes", "no", NULL};
enum { AUGMENT_NONE = 2, AUGMENT_FLIPS_ALONE = 1, SCHEDULE_BY_EPOCH = 1, SCHEDULE_FLAT = 2 };

static enum loss_kind loss_of(int choice, bool endpoint)
{
    static const enum loss_kind kinds[] = {LOSS_BALANCED, LOSS_BINARY, LOSS_BALANCED, LOSS_FOCAL, LOSS_COX};
    return choice == 0 && endpoint ? LOSS_COX : kinds[choice];
}

/* Sets the strengths named in --augment-by, by a table of fields counted from `augment`. */
static bool set_strengths(const struct opt_pairs *pairs, const struct augment_field *field, size_t n, void *augment, struct err *err)
{
    const char *names[64] = {NULL};
    n = n < 64 ? n : 64;
    for (size_t k = 0; k < n; k++)
        names[k] = field[k].name;
    for (size_t i = 0; i < pairs->n; i++) {
        const char *name = pairs->item[i].key, *nearest = text_nearest(name, names, n);
        size_t k = 0;
        double value;
        while (k < n && strcmp(names[k], name) != 0)
            k++;
        if (k == n)
            return err_set(err, ERR_USAGE, "option --augment-by: no strength '%s'%s%s%s", name, nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                           nearest != NULL ? "'?" : "");
        if (!double_from_text(pairs->item[i].value, &value) || !(value >= field[k].low && value <= field[k].high))
            return err_set(err, ERR_USAGE, "option --augment-by %s: found \"%s\", expected a number from %g to %g", name, pairs->item[i].value, field[k].low, field[k].high);
        *(double *)((char *)augment + field[k].offset) = value;
    }
    return true;
}

bool train_options_augment(const struct train_options *options, struct augment *augment, struct err *err)
{
    *augment = options->augment == AUGMENT_FLIPS_ALONE ? AUGMENT_FLIPS : AUGMENT_DEFAULT;
    if (options->augment == AUGMENT_NONE)
        *augment = (struct augment){0};
    return set_strengths(&options->augment_by, augment_fields, augment_field_n, augment, err) && (augment_check(augment, err) || err_add(err, "option --augment-by"));
}

bool train_options_array_augment(const struct train_options *options, struct array_augment *augment, struct err *err)
{
    *augment = options->augment == AUGMENT_FLIPS_ALONE ? ARRAY_AUGMENT_FLIPS : ARRAY_AUGMENT_DEFAULT;
    if (options->augment == AUGMENT_NONE)
        *augment = (struct array_augment){0};
    return set_strengths(&options->augment_by, array_augment_fields, array_augment_field_n, augment, err);
}

bool train_options_settle(const struct train_options *options, bool endpoint, struct trainer_settings *trainer, struct err *err)
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
    return trainer_check(trainer, err);
}
