/* Tiles and transforms of F(2 x 2, 3 x 3); see winograd.h. */
#include "nn/winograd.h"

#include "nn/rows.h"

enum { SIDE = WINOGRAD_SIDE, WINDOW = WINOGRAD_WINDOW, PAIR_POINTS = 3 };

bool winograd_serves(const struct nn_backend *backend, const struct nn_conv *conv)
{
    const struct nn_window *w = &conv->window;
    return backend->number == NN_F32 && conv->group_n == 1 && w->kernel[0] <= WINOGRAD_PLACES_MAX && w->kernel[1] == WINDOW && w->kernel[2] == WINDOW &&
           w->stride[0] == 1 && w->stride[1] == 1 && w->stride[2] == 1;
}

/* ---- tiles ---- */

/* The tiles' first outputs: those of the outputs 0, d, 2 d, ... come first, then those of 1, 1 + d, ... */
static size_t class_tiles(size_t rest, size_t n, size_t d)
{
    return ((n - rest + d - 1) / d + 1) / 2;
}

size_t winograd_first(const struct winograd *winograd, size_t axis, size_t i)
{
    size_t n = winograd->side[axis], d = winograd->dilation[axis];
    for (size_t rest = 0; rest < d && rest < n; rest++) {
        size_t here = class_tiles(rest, n, d);
        if (i < here)
            return rest + 2 * d * i;
        i -= here;
    }
    return n;
}

/* Some plane of the output sees one of the input through place k. */
static bool lives(const struct nn_conv *conv, size_t k)
{
    for (size_t z = 0; z < conv->out.z; z++) {
        struct window_span span = window_span(&conv->window, 0, z, conv->in.z);
        if (k >= span.first && k < span.end)
            return true;
    }
    return false;
}

struct winograd winograd_of(const struct nn_conv *conv, bool backward)
{
    const struct nn_window *w = &conv->window;
    const struct nn_shape *target = backward ? &conv->in : &conv->out;
    struct winograd winograd = {.pairs = true, .side = {target->y, target->x}, .dilation = {w->dilation[1], w->dilation[2]}};
    for (size_t axis = 0; axis < 2; axis++) {
        size_t n = winograd.side[axis], d = winograd.dilation[axis];
        for (size_t rest = 0; rest < d && rest < n; rest++)
            winograd.tile_n[axis] += class_tiles(rest, n, d);
        winograd.pairs = winograd.pairs && w->pad[axis + 1] == d && n <= 2 * d;
    }
    winograd.point_n = winograd.pairs ? PAIR_POINTS * PAIR_POINTS : SIDE * SIDE;
    for (size_t k = 0; k < w->kernel[0]; k++)
        if (lives(conv, k))
            winograd.place[winograd.place_n++] = k;
    return winograd;
}

double winograd_saving(const struct nn_conv *conv)
{
    const struct winograd winograd = winograd_of(conv, false);
    const size_t in_n[2] = {conv->in.y, conv->in.x};
    double direct[2] = {0};
    for (size_t axis = 0; axis < 2; axis++)
        for (size_t at = 0; at < winograd.side[axis]; at++) {
            struct window_span span = window_span(&conv->window, axis + 1, at, in_n[axis]);
            direct[axis] += (double)(span.end - span.first);
        }
    return direct[0] * direct[1] / (double)(winograd.point_n * winograd.tile_n[0] * winograd.tile_n[1]);
}

/* ---- transforms along one axis ---- */

INLINE void along_patch(bool pairs, const float d[SIDE], float p[SIDE])
{
    p[0] = pairs ? d[1] + d[2] : d[0] - d[2];
    p[1] = pairs ? d[2] : d[1] + d[2];
    p[2] = pairs ? d[1] : d[2] - d[1];
    p[3] = pairs ? 0 : d[1] - d[3];
}

INLINE void along_gradient(bool pairs, float y0, float y1, float p[SIDE])
{
    p[0] = pairs ? y0 + y1 : y0;
    p[1] = pairs ? y0 : y0 + y1;
    p[2] = pairs ? y1 : y0 - y1;
    p[3] = -y1;
}

