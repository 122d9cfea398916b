/* The images: what a sign does to them, and what it must not do. */
#include "sim/picture.h"

#include <math.h>

#include "tap.h"

static const struct recipe *const recipe = &recipe_default;

static struct patient a_patient(size_t number, double diameter_mm)
{
    struct patient patient = patient_make(recipe, 31, 1, ROLE_TRAIN, number);
    for (int k = 0; k < SIGN_N; k++)
        patient.sign[k] = 0;
    patient.diameter_mm = diameter_mm;
    return patient;
}

static struct picture a_picture(const struct patient *patient)
{
    struct err err = ERR_INIT;
    struct picture picture;
    assert_done(picture_make(&picture, recipe, 31, patient, &err), err);
    return picture;
}

struct moments {
    double n, mean, sd;
};

/* Of a phase's HU where depth from the mask's middle, relative to the radius of the mask's size, is in [from, to). */
static struct moments moments(const struct volume *phase, const struct volume *mask, double from, double to)
{
    const struct grid *grid = &mask->grid;
    const uint8_t *in = mask->voxels;
    const int16_t *hu = phase->voxels;
    double middle[3] = {0}, n = 0, sum = 0, squares = 0, used = 0;
    for (int pass = 0; pass < 2; pass++) {
        size_t i = 0;
        double radius = cbrt(3 / (4 * M_PI) * n * grid->spacing[0] * grid->spacing[1] * grid->spacing[2]);
        for (size_t z = 0; z < grid->n[2]; z++)
            for (size_t y = 0; y < grid->n[1]; y++)
                for (size_t x = 0; x < grid->n[0]; x++, i++) {
                    if (!in[i])
                        continue;
                    const double at[3] = {(double)x * grid->spacing[0], (double)y * grid->spacing[1], (double)z * grid->spacing[2]};
                    double distance = 0;
                    for (int a = 0; a < 3; a++)
                        distance += (at[a] - middle[a] / n) * (at[a] - middle[a] / n);
                    distance = pass == 1 ? sqrt(distance) / radius : 0;
                    if (pass == 0) {
                        n++;
                        for (int a = 0; a < 3; a++)
                            middle[a] += at[a];
                    } else if (distance >= from && distance < to) {
                        used++;
                        sum += hu[i];
                        squares += (double)hu[i] * hu[i];
                    }
                }
    }
    return (struct moments){used, sum / used, sqrt(squares / used - sum / used * sum / used)};
}

static void the_rim_sign_moves_the_enhancement_and_neither_mean_nor_spread(void **state)
{
    (void)state;
    double mean = 0, spread = 0, rim = 0, core = 0;
    for (size_t i = 1; i <= 6; i++) {
        struct patient patient = a_patient(i, 50);
        patient.sign[SIGN_RIM] = 2.5;
        struct picture at_rim = a_picture(&patient);
        patient.sign[SIGN_RIM] = -2.5;
        struct picture at_core = a_picture(&patient);
        assert_memory_equal(at_rim.mask.voxels, at_core.mask.voxels, grid_voxel_n(&at_rim.mask.grid));
        struct moments a = moments(&at_rim.arterial, &at_rim.mask, 0, 9), b = moments(&at_core.arterial, &at_core.mask, 0, 9);
        mean += (a.mean - b.mean) / 6;
        spread += a.sd / b.sd / 6;
        rim += (moments(&at_rim.arterial, &at_rim.mask, 0.8, 1).mean - moments(&at_rim.arterial, &at_rim.mask, 0, 0.6).mean) / 6;
        core += (moments(&at_core.arterial, &at_core.mask, 0.8, 1).mean - moments(&at_core.arterial, &at_core.mask, 0, 0.6).mean) / 6;
        picture_free(&at_rim);
        picture_free(&at_core);
    }
    assert_double_near(mean, 0, 2);
    assert_double_near(spread, 1, 0.1);
    assert_true(rim > 15 && core < -15);
}

