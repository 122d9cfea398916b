/* Maps over a network's input, brought back to the image: constants, ramps, planes. */
#include "case_image.h"

#include "nn/crop.h"
#include "nn/sample.h"

static struct crop crop_of(const struct grid *grid, enum crop_view view, size_t size, double spacing)
{
    struct volume image = image_of(grid, VOXEL_F32, ramp);
    struct roi region = ellipsoid(grid, (const double[3]){2, -1, 1}, (const double[3]){5, 5, 5});
    struct crop_settings settings = CROP_DEFAULT;
    settings.view = view;
    for (int a = 0; a < 3; a++) {
        settings.size[a] = size;
        settings.spacing[a] = spacing;
        settings.margin[a] = 2;
    }
    struct crop crop;
    struct err err = ERR_INIT;
    assert_done(crop_make(&settings, (const struct volume *const[]){&image}, (const struct roi *const[]){&region}, &crop, NULL, &err), err);
    roi_free(&region);
    volume_free(&image);
    return crop;
}

static void a_ramp_comes_back_as_a_ramp_and_ends_with_the_box(void **state)
{
    (void)state;
    struct grid grid = grid_of((const size_t[3]){30, 34, 28}, (const double[3]){0.9, 0.8, 1.3}, (const int[3]){1, 0, 2}, (const int[3]){-1, 1, 1}, 0.2);
    struct crop crop = crop_of(&grid, CROP_3D, 8, 1.7);
    struct grid box = crop_box_grid(&crop);
    float map[8 * 8 * 8];
    struct volume out;
    struct err err = ERR_INIT;
    for (size_t i = 0; i < 512; i++) {
        double position[3];
        grid_position(&box, (const double[3]){(double)(i % 8), (double)(i / 8 % 8), (double)(i / 64)}, position);
        map[i] = (float)ramp(position);
    }
    assert_done(crop_map_to_image(&crop, map, &grid, &out, &err), err);
    size_t deep_n = 0, zero_n = 0;
    for (size_t i = 0; i < grid_voxel_n(&grid); i++) {
        double position[3], at[3];
        grid_position(&grid, (const double[3]){(double)(i % 30), (double)(i / 30 % 34), (double)(i / 30 / 34)}, position);
        grid_index(&box, position, at);
        bool deep = true, out_of_it = false;
        for (int a = 0; a < 3; a++) {
            deep &= at[a] >= 0 && at[a] <= 7;
            out_of_it |= at[a] < -0.5 - 1e-9 || at[a] > 7.5 + 1e-9;
        }
        float value = ((float *)out.voxels)[i];
        if (deep)
            assert_double_near(value, ramp(position), 1e-3);
        if (out_of_it)
            assert_true(value == 0);
        deep_n += deep;
        zero_n += out_of_it;
    }
    assert_true(deep_n > 500 && zero_n > 500);
    volume_free(&out);
    crop_free(&crop);
}

static void on_the_crops_own_grid_the_map_comes_back_exactly(void **state)
{
    (void)state;
    struct grid grid = plain_grid(30, 30, 30, 1, 1, 1);
    struct crop crop = crop_of(&grid, CROP_3D, 6, 1);
    float map[6 * 6 * 6];
    struct volume out;
    for (int i = 0; i < 216; i++)
        map[i] = (float)(i % 7) - 2.5f;
    struct grid box = crop_box_grid(&crop);
    assert_true(crop_map_to_image(&crop, map, &box, &out, NULL));
    assert_memory_equal(out.voxels, map, sizeof map);
    volume_free(&out);
    struct grid away = grid;
    away.origin[0] = 500;
    assert_true(crop_map_to_image(&crop, map, &away, &out, NULL));
    for (size_t i = 0; i < grid_voxel_n(&away); i++)
        assert_true(((float *)out.voxels)[i] == 0);
    volume_free(&out);
    crop_free(&crop);
}

static void maps_of_slices_lie_on_their_slices(void **state)
{
    (void)state;
    struct grid grid = plain_grid(20, 20, 12, 1, 1, 2), fine = plain_grid(20, 20, 48, 1, 1, 0.5);
    static const enum crop_view VIEW[] = {CROP_2D_LARGEST, CROP_2D_ALL, CROP_25D};
    for (int v = 0; v < 3; v++) {
        struct crop crop = crop_of(&grid, VIEW[v], v == 2 ? 3 : 8, v == 2 ? 3 : 1);
        struct sample_shape shape = sample_shape(&crop, &SAMPLE_DEFAULT);
        assert_true(shape.z == 1);
        size_t slice = shape.y * shape.x;
        float *map = malloc(crop.input_n * slice * sizeof *map);
        assert_non_null(map);
        for (size_t i = 0; i < crop.input_n * slice; i++)
            map[i] = (float)(1 + i / slice);
        struct volume out;
        assert_true(crop_map_to_image(&crop, map, &fine, &out, NULL));
        for (size_t z = 0; z < 48; z++) {
            double position[3], at[3];
            grid_position(&fine, (const double[3]){11, 9, (double)z}, position);
            grid_index(&crop.grid, position, at);
            double nearest = floor(at[2] + 0.5), expected = 0;
            for (size_t i = 0; i < crop.input_n; i++)
                if (v == 2 ? at[2] >= -0.5 && at[2] <= 2.5 : nearest == (double)crop.plane[i])
                    expected = (double)(1 + i);
            assert_true(fabs(at[0] - (double)crop.grid.n[0] / 2) < 2);
            assert_double_near(((float *)out.voxels)[11 + 20 * (9 + 20 * z)], expected, 0);
        }
        free(map);
        volume_free(&out);
        crop_free(&crop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_comes_back_as_a_ramp_and_ends_with_the_box),
        cmocka_unit_test(on_the_crops_own_grid_the_map_comes_back_exactly),
        cmocka_unit_test(maps_of_slices_lie_on_their_slices),
    };
    return tap_run(tests);
}