INLINE void along_window(bool pairs, float g0, float g1, float g2, float p[SIDE])
{
    p[0] = pairs ? g1 : g0;
    p[1] = pairs ? g2 - g1 : 0.5f * (g0 + g1 + g2);
    p[2] = pairs ? g0 - g1 : 0.5f * (g0 - g1 + g2);
    p[3] = g2;
}

INLINE void along_sums(bool pairs, const float m[SIDE], float y[2])
{
    y[0] = pairs ? m[0] + m[1] : m[0] + m[1] + m[2];
    y[1] = pairs ? m[0] + m[2] : m[1] - m[2] - m[3];
}

INLINE void along_window_sums(bool pairs, const float s[SIDE], float g[WINDOW])
{
    float half = 0.5f * (s[1] + s[2]);
    g[0] = pairs ? s[2] : s[0] + half;
    g[1] = pairs ? s[0] - s[1] - s[2] : 0.5f * (s[1] - s[2]);
    g[2] = pairs ? s[1] : half + s[3];
}

/* ---- along both; `pairs` is a constant where these are called ---- */

INLINE void points_body(bool pairs, const float *const *patch, size_t n, float *point, size_t apart)
{
    const size_t side = pairs ? PAIR_POINTS : SIDE;
    INDEPENDENT
    for (size_t c = 0; c < n; c++) {
        float t[SIDE][SIDE], p[SIDE];
        for (size_t i = 0; i < SIDE; i++) {
            const float d[SIDE] = {pairs ? 0 : patch[i][c], patch[SIDE + i][c], patch[2 * SIDE + i][c], pairs ? 0 : patch[3 * SIDE + i][c]};
            along_patch(pairs, d, p);
            for (size_t j = 0; j < side; j++)
                t[j][i] = p[j];
        }
        for (size_t j = 0; j < side; j++) {
            along_patch(pairs, t[j], p);
            for (size_t i = 0; i < side; i++)
                point[(j * side + i) * apart + c] = p[i];
        }
    }
}

INLINE void gradient_body(bool pairs, const float *const *dy, size_t n, float *point, size_t apart)
{
    const size_t side = pairs ? PAIR_POINTS : SIDE;
    INDEPENDENT
    for (size_t c = 0; c < n; c++) {
        float left[SIDE], right[SIDE], p[SIDE];
        along_gradient(pairs, dy[0][c], dy[2][c], left);
        along_gradient(pairs, dy[1][c], dy[3][c], right);
        for (size_t j = 0; j < side; j++) {
            along_gradient(pairs, left[j], right[j], p);
            for (size_t i = 0; i < side; i++)
                point[(j * side + i) * apart + c] = p[i];
        }
    }
}

INLINE void window_body(bool pairs, const float *restrict window, size_t n, float *restrict point, size_t apart)
{
    const size_t side = pairs ? PAIR_POINTS : SIDE;
    for (size_t c = 0; c < n; c++) {
        float t[SIDE][WINDOW], p[SIDE];
        for (size_t k = 0; k < WINDOW; k++) {
            along_window(pairs, window[k * n + c], window[(WINDOW + k) * n + c], window[(2 * WINDOW + k) * n + c], p);
            for (size_t j = 0; j < side; j++)
                t[j][k] = p[j];
        }
        for (size_t j = 0; j < side; j++) {
            along_window(pairs, t[j][0], t[j][1], t[j][2], p);
            for (size_t i = 0; i < side; i++)
                point[(j * side + i) * apart + c] = p[i];
        }
    }
}

INLINE void outputs_body(bool pairs, const float *restrict sum, size_t apart, size_t n, float *restrict out)
{
    const size_t side = pairs ? PAIR_POINTS : SIDE;
    for (size_t c = 0; c < n; c++) {
        float t[2][SIDE] = {{0}}, m[SIDE] = {0}, y[2];
        for (size_t i = 0; i < side; i++) {
            for (size_t j = 0; j < side; j++)
                m[j] = sum[(j * side + i) * apart + c];
            along_sums(pairs, m, y);
            t[0][i] = y[0];
            t[1][i] = y[1];
        }
        for (size_t k = 0; k < 2; k++) {
            along_sums(pairs, t[k], y);
            out[2 * k * n + c] = y[0];
            out[(2 * k + 1) * n + c] = y[1];
        }
    }
}

