/* GLDM against counting dependents voxel by voxel. */
#include "texture_region.h"

static const struct {
    const char *name, *what;
} rows[] = {
    {"DependenceEntropy", "entropy"}, {"DependenceNonUniformity", "size uniformity"}, {"DependenceNonUniformityNormalized", "size uniformity normalized"},
    {"DependenceVariance", "size variance"}, {"GrayLevelNonUniformity", "level uniformity"},
    {"GrayLevelNonUniformityNormalized", "level uniformity normalized"}, {"GrayLevelVariance", "level variance"}, {"HighGrayLevelEmphasis", "high"},
    {"LargeDependenceEmphasis", "large"}, {"LargeDependenceHighGrayLevelEmphasis", "large high"},
    {"LargeDependenceLowGrayLevelEmphasis", "large low"}, {"LowGrayLevelEmphasis", "low"}, {"SmallDependenceEmphasis", "small"},
    {"SmallDependenceHighGrayLevelEmphasis", "small high"}, {"SmallDependenceLowGrayLevelEmphasis", "small low"},
};

static void compare(struct texture *t)
{
    static struct plain_matrix plain;
    memset(&plain, 0, sizeof plain);
    for_each_voxel(t, x, y, z) {
        int32_t i = texture_at(t, x, y, z);
        size_t dependents = 0;
        if (i == 0)
            continue;
        for_each_step(dx, dy, dz) {
            int32_t j = texture_at(t, x + dx, y + dy, z + dz);
            dependents += texture_near(t, dx, dy, dz) && j > 0 && abs(i - j) <= t->settings.gldm_alpha;
        }
        plain.P[i][dependents + 1]++;
    }
    texture_compute(t, &class_gldm);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        assert_same(rows[k].name, texture_value(t, &class_gldm, rows[k].name), plain_size_sum(&plain, rows[k].what));
    assert_true(texture_value(t, &class_gldm, "DependencePercentage") == 1);
    test_free(t);
}

static void random_regions_equal_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        for (int32_t alpha = 0; alpha <= 4; alpha++) {
            struct texture *t = texture_random(seed, 19, 8, 7, 9, 3);
            t->settings.gldm_alpha = alpha;
            compare(t);
        }
        compare(texture_random(seed, 11, 10, 1, 5, 2));
    }
}

static void settings_equal_the_definition(void **state)
{
    (void)state;
    texture_each_setting(compare, 3);
}

static void a_lone_voxel_depends_on_itself_alone(void **state)
{
    (void)state;
    compare(texture_given(1, 1, 1, (const int32_t[]){3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_regions_equal_the_definition),
        cmocka_unit_test(settings_equal_the_definition),
        cmocka_unit_test(a_lone_voxel_depends_on_itself_alone),
    };
    return tap_run(tests);
}
