/* Label, mask policies, sizes, normalisation, resegmentation: refusals by their lines, regions by hand. */
#include "radiomics/prepare.h"

#include <math.h>

#include "tap.h"

enum { N = 6 };

struct pair {
    struct volume image, mask;
    struct params params;
    struct prepared prepared;
    struct err err;
};

/* An image of N^3 voxels, 0, 1, 2, ... along x, and a mask of label 1 in x 1..3, y 2..3, z 4. */
static struct pair *pair_make(void)
{
    struct pair *p = test_calloc(1, sizeof *p);
    const struct grid grid = {{N, N, N}, {1, 2, 3}, {-5, 0, 7}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    assert_true(volume_init(&p->image, &grid, VOXEL_I16, 1, NULL) && volume_init(&p->mask, &grid, VOXEL_U8, 1, NULL) && params_default(&p->params, NULL));
    for (int v = 0; v < N * N * N; v++) {
        int x = v % N, y = v / N % N, z = v / N / N;
        ((int16_t *)p->image.voxels)[v] = (int16_t)x;
        ((uint8_t *)p->mask.voxels)[v] = x >= 1 && x <= 3 && y >= 2 && y <= 3 && z == 4;
    }
    return p;
}

static bool run(struct pair *p)
{
    prepared_free(&p->prepared);
    err_clear(&p->err);
    return prepare(&p->params.settings, &p->image, &p->mask, &p->prepared, &p->err);
}

static void refused(struct pair *p, const char *line)
{
    assert_false(run(p));
    assert_string_equal(p->err.text, line);
}

static void drop(struct pair *p)
{
    prepared_free(&p->prepared);
    volume_free(&p->image);
    volume_free(&p->mask);
    params_free(&p->params);
    test_free(p);
}

static void a_label_becomes_a_region_with_its_intensities(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    struct region region;
    struct arena arena = ARENA_INIT;
    assert_true(run(p) && region_of_image(&p->params.settings, &p->prepared, &region, &arena, NULL));
    assert_int_equal(region.inside_n, 6);
    assert_true(region.grid.n[0] == 3 && region.grid.n[1] == 2 && region.grid.n[2] == 1);
    assert_true(region.grid.origin[0] == -4 && region.grid.origin[1] == 4 && region.grid.origin[2] == 19);
    for (size_t v = 0; v < 6; v++)
        assert_true(region.intensity[v] == (double)(1 + v % 3));
    arena_free(&arena);
    drop(p);
}

static void labels_that_are_not_there_are_refused_under_every_policy(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    p->params.settings.label = 2;
    refused(p, "mask: label 2 is not there; it has 1");
    p->params.settings.mask_policy = MASK_STRICT;
    refused(p, "label 2 is not in the mask, which has 1 (6 voxels)");
    memset(p->mask.voxels, 0, N * N * N);
    refused(p, "the mask is empty: every voxel is 0");
    p->params.settings.mask_policy = MASK_PYRADIOMICS;
    refused(p, "mask: nothing is segmented (all 216 voxels are 0)");
    drop(p);
}

static void policies_decide_over_a_shifted_mask(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    struct settings *settings = &p->params.settings;
    p->mask.grid.origin[0] += 1;
    refused(p, "mask: origin differs from the image's by 1 mm on axis x, expected at most 1e-06 (geometryTolerance)");
    settings->mask_policy = MASK_STRICT;
    refused(p, "the mask's grid differs from the image's: origin x is off by 1 mm (1 voxels); corners are up to 1 mm (1 voxels) apart; "
               "the region lies inside the image (mask-fit snap reads it)");
    settings->mask_policy = MASK_SNAP;
    assert_true(run(p));
    assert_true(p->prepared.roi->first[0] == 2 && p->prepared.roi->count == 6 && p->prepared.original.first[0] == 1);
    assert_int_equal(p->prepared.notes.n, 1);
    assert_string_equal(p->prepared.notes.note[0].line, "the mask is placed on the image's grid by position: origin x is off by 1 mm (1 voxels)");
    settings->mask_policy = MASK_RESAMPLE;
    settings->additional_info = false;
    assert_true(run(p));
    assert_true(p->prepared.roi->first[0] == 2 && p->prepared.roi->count == 6 && p->prepared.original.inside == NULL);
    p->mask.grid.origin[0] += 1e-4 - 1;
    settings->mask_policy = MASK_STRICT;
    assert_true(run(p));
    assert_int_equal(p->prepared.notes.n, 0);
    drop(p);
}

static void resampling_follows_a_fitted_mask(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    struct settings *settings = &p->params.settings;
    p->mask.grid.origin[0] += 1;
    settings->mask_policy = MASK_SNAP;
    settings->resample = true;
    settings->spacing[0] = settings->spacing[1] = settings->spacing[2] = 1;
    assert_true(run(p));
    assert_true(p->prepared.roi->count == 3 * 4); /* two voxels of 2 mm along y; z keeps its single slice */
    assert_true(p->prepared.view.image->grid.spacing[1] == 1 && p->prepared.view.image->grid.spacing[2] == 3);
    drop(p);
}

static void regions_that_are_too_small_are_refused(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    p->params.settings.minimum_dimensions = 3;
    refused(p, "mask: the region has 2 dimensions, expected at least 3 (minimumROIDimensions)");
    p->params.settings.minimum_dimensions = 1;
    p->params.settings.minimum_size = 6;
    refused(p, "mask: the region has 6 voxels, expected more than 6 (minimumROISize)");
    p->params.settings.minimum_size = 0;
    memset(p->mask.voxels, 0, N * N * N);
    ((uint8_t *)p->mask.voxels)[77] = 1;
    refused(p, "mask: the region has 1 voxel, expected more");
    drop(p);
}

static void normalising_uses_the_whole_image(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    struct region region;
    struct arena arena = ARENA_INIT;
    p->params.settings.normalize = true;
    p->params.settings.normalize_scale = 100;
    p->params.settings.remove_outliers = 0.5;
    assert_true(run(p) && region_of_image(&p->params.settings, &p->prepared, &region, &arena, NULL));
    double deviation = sqrt(17.5 / 6 * 216 / 215); /* of 0..5, divisor n - 1 */
    assert_true(fabs(region.intensity[0] + 50) < 1e-12); /* (1 - 2.5) / deviation is below -0.5 */
    assert_true(fabs(region.intensity[1] - 100 * (2 - 2.5) / deviation) < 1e-12);
    arena_free(&arena);
    memset(p->image.voxels, 0, N * N * N * 2);
    refused(p, "image: normalize: the standard deviation of all voxels is 0");
    drop(p);
}

static void resegmenting_keeps_a_range(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    struct settings *settings = &p->params.settings;
    settings->resegment_n = 2;
    settings->resegment[0] = 2;
    settings->resegment[1] = 9;
    assert_true(run(p));
    assert_true(p->prepared.roi->count == 4 && p->prepared.roi->first[0] == 2 && p->prepared.shape->count == 4);
    settings->resegment_mode = RESEGMENT_RELATIVE; /* of the maximum, 3 */
    settings->resegment[0] = 0.1;
    settings->resegment[1] = 0.7;
    assert_true(run(p));
    assert_true(p->prepared.roi->count == 4 && p->prepared.roi->first[0] == 1);
    settings->resegment_mode = RESEGMENT_ABSOLUTE;
    settings->resegment[0] = 8;
    settings->resegment[1] = 9;
    refused(p, "resegmentRange: 0 of 6 voxels lie between 8 and 9, expected at least 2");
    drop(p);
}

static void an_image_of_vectors_is_refused(void **state)
{
    (void)state;
    struct pair *p = pair_make();
    p->image.channel_n = 3;
    refused(p, "image: 3 channels, expected 1");
    p->image.channel_n = 1;
    drop(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_becomes_a_region_with_its_intensities),
        cmocka_unit_test(labels_that_are_not_there_are_refused_under_every_policy),
        cmocka_unit_test(policies_decide_over_a_shifted_mask),
        cmocka_unit_test(resampling_follows_a_fitted_mask),
        cmocka_unit_test(regions_that_are_too_small_are_refused),
        cmocka_unit_test(normalising_uses_the_whole_image),
        cmocka_unit_test(resegmenting_keeps_a_range),
        cmocka_unit_test(an_image_of_vectors_is_refused),
    };
    return tap_run(tests);
}
