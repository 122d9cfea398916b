/* From settings to what the networks take; see deep.h. */
#include "study/deep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "nn/input_options.h"
#include "nn/net_open.h"
#include "nn/train_options.h"
#include "study/crops.h"

static const double HELD_SHARE = 0.2; /* of the training cases, where the best epoch is kept */

static bool find_net(const struct study_settings *settings, struct deep *out, struct err *err)
{
    const char *name = settings_text(settings, "deep.net"), *names[64];
    out->net = net_kind_find(name);
    if (out->net != NULL)
        return true;
    size_t n = net_kind_n < 64 ? net_kind_n : 64;
    struct text all = TEXT_INIT;
    for (size_t k = 0; k < n; k++) {
        names[k] = net_kinds[k]->name;
        text_add(&all, "%s%s", k > 0 ? ", " : "", names[k]);
    }
    const char *nearest = text_nearest(name, names, n), *where = settings_where(settings, "deep.net");
    if (nearest != NULL)
        err_set(err, ERR_USAGE, "%s: deep.net: no network '%s'; did you mean '%s'?", where, name, nearest);
    else
        err_set(err, ERR_USAGE, "%s: deep.net: no network '%s'; there are %s", where, name, all.bytes == NULL ? "others" : all.bytes);
    text_free(&all);
    return false;
}

/* ---- the tables of options that `hepar net` has too ---- */

static const struct opt train_rows[] = {TRAIN_OPT_ROWS(0)};
enum { TRAIN_ROW_N = sizeof train_rows / sizeof train_rows[0] };

/* The place of a word among the NULL-ended choices; the key's own were checked when the file was read. */
static int choice_of(const char *const *choices, const char *word)
{
    int k = 0;
    while (choices[k] != NULL && strcmp(choices[k], word) != 0)
        k++;
    return k;
}

