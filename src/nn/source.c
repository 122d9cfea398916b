/* Sources of samples; see source.h. */
#include "nn/source.h"

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

static float value_at(const struct source_array *array, size_t place)
{
    switch (array->type) {
    case ARRAY_U8: return ((const uint8_t *)array->value)[place];
    case ARRAY_I16: return ((const int16_t *)array->value)[place];
    case ARRAY_F32: return ((const float *)array->value)[place];
    }
    return 0.0f;
}

static bool fill_from_array(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    (void)input;
    (void)err;
    const struct source_array *array = ctx;
    const size_t nx = array->x, ny = array->y, nz = array->z, nc = array->c, base = i * nx * ny * nz * nc;
    const float offset = (float)array->offset, factor = (float)(1.0 / array->scale);
    bool flip[3] = {false, false, false};
    for (size_t axis = 0; rng != NULL && axis < 3; axis++)
        flip[axis] = rng_uniform(rng) < array->flip[axis];
    for (size_t z = 0; z < nz; z++)
        for (size_t y = 0; y < ny; y++)
            for (size_t x = 0; x < nx; x++) {
                size_t from_x = flip[0] ? nx - 1 - x : x, from_y = flip[1] ? ny - 1 - y : y, from_z = flip[2] ? nz - 1 - z : z;
                for (size_t c = 0; c < nc; c++) {
                    size_t place = array->channel_first ? ((c * nz + from_z) * ny + from_y) * nx + from_x : ((from_z * ny + from_y) * nx + from_x) * nc + c;
                    *out++ = (value_at(array, base + place) - offset) * factor;
                }
            }
    return true;
}

void source_of_array(const struct source_array *array, size_t n, struct source *source)
{
    *source = (struct source){.n = n, .shape = {array->z, array->y, array->x, array->c}, .fill = fill_from_array, .ctx = array};
}
