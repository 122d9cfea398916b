/* Sources of samples; see source.h. */
#include "nn/source.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

size_t source_input_n(const struct source *source, size_t i)
{
    return source->input_n == NULL ? 1 : source->input_n(source->ctx, i);
}

size_t source_key(const struct source *source, size_t i)
{
    return source->key == NULL ? i : source->key[i];
}

static size_t crop_input_n(const void *ctx, size_t i)
{
    const struct source_crops *crops = ctx;
    return crops->crop[i]->input_n;
}

static bool fill_from_crop(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    const struct source_crops *crops = ctx;
    return sample_fill(crops->crop[i], &crops->sample, input, rng == NULL ? NULL : crops->augment, rng, out, err);
}

bool source_of_crops(const struct source_crops *crops, size_t n, const size_t *key, struct source *source, struct err *err)
{
    if (n == 0)
        return err_set(err, ERR_INPUT, "no case has a crop");
    *source = (struct source){n, sample_shape(crops->crop[0], &crops->sample), key, crop_input_n, fill_from_crop, crops};
    for (size_t i = 1; i < n; i++) {
        struct sample_shape own = sample_shape(crops->crop[i], &crops->sample), *first = &source->shape;
        if (own.z != first->z || own.y != first->y || own.x != first->x || own.c != first->c)
            return err_set(err, ERR_INPUT, "case %zu: its crop is %zu x %zu x %zu with %zu channels, the first one's %zu x %zu x %zu with %zu", source_key(source, i),
                           own.x, own.y, own.z, own.c, first->x, first->y, first->z, first->c);
    }
    return true;
}

const struct array_augment ARRAY_AUGMENT_DEFAULT = {0.5, 0.5, 0.5, 1.0, 2.0, 0.1, 0.1};
const struct array_augment ARRAY_AUGMENT_FLIPS = {0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0};
const struct augment_field array_augment_fields[] = {
    {"flip_x", offsetof(struct array_augment, flip_x), 0, 1, "probability of a flip along x"},
    {"flip_y", offsetof(struct array_augment, flip_y), 0, 1, "probability of a flip along y"},
    {"flip_z", offsetof(struct array_augment, flip_z), 0, 1, "probability of a flip along z"},
    {"turn", offsetof(struct array_augment, turn), 0, 1, "probability that axes of equal extent change places"},
    {"shift", offsetof(struct array_augment, shift), 0, 64, "most voxels of a shift along each axis"},
    {"gain", offsetof(struct array_augment, gain), 0, 5, "standard deviation of the logarithm of a factor"},
    {"offset", offsetof(struct array_augment, offset), 0, 5, "standard deviation of what is added"},
};
const size_t array_augment_field_n = sizeof array_augment_fields / sizeof array_augment_fields[0];

static float value_at(const struct source_array *array, size_t place)
{
    switch (array->type) {
    case ARRAY_U8: return ((const uint8_t *)array->value)[place];
    case ARRAY_I16: return ((const int16_t *)array->value)[place];
    case ARRAY_F32: return ((const float *)array->value)[place];
    }
    return 0.0f;
}

/* Where an output voxel is read, axes x, y, z: its index along `axis`, turned about, moved and held inside, is that of the array's axis from[axis]. */
struct array_plan {
    size_t from[3];
    bool flip[3];
    long shift[3];
    double gain, offset;
};

/* Always the same number of draws, so that one setting does not move the others. */
static struct array_plan draw_plan(const struct source_array *array, struct rng *rng)
{
    static const size_t order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const struct array_augment *augment = &array->augment;
    const size_t n[3] = {array->x, array->y, array->z};
    const double flip[3] = {augment->flip_x, augment->flip_y, array->z > 1 ? augment->flip_z : 0.0};
    struct array_plan plan = {.from = {0, 1, 2}, .gain = 1.0};
    if (rng == NULL)
        return plan;
    for (size_t axis = 0; axis < 3; axis++)
        plan.flip[axis] = rng_uniform(rng) < flip[axis];
    bool turns = rng_uniform(rng) < augment->turn, fits = true;
    const size_t *chosen = order[rng_below(rng, 6)];
    for (size_t axis = 0; axis < 3; axis++)
        fits = fits && n[chosen[axis]] == n[axis];
    if (turns && fits)
        memcpy(plan.from, chosen, sizeof plan.from);
    for (size_t axis = 0; axis < 3; axis++) {
        long reach = (long)augment->shift, drawn = (long)rng_below(rng, (size_t)(2 * reach + 1)) - reach;
        plan.shift[axis] = n[axis] > 1 ? drawn : 0;
    }
    plan.gain = exp(augment->gain * rng_normal(rng));
    plan.offset = augment->offset * rng_normal(rng);
    return plan;
}

static size_t place_along(const struct array_plan *plan, size_t axis, size_t at, size_t n)
{
    long place = (long)(plan->flip[axis] ? n - 1 - at : at) + plan->shift[axis];
    return place < 0 ? 0 : place >= (long)n ? n - 1 : (size_t)place;
}

static bool fill_from_array(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    (void)input;
    (void)err;
    const struct source_array *array = ctx;
    const size_t n[3] = {array->x, array->y, array->z}, c = array->c, base = i * n[0] * n[1] * n[2] * c, step[3] = {c, n[0] * c, n[0] * n[1] * c};
    const struct array_plan plan = draw_plan(array, rng);
    const float factor = (float)(plan.gain / array->scale), add = (float)(plan.offset - plan.gain * array->offset / array->scale);
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            size_t slice = base + place_along(&plan, 2, z, n[2]) * step[plan.from[2]] + place_along(&plan, 1, y, n[1]) * step[plan.from[1]];
            for (size_t x = 0; x < n[0]; x++) {
                size_t place = slice + place_along(&plan, 0, x, n[0]) * step[plan.from[0]];
                for (size_t channel = 0; channel < c; channel++)
                    *out++ = value_at(array, place + channel) * factor + add;
            }
        }
    return true;
}

void source_of_array(const struct source_array *array, size_t n, struct source *source)
{
    *source = (struct source){.n = n, .shape = {array->z, array->y, array->x, array->c}, .fill = fill_from_array, .ctx = array};
}
