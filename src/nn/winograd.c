/* Tiles and transforms of F(2 x 2, 3 x 3); see winograd.h. */
#include "nn/winograd.h"

#include "nn/rows.h"

size_t winograd_tile_first(size_t i, size_t n, size_t d)
{
    for (size_t rest = 0; rest < d && rest < n; rest++) {
        size_t here = ((n - rest + d - 1) / d + 1) / 2;
        if (i < here)
            return rest + 2 * d * i;
        i -= here;
    }
    return n;
}

size_t winograd_tile_n(size_t n, size_t d)
{
    size_t count = 0;
    for (size_t rest = 0; rest < d && rest < n; rest++)
        count += ((n - rest + d - 1) / d + 1) / 2;
    return count;
}

bool winograd_serves(const struct nn_backend *backend, const struct nn_conv *conv)
{
    const struct nn_window *w = &conv->window;
    return backend->number == NN_F32 && conv->group_n == 1 && w->kernel[0] <= WINOGRAD_PLACES_MAX && w->kernel[1] == WINOGRAD_WINDOW && w->kernel[2] == WINOGRAD_WINDOW &&
           w->stride[0] == 1 && w->stride[1] == 1 && w->stride[2] == 1;
}

/* Products along an axis by windows, and by tiles. */
static double axis_saving(const struct nn_window *window, size_t axis, size_t in_n, size_t out_n)
{
    size_t direct = 0;
    for (size_t at = 0; at < out_n; at++) {
        struct window_span span = window_span(window, axis, at, in_n);
        direct += span.end - span.first;
    }
    return (double)direct / (double)(WINOGRAD_SIDE * winograd_tile_n(out_n, window->dilation[axis]));
}

double winograd_saving(const struct nn_conv *conv)
{
    return axis_saving(&conv->window, 1, conv->in.y, conv->out.y) * axis_saving(&conv->window, 2, conv->in.x, conv->out.x);
}

VECTOR static void patch_points(const float *const patch[WINOGRAD_POINTS], size_t c_n, float *point, size_t apart)
{
    INDEPENDENT
    for (size_t c = 0; c < c_n; c++) {
        float t[WINOGRAD_POINTS];
        for (size_t i = 0; i < WINOGRAD_SIDE; i++) {
            float d0 = patch[i][c], d1 = patch[WINOGRAD_SIDE + i][c], d2 = patch[2 * WINOGRAD_SIDE + i][c], d3 = patch[3 * WINOGRAD_SIDE + i][c];
            t[i] = d0 - d2;
            t[WINOGRAD_SIDE + i] = d1 + d2;
            t[2 * WINOGRAD_SIDE + i] = d2 - d1;
            t[3 * WINOGRAD_SIDE + i] = d1 - d3;
        }
        for (size_t j = 0; j < WINOGRAD_SIDE; j++) {
            const float *row = t + j * WINOGRAD_SIDE;
            float *to = point + j * WINOGRAD_SIDE * apart + c;
            to[0] = row[0] - row[2];
            to[apart] = row[1] + row[2];
            to[2 * apart] = row[2] - row[1];
            to[3 * apart] = row[1] - row[3];
        }
    }
}

void winograd_points(const float *const patch[WINOGRAD_POINTS], size_t c_n, float *point, size_t apart)
{
    patch_points(patch, c_n, point, apart);
}

VECTOR static void gradient_points(const float *const dy[WINOGRAD_SIDE], size_t c_n, float *point, size_t apart)
{
    INDEPENDENT
    for (size_t c = 0; c < c_n; c++) {
        float t[2 * WINOGRAD_SIDE];
        for (size_t i = 0; i < 2; i++) {
            float y0 = dy[i][c], y1 = dy[2 + i][c];
            t[i] = y0;
            t[2 + i] = y0 + y1;
            t[4 + i] = y0 - y1;
            t[6 + i] = -y1;
        }
        for (size_t j = 0; j < WINOGRAD_SIDE; j++) {
            float y0 = t[2 * j], y1 = t[2 * j + 1], *to = point + j * WINOGRAD_SIDE * apart + c;
            to[0] = y0;
            to[apart] = y0 + y1;
            to[2 * apart] = y0 - y1;
            to[3 * apart] = -y1;
        }
    }
}

void winograd_gradient_points(const float *const dy[WINOGRAD_SIDE], size_t c_n, float *point, size_t apart)
{
    gradient_points(dy, c_n, point, apart);
}

VECTOR static void window_points(const float *restrict window, size_t n, float *restrict point, size_t apart)
{
    for (size_t i = 0; i < n; i++) {
        float t[WINOGRAD_SIDE][WINOGRAD_WINDOW];
        for (size_t k = 0; k < WINOGRAD_WINDOW; k++) {
            float g0 = window[k * n + i], g1 = window[(WINOGRAD_WINDOW + k) * n + i], g2 = window[(2 * WINOGRAD_WINDOW + k) * n + i];
            t[0][k] = g0;
            t[1][k] = 0.5f * (g0 + g1 + g2);
            t[2][k] = 0.5f * (g0 - g1 + g2);
            t[3][k] = g2;
        }
        for (size_t k = 0; k < WINOGRAD_SIDE; k++) {
            float *to = point + k * WINOGRAD_SIDE * apart + i;
            to[0] = t[k][0];
            to[apart] = 0.5f * (t[k][0] + t[k][1] + t[k][2]);
            to[2 * apart] = 0.5f * (t[k][0] - t[k][1] + t[k][2]);
            to[3 * apart] = t[k][2];
        }
    }
}

void winograd_window_points(const float *window, size_t n, float *point, size_t apart)
{
    window_points(window, n, point, apart);
}

VECTOR static void point_windows(const float *restrict point, size_t apart, size_t n, float *restrict window)
{
    for (size_t i = 0; i < n; i++) {
        float t[WINOGRAD_WINDOW][WINOGRAD_SIDE];
        for (size_t k = 0; k < WINOGRAD_SIDE; k++) {
            const float *from = point + k * apart + i;
            float s0 = from[0], s1 = from[4 * apart], s2 = from[8 * apart], s3 = from[12 * apart];
            t[0][k] = s0 + 0.5f * (s1 + s2);
            t[1][k] = 0.5f * (s1 - s2);
            t[2][k] = 0.5f * (s1 + s2) + s3;
        }
        for (size_t k = 0; k < WINOGRAD_WINDOW; k++) {
            float *to = window + k * WINOGRAD_WINDOW * n + i;
            to[0] = t[k][0] + 0.5f * (t[k][1] + t[k][2]);
            to[n] = 0.5f * (t[k][1] - t[k][2]);
            to[2 * n] = 0.5f * (t[k][1] + t[k][2]) + t[k][3];
        }
    }
}

void winograd_windows(const float *point, size_t apart, size_t n, float *window)
{
    point_windows(point, apart, n, window);
}
