/* Crops of images: where they lie, what they hold, what is refused and what is noted. */
#include "case_image.h"

#include "nn/crop.h"

static const double CENTER[3] = {3, -2, 1}, HALF[3] = {9, 7, 8};

static struct crop_settings settings_of(size_t x, size_t y, size_t z, double sx, double sy, double sz)
{
    struct crop_settings settings = CROP_DEFAULT;
    settings.size[0] = x;
    settings.size[1] = y;
    settings.size[2] = z;
    settings.spacing[0] = sx;
    settings.spacing[1] = sy;
    settings.spacing[2] = sz;
    settings.low[0] = settings.low[1] = -150;
    return settings;
}

static struct crop made(const struct crop_settings *settings, const struct volume *a, const struct volume *b, const struct roi *m, const struct roi *n,
                        struct notes *notes)
{
    struct crop crop;
    struct err err = ERR_INIT;
    assert_done(crop_make(settings, (const struct volume *const[]){a, b}, (const struct roi *const[]){m, n}, &crop, notes, &err), err);
    return crop;
}

static int lane_at(const struct crop *crop, size_t x, size_t y, size_t z, size_t lane)
{
    return crop->voxels[crop->lane_n * (x + crop->grid.n[0] * (y + crop->grid.n[1] * z)) + lane];
}

static void position_of(const struct crop *crop, size_t x, size_t y, size_t z, double position[3])
{
    grid_position(&crop->grid, (const double[3]){(double)x, (double)y, (double)z}, position);
}

#define FOR_EACH_VOXEL(crop) \
    for (size_t z = 0; z < (crop).grid.n[2]; z++) \
        for (size_t y = 0; y < (crop).grid.n[1]; y++) \
            for (size_t x = 0; x < (crop).grid.n[0]; x++)

static void on_the_images_own_grid_the_values_are_the_images(void **state)
{
    (void)state;
    struct grid grid = plain_grid(41, 41, 41, 1, 1, 1);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    struct roi region = ellipsoid(&grid, CENTER, HALF);
    struct crop_settings settings = settings_of(17, 15, 13, 1, 1, 1);
    settings.margin[0] = 2;
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
    assert_true(crop.grid.n[0] == 21 && crop.grid.n[1] == 15 && crop.grid.n[2] == 13 && crop.lane_n == 4 && crop.input_n == 1);
    FOR_EACH_VOXEL(crop) {
        double position[3], index[3], sum = 0;
        position_of(&crop, x, y, z, position);
        grid_index(&grid, position, index);
        size_t voxel = (size_t)lround(index[0]) + 41 * ((size_t)lround(index[1]) + 41 * (size_t)lround(index[2]));
        assert_int_equal(lane_at(&crop, x, y, z, 0), ((int16_t *)image.voxels)[voxel]);
        for (int a = 0; a < 3; a++)
            sum += (position[a] - CENTER[a]) * (position[a] - CENTER[a]) / HALF[a] / HALF[a];
        assert_int_equal(lane_at(&crop, x, y, z, 1) < 0, sum <= 1);
        assert_true(lane_at(&crop, x, y, z, 2) == 0 && lane_at(&crop, x, y, z, 3) == 0);
    }
    double middle[3];
    position_of(&crop, 10, 7, 6, middle);
    for (int a = 0; a < 3; a++)
        assert_double_near(middle[a], CENTER[a], 1e-9);
    assert_int_equal(crop_bytes(&crop), crop_settings_bytes(&settings));
    crop_free(&crop);
    crop_free(&crop);
    roi_free(&region);
    volume_free(&image);
}

static void a_fitted_box_is_a_multiple_of_the_regions_longest_side(void **state)
{
    (void)state;
    struct grid grid = plain_grid(61, 51, 41, 0.8, 1, 1.25);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    struct roi region = ellipsoid(&grid, CENTER, HALF);
    struct crop_settings settings = settings_of(16, 16, 8, 2, 2, 2);
    settings.fit = 1.5;
    double longest = 0;
    for (int a = 0; a < 3; a++)
        longest = fmax(longest, (double)region.n[a] * grid.spacing[a]);
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
    for (int a = 0; a < 3; a++)
        assert_double_near(crop.grid.spacing[a], 1.5 * longest / 16, 1e-9);
    crop_free(&crop);
    settings.fit = 0.2;
    struct err err = ERR_INIT;
    assert_false(crop_settings_check(&settings, &err));
    assert_error(err, ERR_USAGE, "fit is 0.2 times the region, expected 0 (off) or 0.5 to 10");
    roi_free(&region);
    volume_free(&image);
}

