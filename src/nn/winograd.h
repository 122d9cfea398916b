/* Winograd's F(2 x 2, 3 x 3) (Lavin and Gray, CVPR 2016, arXiv 1509.09308): convolutions whose windows are 3 x 3 in the plane, with 16 products for four
 * outputs in the place of 36. Along z, windows stay as they are.
 *
 * A tile is 2 x 2 outputs y, a dilation apart, and the patch d of 4 x 4 voxels that they see through the window g. With
 *     B' d = (d0 - d2, d1 + d2, d2 - d1, d1 - d3)    G g = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)    A y = (y0, y0 + y1, y0 - y1, -y1)
 * along both axes, the outputs are y = A' ((G g G') (B' d B)) A, point by point, and the window's gradient is G' ((A dy A') (B' d B)) G.
 *
 * Pairs: where the grid has at most two voxels a dilation apart, d0 and d3 are padding, and three points do, nine products for four outputs:
 *     B' d = (d1 + d2, d2, d1)    G g = (g1, g2 - g1, g0 - g1)    A y = (y0 + y1, y0, y1) */
#ifndef HEPAR_NN_WINOGRAD_H
#define HEPAR_NN_WINOGRAD_H

#include "nn/backend.h"

enum { WINOGRAD_POINTS_MAX = 16, WINOGRAD_SIDE = 4, WINOGRAD_WINDOW = 3, WINOGRAD_PLACES_MAX = 7 /* of the window along z */ };

/* What a convolution's tiles are. */
struct winograd {
    bool pairs;
    size_t point_n;       /* 16, of pairs 9 */
    size_t tile_n[2];     /* along y and x */
    size_t side[2], dilation[2]; /* of the outputs, forward */
    size_t place_n, place[WINOGRAD_PLACES_MAX]; /* of the window along z: those that see anything */
};

/* f32, one group, stride 1, 3 x 3 in the plane. */
bool winograd_serves(const struct nn_backend *, const struct nn_conv *);
/* Of the outputs, or with `backward` of the inputs, which then are what is computed. */
struct winograd winograd_of(const struct nn_conv *, bool backward);
/* Products that windows take in the plane, padding left out, over those of tiles: up to 2.25, less on small grids and with dilation. */
double winograd_saving(const struct nn_conv *);
/* Where tile i's first output lies along an axis (0: y, 1: x); the second, which may lie outside, is a dilation behind it. */
size_t winograd_first(const struct winograd *, size_t axis, size_t i);

/* Transforms of n values side by side. Points lie `apart` values from each other, windows are [9][n], outputs [4][n]. */
void winograd_points(const struct winograd *, const float *const patch[WINOGRAD_POINTS_MAX], size_t n, float *point, size_t apart);  /* B' d B */
void winograd_gradient_points(const struct winograd *, const float *const dy[4], size_t n, float *point, size_t apart);              /* A dy A' */
void winograd_window_points(const struct winograd *, const float *window, size_t n, float *point, size_t apart);                     /* G g G' */
void winograd_outputs(const struct winograd *, const float *sum, size_t apart, size_t n, float *out);                                /* A' s A */
void winograd_windows(const struct winograd *, const float *sum, size_t apart, size_t n, float *window);                             /* G' s G */

#endif
