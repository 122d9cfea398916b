/* The shared lattice gives what each class's own gives; too many levels are refused by every texture class, and the
 * limits of MCC and NGTDM leave a reason. */
#include "radiomics/ranks.h"

#include "texture_region.h"

static const struct feature_class *const textures[] = {&class_glcm, &class_gldm, &class_glrlm, &class_glszm, &class_ngtdm};
enum { TEXTURE_N = sizeof textures / sizeof textures[0] };

static void a_shared_lattice_gives_the_same_values(void **state)
{
    (void)state;
    for (size_t k = 0; k < TEXTURE_N; k++) {
        struct texture *t = texture_random(3, 9, 7, 5, 6, 4);
        struct arena arena = ARENA_INIT;
        struct ranks ranks;
        double own[32];
        texture_compute(t, textures[k]);
        memcpy(own, t->value, sizeof own);
        assert_true(ranks_make(&t->region, &t->settings, &ranks, &arena, NULL));
        t->region.ranks = &ranks;
        texture_compute(t, textures[k]);
        assert_memory_equal(own, t->value, sizeof own);
        arena_free(&arena);
        test_free(t);
    }
}

/* 66,000 voxels in a row, each of a level of its own. */
static void more_than_65535_levels_are_refused(void **state)
{
    (void)state;
    enum { N = 66000 };
    static uint8_t mask[N];
    static int32_t level[N], distance = 1;
    struct region region = {.grid = {.n = {N, 1, 1}, .spacing = {1, 1, 1}}, .voxel_n = N, .inside_n = N, .mask = mask, .level = level, .level_max = N, .level_n = N};
    struct settings settings = {.distance = &distance, .distance_n = 1, .symmetrical_glcm = true};
    for (int v = 0; v < N; v++) {
        mask[v] = 1;
        level[v] = v + 1;
    }
    for (size_t k = 0; k < TEXTURE_N; k++) {
        bool wanted[32] = {true};
        double value[32];
        const char *reason[32];
        struct class_values out = {wanted, value, reason};
        struct arena arena = ARENA_INIT;
        struct err err = ERR_INIT;
        assert_false(textures[k]->compute(&region, &settings, &out, &arena, &err));
        assert_string_equal(err.text, "66000 grey levels, expected at most 65535 (a larger binWidth, or a binCount, gives fewer)");
        arena_free(&arena);
    }
}

static void mcc_of_more_than_2048_levels_has_a_reason(void **state)
{
    (void)state;
    struct texture *t = test_calloc(1, sizeof *t);
    for (int v = 0; v < 2 * 2049; v++) /* each level twice, so that there are pairs of equals and of unequals */
        if (v < TEXTURE_VOXELS)
            t->level[v] = 1 + v / 2;
    texture_settle(t, TEXTURE_VOXELS, 1, 1);
    texture_compute(t, &class_glcm);
    assert_false(isnan(texture_value(t, &class_glcm, "MCC"))); /* 2,048 levels */
    t->level[0] = 5000;
    t->region.level_max = 5000;
    texture_compute(t, &class_glcm);
    assert_true(isnan(texture_value(t, &class_glcm, "MCC")));
    assert_string_equal(texture_reason(t, &class_glcm, "MCC"), "more than 2,048 grey levels");
    assert_false(isnan(texture_value(t, &class_glcm, "Contrast")));
    test_free(t);
}

static void sums_of_levels_beyond_32_bits_have_a_reason(void **state)
{
    (void)state;
    struct texture *t = texture_random(4, 16, 16, 16, 2, 1 << 23);
    t->distance[0] = 7; /* 15^3 - 13^3 neighbours of level 2^24 */
    texture_compute(t, &class_ngtdm);
    assert_true(isnan(texture_value(t, &class_ngtdm, "Coarseness")));
    assert_string_equal(texture_reason(t, &class_ngtdm, "Busyness"), "the sum of neighbouring grey levels can exceed 2^32");
    test_free(t);
}

static void a_box_of_2_to_the_32_cells_is_refused(void **state)
{
    (void)state;
    const struct region region = {.grid = {.n = {65535, 65535, 2}, .spacing = {1, 1, 1}}};
    const struct settings settings = {.distance_n = 0};
    struct arena arena = ARENA_INIT;
    struct ranks ranks;
    struct err err = ERR_INIT;
    assert_false(ranks_make(&region, &settings, &ranks, &arena, &err));
    assert_string_equal(err.text, "texture: the region's box of 65535 x 65535 x 2 voxels is too large, expected less than 2^32 voxels");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shared_lattice_gives_the_same_values),
        cmocka_unit_test(more_than_65535_levels_are_refused),
        cmocka_unit_test(mcc_of_more_than_2048_levels_has_a_reason),
        cmocka_unit_test(sums_of_levels_beyond_32_bits_have_a_reason),
        cmocka_unit_test(a_box_of_2_to_the_32_cells_is_refused),
    };
    return tap_run(tests);
}