static void the_way_the_file_stores_its_axes_does_not_matter(void **state)
{
    (void)state;
    static const int ORDER[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}}, SIGN[][3] = {{1, 1, 1}, {-1, 1, -1}, {1, -1, -1}, {-1, -1, 1}};
    static const enum crop_view VIEW[] = {CROP_3D, CROP_2D_LARGEST, CROP_2D_ALL, CROP_25D};
    for (int v = 0; v < 4; v++) {
        struct crop first = {.voxels = NULL};
        for (int k = 0; k < 4; k++) {
            const double mm[3] = {0.8, 0.9, 1.5};
            const size_t n_of[3] = {44, 40, 31}; /* along the patient's axes */
            size_t n[3];
            double spacing[3];
            for (int j = 0; j < 3; j++) {
                n[j] = n_of[ORDER[k][j]];
                spacing[j] = mm[ORDER[k][j]];
            }
            struct grid grid = grid_of(n, spacing, ORDER[k], SIGN[k], 0.1);
            struct volume image = image_of(&grid, VOXEL_I16, bumpy);
            struct roi region = ellipsoid(&grid, CENTER, HALF);
            struct crop_settings settings = settings_of(12, 11, 5, 1.7, 1.6, 1.9);
            settings.view = VIEW[v];
            settings.slice_max = 4;
            struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
            for (int a = 0; a < 3; a++)
                assert_true(crop.grid.direction[a][a] > 0.9);
            if (k == 0)
                first = crop;
            else {
                assert_true(crop.input_n == first.input_n && grid_voxel_n(&crop.grid) == grid_voxel_n(&first.grid));
                for (size_t i = 0; i < grid_voxel_n(&crop.grid) * crop.lane_n; i++)
                    assert_true(abs(crop.voxels[i] - first.voxels[i]) <= (i % 4 == 0)); /* sums in another order may round to the next HU */
                crop_free(&crop);
            }
            roi_free(&region);
            volume_free(&image);
        }
        crop_free(&first);
    }
}

static void a_ramp_stays_a_ramp_for_phases_on_grids_of_their_own(void **state)
{
    (void)state;
    struct grid one = grid_of((const size_t[3]){60, 56, 30}, (const double[3]){0.7, 0.8, 2.5}, (const int[3]){0, 1, 2}, (const int[3]){1, -1, 1}, 0.12);
    struct grid two = grid_of((const size_t[3]){30, 70, 60}, (const double[3]){2, 0.9, 1.1}, (const int[3]){2, 0, 1}, (const int[3]){1, 1, 1}, -0.05);
    struct volume a = image_of(&one, VOXEL_F32, ramp), b = image_of(&two, VOXEL_F32, ramp);
    struct roi m = ellipsoid(&one, CENTER, HALF), n = ellipsoid(&two, CENTER, HALF);
    static const double SPACING[][3] = {{1, 1, 1}, {1.9, 1.4, 2.6}};
    for (int k = 0; k < 2; k++) {
        struct crop_settings settings = settings_of(13, 12, 11, SPACING[k][0], SPACING[k][1], SPACING[k][2]);
        settings.phase_n = settings.mask_n = 2;
        struct crop crop = made(&settings, &a, &b, &m, &n, NULL);
        FOR_EACH_VOXEL(crop) {
            double position[3];
            position_of(&crop, x, y, z, position);
            assert_true(fabs(lane_at(&crop, x, y, z, 0) - ramp(position)) <= 0.51);
            assert_true(fabs(lane_at(&crop, x, y, z, 1) - ramp(position)) <= 0.51);
            double sum = 0;
            for (int i = 0; i < 3; i++)
                sum += (position[i] - CENTER[i]) * (position[i] - CENTER[i]) / HALF[i] / HALF[i];
            for (size_t lane = 2; lane < 4; lane++)
                if (sum < 0.6 || sum > 1.6)
                    assert_int_equal(lane_at(&crop, x, y, z, lane) < 0, sum < 1);
        }
        crop_free(&crop);
    }
    roi_free(&m);
    roi_free(&n);
    volume_free(&a);
    volume_free(&b);
}

