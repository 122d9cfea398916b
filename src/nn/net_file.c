/* A trained net as a file; see net_file.h. */
#include "nn/net_file.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/safetensors.h"
#include "nn/import.h"
#include "nn/mirror.h"
#include "nn/nets.h"

void net_input_free(struct net_input *input)
{
    for (size_t p = 0; p < CROP_PHASE_MAX; p++)
        mem_free(input->phase[p]);
    mem_free(input->shortcut);
    *input = (struct net_input){0};
}

/* ---- writing ---- */

static bool put_numbers(struct store *store, const char *name, const double *value, size_t n, struct err *err)
{
    struct text text = TEXT_INIT;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_add_char(&text, ',');
        text_add_double(&text, value[i]);
    }
    bool done = text_ok(&text, err) && store_put_text(store, name, text.bytes, err);
    text_free(&text);
    return done;
}

static bool put_number(struct store *store, const char *name, double value, struct err *err)
{
    return put_numbers(store, name, &value, 1, err);
}

static bool put_cases(struct store *store, const struct net_input *input, struct err *err)
{
    const struct crop_settings *crop = &input->crop;
    const double size[3] = {(double)crop->size[0], (double)crop->size[1], (double)crop->size[2]};
    double window[2 * CROP_PHASE_MAX];
    struct text phases = TEXT_INIT;
    for (size_t p = 0; p < crop->phase_n; p++) {
        text_add(&phases, "%s\n", input->phase[p]);
        window[2 * p] = crop->low[p];
        window[2 * p + 1] = crop->high[p];
    }
    bool done = text_ok(&phases, err) && store_put_text(store, "hepar.phases", phases.bytes, err) && put_number(store, "hepar.masks", (double)crop->mask_n, err) &&
                store_put_text(store, "hepar.view", crop_view_name(crop->view), err) && put_numbers(store, "hepar.size", size, 3, err) &&
                put_numbers(store, "hepar.spacing", crop->spacing, 3, err) && put_numbers(store, "hepar.window", window, 2 * crop->phase_n, err) &&
                put_number(store, "hepar.blank", crop->blank_mm >= 0.0 ? crop->blank_mm : -1.0, err) && put_number(store, "hepar.slices", (double)crop->slice_max, err) &&
                put_number(store, "hepar.mask_channel", input->sample.mask_channel, err) && put_number(store, "hepar.amplitude", input->sample.amplitude, err) &&
                put_number(store, "hepar.centred", input->sample.values == SAMPLE_CENTRED, err) && put_number(store, "hepar.fit", crop->fit, err);
    text_free(&phases);
    return done;
}

bool net_file_write(const char *path, const struct net *net, const struct net_input *input, struct err *err)
{
    struct store store = {0};
    const double size[3] = {(double)input->x, (double)input->y, (double)input->z};
    bool done = net_export(net, &store, err) && store_put_text(&store, "hepar.net", net->name, err) &&
                (input->shortcut == NULL || store_put_text(&store, "hepar.shortcut", input->shortcut, err)) &&
                put_number(&store, "hepar.channels", (double)net->layer[0].c, err) && put_number(&store, "hepar.outputs", (double)net->layer[net->output].c, err) &&
                store_put_text(&store, "hepar.target", input->endpoint ? "endpoint" : "label", err) &&
                store_put_text(&store, "hepar.input", input->cases ? "cases" : "array", err) &&
                put_number(&store, "hepar.mirrors", (double)input->mirrors, err) &&
                (input->cases ? put_cases(&store, input, err)
                              : put_number(&store, "hepar.offset", input->offset, err) && put_number(&store, "hepar.scale", input->scale, err) &&
                                    put_numbers(&store, "hepar.size", size, 3, err)) &&
                safetensors_write(path, &store, err);
    store_free(&store);
    return done;
}

/* ---- reading ---- */

