/* Mirror images; see mirror.h. */
#include "nn/mirror.h"

#include <string.h>

unsigned mirror_axes(double flip_x, double flip_y, double flip_z, const struct sample_shape *shape)
{
    return (flip_x > 0.0 ? 1U : 0U) | (flip_y > 0.0 ? 2U : 0U) | (flip_z > 0.0 && shape->z > 1 ? 4U : 0U);
}

size_t mirror_n(unsigned axes)
{
    return (size_t)1 << ((axes & 1) + (axes >> 1 & 1) + (axes >> 2 & 1));
}

unsigned mirror_image(unsigned axes, size_t k)
{
    unsigned image = 0;
    for (unsigned axis = 0; axis < 3; axis++)
        if ((axes >> axis & 1) != 0) {
            image |= (unsigned)(k & 1) << axis;
            k >>= 1;
        }
    return image;
}

static void swap(float *a, float *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float value = a[i];
        a[i] = b[i];
        b[i] = value;
    }
}

/* The n pieces of `length` values one behind the other, last to first. */
static void turn_pieces(float *value, size_t n, size_t length)
{
    for (size_t i = 0; i < n / 2; i++)
        swap(value + i * length, value + (n - 1 - i) * length, length);
}

void mirror_turn(const struct sample_shape *shape, unsigned axes, float *value)
{
    size_t row = shape->x * shape->c, slice = shape->y * row;
    for (size_t line = 0; (axes & 1) != 0 && line < shape->z * shape->y; line++)
        turn_pieces(value + line * row, shape->x, shape->c);
    for (size_t z = 0; (axes & 2) != 0 && z < shape->z; z++)
        turn_pieces(value + z * slice, shape->y, row);
    if ((axes & 4) != 0)
        turn_pieces(value, shape->z, slice);
}

static size_t image_n(const void *ctx, size_t i)
{
    const struct mirrored *mirrored = ctx;
    return source_input_n(mirrored->of, i) * mirror_n(mirrored->axes);
}

static bool fill_image(const void *ctx, size_t i, size_t input, struct rng *rng, float *out, struct err *err)
{
    const struct mirrored *mirrored = ctx;
    size_t n = mirror_n(mirrored->axes);
    if (!mirrored->of->fill(mirrored->of->ctx, i, input / n, rng, out, err))
        return false;
    mirror_turn(&mirrored->of->shape, mirror_image(mirrored->axes, input % n), out);
    return true;
}

void source_of_mirrors(const struct mirrored *mirrored, struct source *source)
{
    *source = *mirrored->of;
    source->input_n = image_n;
    source->fill = fill_image;
    source->ctx = mirrored;
}
