/* GLSZM against zones found by painting: each voxel takes the smallest label around it until nothing changes. */
#include "texture_region.h"

static const struct {
    const char *name, *what;
} rows[] = {
    {"GrayLevelNonUniformity", "level uniformity"}, {"GrayLevelNonUniformityNormalized", "level uniformity normalized"},
    {"GrayLevelVariance", "level variance"}, {"HighGrayLevelZoneEmphasis", "high"}, {"LargeAreaEmphasis", "large"},
    {"LargeAreaHighGrayLevelEmphasis", "large high"}, {"LargeAreaLowGrayLevelEmphasis", "large low"}, {"LowGrayLevelZoneEmphasis", "low"},
    {"SizeZoneNonUniformity", "size uniformity"}, {"SizeZoneNonUniformityNormalized", "size uniformity normalized"}, {"SmallAreaEmphasis", "small"},
    {"SmallAreaHighGrayLevelEmphasis", "small high"}, {"SmallAreaLowGrayLevelEmphasis", "small low"}, {"ZoneEntropy", "entropy"},
    {"ZonePercentage", "percentage"}, {"ZoneVariance", "size variance"},
};

static void find_zones(struct plain_matrix *m, const struct texture *t)
{
    static int label[TEXTURE_VOXELS];
    const size_t *n = t->region.grid.n;
    for (size_t v = 0; v < t->region.voxel_n; v++)
        label[v] = (int)v;
    for (bool changed = true; changed;) {
        changed = false;
        for_each_voxel(t, x, y, z) {
            size_t v = (size_t)x + n[0] * ((size_t)y + n[1] * (size_t)z);
            for_each_step(dx, dy, dz) {
                if (!texture_near(t, dx, dy, dz) || t->level[v] == 0 || texture_at(t, x + dx, y + dy, z + dz) != t->level[v])
                    continue;
                size_t other = (size_t)(x + dx) + n[0] * ((size_t)(y + dy) + n[1] * (size_t)(z + dz));
                if (label[other] < label[v]) {
                    label[v] = label[other];
                    changed = true;
                }
            }
        }
    }
    for (size_t zone = 0; zone < t->region.voxel_n; zone++) {
        size_t size = 0;
        for (size_t v = 0; v < t->region.voxel_n; v++)
            size += t->level[v] > 0 && label[v] == (int)zone;
        assert_true(size < SIZES);
        if (size)
            m->P[t->level[zone]][size]++;
    }
}

static void compare(struct texture *t)
{
    static struct plain_matrix plain;
    memset(&plain, 0, sizeof plain);
    find_zones(&plain, t);
    texture_compute(t, &class_glszm);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        assert_same(rows[k].name, texture_value(t, &class_glszm, rows[k].name), plain_size_sum(&plain, rows[k].what));
    test_free(t);
}

static void random_regions_equal_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        compare(texture_random(seed, 9, 8, 7, 3, 3));
        compare(texture_random(seed, 9, 8, 7, 12, 2));
        compare(texture_random(seed, 25, 20, 1, 2, 2));
    }
}

static void force_2d_cuts_zones_at_the_plane(void **state)
{
    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        struct texture *t = texture_random(7, 8, 7, 6, 2, 2);
        t->settings.force_2d = true;
        t->settings.force_2d_axis = axis;
        compare(t);
    }
}

/* A ring that closes at its last voxel: arms labelled apart are joined late. */
static void a_zone_whose_arms_meet_late_is_one(void **state)
{
    (void)state;
    struct texture *t = texture_given(5, 4, 1, (const int32_t[]){1, 2, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1});
    texture_compute(t, &class_glszm);
    assert_same("ZonePercentage", texture_value(t, &class_glszm, "ZonePercentage"), 3.0 / 20);
    assert_same("LargeAreaEmphasis", texture_value(t, &class_glszm, "LargeAreaEmphasis"), (14.0 * 14 + 9 + 9) / 3);
    test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_regions_equal_the_definition),
        cmocka_unit_test(force_2d_cuts_zones_at_the_plane),
        cmocka_unit_test(a_zone_whose_arms_meet_late_is_one),
    };
    return tap_run(tests);
}