static bool get_numbers(const struct store *store, const char *name, double *value, size_t n, struct err *err)
{
    const char *text, *at;
    if (!store_get_text(store, name, &text, err))
        return false;
    at = text;
    for (size_t i = 0; i < n; i++) {
        char word[40];
        size_t length = strcspn(at, ",");
        if (length >= sizeof word)
            return err_set(err, ERR_INPUT, "text '%s' is \"%.60s\", expected %zu numbers", name, text, n);
        memcpy(word, at, length);
        word[length] = '\0';
        at += length;
        if (!double_from_text(word, &value[i]) || *at != (i + 1 < n ? ',' : '\0'))
            return err_set(err, ERR_INPUT, "text '%s' is \"%.60s\", expected %zu numbers", name, text, n);
        at++;
    }
    return true;
}

/* A whole number from least to most. */
static bool get_whole(const struct store *store, const char *name, size_t least, size_t most, size_t *value, struct err *err)
{
    double number;
    if (!get_numbers(store, name, &number, 1, err))
        return false;
    if (!(number >= (double)least && number <= (double)most && number == floor(number)))
        return err_set(err, ERR_INPUT, "text '%s' is %g, expected %zu to %zu", name, number, least, most);
    *value = (size_t)number;
    return true;
}

/* One of two words; *second: which. */
static bool get_word(const struct store *store, const char *name, const char *first_word, const char *second_word, bool *second, struct err *err)
{
    const char *text;
    if (!store_get_text(store, name, &text, err))
        return false;
    *second = strcmp(text, second_word) == 0;
    return *second || strcmp(text, first_word) == 0 || err_set(err, ERR_INPUT, "text '%s' is \"%.60s\", expected %s or %s", name, text, first_word, second_word);
}

static bool get_phases(const struct store *store, struct net_input *input, struct err *err)
{
    const char *text;
    if (!store_get_text(store, "hepar.phases", &text, err))
        return false;
    for (input->crop.phase_n = 0; *text != '\0'; input->crop.phase_n++) {
        size_t length = strcspn(text, "\n");
        char name[256];
        if (input->crop.phase_n == CROP_PHASE_MAX || length >= sizeof name || text[length] == '\0')
            return err_set(err, ERR_INPUT, "text 'hepar.phases' has more than %d names, or a long one", (int)CROP_PHASE_MAX);
        memcpy(name, text, length);
        name[length] = '\0';
        if ((input->phase[input->crop.phase_n] = mem_string(name, err)) == NULL)
            return false;
        text += length + 1;
    }
    return input->crop.phase_n > 0 || err_set(err, ERR_INPUT, "text 'hepar.phases' is empty");
}

static bool get_cases(const struct store *store, struct net_input *input, struct err *err)
{
    struct crop_settings *crop = &input->crop;
    double size[3], window[2 * CROP_PHASE_MAX];
    size_t mask_channel = 0, centred = 0;
    const char *view;
    *crop = CROP_DEFAULT;
    if (!get_phases(store, input, err) || !get_whole(store, "hepar.masks", 1, CROP_PHASE_MAX, &crop->mask_n, err) || !store_get_text(store, "hepar.view", &view, err) ||
        !get_numbers(store, "hepar.size", size, 3, err) || !get_numbers(store, "hepar.spacing", crop->spacing, 3, err) ||
        !get_numbers(store, "hepar.window", window, 2 * crop->phase_n, err) || !get_numbers(store, "hepar.blank", &crop->blank_mm, 1, err) ||
        !get_whole(store, "hepar.slices", 1, CROP_SLICE_MAX, &crop->slice_max, err) || !get_whole(store, "hepar.mask_channel", 0, 1, &mask_channel, err) ||
        !get_numbers(store, "hepar.amplitude", &input->sample.amplitude, 1, err) || !get_whole(store, "hepar.centred", 0, 1, &centred, err) ||
        !get_numbers(store, "hepar.fit", &crop->fit, 1, err))
        return false;
    if (!crop_view_from_name(view, &crop->view))
        return err_set(err, ERR_INPUT, "text 'hepar.view' is \"%.60s\", which is no view", view);
    input->sample.mask_channel = mask_channel != 0;
    for (size_t axis = 0; axis < 3; axis++)
        crop->size[axis] = size[axis] >= 1.0 && size[axis] <= 512.0 ? (size_t)size[axis] : 0;
    for (size_t p = 0; p < crop->phase_n; p++) {
        crop->low[p] = window[2 * p];
        crop->high[p] = window[2 * p + 1];
    }
    input->sample.values = centred ? SAMPLE_CENTRED : SAMPLE_WINDOWED;
    if (crop_settings_check(crop, err) && input->sample.amplitude > 0.0 && (!centred || mask_channel))
        return true;
    return err_set(err, ERR_INPUT, "what it says of its input is out of range");
}

