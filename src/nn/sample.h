/* A sample: one input of a network, cut from a crop, windowed and perhaps augmented.
 *
 * f32, channels last: value (z, y, x, c) at ((z*Y + y)*X + x)*C + c. Channels: the phases in their order, then the masks when asked.
 * HU go linearly from the window's low..high to -amplitude..+amplitude and are cut there; a mask is 0 or 1.
 * With SAMPLE_CENTRED the mean over the phase's mask is then taken off each phase, and outside of the mask it is 0: what remains is how the
 * tumour differs from place to place, not how bright it is.
 * 2-D: Z = 1. 2.5-D: Z = 1 and the channels of slice after slice, lowest z first. */
#ifndef HEPAR_NN_SAMPLE_H
#define HEPAR_NN_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rng.h"
#include "nn/augment.h"
#include "nn/crop.h"

enum sample_values { SAMPLE_WINDOWED, SAMPLE_CENTRED };

struct sample_settings {
    bool mask_channel;
    double amplitude; /* > 0 */
    enum sample_values values; /* SAMPLE_CENTRED needs mask_channel, and crops with masks */
};
extern const struct sample_settings SAMPLE_DEFAULT; /* with masks, amplitude 1 */

/* What an input looks like. */
struct sample_shape {
    size_t z, y, x, c;
};
struct sample_shape sample_shape(const struct crop *crop, const struct sample_settings *settings);
/* The same before any crop is made, from the crops' settings. */
struct sample_shape sample_shape_of_settings(const struct crop_settings *crop, const struct sample_settings *settings);
size_t sample_value_n(const struct sample_shape *shape); /* z*y*x*c */

/* Input number `input` (0..crop->input_n - 1) into out[z][y][x][c]. augment NULL: exactly the box, `rng` is not touched and may be NULL. With
 * augmentation, same generator, same bytes. Fails when memory is short alone (blur takes a buffer of the box). Thread-safe. */
bool sample_fill(const struct crop *crop, const struct sample_settings *settings, size_t input, const struct augment *augment, struct rng *rng,
                 float *out, struct err *err);
/* The same by a plan; `rng` gives the noise alone. */
bool sample_fill_plan(const struct crop *crop, const struct sample_settings *settings, size_t input, const struct augment_plan *plan,
                      struct rng *rng, float *out, struct err *err);

#endif
