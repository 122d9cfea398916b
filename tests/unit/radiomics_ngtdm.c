/* NGTDM against its double sums over grey levels, and its conventions. */
#include "texture_region.h"

#define LEVELS 31

static void compare(struct texture *t)
{
    double n[LEVELS + 1] = {0}, s[LEVELS + 1] = {0}, N = 0, sum_ps = 0, sum_s = 0, present = 0;
    for_each_voxel(t, x, y, z) {
        int32_t i = texture_at(t, x, y, z);
        double sum = 0, count = 0;
        if (i == 0)
            continue;
        for_each_step(dx, dy, dz) {
            int32_t j = texture_at(t, x + dx, y + dy, z + dz);
            if (texture_near(t, dx, dy, dz) && j > 0) {
                sum += j;
                count++;
            }
        }
        n[i]++;
        N++;
        s[i] += count > 0 ? fabs(i - sum / count) : 0;
    }
    double contrast = 0, distances = 0, complexity = 0, strength = 0;
    for (int i = 1; i <= LEVELS; i++) {
        double pi = n[i] / N;
        sum_ps += pi * s[i];
        sum_s += s[i];
        present += n[i] > 0;
        for (int j = 1; j <= LEVELS; j++) {
            double pj = n[j] / N, d = abs(i - j);
            if (n[i] == 0 || n[j] == 0)
                continue;
            contrast += pi * pj * d * d;
            distances += fabs(i * pi - j * pj);
            complexity += d * (pi * s[i] + pj * s[j]) / (pi + pj);
            strength += (pi + pj) * d * d;
        }
    }
    texture_compute(t, &class_ngtdm);
    assert_same("Coarseness", texture_value(t, &class_ngtdm, "Coarseness"), sum_ps > 0 ? 1 / sum_ps : 1e6);
    assert_same("Contrast", texture_value(t, &class_ngtdm, "Contrast"), present > 1 ? contrast * sum_s / N / (present * (present - 1)) : 0);
    assert_same("Busyness", texture_value(t, &class_ngtdm, "Busyness"), distances > 0 ? sum_ps / distances : 0);
    assert_same("Complexity", texture_value(t, &class_ngtdm, "Complexity"), complexity / N);
    assert_same("Strength", texture_value(t, &class_ngtdm, "Strength"), sum_s > 0 ? strength / sum_s : 0);
    test_free(t);
}

static void random_regions_equal_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        compare(texture_random(seed, 19, 8, 7, 9, 3));
        compare(texture_random(seed, 11, 10, 1, 5, 2));
        compare(texture_random(seed, 3, 1, 2, 4, 1));
    }
}

static void settings_equal_the_definition(void **state)
{
    (void)state;
    texture_each_setting(compare, 6);
}

static void a_flat_region_has_coarseness_a_million(void **state)
{
    (void)state;
    struct texture *t = texture_given(2, 2, 1, (const int32_t[]){5, 5, 5, 5});
    texture_compute(t, &class_ngtdm);
    assert_true(texture_value(t, &class_ngtdm, "Coarseness") == 1e6);
    assert_string_equal(texture_reason(t, &class_ngtdm, "Coarseness"), "no voxel differs from its neighbours: 1e6 by convention");
    assert_true(texture_value(t, &class_ngtdm, "Contrast") == 0 && texture_value(t, &class_ngtdm, "Busyness") == 0);
    assert_string_equal(texture_reason(t, &class_ngtdm, "Contrast"), "flat region: 0 by convention");
    assert_true(texture_value(t, &class_ngtdm, "Complexity") == 0 && texture_value(t, &class_ngtdm, "Strength") == 0);
    test_free(t);
}

static void voxels_without_neighbours_differ_from_nothing(void **state)
{
    (void)state;
    compare(texture_given(5, 1, 1, (const int32_t[]){2, 0, 7, 0, 2}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_regions_equal_the_definition),
        cmocka_unit_test(settings_equal_the_definition),
        cmocka_unit_test(a_flat_region_has_coarseness_a_million),
        cmocka_unit_test(voxels_without_neighbours_differ_from_nothing),
    };
    return tap_run(tests);
}