/* Squared mm from a voxel to the nearest one of the given kind of the crop. */
static double plain_distance(const struct crop *crop, size_t lane, bool inside, size_t ax, size_t ay, size_t az, bool flat)
{
    double least = INFINITY;
    FOR_EACH_VOXEL(*crop) {
        if ((lane_at(crop, x, y, z, lane) < 0) != inside || (flat && z != az))
            continue;
        double dx = ((double)x - (double)ax) * crop->grid.spacing[0], dy = ((double)y - (double)ay) * crop->grid.spacing[1],
               dz = ((double)z - (double)az) * crop->grid.spacing[2];
        least = fmin(least, dx * dx + dy * dy + dz * dz);
    }
    return least;
}

static void distances_and_blanks_equal_those_of_the_plain_search(void **state)
{
    (void)state;
    struct grid grid = plain_grid(36, 34, 22, 1, 1.1, 2);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    struct roi region = ellipsoid(&grid, CENTER, (const double[3]){3, 2.5, 5});
    static const enum crop_view VIEW[] = {CROP_3D, CROP_2D_LARGEST, CROP_2D_ALL, CROP_25D};
    for (int v = 0; v < 4; v++)
        for (int k = 0; k < 3; k++) {
            struct crop_settings settings = settings_of(26, 22, 9, 1.2, 1.1, 2.3), open;
            settings.view = VIEW[v];
            settings.blank_mm = k == 0 ? 0 : k == 1 ? 3.3 : 14;
            open = settings;
            open.blank_mm = NAN;
            struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL), whole = made(&open, &image, NULL, &region, NULL, NULL);
            bool flat = v == 1 || v == 2;
            double unit = flat ? 1.1 : fmin(1.1, crop.grid.spacing[2]);
            FOR_EACH_VOXEL(crop) {
                bool inside = lane_at(&crop, x, y, z, 1) < 0;
                double mm = sqrt(plain_distance(&crop, 1, !inside, x, y, z, flat)), units = fmin(mm / unit * CROP_DISTANCE_UNIT, 256);
                assert_double_near(abs(lane_at(&crop, x, y, z, 1)), units, 0.501);
                bool far = !inside && mm > settings.blank_mm + 1e-9;
                assert_int_equal(lane_at(&crop, x, y, z, 0), far ? -150 : lane_at(&whole, x, y, z, 0));
            }
            crop_free(&crop);
            crop_free(&whole);
        }
    roi_free(&region);
    volume_free(&image);
}

static void blanking_knows_the_region_beyond_the_crop(void **state)
{
    (void)state;
    /* A block that ends two voxels before the crop begins, and a row from it through the crop. */
    struct grid grid = plain_grid(61, 21, 21, 1, 1, 1);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    uint8_t *inside = calloc(grid_voxel_n(&grid), 1);
    assert_non_null(inside);
    for (size_t i = 0; i < grid_voxel_n(&grid); i++) {
        size_t x = i % 61, y = i / 61 % 21, z = i / 61 / 21;
        inside[i] = (y == 10 && z == 10) || x < 18;
    }
    struct roi region;
    assert_true(roi_from_box(&grid, (const size_t[3]){0, 0, 0}, grid.n, inside, &region, NULL));
    struct crop_settings settings = settings_of(21, 15, 13, 1, 1, 1), open;
    settings.blank_mm = 4;
    open = settings;
    open.blank_mm = -1;
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL), whole = made(&open, &image, NULL, &region, NULL, NULL);
    size_t near_n = 0;
    FOR_EACH_VOXEL(crop) {
        double position[3], index[3], least = INFINITY;
        position_of(&crop, x, y, z, position);
        grid_index(&grid, position, index);
        for (size_t i = 0; i < grid_voxel_n(&grid); i++)
            if (inside[i]) {
                double dx = (double)(i % 61) - index[0], dy = (double)(i / 61 % 21) - index[1], dz = (double)(i / 61 / 21) - index[2];
                least = fmin(least, dx * dx + dy * dy + dz * dz);
            }
        bool far = least > 16 + 1e-9;
        assert_int_equal(lane_at(&crop, x, y, z, 0), far ? -150 : lane_at(&whole, x, y, z, 0));
        near_n += !far && x < 3 && abs((int)y - 7) > 5;
    }
    assert_true(near_n > 0); /* there are voxels that only the part out there keeps */
    crop_free(&crop);
    crop_free(&whole);
    roi_free(&region);
    volume_free(&image);
    free(inside);
}

