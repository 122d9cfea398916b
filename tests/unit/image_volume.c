#include "tap.h"

#include <math.h>

#include "image/volume.h"

/* Axes turned about all three directions, one of them flipped. */
static struct grid oblique(void)
{
    struct grid grid = {.n = {7, 5, 3}, .origin = {-120.5, 33.25, 900}};
    double a = 0.4, b = -0.9;
    const double step[3][3] = {
        {0.7 * cos(a), -0.8 * sin(a) * cos(b), -2.5 * sin(a) * sin(b)},
        {0.7 * sin(a), 0.8 * cos(a) * cos(b), 2.5 * cos(a) * sin(b)},
        {0, 0.8 * sin(b), -2.5 * cos(b)},
    };
    struct err err = ERR_INIT;
    assert_done(grid_set_steps(&grid, step, &err), err);
    return grid;
}

static void steps_are_split_into_spacing_and_direction(void **state)
{
    (void)state;
    struct grid grid = oblique();
    assert_double_near(grid.spacing[0], 0.7, 1e-15);
    assert_double_near(grid.spacing[1], 0.8, 1e-15);
    assert_double_near(grid.spacing[2], 2.5, 1e-15);
    assert_double_near(grid.direction[1][0], sin(0.4), 1e-15);
}

static void an_index_goes_to_a_position_and_back(void **state)
{
    (void)state;
    struct grid grid = oblique();
    const double index[3] = {3.25, -1.5, 40};
    double position[3], back[3];
    grid_position(&grid, index, position);
    grid_index(&grid, position, back);
    for (int i = 0; i < 3; i++)
        assert_double_near(back[i], index[i], 1e-12);
}

static void steps_that_make_no_grid_are_refused(void **state)
{
    (void)state;
    struct grid grid;
    struct err err = ERR_INIT;
    assert_false(grid_set_steps(&grid, (const double[3][3]){{1, 0, 0}, {0, 0, 0}, {0, 0, 1}}, &err));
    assert_error(err, ERR_INPUT, "spacing is zero along image axis y");
    assert_false(grid_set_steps(&grid, (const double[3][3]){{1, 0, 0}, {0, 1, 0}, {0, 0, NAN}}, &err));
    assert_error(err, ERR_INPUT, "geometry is not finite along image axis z");
    assert_false(grid_set_steps(&grid, (const double[3][3]){{1, 1, 0}, {0, 1, 0}, {0, 0, 1}}, &err));
    assert_error(err, ERR_INPUT, "sheared grid: the angle between image axes x and y is 45.00 degrees, expected 90");
}

static void a_lean_below_the_bound_is_a_grid(void **state)
{
    (void)state;
    struct grid grid;
    struct err err = ERR_INIT;
    assert_done(grid_set_steps(&grid, (const double[3][3]){{1, 5e-4, 0}, {0, 1, 0}, {0, 0, 1}}, &err), err);
    assert_false(grid_set_steps(&grid, (const double[3][3]){{1, 2e-3, 0}, {0, 1, 0}, {0, 0, 1}}, &err));
}

static void every_type_is_read_as_its_own_numbers(void **state)
{
    (void)state;
    static const struct {
        enum voxel_type type;
        const char *name;
        double least;
    } TYPES[] = {{VOXEL_U8, "uint8", 255}, {VOXEL_I8, "int8", -1}, {VOXEL_U16, "uint16", 65535}, {VOXEL_I16, "int16", -1}, {VOXEL_U32, "uint32", 4294967295.0}, {VOXEL_I32, "int32", -1}, {VOXEL_I64, "int64", -1}};
    struct grid grid = {.n = {2, 1, 1}, .spacing = {1, 1, 1}};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        struct volume volume;
        struct err err = ERR_INIT;
        assert_done(volume_init(&volume, &grid, TYPES[i].type, 1, &err), err);
        memset((char *)volume.voxels + voxel_type_size(TYPES[i].type), 0xff, voxel_type_size(TYPES[i].type));
        assert_double_near(volume_at(&volume, 0), 0, 0);
        assert_double_near(volume_at(&volume, 1), TYPES[i].least, 0);
        double row[2];
        float row_f32[2];
        volume_row(&volume, 0, 2, row);
        volume_row_f32(&volume, 0, 2, row_f32);
        assert_true(row[0] == 0 && row[1] == TYPES[i].least && row_f32[0] == 0 && row_f32[1] == (float)TYPES[i].least);
        assert_string_equal(voxel_type_name(TYPES[i].type), TYPES[i].name);
        volume_free(&volume);
    }
}

static void a_box_is_cut_x_fastest_from_channel_0(void **state)
{
    (void)state;
    struct grid grid = {.n = {4, 3, 2}, .spacing = {1, 1, 1}};
    struct volume volume;
    struct err err = ERR_INIT;
    assert_done(volume_init(&volume, &grid, VOXEL_I16, 2, &err), err);
    for (int i = 0; i < 48; i++)
        ((int16_t *)volume.voxels)[i] = (int16_t)(i % 2 == 0 ? i / 2 : -1000);
    float row[3];
    volume_row_f32(&volume, 5, 3, row);
    assert_true(row[0] == 5 && row[1] == 6 && row[2] == 7);
    double box[8];
    volume_box(&volume, (const size_t[3]){1, 1, 0}, (const size_t[3]){2, 2, 2}, box);
    static const double EXPECTED[8] = {5, 6, 9, 10, 17, 18, 21, 22};
    for (int i = 0; i < 8; i++)
        assert_double_near(box[i], EXPECTED[i], 0);
    volume_free(&volume);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct grid grid = {.n = {(size_t)1 << 32, (size_t)1 << 32, 1}, .spacing = {1, 1, 1}};
    struct volume volume;
    struct err err = ERR_INIT;
    size_t bytes;
    assert_false(volume_init(&volume, &grid, VOXEL_U8, 1, &err));
    assert_error(err, ERR_SYSTEM, "out of memory: 4294967296 x 4294967296 x 1 voxels overflow");
    assert_false(volume_byte_n((const size_t[3]){(size_t)1 << 31, (size_t)1 << 30, 1}, VOXEL_F64, 1, &bytes));
    volume_free(&volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_split_into_spacing_and_direction),
        cmocka_unit_test(an_index_goes_to_a_position_and_back),
        cmocka_unit_test(steps_that_make_no_grid_are_refused),
        cmocka_unit_test(a_lean_below_the_bound_is_a_grid),
        cmocka_unit_test(every_type_is_read_as_its_own_numbers),
        cmocka_unit_test(a_box_is_cut_x_fastest_from_channel_0),
        cmocka_unit_test(sizes_that_overflow_are_refused),
    };
    return tap_run(tests);
}
