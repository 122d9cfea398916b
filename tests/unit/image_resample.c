#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "image/resample.h"
#include "tap.h"

static struct grid grid_of(size_t nx, size_t ny, size_t nz, double spacing)
{
    return (struct grid){{nx, ny, nz}, {spacing, spacing, spacing}, {0, 0, 0}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
}

static struct volume random_volume(size_t n, enum voxel_type type)
{
    struct volume volume;
    struct grid grid = grid_of(n, n, n, 1);
    struct rng rng = rng_make(3, "test.resample", n, 0);
    assert_true(volume_init(&volume, &grid, type, 1, NULL));
    for (size_t v = 0; v < n * n * n; v++) {
        if (type == VOXEL_F64)
            ((double *)volume.voxels)[v] = rng_normal(&rng);
        else
            ((int16_t *)volume.voxels)[v] = (int16_t)(rng_below(&rng, 100));
    }
    return volume;
}

static void every_method_gives_the_samples_back_on_their_own_grid(void **state)
{
    (void)state;
    struct volume in = random_volume(9, VOXEL_F64), out;
    for (enum interpolator method = INTERPOLATE_NEAREST; method <= INTERPOLATE_BSPLINE; method++) {
        assert_true(volume_resample(&in, &in.grid, method, &out, NULL));
        for (size_t v = 0; v < 9 * 9 * 9; v++)
            assert_true(fabs(volume_at(&out, v) - volume_at(&in, v)) < 1e-9); /* the spline's sum is cut at 1e-10 */
        volume_free(&out);
    }
    volume_free(&in);
}

/* A cubic spline reproduces a straight line away from mirrored ends; linear interpolation does everywhere. */
static void a_ramp_stays_a_ramp(void **state)
{
    (void)state;
    struct grid grid = grid_of(101, 1, 1, 1), fine = grid_of(21, 1, 1, 0.25);
    struct volume in, out;
    fine.origin[0] = 48;
    assert_true(volume_init(&in, &grid, VOXEL_F64, 1, NULL));
    for (size_t x = 0; x < 101; x++)
        ((double *)in.voxels)[x] = 2.0 * (double)x - 5;
    for (enum interpolator method = INTERPOLATE_LINEAR; method <= INTERPOLATE_BSPLINE; method++) {
        assert_true(volume_resample(&in, &fine, method, &out, NULL));
        for (size_t x = 0; x < 21; x++)
            assert_true(fabs(volume_at(&out, x) - (2 * (48 + 0.25 * (double)x) - 5)) < 1e-9);
        volume_free(&out);
    }
    volume_free(&in);
}

static void an_integer_image_is_cut_towards_zero(void **state)
{
    (void)state;
    struct grid grid = grid_of(2, 1, 1, 1), middle = grid_of(1, 1, 1, 1);
    struct volume in, out;
    middle.origin[0] = 0.75;
    assert_true(volume_init(&in, &grid, VOXEL_I16, 1, NULL));
    ((int16_t *)in.voxels)[0] = 0;
    ((int16_t *)in.voxels)[1] = -5; /* -3.75 between them */
    assert_true(volume_resample(&in, &middle, INTERPOLATE_LINEAR, &out, NULL));
    assert_int_equal(((int16_t *)out.voxels)[0], -3);
    volume_free(&out);
    volume_free(&in);
}

static void outside_the_image_there_is_zero(void **state)
{
    (void)state;
    struct volume in = random_volume(4, VOXEL_I16), out;
    struct grid away = grid_of(2, 2, 2, 1);
    away.origin[1] = 40;
    for (size_t v = 0; v < 64; v++)
        ((int16_t *)in.voxels)[v] = 7;
    for (enum interpolator method = INTERPOLATE_NEAREST; method <= INTERPOLATE_BSPLINE; method++) {
        assert_true(volume_resample(&in, &away, method, &out, NULL));
        for (size_t v = 0; v < 8; v++)
            assert_int_equal(((int16_t *)out.voxels)[v], 0);
        volume_free(&out);
    }
    volume_free(&in);
}

/* Filtering a box must not show: a far corner of a large image gives what the small image around it gives within. */
static void a_box_of_a_large_image_gives_what_the_whole_gives(void **state)
{
    (void)state;
    struct volume in, box, whole;
    struct grid grid = grid_of(400, 1, 1, 1), part = grid_of(9, 1, 1, 0.5), all = grid_of(799, 1, 1, 0.5);
    struct rng rng = rng_make(5, "test.box", 0, 0);
    part.origin[0] = 200;
    assert_true(volume_init(&in, &grid, VOXEL_F64, 1, NULL));
    for (size_t x = 0; x < 400; x++)
        ((double *)in.voxels)[x] = rng_normal(&rng);
    assert_true(volume_resample(&in, &part, INTERPOLATE_BSPLINE, &box, NULL) && volume_resample(&in, &all, INTERPOLATE_BSPLINE, &whole, NULL));
    for (size_t x = 0; x < 9; x++)
        assert_true(fabs(volume_at(&box, x) - volume_at(&whole, 400 + x)) < 1e-13);
    volume_free(&in);
    volume_free(&box);
    volume_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_gives_the_samples_back_on_their_own_grid),
        cmocka_unit_test(a_ramp_stays_a_ramp),
        cmocka_unit_test(an_integer_image_is_cut_towards_zero),
        cmocka_unit_test(outside_the_image_there_is_zero),
        cmocka_unit_test(a_box_of_a_large_image_gives_what_the_whole_gives),
    };
    return tap_run(tests);
}
