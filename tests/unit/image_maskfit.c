#include "tap.h"

#include "image/maskfit.h"

/* A 6 x 5 x 4 image of 0..119 and a mask of the same grid with label 1 at (1..2, 2, 1..2). */
static void pair_make(struct volume *image, struct volume *mask)
{
    struct grid grid = {.n = {6, 5, 4}, .spacing = {1, 1, 2}, .origin = {10, 20, 30}, .direction = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    struct err err = ERR_INIT;
    assert_done(volume_init(image, &grid, VOXEL_I16, 1, &err), err);
    assert_done(volume_init(mask, &grid, VOXEL_U8, 1, &err), err);
    for (int i = 0; i < 120; i++)
        ((int16_t *)image->voxels)[i] = (int16_t)i;
    for (size_t z = 1; z <= 2; z++)
        for (size_t x = 1; x <= 2; x++)
            ((uint8_t *)mask->voxels)[x + 6 * (2 + 5 * z)] = 1;
}

struct outcome {
    bool fitted;
    struct roi region;
    struct notes notes;
    struct err err;
};

static struct outcome fit(const struct volume *image, const struct volume *mask, enum mask_policy policy)
{
    struct outcome out = {.err = ERR_INIT, .notes = NOTES_INIT};
    struct mask_choice choice = {.label = 1, .policy = policy};
    out.fitted = mask_fit(image, mask, &choice, &out.region, &out.notes, &out.err);
    return out;
}

static void drop(struct outcome *out)
{
    roi_free(&out->region);
    notes_free(&out->notes);
}

static void assert_region(const struct roi *region, size_t x, size_t y, size_t z, size_t nx, size_t ny, size_t nz, size_t count)
{
    assert_int_equal(region->first[0], x);
    assert_int_equal(region->first[1], y);
    assert_int_equal(region->first[2], z);
    assert_int_equal(region->n[0], nx);
    assert_int_equal(region->n[1], ny);
    assert_int_equal(region->n[2], nz);
    assert_int_equal(region->count, count);
}

static void equal_grids_fit_under_every_policy_without_a_note(void **state)
{
    (void)state;
    struct volume image, mask;
    pair_make(&image, &mask);
    mask.grid.origin[0] += 5e-4;
    for (int policy = MASK_STRICT; policy <= MASK_RESAMPLE; policy++) {
        struct outcome out = fit(&image, &mask, (enum mask_policy)policy);
        assert_done(out.fitted, out.err);
        assert_region(&out.region, 1, 2, 1, 2, 1, 2, 4);
        assert_int_equal(out.notes.n, 0);
        drop(&out);
    }
    volume_free(&image);
    volume_free(&mask);
}

static void a_shift_by_a_slice_is_refused_placed_or_resampled(void **state)
{
    (void)state;
    struct volume image, mask;
    pair_make(&image, &mask);
    mask.grid.origin[2] += 2;
    struct outcome out = fit(&image, &mask, MASK_STRICT);
    assert_false(out.fitted);
    assert_error(out.err, ERR_INPUT, "the mask's grid differs from the image's: origin z is off by 2 mm (1 voxels); corners are up to 2 mm (1 voxels) apart; the "
                                     "region lies inside the image (mask-fit snap reads it)");
    drop(&out);
    out = fit(&image, &mask, MASK_SNAP);
    assert_done(out.fitted, out.err);
    assert_region(&out.region, 1, 2, 2, 2, 1, 2, 4);
    assert_true(notes_has(&out.notes, "mask grid placed on image grid"));
    drop(&out);
    out = fit(&image, &mask, MASK_RESAMPLE);
    assert_done(out.fitted, out.err);
    assert_region(&out.region, 1, 2, 2, 2, 1, 2, 4);
    assert_true(notes_has(&out.notes, "mask resampled"));
    drop(&out);
    volume_free(&image);
    volume_free(&mask);
}

static void an_axis_stored_the_other_way_is_placed_where_it_lies(void **state)
{
    (void)state;
    struct volume image, mask;
    pair_make(&image, &mask);
    mask.grid.direction[0][0] = -1;
    mask.grid.origin[0] += 5;
    ((uint8_t *)mask.voxels)[1 + 6 * (2 + 5 * 1)] = 0; /* now (2, 2, 1) and (1..2, 2, 2): mirrored to x 3 and 3..4 */
    struct outcome out = fit(&image, &mask, MASK_SNAP);
    assert_done(out.fitted, out.err);
    assert_region(&out.region, 3, 2, 1, 2, 1, 2, 3);
    static const uint8_t EXPECTED[4] = {1, 0, 1, 1};
    assert_memory_equal(out.region.inside, EXPECTED, 4);
    drop(&out);
    volume_free(&image);
    volume_free(&mask);
}

static void half_a_voxel_needs_resampling(void **state)
{
    (void)state;
    struct volume image, mask;
    pair_make(&image, &mask);
    mask.grid.origin[0] += 0.4;
    struct outcome out = fit(&image, &mask, MASK_SNAP);
    assert_false(out.fitted);
    assert_error(out.err, ERR_INPUT, "the mask's grid cannot be placed on the image's without resampling: origin x is off by 0.4 mm (0.4 voxels); corners are up to "
                                     "0.4 mm (0.4 voxels) apart; the region lies inside the image (mask-fit resample reads it)");
    drop(&out);
    volume_free(&image);
    volume_free(&mask);
}

static void a_region_that_leaves_the_image_is_refused_or_noted(void **state)
{
    (void)state;
    struct volume image, mask;
    pair_make(&image, &mask);
    mask.grid.origin[0] += 4;
    struct outcome out = fit(&image, &mask, MASK_SNAP);
    assert_false(out.fitted);
    assert_error(out.err, ERR_INPUT, "part of the region lies outside the image: 2 of its 4 voxels are inside, its box reaches 1 mm beyond the image's last voxel");
    drop(&out);
    out = fit(&image, &mask, MASK_RESAMPLE);
    assert_done(out.fitted, out.err);
    assert_region(&out.region, 5, 2, 1, 1, 1, 2, 2);
    assert_true(notes_has(&out.notes, "part of the mask lies outside the image"));
    drop(&out);
    mask.grid.origin[0] += 100;
    out = fit(&image, &mask, MASK_RESAMPLE);
    assert_false(out.fitted);
    assert_error(out.err, ERR_INPUT, "the region lies outside the image: 0 of its 4 voxels are inside, its box reaches 101 mm beyond the image's last voxel");
    drop(&out);
    out = fit(&image, &mask, MASK_STRICT);
    assert_false(out.fitted);
    assert_error_has(out.err, ERR_INPUT, "origin x is off by 104 mm (104 voxels)");
    assert_error_has(out.err, ERR_INPUT, "; the region lies outside the image");
    drop(&out);
    volume_free(&image);
    volume_free(&mask);
}

static void odd_regions_are_noted(void **state)
{
    (void)state;
    struct volume image, mask;
    pair_make(&image, &mask);
    memset(mask.voxels, 1, 120);
    struct outcome out = fit(&image, &mask, MASK_STRICT);
    assert_done(out.fitted, out.err);
    assert_true(notes_has(&out.notes, "mask fills the image"));
    drop(&out);
    memset(mask.voxels, 0, 120);
    ((uint8_t *)mask.voxels)[77] = 1;
    out = fit(&image, &mask, MASK_STRICT);
    assert_done(out.fitted, out.err);
    assert_true(notes_has(&out.notes, "one voxel"));
    drop(&out);
    out = fit(&image, &image, MASK_STRICT);
    assert_done(out.fitted, out.err);
    assert_true(notes_has(&out.notes, "image and mask are the same"));
    drop(&out);
    volume_free(&image);
    volume_free(&mask);
}

static void policies_have_names(void **state)
{
    (void)state;
    enum mask_policy policy;
    assert_true(mask_policy_from_name("snap", &policy));
    assert_int_equal(policy, MASK_SNAP);
    assert_false(mask_policy_from_name("Snap", &policy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_grids_fit_under_every_policy_without_a_note),
        cmocka_unit_test(a_shift_by_a_slice_is_refused_placed_or_resampled),
        cmocka_unit_test(an_axis_stored_the_other_way_is_placed_where_it_lies),
        cmocka_unit_test(half_a_voxel_needs_resampling),
        cmocka_unit_test(a_region_that_leaves_the_image_is_refused_or_noted),
        cmocka_unit_test(odd_regions_are_noted),
        cmocka_unit_test(policies_have_names),
    };
    return tap_run(tests);
}