static void each_phase_is_blanked_by_its_own_mask(void **state)
{
    (void)state;
    struct grid grid = plain_grid(41, 41, 41, 1, 1, 1);
    struct volume image = image_of(&grid, VOXEL_I16, bumpy);
    struct roi one = ellipsoid(&grid, CENTER, (const double[3]){4, 4, 4}), two = ellipsoid(&grid, (const double[3]){7, -2, 1}, (const double[3]){4, 4, 4});
    struct crop_settings settings = settings_of(21, 21, 21, 1, 1, 1);
    settings.phase_n = settings.mask_n = 2;
    settings.blank_mm = 0;
    settings.low[1] = -160;
    struct crop crop = made(&settings, &image, &image, &one, &two, NULL);
    FOR_EACH_VOXEL(crop)
        for (size_t p = 0; p < 2; p++)
            if (lane_at(&crop, x, y, z, 2 + p) > 0)
                assert_int_equal(lane_at(&crop, x, y, z, p), p == 0 ? -150 : -160);
    assert_true(lane_at(&crop, 10, 10, 10, 2) < 0 && lane_at(&crop, 13, 10, 10, 3) < 0);
    crop_free(&crop);
    roi_free(&one);
    roi_free(&two);
    volume_free(&image);
}

static void a_box_larger_than_the_image_is_noted_and_low_there(void **state)
{
    (void)state;
    struct grid grid = plain_grid(11, 11, 11, 1, 1, 1);
    struct volume image = image_of(&grid, VOXEL_I16, ramp);
    struct roi region = ellipsoid(&grid, (const double[3]){0, 0, 0}, (const double[3]){3, 3, 3});
    struct crop_settings settings = settings_of(31, 11, 11, 1, 1, 1);
    struct notes notes = NOTES_INIT;
    struct crop crop = made(&settings, &image, NULL, &region, NULL, &notes);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.note[0].topic, "box beyond image");
    assert_string_equal(notes.note[0].line, "phase 1: the box reaches up to 9.5 mm beyond the image; there it is -150 HU");
    FOR_EACH_VOXEL(crop)
        if (x < 10 || x > 20)
            assert_int_equal(lane_at(&crop, x, y, z, 0), -150);
        else
            assert_int_equal(lane_at(&crop, x, y, z, 0), 3 * ((int)x - 15) - 2 * ((int)y - 5) + 5 * ((int)z - 5) + 40);
    crop_free(&crop);
    notes_free(&notes);
    roi_free(&region);
    volume_free(&image);
}

static void a_region_larger_than_the_box_or_smaller_than_a_voxel_is_noted(void **state)
{
    (void)state;
    struct grid grid = plain_grid(41, 41, 41, 1, 1, 1);
    struct volume image = image_of(&grid, VOXEL_I16, ramp);
    struct roi large = ellipsoid(&grid, CENTER, HALF), tiny = ellipsoid(&grid, CENTER, (const double[3]){0.5, 0.5, 0.5});
    struct crop_settings settings = settings_of(9, 9, 9, 1, 1, 1);
    struct notes notes = NOTES_INIT;
    struct crop crop = made(&settings, &image, NULL, &large, NULL, &notes);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.note[0].line, "the region's box of 19 x 15 x 17 mm is larger than the network's of 9 x 9 x 9 mm");
    crop_free(&crop);
    notes_free(&notes);
    settings = settings_of(9, 9, 9, 3, 3, 3);
    crop = made(&settings, &image, NULL, &tiny, NULL, &notes);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.note[0].line, "mask 1: the region fills no sample voxel by half; the fullest one stands for it");
    FOR_EACH_VOXEL(crop)
        assert_int_equal(lane_at(&crop, x, y, z, 1) < 0, x == 4 && y == 4 && z == 4);
    crop_free(&crop);
    notes_free(&notes);
    roi_free(&large);
    roi_free(&tiny);
    volume_free(&image);
}

