/* A source of samples: what a net is trained on and applied to, wherever it comes from (crops of cases, arrays of a file).
 *
 * A source has n cases. Each gives one input of a common shape, or several (all slices of a case in 2-D): a case's logit is then the mean over
 * its inputs, and in training each epoch draws one of them, so that a case with many slices does not count more. */
#ifndef HEPAR_NN_SOURCE_H
#define HEPAR_NN_SOURCE_H

#include <stddef.h>

#include "base/err.h"
#include "base/rng.h"
#include "nn/augment.h"
#include "nn/sample.h"

struct source {
    size_t n;
    struct sample_shape shape;
    const size_t *key; /* n numbers that name the cases whatever their order, for random numbers; NULL: 0..n-1. Borrowed. */
    /* NULL: one input each. */
    size_t (*input_n)(const void *ctx, size_t i);
    /* Input `input` of case i, channels last, into out. rng NULL: as it is; else augmented as the source does it, by rng. Called by
     * several threads at once. */
    bool (*fill)(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err);
    const void *ctx;
};

size_t source_input_n(const struct source *source, size_t i);
size_t source_key(const struct source *source, size_t i);

/* Crops of one shape (crop.h), windowed and augmented as sample.h does it. All borrowed. */
struct source_crops {
    const struct crop *const *crop; /* n, none NULL */
    struct sample_settings sample;
    const struct augment *augment;  /* what a training sample gets; NULL: nothing */
};
/* ERR_INPUT: crops of different shapes (the case's number is said), none at all. */
bool source_of_crops(const struct source_crops *crops, size_t n, const size_t *key, struct source *source, struct err *err);

/* Arrays: n inputs of z x y x x x c values, channels last; an input's value is (value - offset) / scale. Borrowed. */
enum array_type { ARRAY_U8, ARRAY_I16, ARRAY_F32 };
/* What a training sample gets; zeroed: nothing. */
struct array_augment {
    double flip_x, flip_y, flip_z; /* probabilities, 0..1; z in 3-D alone */
    double turn;                   /* probability that axes of equal extent change places: with the flips, all symmetries of a cube */
    double shift;                  /* voxels: whole ones, uniform in +-shift an axis, 0..64; edges are repeated */
    double gain, offset;           /* times exp(N(0, gain)), plus N(0, offset), of the input's values, 0..5 */
};
extern const struct array_augment ARRAY_AUGMENT_DEFAULT, ARRAY_AUGMENT_FLIPS;
extern const struct augment_field array_augment_fields[]; /* as augment_fields */
extern const size_t array_augment_field_n;

struct source_array {
    const void *value;
    enum array_type type;
    size_t z, y, x, c;
    double offset, scale;
    struct array_augment augment;
};
void source_of_array(const struct source_array *array, size_t n, struct source *source);

#endif
