#include "nn/occlusion.h"

#include <math.h>

#include "base/mem.h"
#include "tap.h"

/* A score that is a weighted sum of the inputs' values, and counts what it is asked. */
struct linear {
    const float *weight;
    size_t n, asked_n, calls_n;
};

static bool linear_score(void *ctx, const float *input, size_t n, double *score, struct err *err)
{
    (void)err;
    struct linear *linear = ctx;
    linear->asked_n += n;
    linear->calls_n++;
    assert_in_range(n, 1, OCCLUSION_BATCH);
    for (size_t k = 0; k < n; k++) {
        score[k] = 3;
        for (size_t i = 0; i < linear->n; i++)
            score[k] += (double)(linear->weight[i] * input[k * linear->n + i]);
    }
    return true;
}

static void cubes_of_one_voxel_give_each_voxels_share_of_a_linear_score(void **state)
{
    (void)state;
    float weight[48], input[48], map[24];
    for (size_t i = 0; i < 48; i++) {
        weight[i] = (float)(i % 7) - 3;
        input[i] = (float)(i % 5);
    }
    struct linear linear = {weight, 48, 0, 0};
    const float fill[2] = {-1, NAN};
    struct occlusion occlusion = {.shape = {2, 3, 4, 2}, .input = input, .fill = fill, .score = linear_score, .ctx = &linear};
    double score;
    struct err err = ERR_INIT;
    assert_done(occlusion_map(&occlusion, &(struct occlusion_settings){1, 1}, map, &score, &err), err);
    for (size_t s = 0; s < 24; s++) /* the second channel stays as it is */
        assert_double_near((double)map[s], (double)(weight[2 * s] * (input[2 * s] + 1)), 1e-5);
    assert_int_equal(linear.asked_n, 25);
    assert_int_equal(linear.calls_n, 3); /* the whole, 16, 8 */
}

static void the_map_is_highest_at_the_voxel_that_counts(void **state)
{
    (void)state;
    float weight[512] = {0}, input[512], map[512];
    const size_t place = (5 * 8 + 2) * 8 + 3;
    weight[place] = 2;
    for (size_t i = 0; i < 512; i++)
        input[i] = 1;
    struct linear linear = {weight, 512, 0, 0};
    struct occlusion occlusion = {.shape = {8, 8, 8, 1}, .input = input, .fill = (const float[]){0}, .score = linear_score, .ctx = &linear};
    double score;
    struct err err = ERR_INIT;
    assert_done(occlusion_map(&occlusion, &(struct occlusion_settings){3, 1}, map, &score, &err), err);
    assert_double_near(score, 5, 1e-9);
    /* 27 cubes cover each voxel; a voxel (dz, dy, dx) away shares (3 - |dz|)(3 - |dy|)(3 - |dx|) of them with it. */
    for (size_t s = 0; s < 512; s++) {
        int dz = abs((int)(s / 64) - 5), dy = abs((int)(s / 8 % 8) - 2), dx = abs((int)(s % 8) - 3);
        double share = dz > 2 || dy > 2 || dx > 2 ? 0 : (3 - dz) * (3 - dy) * (3 - dx) / 27.0;
        assert_double_near((double)map[s], 2 * share, 1e-6);
    }
}

static void cubes_away_from_where_are_not_tried(void **state)
{
    (void)state;
    float weight[64], input[64], map[64];
    uint8_t where[64] = {0};
    where[10] = 2;
    for (size_t i = 0; i < 64; i++)
        weight[i] = input[i] = 1;
    struct linear linear = {weight, 64, 0, 0};
    struct occlusion occlusion = {.shape = {1, 8, 8, 1}, .input = input, .fill = (const float[]){0}, .where = where, .score = linear_score, .ctx = &linear};
    double score;
    struct err err = ERR_INIT;
    assert_done(occlusion_map(&occlusion, &(struct occlusion_settings){2, 2}, map, &score, &err), err);
    assert_int_equal(linear.asked_n, 2);
    for (size_t s = 0; s < 64; s++) {
        size_t y = s / 8, x = s % 8;
        assert_double_near((double)map[s], y / 2 == 0 && x / 2 == 1 ? 4 : 0, 0);
    }
}

static bool failing_score(void *ctx, const float *input, size_t n, double *score, struct err *err)
{
    (void)ctx;
    (void)input;
    (void)n;
    (void)score;
    return err_set(err, ERR_INPUT, "no score here");
}

static void odd_cubes_and_failing_scores_are_told(void **state)
{
    (void)state;
    float input[8] = {0}, map[8];
    double score;
    struct err err = ERR_INIT;
    struct occlusion occlusion = {.shape = {2, 2, 2, 1}, .input = input, .fill = (const float[]){0}, .score = failing_score};
    assert_false(occlusion_map(&occlusion, &(struct occlusion_settings){2, 3}, map, &score, &err));
    assert_error(err, ERR_USAGE, "occlusion: a cube of 2 voxels moved by 3, expected at least 1, moved by at most its side");
    assert_false(occlusion_map(&occlusion, &(struct occlusion_settings){2, 1}, map, &score, &err));
    assert_error(err, ERR_INPUT, "occlusion: no score here");
}

static void the_cube_follows_the_inputs_size(void **state)
{
    (void)state;
    assert_int_equal(occlusion_settings_for(&(struct sample_shape){32, 32, 32, 2}).side, 8);
    assert_int_equal(occlusion_settings_for(&(struct sample_shape){4, 5, 6, 2}).side, 2);
    assert_int_equal(occlusion_settings_for(&(struct sample_shape){1, 64, 48, 3}).side, 16);
    assert_int_equal(occlusion_settings_for(&(struct sample_shape){1, 64, 48, 3}).step, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cubes_of_one_voxel_give_each_voxels_share_of_a_linear_score),
        cmocka_unit_test(the_map_is_highest_at_the_voxel_that_counts),
        cmocka_unit_test(cubes_away_from_where_are_not_tried),
        cmocka_unit_test(odd_cubes_and_failing_scores_are_told),
        cmocka_unit_test(the_cube_follows_the_inputs_size),
    };
    return tap_run(tests);
}