static bool get_array(const struct store *store, struct net_input *input, struct err *err)
{
    double size[3];
    if (!get_numbers(store, "hepar.offset", &input->offset, 1, err) || !get_numbers(store, "hepar.scale", &input->scale, 1, err) ||
        !get_numbers(store, "hepar.size", size, 3, err))
        return false;
    for (size_t axis = 0; axis < 3; axis++)
        if (!(size[axis] >= 1.0 && size[axis] <= 65536.0) || input->scale == 0.0)
            return err_set(err, ERR_INPUT, "what it says of its input is out of range");
    input->x = (size_t)size[0];
    input->y = (size_t)size[1];
    input->z = (size_t)size[2];
    return true;
}

static bool fill_net(const struct store *store, const struct net_input *input, struct net **net, struct err *err)
{
    const char *name;
    size_t channel_n = 0, output_n = 0;
    struct import_result result;
    if (!store_get_text(store, "hepar.net", &name, err) || !get_whole(store, "hepar.channels", 1, 1024, &channel_n, err) ||
        !get_whole(store, "hepar.outputs", 1, 65536, &output_n, err))
        return false;
    const struct net_options options = {channel_n, output_n, input->shortcut};
    const struct import_settings import = {IMPORT_MEAN, false};
    if (!net_build(name, &options, net, err)) {
        if (err != NULL && err->kind == ERR_USAGE)
            err->kind = ERR_INPUT;
        return false;
    }
    if (!net_import(*net, store, &import, &result, err))
        return false;
    bool adapted = result.inflated_n > 0 || result.head_kept || result.file_channel_n != result.net_channel_n;
    import_result_free(&result);
    return !adapted || err_set(err, ERR_INPUT, "its tensors do not have the shapes of %s with %zu channels", name, channel_n);
}

bool net_file_input(const struct store *store, bool *is, struct net_input *input, struct err *err)
{
    const char *shortcut = store_find_text(store, "hepar.shortcut");
    bool array = false, endpoint = false;
    size_t mirrors = MIRROR_NONE;
    *input = (struct net_input){0};
    *is = store_find_text(store, "hepar.net") != NULL;
    if (!*is)
        return true;
    bool done = get_word(store, "hepar.input", "cases", "array", &array, err) && get_word(store, "hepar.target", "label", "endpoint", &endpoint, err) &&
                get_whole(store, "hepar.mirrors", MIRROR_NONE, MIRROR_ALL, &mirrors, err) &&
                (shortcut == NULL || (input->shortcut = mem_string(shortcut, err)) != NULL);
    input->cases = !array;
    input->endpoint = endpoint;
    input->mirrors = (unsigned)mirrors;
    done = done && (array ? get_array(store, input, err) : get_cases(store, input, err));
    if (!done)
        net_input_free(input);
    return done;
}

bool net_file_read(const char *path, struct net **net, struct net_input *input, struct err *err)
{
    struct store store = {0};
    bool is;
    *net = NULL;
    *input = (struct net_input){0};
    if (!safetensors_read(path, &store, err))
        return false;
    bool done = net_file_input(&store, &is, input, err);
    if (done && !is)
        done = err_set(err, ERR_INPUT, "it does not say which net it is of; expected weights.safetensors of 'hepar net train'");
    done = done && fill_net(&store, input, net, err);
    if (!done) {
        err_add(err, "%s", path);
        net_free(*net);
        *net = NULL;
        net_input_free(input);
    }
    store_free(&store);
    return done;
}
