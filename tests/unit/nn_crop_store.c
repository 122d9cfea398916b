/* Crops in a store: there and back, and what is refused. */
#include "case_image.h"

#include "nn/crop.h"

static struct crop small(enum crop_view view)
{
    struct grid grid = plain_grid(20, 20, 12, 1, 1, 2);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    struct roi region = ellipsoid(&grid, (const double[3]){1, 0, 2}, (const double[3]){6, 6, 6});
    struct crop_settings settings = CROP_DEFAULT;
    settings.view = view;
    settings.phase_n = 2;
    settings.low[1] = -33.25;
    settings.size[0] = 6;
    settings.size[1] = 5;
    settings.size[2] = 4;
    settings.margin[1] = 1;
    settings.slice_max = 3;
    struct crop crop;
    struct err err = ERR_INIT;
    assert_done(crop_make(&settings, (const struct volume *const[]){&image, &image}, (const struct roi *const[]){&region}, &crop, NULL, &err), err);
    roi_free(&region);
    volume_free(&image);
    return crop;
}

static void a_saved_crop_loads_as_it_was(void **state)
{
    (void)state;
    for (int view = CROP_3D; view <= CROP_25D; view++) {
        struct crop crop = small((enum crop_view)view), back;
        struct store store = {0};
        struct err err = ERR_INIT;
        assert_done(crop_save(&crop, &store, "case7", &err), err);
        assert_done(crop_load(&store, "case7", &back, &err), err);
        assert_memory_equal(back.voxels, crop.voxels, grid_voxel_n(&crop.grid) * crop.lane_n * sizeof *crop.voxels);
        assert_memory_equal(&back.grid, &crop.grid, sizeof crop.grid);
        assert_true(back.view == crop.view && back.phase_n == 2 && back.mask_n == 1 && back.lane_n == 4 && back.input_n == crop.input_n);
        assert_memory_equal(back.size, crop.size, sizeof crop.size);
        assert_memory_equal(back.margin, crop.margin, sizeof crop.margin);
        assert_memory_equal(back.plane, crop.plane, crop.input_n * sizeof *crop.plane);
        assert_true(back.low[1] == -33.25 && back.high[1] == 200 && back.low[0] == -100);
        assert_false(crop_save(&crop, &store, "case7", &err));
        assert_error_has(err, ERR_BUG, "case7.count is stored twice");
        crop_free(&back);
        crop_free(&crop);
        store_free(&store);
    }
}

/* Saves, lets `spoil` change the store, and reads the refusal. */
static void refused(enum crop_view view, void (*spoil)(struct store *), const char *text)
{
    struct crop crop = small(view), back;
    struct store store = {0};
    struct err err = ERR_INIT;
    assert_true(crop_save(&crop, &store, "c", NULL));
    spoil(&store);
    if (crop_load(&store, "c", &back, &err))
        fail_msg("loaded, expected: %s", text);
    assert_error(err, ERR_INPUT, text);
    assert_null(back.voxels);
    crop_free(&crop);
    store_free(&store);
}

static struct tensor *tensor_of(struct store *store, const char *name)
{
    for (size_t i = 0; i < store->tensor_n; i++)
        if (strcmp(store->tensor[i].name, name) == 0)
            return &store->tensor[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

static int64_t *whole(struct store *store, const char *name)
{
    return tensor_of(store, name)->values;
}

static double *real(struct store *store, const char *name)
{
    return tensor_of(store, name)->values;
}

static void no_voxels(struct store *s) { tensor_of(s, "c.voxels")->name[2] = 'V'; }
static void wrong_type(struct store *s) { tensor_of(s, "c.voxels")->type = TENSOR_U8; }
static void short_grid(struct store *s) { tensor_of(s, "c.grid")->dim[0] = 14; }
static void huge_size(struct store *s) { whole(s, "c.count")[3] = 1000000; }
static void negative_margin(struct store *s) { whole(s, "c.count")[6] = -1; }
static void unknown_view(struct store *s) { whole(s, "c.count")[0] = 9; }
static void more_phases(struct store *s) { whole(s, "c.count")[1] = 3; }
static void three_masks(struct store *s) { whole(s, "c.count")[2] = 3; }
static void other_size(struct store *s) { whole(s, "c.count")[4] = 9; }
static void no_window(struct store *s) { real(s, "c.window")[0] = 900; }
static void nan_spacing(struct store *s) { real(s, "c.grid")[0] = NAN; }
static void endless_origin(struct store *s) { real(s, "c.grid")[4] = INFINITY; }
static void wide_voxels(struct store *s) { tensor_of(s, "c.voxels")->dim[3] = 8; }
static void plane_outside(struct store *s) { whole(s, "c.plane")[2] = 3; }
static void plane_falls(struct store *s) { whole(s, "c.plane")[1] = 0; }
static void plane_of_one(struct store *s) { whole(s, "c.plane")[0] = 1; }
static void many_planes(struct store *s) { tensor_of(s, "c.voxels")->dim[0] = 129; }

static void what_does_not_fit_together_is_refused(void **state)
{
    (void)state;
    refused(CROP_3D, no_voxels, "tensor c.voxels is missing");
    refused(CROP_3D, wrong_type, "tensor c.voxels has another type or shape than a crop's");
    refused(CROP_3D, short_grid, "tensor c.grid has another type or shape than a crop's");
    refused(CROP_3D, huge_size, "crop c: count 4 of the crop is 1000000, expected 0 to 4096");
    refused(CROP_3D, negative_margin, "crop c: count 7 of the crop is -1, expected 0 to 4096");
    refused(CROP_3D, unknown_view, "crop c: view 9 and 2 phases with 4 window values make no crop");
    refused(CROP_3D, more_phases, "crop c: view 0 and 3 phases with 4 window values make no crop");
    refused(CROP_3D, three_masks, "crop c: 3 masks for 2 phases, expected one for all or one for each");
    refused(CROP_3D, other_size, "crop c: 7 voxels along axis y, expected 11");
    refused(CROP_3D, no_window, "crop c: the window of phase 1 is 900 to 200 HU, expected low < high within +-32000");
    refused(CROP_3D, nan_spacing, "crop c: spacing x is nan mm, expected 0.01 to 100");
    refused(CROP_3D, endless_origin, "crop c: the grid's value 5 is inf, expected a finite one");
    refused(CROP_3D, wide_voxels, "crop c: 8 values a voxel, expected 4");
    refused(CROP_3D, plane_of_one, "crop c: the first of 1 inputs is plane 1, expected one input of plane 0 for view 3d");
    refused(CROP_2D_ALL, plane_outside, "crop c: plane 3 of input 3, expected rising ones below 3");
    refused(CROP_2D_ALL, plane_falls, "crop c: plane 0 of input 2, expected rising ones below 3");
    refused(CROP_2D_ALL, many_planes, "crop c: 129 voxels along axis z, expected 1 to 128");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_crop_loads_as_it_was),
        cmocka_unit_test(what_does_not_fit_together_is_refused),
    };
    return tap_run(tests);
}
