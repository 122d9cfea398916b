/* Grey levels as numpy's arange, histogram and digitize give them, worked out by hand. */
#include "radiomics/discretise.h"

#include <math.h>

#include "tap.h"

struct binned {
    bool done;
    struct region region;
    int32_t level[16];
    struct err err;
};

static struct binned bin(const double *x, size_t n, double width, int64_t count, bool single)
{
    static const uint8_t mask[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct settings settings = {.bin_width = width, .bin_count = count};
    struct binned out = {.err = ERR_INIT, .region = {.voxel_n = n, .inside_n = n, .mask = mask, .intensity = x}};
    struct arena arena = ARENA_INIT;
    out.done = discretise(&settings, single, &out.region, out.level, &arena, &out.err);
    arena_free(&arena);
    return out;
}

static void assert_levels(const struct binned *b, const int32_t *expected, size_t n)
{
    assert_true(b->done);
    for (size_t v = 0; v < n; v++)
        assert_int_equal(b->level[v], expected[v]);
}

static void edges_of_a_width_are_its_whole_multiples(void **state)
{
    (void)state;
    struct binned b = bin((const double[]){-26, -25, -1, 0, 24, 25, 100}, 7, 25, 0, false);
    assert_levels(&b, (const int32_t[]){1, 2, 2, 3, 3, 4, 7}, 7);
    assert_int_equal(b.region.level_max, 7);
    assert_int_equal(b.region.level_n, 5);
}

static void a_count_divides_the_range_and_keeps_the_maximum_inside(void **state)
{
    (void)state;
    struct binned b = bin((const double[]){0, 1.9, 2, 5.9, 6, 8}, 6, 25, 4, false);
    assert_levels(&b, (const int32_t[]){1, 1, 2, 3, 4, 4}, 6);
    assert_int_equal(b.region.level_max, 4);
}

static void a_flat_region_lies_in_the_middle_of_a_count(void **state)
{
    (void)state;
    struct binned b = bin((const double[]){7, 7}, 2, 25, 4, false);
    assert_levels(&b, (const int32_t[]){3, 3}, 2);
    b = bin((const double[]){7, 7}, 2, 25, 0, false);
    assert_levels(&b, (const int32_t[]){1, 1}, 2);
}

/* 0.1 has no exact double: numpy.arange(0, ...)[3] is 0.30000000000000004, so that 0.3 lies below it. */
static void the_rounding_of_edges_decides(void **state)
{
    (void)state;
    struct binned b = bin((const double[]){0, 0.3, 0.30000000000000004, 0.7}, 4, 0.1, 0, false);
    assert_levels(&b, (const int32_t[]){1, 3, 4, 7}, 4);
}

static void voxels_outside_have_level_zero(void **state)
{
    (void)state;
    const double x[] = {NAN, 10, 60};
    const uint8_t mask[] = {0, 1, 1};
    struct settings settings = {.bin_width = 25};
    struct region region = {.voxel_n = 3, .inside_n = 2, .mask = mask, .intensity = x};
    struct arena arena = ARENA_INIT;
    int32_t level[3];
    assert_true(discretise(&settings, false, &region, level, &arena, NULL));
    arena_free(&arena);
    assert_true(level[0] == 0 && level[1] == 1 && level[2] == 3 && region.level_n == 2);
}

static void what_has_no_levels_is_refused(void **state)
{
    (void)state;
    struct binned b = bin((const double[]){1, INFINITY}, 2, 25, 0, false);
    assert_false(b.done);
    assert_string_equal(b.err.text, "image: an intensity in the region is not finite");
    b = bin((const double[]){0, 1e9}, 2, 1, 0, false);
    assert_false(b.done);
    assert_string_equal(b.err.text, "binWidth: 1e+09 grey levels between 0 and 1e+09, expected at most 16777216");
    b = bin((const double[]){0, 1}, 2, 25, 1 << 25, false);
    assert_false(b.done);
    assert_string_equal(b.err.text, "binCount: 3.35544e+07 grey levels between 0 and 1, expected at most 16777216");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_a_width_are_its_whole_multiples),
        cmocka_unit_test(a_count_divides_the_range_and_keeps_the_maximum_inside),
        cmocka_unit_test(a_flat_region_lies_in_the_middle_of_a_count),
        cmocka_unit_test(the_rounding_of_edges_decides),
        cmocka_unit_test(voxels_outside_have_level_zero),
        cmocka_unit_test(what_has_no_levels_is_refused),
    };
    return tap_run(tests);
}
