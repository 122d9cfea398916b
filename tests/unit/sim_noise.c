/* Moments of the random fields against their closed forms. Bounds are 4.5 standard errors or more; seeds are fixed. */
#include "sim/noise.h"

#include <math.h>

#include "base/mem.h"
#include "tap.h"

enum { SIDE = 20, VOXELS = SIDE * SIDE * SIDE, RUNS = 400 };
static const size_t grid_n[3] = {SIDE, SIDE, SIDE};
static const double spacing[3] = {1.5, 1.5, 3};

static void smooth_noise_has_mean_0_and_variance_1_in_every_voxel(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static float field[VOXELS];
    static double sum[VOXELS], squares[VOXELS];
    for (int run = 0; run < RUNS; run++) {
        assert_done(noise_smooth(grid_n, spacing, 5, rng_make(1, "test.smooth", (uint64_t)run, 0), field, &err), err);
        for (size_t i = 0; i < VOXELS; i++) {
            sum[i] += (double)field[i];
            squares[i] += (double)field[i] * (double)field[i];
        }
    }
    double variance = 0;
    for (size_t i = 0; i < VOXELS; i++) {
        assert_double_near(sum[i] / RUNS, 0, 5.5 / sqrt(RUNS));
        assert_double_near(squares[i] / RUNS, 1, 6.5 * sqrt(2.0 / RUNS));
        variance += squares[i] / RUNS / VOXELS;
    }
    assert_double_near(variance, 1, 0.01);
}

/* Correlation over runs of two voxels `apart` along x. */
static double correlation(size_t apart, double length_mm)
{
    struct err err = ERR_INIT;
    static float field[VOXELS];
    double product = 0;
    size_t n = 0;
    for (int run = 0; run < RUNS; run++) {
        assert_done(noise_smooth(grid_n, spacing, length_mm, rng_make(2, "test.smooth", (uint64_t)run, 0), field, &err), err);
        for (size_t line = 0; line < (size_t)SIDE * SIDE; line += 7)
            product += (double)field[line * SIDE] * (double)field[line * SIDE + apart], n++;
    }
    return product / (double)n;
}

static void smooth_noise_is_correlated_as_its_splines_overlap(void **state)
{
    (void)state;
    /* Lattice spacing 3 mm, voxels 1.5 mm: weights (1, 4, 1, 0) / 6 on the lattice, (1, 23, 23, 1) / 48 between. */
    double on = sqrt(18.0) / 6, between = sqrt(1060.0) / 48;
    double half_apart = (1.0 / 6 * 1 / 48 + 4.0 / 6 * 23 / 48 + 1.0 / 6 * 23 / 48) / (on * between);
    double one_apart = (4.0 / 36 + 4.0 / 36) / (on * on);
    assert_double_near(correlation(1, 3), half_apart, 0.05);
    assert_double_near(correlation(2, 3), one_apart, 0.05);
    assert_double_near(correlation(9, 3), 0, 0.05); /* more than 4 lattice spacings */
}

static void a_blur_keeps_a_constant_and_narrows_white_noise_by_its_gain(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static float field[VOXELS];
    const double sigma[3] = {1.2, 0.9, 2};
    for (size_t i = 0; i < VOXELS; i++)
        field[i] = 37;
    assert_done(noise_blur(grid_n, spacing, sigma, field, &err), err);
    for (size_t i = 0; i < VOXELS; i++)
        assert_double_near((double)field[i], 37, 1e-4);

    double squares = 0, n = 0;
    for (int run = 0; run < 40; run++) {
        noise_white(VOXELS, rng_make(3, "test.white", (uint64_t)run, 0), field);
        assert_done(noise_blur(grid_n, spacing, sigma, field, &err), err);
        for (size_t z = 6; z < SIDE - 6; z++)
            for (size_t y = 6; y < SIDE - 6; y++)
                for (size_t x = 6; x < SIDE - 6; x++) {
                    double value = (double)field[(z * SIDE + y) * SIDE + x];
                    squares += value * value;
                    n++;
                }
    }
    assert_double_near(sqrt(squares / n) / noise_blur_gain(spacing, sigma), 1, 0.05);
}

static void a_blur_of_no_width_changes_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static float field[VOXELS], before[VOXELS];
    const double sigma[3] = {0, 0, 0};
    noise_white(VOXELS, rng_make(4, "test.white", 0, 0), field);
    memcpy(before, field, sizeof field);
    assert_done(noise_blur(grid_n, spacing, sigma, field, &err), err);
    assert_memory_equal(field, before, sizeof field);
    assert_double_near(noise_blur_gain(spacing, sigma), 1, 0);
}

static void waves_have_mean_0_and_variance_1_and_stay_within_3(void **state)
{
    (void)state;
    const double u[3] = {0.6, 0, 0.8};
    double sum = 0, squares = 0;
    for (int run = 0; run < 4000; run++) {
        struct waves waves;
        waves_init(&waves, 3, 6, rng_make(5, "test.waves", (uint64_t)run, 0));
        double value = waves_at(&waves, u);
        assert_true(fabs(value) <= 3);
        sum += value / 4000;
        squares += value * value / 4000;
    }
    assert_double_near(sum, 0, 0.075);
    assert_double_near(squares, 1, 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth_noise_has_mean_0_and_variance_1_in_every_voxel),
        cmocka_unit_test(smooth_noise_is_correlated_as_its_splines_overlap),
        cmocka_unit_test(a_blur_keeps_a_constant_and_narrows_white_noise_by_its_gain),
        cmocka_unit_test(a_blur_of_no_width_changes_nothing),
        cmocka_unit_test(waves_have_mean_0_and_variance_1_and_stay_within_3),
    };
    return tap_run(tests);
}