/* Slices of 10, 30 and 20 voxels side by side, with an empty slice between the second and third. */
static struct roi steps(const struct grid *grid)
{
    struct roi region;
    uint8_t inside[10 * 6 * 5] = {0};
    memset(inside, 1, 10);
    memset(inside + 60 + 20, 1, 30);
    memset(inside + 180, 1, 20);
    assert_true(roi_from_box(grid, (const size_t[3]){4, 5, 3}, (const size_t[3]){10, 6, 5}, inside, &region, NULL));
    return region;
}

static void a_2d_crop_is_the_image_slice_with_most_of_the_region(void **state)
{
    (void)state;
    struct grid grid = plain_grid(20, 20, 10, 1, 1, 5);
    struct volume image = image_of(&grid, VOXEL_I16, ramp);
    struct roi region = steps(&grid);
    struct crop_settings settings = settings_of(7, 9, 99, 1, 1, 99);
    settings.view = CROP_2D_LARGEST;
    settings.margin[0] = settings.margin[1] = settings.margin[2] = 3;
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
    assert_true(crop.grid.n[0] == 13 && crop.grid.n[1] == 15 && crop.grid.n[2] == 1 && crop.grid.spacing[2] == 5 && crop.size[2] == 1 && crop.margin[2] == 0);
    double position[3], index[3];
    position_of(&crop, 6, 7, 0, position);
    grid_index(&grid, position, index);
    assert_double_near(index[0], 8.5, 1e-9);
    assert_double_near(index[1], 8, 1e-9); /* rows 7..9: the middle of that slice's part */
    assert_double_near(index[2], 4, 1e-9);
    crop_free(&crop);
    roi_free(&region);
    volume_free(&image);
}

static void of_equal_slices_the_one_nearest_to_the_feet_is_taken(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct grid grid = grid_of((const size_t[3]){9, 9, 9}, (const double[3]){1, 1, 2}, (const int[3]){0, 1, 2}, (const int[3]){1, 1, sign}, 0);
        struct volume image = image_of(&grid, VOXEL_I16, ramp);
        uint8_t block[27];
        struct roi region;
        memset(block, 1, sizeof block);
        assert_true(roi_from_box(&grid, (const size_t[3]){3, 3, 3}, (const size_t[3]){3, 3, 3}, block, &region, NULL));
        struct crop_settings settings = settings_of(5, 5, 1, 1, 1, 1);
        settings.view = CROP_2D_LARGEST;
        struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
        assert_double_near(crop.grid.origin[2], -2, 1e-9); /* slices at -2, 0 and 2 mm */
        crop_free(&crop);
        roi_free(&region);
        volume_free(&image);
    }
}

static void all_slices_with_the_region_are_inputs_thinned_to_the_limit(void **state)
{
    (void)state;
    struct grid grid = plain_grid(20, 20, 10, 1, 1, 5);
    struct volume image = image_of(&grid, VOXEL_I16, ramp);
    struct roi region = steps(&grid);
    struct crop_settings settings = settings_of(15, 15, 1, 1, 1, 1);
    settings.view = CROP_2D_ALL;
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
    assert_true(crop.grid.n[2] == 4 && crop.input_n == 3); /* slices 3 to 6, of which 5 is empty */
    assert_true(crop.plane[0] == 0 && crop.plane[1] == 1 && crop.plane[2] == 3);
    double position[3], index[3];
    position_of(&crop, 0, 0, 0, position);
    grid_index(&grid, position, index);
    assert_double_near(index[2], 3, 1e-9);
    assert_true(crop_bytes(&crop) <= crop_settings_bytes(&settings));
    crop_free(&crop);
    settings.slice_max = 2;
    crop = made(&settings, &image, NULL, &region, NULL, NULL);
    assert_true(crop.grid.n[2] == 2 && crop.grid.spacing[2] == 10 && crop.input_n == 1 && crop.plane[0] == 0); /* slices 3 and 5 */
    crop_free(&crop);
    settings.slice_max = 1;
    crop = made(&settings, &image, NULL, &region, NULL, NULL);
    position_of(&crop, 0, 0, 0, position);
    grid_index(&grid, position, index);
    assert_double_near(index[2], 4, 1e-9); /* the middle, down to a whole slice */
    crop_free(&crop);
    roi_free(&region);
    volume_free(&image);
}

