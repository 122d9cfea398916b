#include "tap.h"

#include <math.h>

#include "image/labels.h"

static struct volume mask_of(enum voxel_type type, size_t channel_n)
{
    struct grid grid = {.n = {5, 4, 3}, .spacing = {1, 1, 1}};
    struct volume mask;
    struct err err = ERR_INIT;
    assert_done(volume_init(&mask, &grid, type, channel_n, &err), err);
    return mask;
}

static size_t at(size_t x, size_t y, size_t z)
{
    return x + 5 * (y + 4 * z);
}

static void a_label_is_found_with_its_box(void **state)
{
    (void)state;
    struct volume mask = mask_of(VOXEL_U8, 1);
    struct label_box box;
    struct err err = ERR_INIT;
    uint8_t *voxel = mask.voxels;
    voxel[at(1, 2, 0)] = voxel[at(3, 1, 2)] = 7;
    voxel[at(0, 0, 0)] = 8;
    assert_done(label_find(&mask, 0, 7, &box, &err), err);
    assert_int_equal(box.voxel_n, 2);
    assert_int_equal(box.first[0], 1);
    assert_int_equal(box.first[1], 1);
    assert_int_equal(box.first[2], 0);
    assert_int_equal(box.n[0], 3);
    assert_int_equal(box.n[1], 2);
    assert_int_equal(box.n[2], 3);
    volume_free(&mask);
}

static void an_absent_label_is_told_with_those_that_are_there(void **state)
{
    (void)state;
    struct volume mask = mask_of(VOXEL_I16, 1);
    struct label_box box;
    struct err err = ERR_INIT;
    int16_t *voxel = mask.voxels;
    assert_false(label_find(&mask, 0, 1, &box, &err));
    assert_error(err, ERR_INPUT, "the mask is empty: every voxel is 0");
    voxel[3] = voxel[9] = 5;
    voxel[4] = 2;
    assert_false(label_find(&mask, 0, 1, &box, &err));
    assert_error(err, ERR_INPUT, "label 1 is not in the mask, which has 2 (1 voxels), 5 (2 voxels)");
    volume_free(&mask);
}

static void an_image_in_place_of_a_mask_is_suspected(void **state)
{
    (void)state;
    struct grid grid = {.n = {400, 1, 1}, .spacing = {1, 1, 1}};
    struct volume mask;
    struct label_box box;
    struct err err = ERR_INIT;
    assert_done(volume_init(&mask, &grid, VOXEL_I16, 1, &err), err);
    for (int i = 0; i < 400; i++)
        ((int16_t *)mask.voxels)[i] = (int16_t)(i + 10);
    assert_false(label_find(&mask, 0, 1, &box, &err));
    assert_error(err, ERR_INPUT, "label 1 is not in the mask, which has more than 256 different values: is it an image?");
    volume_free(&mask);
}

static void a_mask_must_be_whole_numbers(void **state)
{
    (void)state;
    struct volume mask = mask_of(VOXEL_F32, 1);
    struct label_box box;
    struct err err = ERR_INIT;
    float *voxel = mask.voxels;
    voxel[at(2, 3, 1)] = 1;
    assert_done(label_find(&mask, 0, 1, &box, &err), err);
    voxel[at(4, 0, 2)] = 0.5f;
    assert_false(label_find(&mask, 0, 1, &box, &err));
    assert_error(err, ERR_INPUT, "the mask has a value that is not a whole number: 0.5 at voxel (4, 0, 2), expected labels");
    voxel[at(4, 0, 2)] = INFINITY;
    assert_false(label_find(&mask, 0, 1, &box, &err));
    assert_error(err, ERR_INPUT, "the mask is not finite: inf at voxel (4, 0, 2)");
    volume_free(&mask);
}

static void a_label_beyond_the_type_is_not_found_by_wrapping(void **state)
{
    (void)state;
    struct volume mask = mask_of(VOXEL_U8, 1), wide = mask_of(VOXEL_U64, 1);
    uint8_t out[60];
    ((uint8_t *)mask.voxels)[0] = 1;
    assert_int_equal(label_row(&mask, 0, 0, 60, 257, out), 0);
    assert_int_equal(label_row(&mask, 0, 0, 60, -255, out), 0);
    assert_int_equal(label_row(&mask, 0, 0, 60, 1, out), 1);
    ((uint64_t *)wide.voxels)[0] = UINT64_MAX;
    assert_int_equal(label_row(&wide, 0, 0, 60, -1, out), 0);
    volume_free(&mask);
    volume_free(&wide);
}

static void a_channel_is_chosen_or_refused(void **state)
{
    (void)state;
    struct volume mask = mask_of(VOXEL_U8, 2);
    struct label_box box;
    struct err err = ERR_INIT;
    ((uint8_t *)mask.voxels)[2 * at(1, 1, 1) + 1] = 1;
    assert_done(label_find(&mask, 1, 1, &box, &err), err);
    assert_int_equal(box.first[0], 1);
    assert_false(label_find(&mask, 0, 1, &box, &err));
    assert_false(label_find(&mask, 2, 1, &box, &err));
    assert_error(err, ERR_INPUT, "channel 2 of the mask is asked for, it has 2 (counted from 0)");
    volume_free(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_found_with_its_box),
        cmocka_unit_test(an_absent_label_is_told_with_those_that_are_there),
        cmocka_unit_test(an_image_in_place_of_a_mask_is_suspected),
        cmocka_unit_test(a_mask_must_be_whole_numbers),
        cmocka_unit_test(a_label_beyond_the_type_is_not_found_by_wrapping),
        cmocka_unit_test(a_channel_is_chosen_or_refused),
    };
    return tap_run(tests);
}
