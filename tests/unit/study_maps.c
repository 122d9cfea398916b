/* Maps for some cases of a run: which ones, what is written, how much lies near, and a case whose image is gone. */
#include "study/maps.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/nifti.h"
#include "ml/columns.h"
#include "ml/steps.h"
#include "nn/crossfit.h"
#include "study/crops.h"
#include "tap.h"

enum { SIDE = 20, CASE_N = 20 };

static struct cohort cohort;
static struct crops crops;
static struct table table;
static struct model model;
static double label[CASE_N], probability[CASE_N];

static struct grid a_grid(void)
{
    return (struct grid){{SIDE, SIDE, SIDE}, {2, 2, 2}, {0, 0, 0}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
}

static bool in_mask(size_t k)
{
    size_t x = k % SIDE, y = k / SIDE % SIDE, z = k / SIDE / SIDE;
    return x >= 6 && x < 14 && y >= 6 && y < 14 && z >= 6 && z < 14;
}

/* ID.nii and mask.nii; half of the tumour is bright where the label is 1. */
static bool write_images(struct err *err)
{
    struct grid grid = a_grid();
    struct volume image, mask;
    bool done = volume_init(&mask, &grid, VOXEL_U8, 1, err);
    for (size_t k = 0; done && k < (size_t)SIDE * SIDE * SIDE; k++)
        ((uint8_t *)mask.voxels)[k] = in_mask(k);
    done = done && nifti_write(tap_path("mask.nii"), &mask, err);
    volume_free(&mask);
    for (size_t i = 0; done && i < CASE_N; i++) {
        struct rng rng = rng_make(8, "test.image", i, 0);
        char name[32];
        done = volume_init(&image, &grid, VOXEL_I16, 1, err);
        for (size_t k = 0; done && k < (size_t)SIDE * SIDE * SIDE; k++)
            ((int16_t *)image.voxels)[k] = (int16_t)(40 + 20 * rng_normal(&rng) + (i % 2 && in_mask(k) && k % SIDE < 10 ? 80 : 0));
        snprintf(name, sizeof name, "p%02zu.nii", i);
        done = done && nifti_write(tap_path(name), &image, err);
        volume_free(&image);
    }
    return done;
}

/* Even rows train, odd ones test; probabilities rise from row to row, and row 19 has none. */
static bool make_cohort(struct err *err)
{
    static char name[CASE_N][8];
    static char *id[CASE_N];
    static struct role role[2] = {{.name = "train", .kind = ROLE_TRAIN}, {.name = "test", .kind = ROLE_TEST}};
    cohort = (struct cohort){.n = CASE_N, .role_n = 2, .role = role};
    for (size_t i = 0; i < CASE_N; i++) {
        snprintf(name[i], sizeof name[i], "p%02zu", i);
        id[i] = name[i];
        label[i] = (double)(i % 2);
        probability[i] = i == 19 ? NAN : (double)i / 20;
    }
    if ((cohort.folder = mem_string(tap_folder(), err)) == NULL || !table_init(&cohort.table, CASE_N, NULL, id, err) ||
        (cohort.role_of = mem_zero(CASE_N, sizeof *cohort.role_of, err)) == NULL || (cohort.why_not = mem_zero(CASE_N, sizeof *cohort.why_not, err)) == NULL ||
        table_add(&cohort.table, "Image", COLUMN_TEXT, err) == NULL || table_add(&cohort.table, "Mask", COLUMN_TEXT, err) == NULL)
        return false;
    for (size_t i = 0; i < CASE_N; i++) {
        char file[16];
        snprintf(file, sizeof file, "%s.nii", id[i]);
        if ((cohort.role_of[i] = mem_string(i % 2 ? "test" : "train", err)) == NULL || !table_set_text(&cohort.table, table_find(&cohort.table, "Image"), i, file, err) ||
            !table_set_text(&cohort.table, table_find(&cohort.table, "Mask"), i, "mask.nii", err))
            return false;
    }
    return cohort_add_phase(&cohort, "", "Image", "Mask", err);
}

static const struct mask_choice MASKS = {1, 0, MASK_STRICT};

static int make_model(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct crop_settings crop = CROP_DEFAULT;
    struct crossfit_settings crossfit = crossfit_default();
    for (size_t axis = 0; axis < 3; axis++)
        crop.size[axis] = 12; /* of 2 mm: 4 mm more than the mask at each side, so all of it is near */
    crossfit.column = CROPS_COLUMN;
    crossfit.net_n = 2;
    crossfit.trainer.epoch_n = 4;
    crossfit.trainer.batch_n = 8;
    crossfit.trainer.schedule.warmup = 1;
    crossfit.augment = AUGMENT_FLIPS;
    const char *const logit[] = {"deep.small3d.logit"};
    const struct columns_settings columns = {logit, 1};
    const struct step step[] = {{&crossfit_kind, &crossfit}, {&columns_kind, &columns}, ml_learner_find("ridge")->step};
    const struct outcome outcome = {.label = label};
    const struct rows rows = {&table, &outcome, 0, NULL};
    model = (struct model){.has_crop = true, .threshold = 0.5};
    bool done = make_cohort(&err) && write_images(&err) && crops_make(&cohort, &crop, &MASKS, &crops, &err) &&
                table_init(&table, CASE_N, NULL, cohort.table.id, &err) && crops_add_column(&crops, &table, &err) &&
                pipeline_fit(step, 3, &rows, 5, &model.pipeline, NULL, &err);
    if (!done)
        print_error("%s\n", err.text);
    return !done;
}

static int free_model(void **state)
{
    (void)state;
    model_free(&model);
    table_free(&table);
    crops_free(&crops);
    cohort.role = NULL; /* not on the heap */
    cohort.role_n = 0;
    cohort_free(&cohort);
    return 0;
}

static struct maps make(size_t role_n, bool pictures, const char *folder)
{
    struct err err = ERR_INIT;
    struct maps maps = {0};
    const struct maps_settings settings = {role_n, pictures, MASKS, 3, folder};
    assert_done(folder_make(folder, &err) && maps_make(&model, &cohort, &table, probability, &settings, &maps, &err), err);
    return maps;
}

static void the_highest_and_lowest_of_each_role_are_mapped(void **state)
{
    (void)state;
    static const size_t row[] = {18, 16, 0, 17, 15, 1};
    struct maps maps = make(3, true, tap_path("run"));
    assert_true(maps.made);
    assert_int_equal(maps.n, 6);
    for (size_t k = 0; k < maps.n; k++) {
        const struct case_map *item = &maps.item[k];
        char name[64];
        assert_int_equal(item->row, row[k]);
        assert_null(item->failure);
        assert_true(item->drawn);
        assert_int_equal(item->high, item->probability >= 0.5);
        assert_true(item->empty == isnan(item->share) && item->empty == isnan(item->sanity));
        snprintf(name, sizeof name, "run/maps/p%02zu.nii.gz", row[k]);
        assert_true(file_exists(tap_path(name)));
        snprintf(name, sizeof name, "run/slices/p%02zu~map.png", row[k]);
        assert_true(file_exists(tap_path(name)));
    }
    assert_int_equal(maps.share_n + maps.item[0].empty + maps.item[1].empty + maps.item[2].empty + maps.item[3].empty + maps.item[4].empty + maps.item[5].empty, 6);
    maps_free(&maps);
}

/* Nothing of a box that ends 4 mm from the mask's sides is farther than 5 mm but its edges and corners: two voxels of 2 mm along two axes
 * are 5.66 mm away, voxel by voxel as the distance is measured. */
static void the_share_counts_what_is_within_five_millimetres(void **state)
{
    (void)state;
    struct maps maps = make(100, false, tap_path("numbers"));
    size_t near = 0, all = 12 * 12 * 12;
    for (size_t k = 0; k < all; k++) {
        double sum = 0;
        for (size_t axis = 0, rest = k; axis < 3; axis++, rest /= 12) {
            size_t at = rest % 12;
            double beyond = at < 2 ? (double)(2 - at) : at > 9 ? (double)(at - 9) : 0;
            sum += 4 * beyond * beyond;
        }
        near += sum <= 25;
    }
    assert_true(near < all);
    assert_int_equal(maps.n, 19); /* the one without a probability is left out */
    for (size_t k = 0; k < maps.n; k++) {
        assert_false(maps.item[k].drawn);
        if (!maps.item[k].empty)
            assert_double_near(maps.item[k].share_even, (double)near / (double)all, 1e-6);
        if (!maps.item[k].empty)
            assert_true(maps.item[k].share > 0 && maps.item[k].share <= 1 && maps.item[k].highest > 0);
    }
    assert_double_near(maps.share_even, (double)near / (double)all, 1e-6);
    assert_false(file_exists(tap_path("numbers/maps")));
    assert_false(file_exists(tap_path("numbers/slices")));
    maps_free(&maps);
}

static void a_case_whose_image_is_gone_keeps_the_reason(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct column *image = table_find(&cohort.table, "Image");
    assert_done(table_set_text(&cohort.table, image, 17, "gone.nii", &err), err);
    struct maps maps = make(2, false, tap_path("gone"));
    assert_int_equal(maps.item[2].row, 17);
    assert_non_null(maps.item[2].failure);
    assert_non_null(strstr(maps.item[2].failure, "gone.nii: no such file"));
    assert_null(maps.item[3].failure);
    assert_done(table_set_text(&cohort.table, image, 17, "p17.nii", &err), err);
    maps_free(&maps);
}

static void a_model_without_networks_or_a_number_of_none_has_no_maps(void **state)
{
    (void)state;
    struct maps maps = make(0, true, tap_path("none"));
    assert_true(!maps.made && maps.n == 0);
    maps_free(&maps);
    model.has_crop = false;
    maps = make(4, true, tap_path("none"));
    assert_true(!maps.made && maps.n == 0);
    assert_false(file_exists(tap_path("none/maps")));
    maps_free(&maps);
    model.has_crop = true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_and_lowest_of_each_role_are_mapped),
        cmocka_unit_test(the_share_counts_what_is_within_five_millimetres),
        cmocka_unit_test(a_case_whose_image_is_gone_keeps_the_reason),
        cmocka_unit_test(a_model_without_networks_or_a_number_of_none_has_no_maps),
    };
    return tap_run_with(tests, make_model, free_model);
}