static void a_25d_crop_holds_the_neighbours_of_the_largest_slice(void **state)
{
    (void)state;
    struct grid grid = plain_grid(20, 20, 10, 1, 1, 5);
    struct volume image = image_of(&grid, VOXEL_I16, ramp);
    struct roi region = steps(&grid);
    struct crop_settings settings = settings_of(7, 9, 3, 1, 1, 2.5);
    settings.view = CROP_25D;
    settings.margin[2] = 4;
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
    assert_true(crop.grid.n[2] == 3 && crop.margin[2] == 0 && crop.grid.spacing[2] == 2.5);
    double position[3], index[3];
    position_of(&crop, 3, 4, 1, position);
    grid_index(&grid, position, index);
    assert_double_near(index[2], 4, 1e-9);
    FOR_EACH_VOXEL(crop) {
        position_of(&crop, x, y, z, position);
        assert_true(fabs(lane_at(&crop, x, y, z, 0) - ramp(position)) <= 1); /* rounded twice: in the image and here */
    }
    crop_free(&crop);
    roi_free(&region);
    volume_free(&image);
}

static void values_are_cut_to_int16_and_holes_are_low(void **state)
{
    (void)state;
    struct grid grid = plain_grid(9, 9, 9, 1, 1, 1);
    struct volume image = image_of(&grid, VOXEL_F32, ramp);
    struct roi region = ellipsoid(&grid, (const double[3]){0, 0, 0}, (const double[3]){2, 2, 2});
    float *voxel = image.voxels;
    voxel[4 + 9 * (4 + 9 * 4)] = 1e9f;
    voxel[3 + 9 * (4 + 9 * 4)] = NAN;
    voxel[2 + 9 * (4 + 9 * 4)] = -3.5f;
    struct crop_settings settings = settings_of(9, 9, 9, 1, 1, 1);
    struct crop crop = made(&settings, &image, NULL, &region, NULL, NULL);
    assert_int_equal(lane_at(&crop, 4, 4, 4, 0), 32000);
    assert_int_equal(lane_at(&crop, 3, 4, 4, 0), -150);
    assert_int_equal(lane_at(&crop, 2, 4, 4, 0), -3); /* halves go up */
    crop_free(&crop);
    roi_free(&region);
    volume_free(&image);
}

