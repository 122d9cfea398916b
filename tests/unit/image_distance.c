/* Distances to a region against the plain search over all its voxels. */
#include "tap.h"

#include <math.h>

#include "base/rng.h"
#include "image/distance.h"

static double plain(const uint8_t *inside, bool seed, const size_t n[3], const double spacing[3], const size_t at[3])
{
    double least = INFINITY;
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++)
            for (size_t x = 0; x < n[0]; x++)
                if ((inside[x + n[0] * (y + n[1] * z)] != 0) == seed) {
                    double dx = ((double)x - (double)at[0]) * spacing[0], dy = ((double)y - (double)at[1]) * spacing[1],
                           dz = ((double)z - (double)at[2]) * spacing[2];
                    least = fmin(least, dx * dx + dy * dy + dz * dz);
                }
    return least;
}

static void compare(const uint8_t *inside, bool seed, const size_t n[3], const double spacing[3], double reach)
{
    float squared[4096];
    assert_true(distance_squared(inside, seed, n, spacing, reach, squared, NULL));
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++)
            for (size_t x = 0; x < n[0]; x++) {
                double expected = plain(inside, seed, n, spacing, (const size_t[3]){x, y, z}), found = squared[x + n[0] * (y + n[1] * z)];
                if (fabs(sqrt(expected) - reach) < 1e-6)
                    continue; /* either is right; the exact case is tested below */
                if (expected > reach * reach)
                    assert_true(found == INFINITY);
                else
                    assert_double_near(found, expected, 1e-6 * (1 + expected));
            }
}

static void distances_equal_those_of_the_plain_search(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, "test.distance", 0, 0);
    for (int turn = 0; turn < 60; turn++) {
        const size_t n[3] = {1 + rng_below(&rng, 16), 1 + rng_below(&rng, 12), 1 + rng_below(&rng, 10)};
        const double spacing[3] = {0.5 + rng_uniform(&rng), 0.5 + 2 * rng_uniform(&rng), 0.7 + 4 * rng_uniform(&rng)};
        uint8_t inside[4096];
        double share = rng_uniform(&rng) * (turn % 2 == 0 ? 0.02 : 1);
        for (size_t i = 0; i < n[0] * n[1] * n[2]; i++)
            inside[i] = rng_uniform(&rng) < share ? 3 : 0;
        compare(inside, true, n, spacing, 20 * rng_uniform(&rng));
        compare(inside, false, n, spacing, 1000);
    }
}

static void a_voxel_at_exactly_the_reach_is_within_it(void **state)
{
    (void)state;
    const uint8_t inside[] = {1, 0, 0, 0, 0, 0, 0, 0};
    float squared[8];
    assert_true(distance_squared(inside, true, (const size_t[3]){8, 1, 1}, (const double[3]){0.1, 1, 1}, 0.6, squared, NULL));
    assert_double_near(squared[6], 0.36, 1e-6);
    assert_true(squared[7] == INFINITY);
    assert_true(distance_squared(inside, true, (const size_t[3]){2, 2, 2}, (const double[3]){3, 4, 12}, 13, squared, NULL));
    assert_true(squared[7] == 169 && squared[3] == 25 && squared[0] == 0);
}

static void without_a_seed_everything_is_far(void **state)
{
    (void)state;
    const uint8_t inside[6] = {0};
    float squared[6];
    assert_true(distance_squared(inside, true, (const size_t[3]){1, 2, 3}, (const double[3]){1, 1, 1}, 5, squared, NULL));
    for (int i = 0; i < 6; i++)
        assert_true(squared[i] == INFINITY);
    assert_true(distance_squared(inside, false, (const size_t[3]){1, 2, 3}, (const double[3]){1, 1, 1}, 0, squared, NULL));
    for (int i = 0; i < 6; i++)
        assert_true(squared[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_equal_those_of_the_plain_search),
        cmocka_unit_test(a_voxel_at_exactly_the_reach_is_within_it),
        cmocka_unit_test(without_a_seed_everything_is_far),
    };
    return tap_run(tests);
}