static void necrosis_leaves_the_mean_and_skews_the_histogram(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 4; i++) {
        struct patient patient = a_patient(i, 60);
        patient.sign[SIGN_NECROSIS] = -3;
        struct picture little = a_picture(&patient);
        patient.sign[SIGN_NECROSIS] = 1.5;
        struct picture much = a_picture(&patient);
        struct moments a = moments(&little.portal, &little.mask, 0, 9), b = moments(&much.portal, &much.mask, 0, 9);
        assert_double_near(a.mean, b.mean, 1.5);
        assert_true(b.sd > a.sd);
        picture_free(&little);
        picture_free(&much);
    }
}

static void texture_raises_the_arterial_spread_alone(void **state)
{
    (void)state;
    struct patient patient = a_patient(1, 50);
    patient.sign[SIGN_TEXTURE] = -2;
    struct picture even = a_picture(&patient);
    patient.sign[SIGN_TEXTURE] = 2;
    struct picture uneven = a_picture(&patient);
    assert_true(moments(&uneven.arterial, &uneven.mask, 0, 9).sd > 1.3 * moments(&even.arterial, &even.mask, 0, 9).sd);
    assert_memory_equal(even.portal.voxels, uneven.portal.voxels, 2 * grid_voxel_n(&even.portal.grid));
    picture_free(&even);
    picture_free(&uneven);
}

static void the_halo_lies_outside_the_tumour(void **state)
{
    (void)state;
    struct patient patient = a_patient(2, 50);
    patient.sign[SIGN_HALO] = -3;
    struct picture without = a_picture(&patient);
    patient.sign[SIGN_HALO] = 2;
    struct picture with = a_picture(&patient);
    double inside = 0, outside = 0, outside_n = 0;
    const int16_t *a = without.arterial.voxels, *b = with.arterial.voxels;
    const uint8_t *mask = with.mask.voxels;
    for (size_t i = 0; i < grid_voxel_n(&with.mask.grid); i++) {
        *(mask[i] ? &inside : &outside) += b[i] - a[i];
        outside_n += !mask[i];
    }
    assert_true(outside / outside_n > 2); /* over the whole box, corners and fat too */
    assert_true(fabs(inside) < 0.2 * outside); /* the blur carries some of it in */
    picture_free(&without);
    picture_free(&with);
}

static void the_smallest_tumour_has_a_mask_inside_its_box(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 20; i++) {
        struct patient patient = a_patient(i, recipe->diameter_min);
        patient.sign[SIGN_MARGIN] = 3;
        struct picture picture = a_picture(&patient);
        const struct grid *grid = &picture.mask.grid;
        const uint8_t *mask = picture.mask.voxels;
        size_t voxel = 0, inside = 0;
        for (size_t z = 0; z < grid->n[2]; z++)
            for (size_t y = 0; y < grid->n[1]; y++)
                for (size_t x = 0; x < grid->n[0]; x++, voxel++) {
                    bool border = x == 0 || y == 0 || z == 0 || x + 1 == grid->n[0] || y + 1 == grid->n[1] || z + 1 == grid->n[2];
                    assert_false(mask[voxel] && border);
                    inside += mask[voxel];
                }
        assert_true(inside >= 20);
        picture_free(&picture);
    }
}

static void the_same_patient_has_the_same_voxels(void **state)
{
    (void)state;
    struct patient patient = patient_make(recipe, 31, 1, ROLE_TACE, 3);
    struct picture a = a_picture(&patient), b = a_picture(&patient);
    assert_memory_equal(a.arterial.voxels, b.arterial.voxels, 2 * grid_voxel_n(&a.arterial.grid));
    assert_memory_equal(a.portal.voxels, b.portal.voxels, 2 * grid_voxel_n(&a.portal.grid));
    picture_free(&a);
    picture_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rim_sign_moves_the_enhancement_and_neither_mean_nor_spread),
        cmocka_unit_test(necrosis_leaves_the_mean_and_skews_the_histogram),
        cmocka_unit_test(texture_raises_the_arterial_spread_alone),
        cmocka_unit_test(the_halo_lies_outside_the_tumour),
        cmocka_unit_test(the_smallest_tumour_has_a_mask_inside_its_box),
        cmocka_unit_test(the_same_patient_has_the_same_voxels),
    };
    return tap_run(tests);
}
