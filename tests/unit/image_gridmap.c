#include "tap.h"

#include <math.h>

#include "image/gridmap.h"

static struct grid plain(size_t x, size_t y, size_t z)
{
    return (struct grid){.n = {x, y, z}, .spacing = {1, 1, 2}, .origin = {10, 20, 30}, .direction = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
}

static void the_gap_is_that_of_the_furthest_corner(void **state)
{
    (void)state;
    struct grid a = plain(11, 5, 4), b = a;
    b.spacing[0] = 1.001;
    b.origin[2] += 0.004;
    struct grid_gap gap = grid_corner_gap(&b, &a);
    assert_double_near(gap.voxels, 0.01, 1e-12);
    assert_double_near(gap.mm, 0.01, 1e-12);
}

static void a_gap_far_from_the_scanner_keeps_its_digits(void **state)
{
    (void)state;
    struct grid a = plain(11, 5, 4), b;
    a.origin[0] = 1e7;
    b = a;
    assert_double_near(grid_corner_gap(&b, &a).voxels, 0, 0);
}

static void a_flipped_permuted_shifted_grid_is_placed(void **state)
{
    (void)state;
    struct grid to = plain(12, 11, 8);
    struct grid from = {.n = {4, 5, 3}, .spacing = {1, 1, 2}, .origin = {13, 28, 34}, .direction = {{0, 1, 0}, {-1, 0, 0}, {0, 0, 1}}};
    struct grid_placement placement;
    assert_true(grid_find_placement(&from, &to, 0.1, &placement));
    assert_int_equal(placement.axis[0], 1);
    assert_int_equal(placement.sign[0], -1);
    assert_int_equal(placement.axis[1], 0);
    assert_int_equal(placement.sign[1], 1);
    assert_double_near(placement.shift[0], 3, 0);
    assert_double_near(placement.shift[1], 8, 0);
    assert_double_near(placement.shift[2], 2, 0);
    assert_false(grid_placement_is_identity(&placement));
}

static void other_spacing_angle_or_half_a_voxel_is_no_placement(void **state)
{
    (void)state;
    struct grid to = plain(12, 11, 8), from = to;
    struct grid_placement placement;
    from.origin[0] += 0.4;
    assert_false(grid_find_placement(&from, &to, 0.1, &placement));
    from = to;
    from.spacing[1] = 2;
    assert_false(grid_find_placement(&from, &to, 0.1, &placement));
    from = to;
    from.direction[0][0] = from.direction[1][1] = cos(0.1);
    from.direction[1][0] = sin(0.1);
    from.direction[0][1] = -sin(0.1);
    assert_false(grid_find_placement(&from, &to, 0.1, &placement));
    from = to;
    from.origin[0] += 0.05;
    assert_true(grid_find_placement(&from, &to, 0.1, &placement));
    assert_true(grid_placement_is_identity(&placement));
}

static void a_difference_is_told_by_field_in_mm_and_voxels(void **state)
{
    (void)state;
    struct grid a = plain(12, 11, 8), b = plain(12, 11, 7);
    struct text text = TEXT_INIT;
    b.origin[2] += 3;
    b.spacing[0] = 1.5;
    grid_describe_difference(&b, &a, 1e-3, &text);
    assert_string_equal(text.bytes, "size is 12 x 11 x 7 against 12 x 11 x 8, spacing x is 1.5 mm against 1 mm, origin z is off by 3 mm (1.5 voxels)");
    text_free(&text);
}

static void the_nearest_voxel_rounds_halves_up_and_ends_at_the_edge(void **state)
{
    (void)state;
    struct grid grid = plain(4, 4, 4);
    size_t voxel[3];
    assert_true(grid_nearest(&grid, (const double[3]){-0.5, 0.5, 3.49}, voxel));
    assert_int_equal(voxel[0], 0);
    assert_int_equal(voxel[1], 1);
    assert_int_equal(voxel[2], 3);
    assert_false(grid_nearest(&grid, (const double[3]){0, 0, 3.5}, voxel));
    assert_false(grid_nearest(&grid, (const double[3]){0, -0.51, 0}, voxel));
    assert_false(grid_nearest(&grid, (const double[3]){NAN, 0, 0}, voxel));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gap_is_that_of_the_furthest_corner),
        cmocka_unit_test(a_gap_far_from_the_scanner_keeps_its_digits),
        cmocka_unit_test(a_flipped_permuted_shifted_grid_is_placed),
        cmocka_unit_test(other_spacing_angle_or_half_a_voxel_is_no_placement),
        cmocka_unit_test(a_difference_is_told_by_field_in_mm_and_voxels),
        cmocka_unit_test(the_nearest_voxel_rounds_halves_up_and_ends_at_the_edge),
    };
    return tap_run(tests);
}
