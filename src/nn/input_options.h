/* What a network's input is, as a user says it: the one table that `hepar extract`, `hepar net` and the study file read.
 *
 *     struct settings { ...; struct input_options input; };
 *     static const struct opt rows[] = {..., INPUT_OPT_ROWS(offsetof(struct settings, input))};
 *
 * In the study file the same rows stand below `input:` without "input-" (input_option_find("size")). Texts are borrowed.
 * input_options_settle() turns them into a crop's and a sample's settings for one net. */
#ifndef HEPAR_NN_INPUT_OPTIONS_H
#define HEPAR_NN_INPUT_OPTIONS_H

#include <stdint.h>

#include "base/opt.h"
#include "nn/crop.h"
#include "nn/sample.h"

struct input_options {
    int view;            /* of input_views */
    const char *size;    /* NULL: 32 voxels a side; 64 in 2-D, and 3 slices in 2.5-D */
    const char *spacing; /* NULL: 2 mm; 1 mm in the plane in 2-D, and 3 mm between the slices of 2.5-D */
    const char *window;  /* NULL: -100,200 */
    int mask;            /* of input_masks: the mask is a channel of the input, or not */
    double fit;          /* times the tumour; NaN: spacing holds */
    int values;          /* of input_values */
    double blank;        /* mm; NaN: nothing is blanked */
    int64_t slices;      /* at most, in 2d-all */
};

extern const char *const input_views[]; /* "auto" (3d, or 2d for 2-D nets), then crop_view_name() */
extern const char *const input_masks[]; /* "yes", "no" */
extern const char *const input_values[]; /* "window", "centred" */

#define INPUT_OPT_ROWS(place) \
    {"input-view", 0, OPT_CHOICE, NULL, "the network's input: 3d, 2d (largest slice), 2d-all (all slices, pooled), 2.5d (neighbouring slices as channels); auto: 3d, for 2-D networks 2d", (place) + offsetof(struct input_options, view), input_views, .initial = "auto"}, \
    {"input-size", 0, OPT_TEXT, "N[,N[,N]]", "voxels of the box around the tumour along x, y, z; one number stands for all (2.5d: of the plane); unset: 32, in 2-D 64, in 2.5d 3 slices", (place) + offsetof(struct input_options, size)}, \
    {"input-spacing", 0, OPT_TEXT, "MM[,MM[,MM]]", "spacing of these voxels in mm; unset: 2, in the plane of 2-D inputs 1, between slices of 2.5d 3", (place) + offsetof(struct input_options, spacing)}, \
    {"input-window", 0, OPT_TEXT, "LOW,HIGH", "intensities (HU) that become -1 and 1; a pair, or a pair for each phase; unset: -100,200", (place) + offsetof(struct input_options, window)}, \
    {"input-mask", 0, OPT_CHOICE, NULL, "whether the mask is a channel of the input, behind the phases", (place) + offsetof(struct input_options, mask), input_masks, .initial = "yes"}, \
    {"input-fit", 0, OPT_NUMBER, "TIMES", "the box grows with the tumour: its longest side is so many times the tumour's (usual: 1.25), and spacing follows; unset: fixed spacing", (place) + offsetof(struct input_options, fit), .least = 0.5, .most = 10}, \
    {"input-values", 0, OPT_CHOICE, NULL, "window: intensities of the whole box; centred: minus the tumour's mean, and 0 outside of it (needs the mask as a channel)", (place) + offsetof(struct input_options, values), input_values, .initial = "window"}, \
    {"input-blank", 0, OPT_NUMBER, "MM", "what lies farther from the tumour takes the window's low value; unset: nothing does", (place) + offsetof(struct input_options, blank), .least = 0, .most = 1000}, \
    {"input-slices", 0, OPT_INTEGER, "N", "slices of 2d-all at most; of more, every k-th", (place) + offsetof(struct input_options, slices), .initial = "32", .least = 1, .most = CROP_SLICE_MAX}

extern const struct opt input_opts[]; /* the rows, counted from a struct input_options */
extern const size_t input_opt_n;
const struct opt *input_option_find(const char *name); /* "size" or "input-size"; NULL when there is none */

bool input_options_given(const struct input_options *options); /* whether any is not as it is by default */
/* rank: the net's. No margin is asked for (augment_margin()). ERR_USAGE names the option, what stands there and what is expected. */
bool input_options_settle(const struct input_options *options, unsigned rank, size_t phase_n, size_t mask_n, struct crop_settings *crop,
                          struct sample_settings *sample, struct err *err);

#endif
