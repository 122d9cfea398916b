/* GLRLM against runs found by walking from every voxel that begins one. */
#include "texture_region.h"

static const struct {
    const char *name, *what;
} rows[] = {
    {"GrayLevelNonUniformity", "level uniformity"}, {"GrayLevelNonUniformityNormalized", "level uniformity normalized"},
    {"GrayLevelVariance", "level variance"}, {"HighGrayLevelRunEmphasis", "high"}, {"LongRunEmphasis", "large"},
    {"LongRunHighGrayLevelEmphasis", "large high"}, {"LongRunLowGrayLevelEmphasis", "large low"}, {"LowGrayLevelRunEmphasis", "low"},
    {"RunEntropy", "entropy"}, {"RunLengthNonUniformity", "size uniformity"}, {"RunLengthNonUniformityNormalized", "size uniformity normalized"},
    {"RunPercentage", "percentage"}, {"RunVariance", "size variance"}, {"ShortRunEmphasis", "small"},
    {"ShortRunHighGrayLevelEmphasis", "small high"}, {"ShortRunLowGrayLevelEmphasis", "small low"},
};

/* False when no line meets two voxels of the region. */
static bool add_runs(struct plain_matrix *m, const struct texture *t, int dx, int dy, int dz, double weight)
{
    bool line = false;
    for_each_voxel(t, x, y, z)
        for (int k = 1; k < 64; k++)
            line = line || (texture_at(t, x, y, z) && texture_at(t, x + k * dx, y + k * dy, z + k * dz));
    for_each_voxel(t, x, y, z) {
        int32_t i = texture_at(t, x, y, z);
        if (!line || i == 0 || texture_at(t, x - dx, y - dy, z - dz) == i)
            continue;
        int length = 1;
        while (texture_at(t, x + length * dx, y + length * dy, z + length * dz) == i)
            length++;
        m->P[i][length] += weight;
    }
    return line;
}

static void compare(struct texture *t)
{
    static struct plain_matrix each[13], whole;
    size_t n = 0;
    memset(each, 0, sizeof each);
    memset(&whole, 0, sizeof whole);
    for_each_step(dx, dy, dz) {
        if (texture_near(t, dx, dy, dz) && texture_forward(dx, dy, dz)) {
            add_runs(&whole, t, dx, dy, dz, texture_step_mm(t, dx, dy, dz));
            n += add_runs(&each[n], t, dx, dy, dz, 1);
        }
    }
    texture_compute(t, &class_glrlm);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        double expected = 0;
        for (size_t a = 0; a < n; a++)
            expected += plain_size_sum(&each[a], rows[k].what) / (double)n;
        if (t->settings.weighting != WEIGHT_EACH_ANGLE)
            expected = plain_size_sum(&whole, rows[k].what);
        assert_same(rows[k].name, texture_value(t, &class_glrlm, rows[k].name), n ? expected : NAN);
    }
    test_free(t);
}

static void random_regions_equal_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        compare(texture_random(seed, 9, 8, 7, 3, 3));
        compare(texture_random(seed, 12, 10, 1, 2, 2));
        compare(texture_random(seed, 2, 1, 2, 9, 1));
    }
}

static void settings_equal_the_definition(void **state)
{
    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        struct texture *t = texture_random(7, 8, 7, 6, 3, 2);
        t->settings.force_2d = true;
        t->settings.force_2d_axis = axis;
        compare(t);
    }
    static const enum weighting norms[] = {WEIGHT_EUCLIDEAN, WEIGHT_MANHATTAN, WEIGHT_INFINITY, WEIGHT_EQUAL};
    for (size_t k = 0; k < 4; k++) {
        struct texture *t = texture_random(20 + k, 7, 8, 6, 4, 2);
        t->settings.weighting = norms[k];
        compare(t);
    }
}

/* Along a diagonal with a gap every run is 1 long, but the line still meets two voxels. */
static void a_gap_does_not_make_a_direction_empty(void **state)
{
    (void)state;
    compare(texture_given(3, 3, 1, (const int32_t[]){1, 0, 0, 0, 0, 0, 0, 0, 1}));
}

static void one_voxel_has_no_value_and_says_why(void **state)
{
    (void)state;
    struct texture *t = texture_given(1, 1, 1, (const int32_t[]){3});
    texture_compute(t, &class_glrlm);
    assert_true(isnan(texture_value(t, &class_glrlm, "RunPercentage")));
    assert_string_equal(texture_reason(t, &class_glrlm, "RunPercentage"), "no two voxels on a line in any direction");
    test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_regions_equal_the_definition),
        cmocka_unit_test(settings_equal_the_definition),
        cmocka_unit_test(a_gap_does_not_make_a_direction_empty),
        cmocka_unit_test(one_voxel_has_no_value_and_says_why),
    };
    return tap_run(tests);
}
