#include "image/distance.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* A squared distance that is equal to the squared reach up to float's rounding is within it. */
static const double ROUNDING = 1e-6;

/* Along x: steps to the nearest seed by one walk forth and one back, then mm^2. */
static void distance_x(const uint8_t *inside, bool seed, size_t n, double spacing, float *out)
{
    float far = INFINITY, since = far;
    for (size_t x = 0; x < n; x++) {
        since = (inside[x] != 0) == seed ? 0 : since + 1;
        out[x] = since;
    }
    since = far;
    for (size_t x = n; x-- > 0;) {
        since = out[x] == 0 ? 0 : since + 1;
        float least = since < out[x] ? since : out[x];
        float mm = least * (float)spacing;
        out[x] = mm * mm;
    }
}

static bool all_far(const float *row, size_t n)
{
    float least = INFINITY;
    for (size_t x = 0; x < n; x++)
        least = row[x] < least ? row[x] : least;
    return least == INFINITY;
}

static void take_least(const float *restrict from, float add, size_t n, float *restrict to)
{
    for (size_t x = 0; x < n; x++) {
        float value = from[x] + add;
        to[x] = value < to[x] ? value : to[x];
    }
}

/* Along y or z: `n` rows of `width` values that lie `stride` apart; `rows` holds n * width values. */
static void distance_across(float *first, size_t width, size_t n, size_t stride, double spacing, double reach_mm, float *rows, bool *far)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(rows + i * width, first + i * stride, width * sizeof *rows);
        far[i] = all_far(rows + i * width, width);
    }
    double steps = floor(reach_mm * (1 + ROUNDING) / spacing);
    size_t reach = steps < (double)n ? (size_t)steps : n - 1;
    for (size_t i = 0; i < n; i++) {
        size_t begin = i < reach ? 0 : i - reach, end = i + reach < n ? i + reach + 1 : n;
        for (size_t k = begin; k < end; k++) {
            float mm = (float)((k > i ? (double)(k - i) : (double)(i - k)) * spacing);
            if (k != i && !far[k])
                take_least(rows + k * width, mm * mm, width, first + i * stride);
        }
    }
}

bool distance_squared(const uint8_t *inside, bool seed, const size_t n[3], const double spacing[3], double reach_mm, float *squared, struct err *err)
{
    size_t longest = n[1] > n[2] ? n[1] : n[2];
    float *rows = mem_alloc(longest * n[0], sizeof *rows, err);
    bool *far = rows == NULL ? NULL : mem_alloc(longest, sizeof *far, err);
    if (far != NULL) {
        for (size_t r = 0; r < n[1] * n[2]; r++)
            distance_x(inside + r * n[0], seed, n[0], spacing[0], squared + r * n[0]);
        for (size_t z = 0; z < n[2]; z++)
            distance_across(squared + z * n[0] * n[1], n[0], n[1], n[0], spacing[1], reach_mm, rows, far);
        for (size_t y = 0; y < n[1]; y++)
            distance_across(squared + y * n[0], n[0], n[2], n[0] * n[1], spacing[2], reach_mm, rows, far);
        float most = (float)(reach_mm * reach_mm * (1 + 2 * ROUNDING));
        for (size_t i = 0; i < n[0] * n[1] * n[2]; i++)
            squared[i] = squared[i] <= most ? squared[i] : INFINITY;
    }
    mem_free(rows);
    mem_free(far);
    return far != NULL;
}
