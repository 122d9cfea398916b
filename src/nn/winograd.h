/* Winograd's F(2 x 2, 3 x 3) (Lavin and Gray, CVPR 2016, arXiv 1509.09308): convolutions whose windows are 3 x 3 in the plane, with 16 products for four
 * outputs in the place of 36. Along z, windows stay as they are.
 *
 * A tile is 2 x 2 outputs y, a dilation apart, and the patch d of 4 x 4 voxels that they see through the window g. With
 *     B' d = (d0 - d2, d1 + d2, d2 - d1, d1 - d3)    G g = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)    A y = (y0, y0 + y1, y0 - y1, -y1)
 * along both axes, the outputs are y = A' ((G g G') (B' d B)) A, point by point, and the window's gradient is G' ((A dy A') (B' d B)) G. */
#ifndef HEPAR_NN_WINOGRAD_H
#define HEPAR_NN_WINOGRAD_H

#include "nn/backend.h"

enum { WINOGRAD_POINTS = 16, WINOGRAD_SIDE = 4, WINOGRAD_WINDOW = 3, WINOGRAD_PLACES_MAX = 7 /* of the window along z */ };

/* f32, one group, stride 1, 3 x 3 in the plane. */
bool winograd_serves(const struct nn_backend *, const struct nn_conv *);
/* Products that windows take in the plane, padding left out, over those of tiles: up to 2.25, less on small grids and with dilation. */
double winograd_saving(const struct nn_conv *);

/* Tiles along an axis of n outputs with dilation d: those of the outputs 0, d, 2 d, ... come first, then those of 1, 1 + d, ... */
size_t winograd_tile_n(size_t n, size_t d);
/* The first output of tile i; the second, which may lie outside, is a dilation behind it. */
size_t winograd_tile_first(size_t i, size_t n, size_t d);

/* Transforms of c_n (or n) values side by side. Points lie `apart` values from each other, windows are [9][n]. */
void winograd_points(const float *const patch[WINOGRAD_POINTS], size_t c_n, float *point, size_t apart);         /* B' d B */
void winograd_gradient_points(const float *const dy[WINOGRAD_SIDE], size_t c_n, float *point, size_t apart);     /* A dy A' */
void winograd_window_points(const float *window, size_t n, float *point, size_t apart);                          /* G g G' */
void winograd_windows(const float *point, size_t apart, size_t n, float *window);                                /* G' s G */

#endif