static void what_makes_no_crop_is_the_cases_reason(void **state)
{
    (void)state;
    struct grid grid = plain_grid(21, 21, 21, 1, 1, 1), far = grid;
    far.origin[2] += 300;
    struct volume image = image_of(&grid, VOXEL_I16, ramp), away = image_of(&far, VOXEL_I16, ramp), two = {.voxels = NULL};
    assert_true(volume_init(&two, &grid, VOXEL_I16, 2, NULL));
    struct roi region = ellipsoid(&grid, (const double[3]){0, 0, 0}, (const double[3]){3, 3, 3}), none = region, elsewhere = ellipsoid(&far, (const double[3]){0, 0, 300}, (const double[3]){3, 3, 3});
    none.count = 0;
    uint8_t ends[21] = {1, [20] = 1};
    struct roi apart;
    assert_true(roi_from_box(&grid, (const size_t[3]){0, 10, 10}, (const size_t[3]){21, 1, 1}, ends, &apart, NULL));
    struct crop_settings one = settings_of(9, 9, 9, 1, 1, 1), both = one;
    both.phase_n = both.mask_n = 2;
    const struct {
        const struct crop_settings *settings;
        const struct volume *a, *b;
        const struct roi *m, *n;
        enum err_kind kind;
        const char *text;
    } CASES[] = {
        {&one, &image, NULL, &none, NULL, ERR_INPUT, "mask 1: the region is empty"},
        {&both, &image, &image, &region, &none, ERR_INPUT, "mask 2: the region is empty"},
        {&both, &image, &two, &region, &region, ERR_INPUT, "phase 2: the image has 2 channels, expected 1"},
        {&both, &image, &away, &region, &region, ERR_INPUT, "phase 2: the image does not reach the box around the region"},
        {&both, &image, &image, &region, &elsewhere, ERR_INPUT, "mask 2: the box around the first region's middle holds no voxel of it"},
        {&one, &image, NULL, &apart, NULL, ERR_INPUT, "mask 1: the box around the first region's middle holds no voxel of it"},
        {&one, &image, NULL, &elsewhere, NULL, ERR_INPUT, "mask 1: mask: no voxel of the region is left on the image's grid"},
    };
    for (size_t k = 0; k < sizeof CASES / sizeof CASES[0]; k++) {
        struct err err = ERR_INIT;
        struct crop crop;
        assert_false(crop_make(CASES[k].settings, (const struct volume *const[]){CASES[k].a, CASES[k].b},
                               (const struct roi *const[]){CASES[k].m, CASES[k].n}, &crop, NULL, &err));
        assert_error(err, CASES[k].kind, CASES[k].text);
        assert_null(crop.voxels);
    }
    struct err err = ERR_INIT;
    struct crop crop;
    one.mask_n = 0;
    assert_false(crop_make(&one, (const struct volume *const[]){&image}, NULL, &crop, NULL, &err));
    assert_error(err, ERR_BUG, "a crop of images needs a mask");
    roi_free(&region);
    roi_free(&elsewhere);
    roi_free(&apart);
    volume_free(&image);
    volume_free(&away);
    volume_free(&two);
}

static void settings_out_of_range_are_refused_by_name(void **state)
{
    (void)state;
    struct crop_settings bad[10];
    static const char *const TEXT[10] = {
        "0 phases, expected 1 to 4",
        "2 masks for 3 phases, expected one for all or one for each",
        "size y is 0 voxels, expected 1 to 512",
        "spacing z is nan mm, expected 0.01 to 100",
        "margin x is 513 voxels, expected 0 to 512",
        "the window of phase 1 is 10 to 10 HU, expected low < high within +-32000",
        "the window of phase 2 is -40000 to 10 HU, expected low < high within +-32000",
        "at most 129 slices, expected 1 to 128",
        "3623878656 voxels with the margin, expected at most 268435455",
        "size x is 513 voxels, expected 1 to 512",
    };
    for (int k = 0; k < 10; k++)
        bad[k] = CROP_DEFAULT;
    bad[0].phase_n = 0;
    bad[1].phase_n = 3;
    bad[1].mask_n = 2;
    bad[2].size[1] = 0;
    bad[3].spacing[2] = NAN;
    bad[4].margin[0] = 513;
    bad[5].low[0] = bad[5].high[0] = 10;
    bad[6].phase_n = 2;
    bad[6].low[1] = -40000;
    bad[6].high[1] = 10;
    bad[7].view = CROP_2D_ALL;
    bad[7].slice_max = 129;
    for (int a = 0; a < 3; a++) {
        bad[8].size[a] = 512;
        bad[8].margin[a] = 512;
    }
    bad[9].size[0] = 513;
    for (int k = 0; k < 10; k++) {
        struct err err = ERR_INIT;
        struct crop crop;
        assert_false(crop_settings_check(&bad[k], &err));
        assert_error(err, ERR_USAGE, TEXT[k]);
        assert_false(crop_make(&bad[k], NULL, NULL, &crop, NULL, NULL));
        assert_false(crop_of_values(&bad[k], NULL, NULL, &crop, NULL));
    }
    assert_true(crop_settings_check(&CROP_DEFAULT, NULL));
}

