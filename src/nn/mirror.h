/* Mirror images of an input. A net that was trained with flips is asked about a case and about its mirror images, and the mean is what it
 * says: the same of a tumour and of the tumour seen in a mirror, and with less noise than of one image.
 *
 * A set of axes is a number: bit 0 along x, bit 1 along y, bit 2 along z. Of `n` axes there are 2^n images, the input itself the first. */
#ifndef HEPAR_NN_MIRROR_H
#define HEPAR_NN_MIRROR_H

#include <stddef.h>

#include "base/err.h"
#include "nn/sample.h"
#include "nn/source.h"

enum { MIRROR_NONE = 0, MIRROR_ALL = 7 };

/* The axes along which training flips with these probabilities; z in 3-D alone. */
unsigned mirror_axes(double flip_x, double flip_y, double flip_z, const struct sample_shape *shape);
size_t mirror_n(unsigned axes);              /* images */
unsigned mirror_image(unsigned axes, size_t k); /* the axes along which image k (0..mirror_n - 1) is turned */
/* value[z][y][x][c] turned along `axes`, in place; twice gives what was. */
void mirror_turn(const struct sample_shape *shape, unsigned axes, float *value);

/* A source whose cases give each input of another, and its mirror images. Borrowed. */
struct mirrored {
    const struct source *of;
    unsigned axes;
};
void source_of_mirrors(const struct mirrored *mirrored, struct source *source);

#endif