/* "deep.input.size" of the option "input-size", "deep.last_batch" of "last-batch". */
static void key_of(const char *above, const char *option, size_t skip, char key[DEEP_NAME_ROOM])
{
    snprintf(key, DEEP_NAME_ROOM, "%s%s", above, option + skip);
    for (char *c = key + strlen(above); *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
}

/* Fills what the rows count from `base` by the keys of the same names; pairs are the caller's. */
static void fill_options(const struct study_settings *settings, const char *above, const struct opt *row, size_t n, size_t skip, void *base)
{
    for (size_t k = 0; k < n; k++) {
        char key[DEEP_NAME_ROOM];
        char *at = (char *)base + row[k].offset;
        key_of(above, row[k].name, skip, key);
        switch (row[k].kind) {
        case OPT_INTEGER:
            *(int64_t *)at = (int64_t)settings_integer(settings, 0, "%s", key);
            break;
        case OPT_NUMBER:
            *(double *)at = settings_number(settings, NAN, "%s", key);
            break;
        case OPT_CHOICE:
            *(int *)at = choice_of(row[k].choices, settings_text(settings, "%s", key));
            break;
        case OPT_TEXT:
            *(const char **)at = settings_text(settings, "%s", key);
            break;
        default:
            break;
        }
    }
}

static bool read_input(const struct study_settings *settings, const struct cohort *cohort, struct deep *out, struct err *err)
{
    struct input_options options = {.view = 0};
    size_t mask_n = crops_one_mask(cohort) ? 1 : cohort->phase_n;
    fill_options(settings, "deep.input.", input_opts, input_opt_n, strlen("input-"), &options);
    return input_options_settle(&options, out->net->rank, cohort->phase_n, mask_n, &out->crop, &out->fit.sample, err) || err_add(err, "study file: deep");
}

/* `augment_by` as the pairs that an option would give. */
static bool read_strengths(const struct study_settings *settings, struct arena *arena, struct opt_pairs *pairs, struct err *err)
{
    char name[256], segment[300];
    size_t n = 0;
    while (settings_child(settings, "deep.augment_by", n, name))
        n++;
    pairs->item = arena_alloc(arena, n, sizeof *pairs->item, err);
    for (; pairs->item != NULL && pairs->n < n; pairs->n++) {
        settings_child(settings, "deep.augment_by", pairs->n, name);
        struct opt_pair *pair = &pairs->item[pairs->n];
        pair->key = arena_string(arena, name, err);
        pair->value = settings_text(settings, "deep.augment_by.%s", settings_segment(name, segment));
        if (pair->key == NULL)
            return false;
    }
    return pairs->item != NULL;
}

static bool read_training(const struct study_settings *settings, struct deep *out, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct train_options options = {.epochs = 0};
    struct trainer_settings *trainer = &out->fit.trainer;
    fill_options(settings, "deep.", train_rows, TRAIN_ROW_N, 0, &options);
    bool done = read_strengths(settings, &arena, &options.augment_by, err) && train_options_settle(&options, false, trainer, err) &&
                train_options_augment(&options, &out->fit.augment, err);
    arena_free(&arena);
    if (!done)
        return err_add(err, "study file: deep");
    trainer->holdout = trainer->keep_best ? HELD_SHARE : 0;
    out->fit.mirror = options.mirror == 0;
    out->fit.net_n = settings_integer(settings, 3, "deep.folds");
    out->fit.pretrain_n = out->pretrain_n;
    return crossfit_check(&out->fit, err) || err_add(err, "study file: deep");
}

/* ---- weights ---- */

/* A 3-D ResNet of weights has one of two forms; what is trained from them has the same. */
static bool take_form(struct deep *out, const struct net_options *options, struct err *err)
{
    struct net *plain;
    if (!net_make(out->net->name, options, 0, &plain, err))
        return false;
    out->fit.shortcut = plain->value_n == out->start->value_n ? NULL : "A";
    net_free(plain);
    out->fit.start = out->start;
    net_hash(out->start, out->weights_sha256);
    return true;
}

static bool read_weights(const struct study_settings *settings, struct deep *out, struct err *err)
{
    if (!settings_has(settings, "deep.weights"))
        return true;
    const struct net_options options = {.channel_n = sample_shape_of_settings(&out->crop, &out->fit.sample).c, .output_n = 1};
    struct notes notes = NOTES_INIT;
    struct text spec = TEXT_INIT;
    char *path = settings_file(settings, err, "deep.weights");
    text_add(&spec, "%s:%s", out->net->name, path == NULL ? "" : path);
    bool done = path != NULL && text_ok(&spec, err) && net_open(spec.bytes, &options, settings_integer(settings, 1, "seed"), &out->start, &notes, err);
    for (size_t k = 0; done && k < notes.n; k++)
        log_note("%s", notes.note[k].line);
    done = done && take_form(out, &options, err);
    notes_free(&notes);
    text_free(&spec);
    mem_free(path);
    return done || err_add(err, "%s: deep.weights", settings_where(settings, "deep.weights"));
}

void deep_free(struct deep *deep)
{
    net_free(deep->start);
    net_free(deep->pretrained);
    history_free(&deep->pretraining);
    *deep = (struct deep){.frozen = false};
}

bool deep_read(const struct study_settings *settings, const struct cohort *cohort, struct deep *out, struct err *err)
{
    const char *use = settings_text(settings, "deep.use");
    *out = (struct deep){.fit = crossfit_default()};
    bool both = strcmp(use, "both") == 0;
    out->frozen = both || strcmp(use, "frozen") == 0;
    out->crossfit = both || strcmp(use, "crossfit") == 0;
    if (!deep_used(out))
        return true;
    out->pretrain_n = settings_integer(settings, 0, "deep.pretrain");
    if (out->frozen && out->pretrain_n == 0 && !settings_has(settings, "deep.weights"))
        return err_set(err, ERR_USAGE, "%s: deep.use: frozen features of random weights say nothing; name deep.weights or deep.pretrain", settings_where(settings, "deep.use"));
    if (cohort->phase_n == 0)
        return err_set(err, ERR_USAGE, "%s: deep.use: the cohort table has no column `Image` or `Image_PHASE`", settings_where(settings, "deep.use"));
    if (cohort->phase_n > CROP_PHASE_MAX)
        return err_set(err, ERR_USAGE, "%s: deep.use: the study has %zu phases, networks take at most %d", settings_where(settings, "deep.use"), cohort->phase_n, CROP_PHASE_MAX);
    if (!find_net(settings, out, err) || !read_input(settings, cohort, out, err))
        return false;
    out->fit.column = CROPS_COLUMN;
    out->fit.net = out->net->name;
    if (out->crossfit || out->pretrain_n > 0) {
        if (!read_training(settings, out, err))
            return false;
        augment_margin(&out->fit.augment, out->crop.view, out->crop.size, out->crop.spacing, out->crop.margin);
        if (!crop_settings_check(&out->crop, err))
            return err_add(err, "study file: deep.input");
    }
    if (!read_weights(settings, out, err))
        return false;
    snprintf(out->logit, sizeof out->logit, "deep.%s.logit", out->net->name);
    return true;
}