INLINE void windows_body(bool pairs, const float *restrict sum, size_t apart, size_t n, float *restrict window)
{
    const size_t side = pairs ? PAIR_POINTS : SIDE;
    for (size_t c = 0; c < n; c++) {
        float t[WINDOW][SIDE] = {{0}}, s[SIDE] = {0}, g[WINDOW];
        for (size_t i = 0; i < side; i++) {
            for (size_t j = 0; j < side; j++)
                s[j] = sum[(j * side + i) * apart + c];
            along_window_sums(pairs, s, g);
            for (size_t k = 0; k < WINDOW; k++)
                t[k][i] = g[k];
        }
        for (size_t k = 0; k < WINDOW; k++) {
            along_window_sums(pairs, t[k], g);
            for (size_t l = 0; l < WINDOW; l++)
                window[(k * WINDOW + l) * n + c] = g[l];
        }
    }
}

VECTOR static void points_of_tiles(const float *const *patch, size_t n, float *point, size_t apart)
{
    points_body(false, patch, n, point, apart);
}
VECTOR static void points_of_pairs(const float *const *patch, size_t n, float *point, size_t apart)
{
    points_body(true, patch, n, point, apart);
}
void winograd_points(const struct winograd *winograd, const float *const patch[WINOGRAD_POINTS_MAX], size_t n, float *point, size_t apart)
{
    (winograd->pairs ? points_of_pairs : points_of_tiles)(patch, n, point, apart);
}

VECTOR static void gradients_of_tiles(const float *const *dy, size_t n, float *point, size_t apart)
{
    gradient_body(false, dy, n, point, apart);
}
VECTOR static void gradients_of_pairs(const float *const *dy, size_t n, float *point, size_t apart)
{
    gradient_body(true, dy, n, point, apart);
}
void winograd_gradient_points(const struct winograd *winograd, const float *const dy[4], size_t n, float *point, size_t apart)
{
    (winograd->pairs ? gradients_of_pairs : gradients_of_tiles)(dy, n, point, apart);
}

VECTOR static void windows_for_tiles(const float *restrict window, size_t n, float *restrict point, size_t apart)
{
    window_body(false, window, n, point, apart);
}
VECTOR static void windows_for_pairs(const float *restrict window, size_t n, float *restrict point, size_t apart)
{
    window_body(true, window, n, point, apart);
}
void winograd_window_points(const struct winograd *winograd, const float *window, size_t n, float *point, size_t apart)
{
    (winograd->pairs ? windows_for_pairs : windows_for_tiles)(window, n, point, apart);
}

VECTOR static void outputs_of_tiles(const float *restrict sum, size_t apart, size_t n, float *restrict out)
{
    outputs_body(false, sum, apart, n, out);
}
VECTOR static void outputs_of_pairs(const float *restrict sum, size_t apart, size_t n, float *restrict out)
{
    outputs_body(true, sum, apart, n, out);
}
void winograd_outputs(const struct winograd *winograd, const float *sum, size_t apart, size_t n, float *out)
{
    (winograd->pairs ? outputs_of_pairs : outputs_of_tiles)(sum, apart, n, out);
}

VECTOR static void windows_of_tiles(const float *restrict sum, size_t apart, size_t n, float *restrict window)
{
    windows_body(false, sum, apart, n, window);
}
VECTOR static void windows_of_pairs(const float *restrict sum, size_t apart, size_t n, float *restrict window)
{
    windows_body(true, sum, apart, n, window);
}
void winograd_windows(const struct winograd *winograd, const float *sum, size_t apart, size_t n, float *window)
{
    (winograd->pairs ? windows_of_pairs : windows_of_tiles)(sum, apart, n, window);
}
