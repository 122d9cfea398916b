/* Closed forms for the mesh, the axes and the diameters; all pairs as the diameters' plain twin. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "radiomics/axes.h"
#include "radiomics/diameter.h"
#include "radiomics/mesh.h"
#include "tap.h"

static void close_to(double got, double expected)
{
    assert_true(fabs(got - expected) <= 1e-12 + 1e-12 * fabs(expected));
}

static void one_voxel_has_the_surface_of_an_octahedron(void **state)
{
    (void)state;
    const uint8_t mask[1] = {1};
    const size_t n[3] = {1, 1, 1};
    const double spacing[3] = {1, 1, 1};
    struct arena arena = ARENA_INIT;
    struct mesh mesh;
    assert_true(mesh_measure(mask, n, spacing, &arena, &mesh, NULL));
    assert_int_equal(mesh.vertex_n, 6);
    close_to(mesh.volume, 1.0 / 6);
    close_to(mesh.area, sqrt(3.0));
    arena_free(&arena);
}

/* A block of a x b x c voxels: the faces lie half a voxel outside the centres, edges and corners are bevelled. */
static void a_block_has_bevelled_edges_and_corners(void **state)
{
    (void)state;
    enum { A = 5, B = 4, C = 3 };
    uint8_t mask[A * B * C];
    const size_t n[3] = {A, B, C};
    const double spacing[3] = {1, 1, 1};
    struct arena arena = ARENA_INIT;
    struct mesh mesh;
    for (size_t i = 0; i < sizeof mask; i++)
        mask[i] = 1;
    assert_true(mesh_measure(mask, n, spacing, &arena, &mesh, NULL));
    double a = A - 1, b = B - 1, c = C - 1;
    /* core + half-voxel slabs on six faces + triangular prisms on twelve edges + an eighth of the octahedron at corners */
    close_to(mesh.volume, a * b * c + (a * b + b * c + a * c) + 4 * (a + b + c) / 8 + 1.0 / 6);
    close_to(mesh.area, 2 * (a * b + b * c + a * c) + 4 * (a + b + c) * sqrt(0.5) + sqrt(3.0));
    arena_free(&arena);
}

static void the_volume_scales_with_the_spacing(void **state)
{
    (void)state;
    uint8_t mask[64];
    const size_t n[3] = {4, 4, 4};
    const double unit[3] = {1, 1, 1}, stretched[3] = {0.7, 1.3, 5};
    struct rng rng = rng_make(1, "test.mesh", 0, 0);
    struct arena arena = ARENA_INIT;
    struct mesh a, b;
    for (size_t i = 0; i < 64; i++)
        mask[i] = (uint8_t)rng_below(&rng, 2);
    assert_true(mesh_measure(mask, n, unit, &arena, &a, NULL) && mesh_measure(mask, n, stretched, &arena, &b, NULL));
    close_to(b.volume, a.volume * 0.7 * 1.3 * 5);
    arena_free(&arena);
}

static void a_line_of_voxels_has_one_axis(void **state)
{
    (void)state;
    struct axes axes = {0};
    const double spacing[3] = {2, 1, 1};
    double value[3];
    for (int64_t x = 0; x < 10; x++)
        axes_add(&axes, x, 3, 7);
    axes_eigenvalues(&axes, spacing, 3, value);
    close_to(value[2], 4 * (100.0 - 1) / 12); /* variance of 0..9, times 2 mm squared */
    assert_true(value[0] == 0 && value[1] == 0);
}

static void a_diagonal_pair_lies_along_its_diagonal(void **state)
{
    (void)state;
    struct axes axes = {0};
    const double spacing[3] = {1, 1, 1};
    double value[3];
    axes_add(&axes, 0, 0, 0);
    axes_add(&axes, 1, 1, 1);
    axes_eigenvalues(&axes, spacing, 3, value);
    close_to(value[2], 0.75);
    assert_true(value[0] < 1e-15 && value[1] < 1e-15);
}

static void diameters_equal_those_over_all_pairs(void **state)
{
    (void)state;
    enum { N = 300 };
    static int32_t point[N][3];
    const double spacing[3] = {0.7, 1.1, 2.5};
    for (uint64_t round = 0; round < 20; round++) {
        struct rng rng = rng_make(7, "test.diameter", round, 0);
        double plane[3], overall, expected[4] = {0};
        struct arena arena = ARENA_INIT;
        for (size_t i = 0; i < N; i++)
            for (int d = 0; d < 3; d++)
                point[i][d] = (int32_t)rng_below(&rng, 9 + 10 * (size_t)round);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < i; j++) {
                double sum = 0;
                for (int d = 0; d < 3; d++)
                    sum += pow((point[i][d] - point[j][d]) * spacing[d] / 2, 2);
                for (int d = 0; d < 3; d++)
                    if (point[i][d] == point[j][d])
                        expected[d] = fmax(expected[d], sqrt(sum));
                expected[3] = fmax(expected[3], sqrt(sum));
            }
        assert_true(diameters_of((const int32_t (*)[3])point, N, spacing, &arena, plane, &overall, NULL));
        for (int d = 0; d < 3; d++)
            close_to(plane[d], expected[d]);
        close_to(overall, expected[3]);
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_voxel_has_the_surface_of_an_octahedron),
        cmocka_unit_test(a_block_has_bevelled_edges_and_corners),
        cmocka_unit_test(the_volume_scales_with_the_spacing),
        cmocka_unit_test(a_line_of_voxels_has_one_axis),
        cmocka_unit_test(a_diagonal_pair_lies_along_its_diagonal),
        cmocka_unit_test(diameters_equal_those_over_all_pairs),
    };
    return tap_run(tests);
}