static void arrays_become_crops_as_they_are(void **state)
{
    (void)state;
    int16_t hu[5 * 4 * 3];
    uint8_t inside[5 * 4 * 3] = {[5 + 20] = 9, [6 + 20] = 1};
    for (int i = 0; i < 60; i++)
        hu[i] = (int16_t)(i * 100 - 2000);
    struct crop_settings settings = settings_of(3, 4, 3, 2, 1, 1);
    settings.margin[0] = 1;
    settings.blank_mm = 2;
    struct crop crop;
    struct err err = ERR_INIT;
    assert_done(crop_of_values(&settings, (const int16_t *const[]){hu}, (const uint8_t *const[]){inside}, &crop, &err), err);
    FOR_EACH_VOXEL(crop) {
        size_t i = x + 5 * (y + 4 * z);
        double mm = sqrt(plain_distance(&crop, 1, true, x, y, z, false));
        assert_int_equal(lane_at(&crop, x, y, z, 0), mm > 2 ? -150 : hu[i]);
        assert_int_equal(lane_at(&crop, x, y, z, 1) < 0, inside[i] != 0);
    }
    crop_free(&crop);
    settings.mask_n = 0;
    settings.blank_mm = -1;
    assert_done(crop_of_values(&settings, (const int16_t *const[]){hu}, NULL, &crop, &err), err);
    assert_true(crop.lane_n == 4 && lane_at(&crop, 1, 2, 1, 0) == hu[1 + 5 * (2 + 4)] && lane_at(&crop, 1, 2, 1, 1) == 0);
    crop_free(&crop);
    memset(inside, 0, sizeof inside);
    settings.mask_n = 1;
    assert_false(crop_of_values(&settings, (const int16_t *const[]){hu}, (const uint8_t *const[]){inside}, &crop, &err));
    assert_error(err, ERR_INPUT, "mask 1: the region is empty");
    err_clear(&err);
    settings.view = CROP_2D_ALL;
    assert_false(crop_of_values(&settings, (const int16_t *const[]){hu}, (const uint8_t *const[]){inside}, &crop, &err));
    assert_error(err, ERR_BUG, "arrays of a case's slices are cases of their own");
}

static void views_have_names(void **state)
{
    (void)state;
    enum crop_view view;
    for (int v = CROP_3D; v <= CROP_25D; v++)
        assert_true(crop_view_from_name(crop_view_name((enum crop_view)v), &view) && (int)view == v);
    assert_true(crop_view_from_name("2d-all", &view) && view == CROP_2D_ALL);
    assert_false(crop_view_from_name("4d", &view));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_images_own_grid_the_values_are_the_images),
        cmocka_unit_test(the_way_the_file_stores_its_axes_does_not_matter),
        cmocka_unit_test(a_ramp_stays_a_ramp_for_phases_on_grids_of_their_own),
        cmocka_unit_test(a_fitted_box_is_a_multiple_of_the_regions_longest_side),
        cmocka_unit_test(distances_and_blanks_equal_those_of_the_plain_search),
        cmocka_unit_test(blanking_knows_the_region_beyond_the_crop),
        cmocka_unit_test(each_phase_is_blanked_by_its_own_mask),
        cmocka_unit_test(a_box_larger_than_the_image_is_noted_and_low_there),
        cmocka_unit_test(a_region_larger_than_the_box_or_smaller_than_a_voxel_is_noted),
        cmocka_unit_test(a_2d_crop_is_the_image_slice_with_most_of_the_region),
        cmocka_unit_test(of_equal_slices_the_one_nearest_to_the_feet_is_taken),
        cmocka_unit_test(all_slices_with_the_region_are_inputs_thinned_to_the_limit),
        cmocka_unit_test(a_25d_crop_holds_the_neighbours_of_the_largest_slice),
        cmocka_unit_test(values_are_cut_to_int16_and_holes_are_low),
        cmocka_unit_test(what_makes_no_crop_is_the_cases_reason),
        cmocka_unit_test(settings_out_of_range_are_refused_by_name),
        cmocka_unit_test(arrays_become_crops_as_they_are),
        cmocka_unit_test(views_have_names),
    };
    return tap_run(tests);
}
