/* Pre-training on the training cases' images; see deep_pretrain.h. */
#include "study/deep_pretrain.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "nn/pretrain.h"

/* Training cases that have a crop, with or without a label; row[n]. */
static size_t list_cases(const struct cohort *cohort, const struct crops *crops, size_t *row)
{
    size_t n = 0;
    for (size_t k = 0; k < cohort->n; k++)
        if (cohort->role_of[k] != NULL && strcmp(cohort->role_of[k], "train") == 0 && crops->failure[k] == NULL)
            row[n++] = k;
    return n;
}

/* The network as the weights have it, or drawn. */
static bool make_net(struct deep *deep, uint64_t seed, struct err *err)
{
    const struct net_options options = {.channel_n = sample_shape_of_settings(&deep->crop, &deep->fit.sample).c, .output_n = 1, .shortcut = deep->fit.shortcut};
    if (!net_make(deep->net->name, &options, seed, &deep->pretrained, err))
        return false;
    if (deep->start != NULL)
        memcpy(deep->pretrained->value, deep->start->value, deep->start->value_n * sizeof *deep->start->value);
    return true;
}

static bool train(struct deep *deep, const struct source *source, const size_t *row, size_t n, uint64_t seed, const char *checkpoint, struct err *err)
{
    struct pretrain_settings settings = PRETRAIN_DEFAULT;
    settings.trainer.epoch_n = deep->pretrain_n;
    settings.trainer.augment = deep->fit.trainer.augment;
    log_note("pre-training %s without labels on %zu training cases, %zu epochs: frozen features know their images, also where a fold of train holds them out",
             deep->net->name, n, deep->pretrain_n);
    struct progress *progress = progress_start("pre-training", trainer_step_n(&settings.trainer, n));
    const struct training training = {.source = source, .row = row, .row_n = n, .backend = nn_backend_default(), .seed = seed, .checkpoint = checkpoint,
                                      .checkpoint_seconds = 10.0, .progress = progress};
    bool done = pretrain_run(deep->pretrained, &settings, &training, &deep->pretraining, err);
    progress_end(progress);
    return done;
}

bool deep_pretrain(struct deep *deep, const struct cohort *cohort, const struct crops *crops, uint64_t seed, const char *work, struct err *err)
{
    size_t *row = mem_alloc(2 * cohort->n, sizeof *row, err), *all = row == NULL ? NULL : row + cohort->n;
    const struct crop **list = mem_alloc(cohort->n, sizeof *list, err);
    char *checkpoint = path_join(work, "pretrain.safetensors", err);
    struct source source;
    bool done = false;
    if (row == NULL || list == NULL || checkpoint == NULL)
        goto done;
    size_t n = list_cases(cohort, crops, row);
    for (size_t k = 0; k < n; k++) {
        list[k] = &crops->crop[row[k]];
        all[k] = k;
    }
    const struct source_crops of = {list, deep->fit.sample, deep->fit.trainer.augment ? &deep->fit.augment : NULL};
    done = source_of_crops(&of, n, row, &source, err) && make_net(deep, seed, err) && train(deep, &source, all, n, seed, checkpoint, err);
done:
    mem_free(row);
    mem_free(list);
    mem_free(checkpoint);
    return done || err_add(err, "pre-training");
}

bool deep_mark_pretrained(const struct cohort *cohort, const struct crops *crops, struct table *frozen, struct err *err)
{
    size_t *row = mem_alloc(cohort->n, sizeof *row, err);
    struct rowset *seen = row == NULL ? NULL : rowset_make(row, list_cases(cohort, crops, row), err);
    bool done = seen != NULL && table_mark_seen(frozen, seen, err);
    rowset_drop(seen);
    mem_free(row);
    return done;
}
