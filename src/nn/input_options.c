/* A network's input as a user says it; see input_options.h. */
#include "nn/input_options.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

const char *const input_views[] = {"auto", "3d", "2d", "2d-all", "2.5d", NULL};
const char *const input_masks[] = {"yes", "no", NULL};
const char *const input_values[] = {[SAMPLE_WINDOWED] = "window", [SAMPLE_CENTRED] = "centred", NULL};
enum { VIEW_AUTO = 0, MASK_YES = 0, PREFIX_N = sizeof "input-" - 1 };

const struct opt input_opts[] = {INPUT_OPT_ROWS(0)};
const size_t input_opt_n = sizeof input_opts / sizeof input_opts[0];

const struct opt *input_option_find(const char *name)
{
    for (size_t i = 0; i < input_opt_n; i++)
        if (strcmp(input_opts[i].name, name) == 0 || strcmp(input_opts[i].name + PREFIX_N, name) == 0)
            return &input_opts[i];
    return NULL;
}

bool input_options_given(const struct input_options *options)
{
    return options->view != VIEW_AUTO || options->size != NULL || options->spacing != NULL || options->window != NULL || options->mask != MASK_YES ||
           !isnan(options->fit) || options->values != SAMPLE_WINDOWED || !isnan(options->blank) || options->slices != (int64_t)CROP_DEFAULT.slice_max;
}

enum { NUMBER_MAX = 2 * CROP_PHASE_MAX };

/* Numbers between commas into value[room]; their count, 0 when the text is something else. */
static size_t read_numbers(const char *text, double *value, size_t room)
{
    size_t n = 0;
    for (const char *at = text;; n++) {
        char word[32];
        size_t length = strcspn(at, ",");
        if (n == room || length >= sizeof word)
            return 0;
        memcpy(word, at, length);
        word[length] = '\0';
        if (!double_from_text(word, &value[n]))
            return 0;
        if (at[length] == '\0')
            return n + 1;
        at += length + 1;
    }
}

/* One number for `all` of the axes, or one for each of axis_n. */
static bool read_axes(const char *option, const char *text, size_t all, size_t axis_n, double value[3], struct err *err)
{
    double given[3];
    size_t n = read_numbers(text, given, 3);
    if (n != 1 && n != axis_n)
        return err_set(err, ERR_USAGE, "option --%s: %s: expected a number, or %zu with commas between them", option, text, axis_n);
    for (size_t axis = 0; axis < axis_n; axis++)
        if (n == axis_n || axis < all)
            value[axis] = given[n == 1 ? 0 : axis];
    return true;
}

static bool settle_view(const struct input_options *options, unsigned rank, enum crop_view *view, struct err *err)
{
    *view = rank == 3 ? CROP_3D : CROP_2D_LARGEST;
    if (options->view != VIEW_AUTO && !crop_view_from_name(input_views[options->view], view))
        return err_set(err, ERR_BUG, "no view %s", input_views[options->view]);
    if ((*view == CROP_3D) != (rank == 3))
        return err_set(err, ERR_USAGE, "option --input-view: %s: the network takes %u-D inputs", crop_view_name(*view), rank);
    return true;
}

static bool settle_grid(const struct input_options *options, struct crop_settings *crop, struct err *err)
{
    bool solid = crop->view == CROP_3D, slab = crop->view == CROP_25D;
    size_t axis_n = solid || slab ? 3 : 2, all = solid ? 3 : 2;
    double size[3] = {64, 64, slab ? 3 : 1}, spacing[3] = {1, 1, slab ? 3 : 1};
    for (size_t axis = 0; axis < 3 && solid; axis++) {
        size[axis] = (double)CROP_DEFAULT.size[axis];
        spacing[axis] = CROP_DEFAULT.spacing[axis];
    }
    if ((options->size != NULL && !read_axes("input-size", options->size, all, axis_n, size, err)) ||
        (options->spacing != NULL && !read_axes("input-spacing", options->spacing, all, axis_n, spacing, err)))
        return false;
    for (size_t axis = 0; axis < 3; axis++) {
        if (!(size[axis] >= 1 && size[axis] <= 512 && size[axis] == floor(size[axis])))
            return err_set(err, ERR_USAGE, "option --input-size: %s: expected whole numbers from 1 to 512", options->size);
        crop->size[axis] = (size_t)size[axis];
        crop->spacing[axis] = spacing[axis];
    }
    return true;
}

static bool settle_window(const struct input_options *options, struct crop_settings *crop, struct err *err)
{
    double edge[NUMBER_MAX] = {CROP_DEFAULT.low[0], CROP_DEFAULT.high[0]};
    size_t n = options->window == NULL ? 2 : read_numbers(options->window, edge, NUMBER_MAX);
    if (n != 2 && n != 2 * crop->phase_n)
        return err_set(err, ERR_USAGE, "option --input-window: %s: expected LOW,HIGH%s", options->window,
                       crop->phase_n > 1 ? ", once or for each phase" : "");
    for (size_t phase = 0; phase < crop->phase_n; phase++) {
        crop->low[phase] = edge[n == 2 ? 0 : 2 * phase];
        crop->high[phase] = edge[n == 2 ? 1 : 2 * phase + 1];
    }
    return true;
}

/* Differences within a tumour are small beside the window: they get a wider range, so that they count beside the mask's 0 and 1. */
static const double CENTRED_AMPLITUDE = 2.5;

static bool settle_values(const struct input_options *options, struct sample_settings *sample, struct err *err)
{
    sample->values = (enum sample_values)options->values;
    if (sample->values != SAMPLE_CENTRED)
        return true;
    sample->amplitude = CENTRED_AMPLITUDE;
    return sample->mask_channel || err_set(err, ERR_USAGE, "option --input-values: centred: the mask has to be a channel of the input");
}

bool input_options_settle(const struct input_options *options, unsigned rank, size_t phase_n, size_t mask_n, struct crop_settings *crop,
                          struct sample_settings *sample, struct err *err)
{
    *crop = CROP_DEFAULT;
    *sample = SAMPLE_DEFAULT;
    crop->phase_n = phase_n;
    crop->mask_n = mask_n;
    crop->fit = isnan(options->fit) ? 0 : options->fit;
    crop->blank_mm = options->blank;
    crop->slice_max = (size_t)options->slices;
    sample->mask_channel = options->mask == MASK_YES && mask_n > 0;
    return settle_view(options, rank, &crop->view, err) && settle_grid(options, crop, err) && settle_window(options, crop, err) &&
           settle_values(options, sample, err) && crop_settings_check(crop, err);
}
