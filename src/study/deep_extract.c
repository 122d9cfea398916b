/* Deep features beside hand-crafted ones; see deep_extract.h. */
#include "study/deep_extract.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "nn/net_file.h"
#include "nn/net_open.h"

enum { SEED = 1 /* of values that no file gives */ };

/* Everything of an input that changes its values. */
static void describe_input(const struct crop_settings *crop, const struct sample_settings *sample, struct text *out)
{
    text_add(out, "%s mask %d slices %zu", crop_view_name(crop->view), sample->mask_channel, crop->slice_max);
    for (size_t axis = 0; axis < 3; axis++) {
        text_add(out, " %zu ", crop->size[axis]);
        text_add_double(out, crop->spacing[axis]);
    }
    const double rest[] = {crop->low[0], crop->high[0], crop->fit, crop->blank_mm >= 0 ? crop->blank_mm : -1, (double)sample->values, sample->amplitude};
    for (size_t k = 0; k < sizeof rest / sizeof rest[0]; k++) {
        text_add_char(out, ' ');
        text_add_double(out, rest[k]);
    }
}

static bool same_input(const struct deep_extract *deep, const struct net_input *trained, bool *same, struct err *err)
{
    struct text ours = TEXT_INIT, theirs = TEXT_INIT;
    describe_input(&deep->crop, &deep->sample, &ours);
    describe_input(&trained->crop, &trained->sample, &theirs);
    bool ok = text_ok(&ours, err) && text_ok(&theirs, err);
    *same = ok && strcmp(ours.bytes, theirs.bytes) == 0;
    text_free(&ours);
    text_free(&theirs);
    return ok;
}

/* A net that hepar trained says what its input was: it holds where the user says nothing else. */
static bool take_trained_input(const char *path, const struct net_input *trained, const struct input_options *input, struct deep_extract *deep, struct err *err)
{
    bool same;
    if (!trained->cases || trained->crop.phase_n > 1)
        return err_set(err, ERR_INPUT, "%s: it was trained on %s, expected on cases of one image and mask", path, trained->cases ? "several phases" : "arrays");
    if (input_options_given(input)) {
        if (!same_input(deep, trained, &same, err))
            return false;
        if (!same)
            log_warn("%s was trained on other inputs than the --input options give", path_name(path));
        return true;
    }
    deep->crop = trained->crop;
    deep->sample = trained->sample;
    log_note("%s: inputs are made as for its training", path_name(path));
    return true;
}

static bool settle_input(const char *spec, const struct store *weights, const struct input_options *input, struct deep_extract *deep, struct err *err)
{
    const struct net_kind *kind = net_open_kind(spec, err);
    struct net_input trained;
    bool is;
    if (kind == NULL || !input_options_settle(input, kind->rank, 1, 1, &deep->crop, &deep->sample, err))
        return false;
    if (!net_file_input(weights, &is, &trained, err))
        return err_add(err, "%s", net_open_file(spec));
    bool ok = !is || take_trained_input(net_open_file(spec), &trained, input, deep, err);
    net_input_free(&trained);
    return ok;
}

static bool open_net(const char *spec, const struct input_options *input, struct deep_extract *deep, struct err *err)
{
    struct notes notes = NOTES_INIT;
    struct store weights = {0};
    bool ok = net_open_kind(spec, err) != NULL && net_open_weights(spec, &weights, &notes, err) && settle_input(spec, &weights, input, deep, err);
    struct net_options options = {.channel_n = ok ? sample_shape_of_settings(&deep->crop, &deep->sample).c : 0};
    ok = ok && net_open_with(spec, &weights, &options, SEED, &deep->net, &notes, err);
    for (size_t i = 0; ok && i < notes.n; i++)
        (strcmp(notes.note[i].topic, NET_OPEN_RANDOM) == 0 ? log_warn : log_note)("%s", notes.note[i].line);
    store_free(&weights);
    notes_free(&notes);
    return ok;
}

/* A case on its thread: its box, through the net. */
static bool look(void *ctx, size_t i, const struct volume *image, const struct roi *region, struct notes *notes, struct err *err)
{
    struct deep_extract *deep = ctx;
    struct crop crop = {0};
    double *row = mem_alloc(deep->n, sizeof *row, err);
    bool ok = row != NULL && crop_make(&deep->crop, &image, &region, &crop, notes, err) && frozen_of_crop(deep->frozen, &crop, row, err);
    crop_free(&crop);
    if (!ok) {
        mem_free(row);
        return err_add(err, "deep features");
    }
    deep->row[i] = row;
    return true;
}

bool deep_extract_open(const char *spec, const struct input_options *input, size_t case_n, struct deep_extract *deep, struct err *err)
{
    *deep = (struct deep_extract){0};
    if (!open_net(spec, input, deep, err))
        return err_add(err, "option --deep");
    deep->row = mem_zero(case_n, sizeof *deep->row, err);
    if (deep->row == NULL || !frozen_open(deep->net, nn_backend_default(), &deep->crop, &deep->sample, &deep->frozen, err)) {
        deep_extract_close(deep);
        return err_add(err, "option --deep");
    }
    deep->row_n = case_n;
    deep->n = frozen_n(deep->frozen);
    deep->beside = (struct extract_beside){look, deep, frozen_bytes(deep->frozen) + crop_settings_bytes(&deep->crop)};
    return true;
}

void deep_extract_close(struct deep_extract *deep)
{
    for (size_t i = 0; i < deep->row_n; i++)
        mem_free(deep->row[i]);
    mem_free(deep->row);
    frozen_close(deep->frozen);
    net_free(deep->net);
    *deep = (struct deep_extract){0};
}

const char *deep_extract_name(const struct deep_extract *deep, size_t column, char out[96])
{
    char name[32];
    snprintf(out, 96, "deep.%s.%s", deep->net->name, frozen_name(deep->frozen, column, name));
    return out;
}

const double *deep_extract_row(const struct deep_extract *deep, size_t i)
{
    return deep->row[i];
}

void deep_extract_drop(struct deep_extract *deep, size_t i)
{
    mem_free(deep->row[i]);
    deep->row[i] = NULL;
}

void deep_extract_describe(const struct deep_extract *deep, struct text *out)
{
    char hex[65];
    net_hash(deep->net, hex);
    text_add(out, "deep %s %s ", deep->net->name, hex);
    describe_input(&deep->crop, &deep->sample, out);
    text_add_char(out, '\n');
}
