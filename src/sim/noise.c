/* Random fields; see noise.h. The lattice is interpolated axis after axis, so a voxel costs 12 products. */
#include "sim/noise.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Uniform cubic B-spline weights of the four lattice points around a voxel, scaled to a unit sum of squares. */
static void spline_weights(double f, float w[4])
{
    double g = 1 - f;
    double b[4] = {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6, f * f * f / 6};
    double norm = sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2] + b[3] * b[3]);
    for (int j = 0; j < 4; j++)
        w[j] = (float)(b[j] / norm);
}

/* Interpolates the middle axis: in[outer][m][inner] -> out[outer][n][inner]. */
static void spread_axis(const float *in, size_t outer, size_t m, size_t inner, size_t n, double step, float *out)
{
    for (size_t i = 0; i < n; i++) {
        double t = (double)i * step;
        size_t k = (size_t)t;
        float w[4];
        spline_weights(t - (double)k, w);
        for (size_t o = 0; o < outer; o++) {
            const float *p0 = in + (o * m + k) * inner, *p1 = p0 + inner, *p2 = p1 + inner, *p3 = p2 + inner;
            float *to = out + (o * n + i) * inner;
            for (size_t x = 0; x < inner; x++)
                to[x] = w[0] * p0[x] + w[1] * p1[x] + w[2] * p2[x] + w[3] * p3[x];
        }
    }
}

bool noise_smooth(const size_t n[3], const double spacing[3], double length_mm, struct rng rng, float *out, struct err *err)
{
    size_t m[3];
    double step[3];
    for (int a = 0; a < 3; a++) {
        step[a] = spacing[a] / length_mm;
        m[a] = (size_t)((double)(n[a] - 1) * step[a]) + 4;
    }
    struct arena arena = ARENA_INIT;
    bool ok = false;
    float *lattice = arena_alloc(&arena, m[0] * m[1] * m[2], sizeof *lattice, err);
    float *along_x = arena_alloc(&arena, n[0] * m[1] * m[2], sizeof *along_x, err);
    float *along_y = arena_alloc(&arena, n[0] * n[1] * m[2], sizeof *along_y, err);
    if (lattice == NULL || along_x == NULL || along_y == NULL)
        goto done;
    noise_white(m[0] * m[1] * m[2], rng, lattice);
    spread_axis(lattice, m[1] * m[2], m[0], 1, n[0], step[0], along_x);
    spread_axis(along_x, m[2], m[1], n[0], n[1], step[1], along_y);
    spread_axis(along_y, 1, m[2], n[0] * n[1], n[2], step[2], out);
    ok = true;
done:
    arena_free(&arena);
    return ok;
}

void noise_white(size_t n, struct rng rng, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)rng_normal(&rng);
}

enum { TAP_MAX = 64 }; /* half width of a blur's kernel, voxels */

/* Normalised half kernel w[0..reach]; returns reach = 3 sigma. */
static size_t blur_kernel(double sigma, float w[TAP_MAX + 1])
{
    size_t reach = sigma > 0 ? (size_t)ceil(3 * sigma) : 0;
    if (reach > TAP_MAX)
        reach = TAP_MAX;
    double value[TAP_MAX + 1], sum = 0;
    for (size_t j = 0; j <= reach; j++) {
        value[j] = sigma > 0 ? exp(-0.5 * (double)(j * j) / (sigma * sigma)) : 1;
        sum += j == 0 ? value[j] : 2 * value[j];
    }
    for (size_t j = 0; j <= reach; j++)
        w[j] = (float)(value[j] / sum);
    return reach;
}

/* line[i] of n values, `inner` apart in memory and `inner` lines side by side: blurs the middle axis. */
static void blur_axis(float *values, size_t outer, size_t n, size_t inner, double sigma, float *scratch)
{
    float w[TAP_MAX + 1];
    size_t reach = blur_kernel(sigma, w);
    if (reach == 0)
        return;
    for (size_t o = 0; o < outer; o++) {
        float *block = values + o * n * inner;
        for (size_t i = 0; i < n; i++) {
            float *to = scratch + i * inner;
            const float *here = block + i * inner;
            for (size_t x = 0; x < inner; x++)
                to[x] = w[0] * here[x];
            for (size_t j = 1; j <= reach; j++) {
                const float *before = block + (i >= j ? i - j : 0) * inner;
                const float *behind = block + (i + j < n ? i + j : n - 1) * inner;
                for (size_t x = 0; x < inner; x++)
                    to[x] += w[j] * (before[x] + behind[x]);
            }
        }
        memcpy(block, scratch, n * inner * sizeof *block);
    }
}

bool noise_blur(const size_t n[3], const double spacing[3], const double sigma_mm[3], float *values, struct err *err)
{
    float *scratch = mem_alloc(n[0] * n[1] * n[2], sizeof *scratch, err);
    if (scratch == NULL)
        return false;
    blur_axis(values, n[1] * n[2], n[0], 1, sigma_mm[0] / spacing[0], scratch);
    blur_axis(values, n[2], n[1], n[0], sigma_mm[1] / spacing[1], scratch);
    blur_axis(values, 1, n[2], n[0] * n[1], sigma_mm[2] / spacing[2], scratch);
    mem_free(scratch);
    return true;
}

double noise_blur_gain(const double spacing[3], const double sigma_mm[3])
{
    double gain = 1;
    for (int a = 0; a < 3; a++) {
        float w[TAP_MAX + 1];
        size_t reach = blur_kernel(sigma_mm[a] / spacing[a], w);
        double squares = 0;
        for (size_t j = 0; j <= reach; j++)
            squares += (j == 0 ? 1 : 2) * (double)w[j] * (double)w[j];
        gain *= sqrt(squares);
    }
    return gain;
}

void waves_init(struct waves *waves, double low, double range, struct rng rng)
{
    for (int j = 0; j < WAVE_N; j++) {
        double direction[3], length = 0;
        for (int a = 0; a < 3; a++) {
            direction[a] = rng_normal(&rng);
            length += direction[a] * direction[a];
        }
        double size = (low + range * rng_uniform(&rng)) / sqrt(length > 0 ? length : 1);
        for (int a = 0; a < 3; a++)
            waves->k[j][a] = direction[a] * size;
        waves->phase[j] = 2 * M_PI * rng_uniform(&rng);
    }
}

double waves_at(const struct waves *waves, const double u[3])
{
    double sum = 0;
    for (int j = 0; j < WAVE_N; j++)
        sum += cos(waves->k[j][0] * u[0] + waves->k[j][1] * u[1] + waves->k[j][2] * u[2] + waves->phase[j]);
    return fmax(-3, fmin(3, sum * sqrt(2.0 / WAVE_N)));
}
