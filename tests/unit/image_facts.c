#include "tap.h"

#include <math.h>

#include "image/facts.h"

static void sums_are_over_finite_values_and_keep_small_ones(void **state)
{
    (void)state;
    struct grid grid = {.n = {5, 1, 1}, .spacing = {1, 1, 1}};
    struct volume volume;
    struct value_facts facts;
    struct err err = ERR_INIT;
    assert_done(volume_init(&volume, &grid, VOXEL_F64, 1, &err), err);
    memcpy(volume.voxels, (const double[]){1e17, 1, NAN, -1e17, INFINITY}, 5 * sizeof(double));
    assert_done(volume_value_facts(&volume, &facts, &err), err);
    assert_int_equal(facts.nonfinite_n, 2);
    assert_double_near(facts.sum, 1, 0);
    assert_double_near(facts.least, -1e17, 0);
    assert_double_near(facts.most, 1e17, 0);
    volume_free(&volume);
}

/* printf '\0\0\0\0\0\0\xf0\x3f' | sha256sum; and NaN of any sign and payload is the one of 0x7ff8000000000000. */
static void the_hash_is_of_little_endian_doubles(void **state)
{
    (void)state;
    struct grid grid = {.n = {1, 1, 1}, .spacing = {1, 1, 1}};
    struct volume volume, nan;
    struct value_facts a, b;
    struct err err = ERR_INIT;
    assert_done(volume_init(&volume, &grid, VOXEL_U8, 1, &err), err);
    *(uint8_t *)volume.voxels = 1;
    assert_done(volume_value_facts(&volume, &a, &err), err);
    assert_string_equal(a.sha256, "6c3c396ed6b5c36dcae172271f462051b1266b851e92df3deea8ac65478fd712");
    assert_done(volume_init(&nan, &grid, VOXEL_F64, 1, &err), err);
    *(double *)nan.voxels = -NAN;
    assert_done(volume_value_facts(&nan, &b, &err), err);
    assert_string_equal(b.sha256, "74999fd28ab18ccca2bee199f260d19764603a3c78353d773d16d215eebe8e19");
    assert_true(isnan(b.least) && isnan(b.most));
    volume_free(&volume);
    volume_free(&nan);
}

static void a_region_counts_its_own_voxels(void **state)
{
    (void)state;
    struct grid grid = {.n = {3, 3, 1}, .spacing = {1, 1, 1}};
    struct volume volume;
    struct value_facts facts;
    struct err err = ERR_INIT;
    assert_done(volume_init(&volume, &grid, VOXEL_I16, 1, &err), err);
    for (int i = 0; i < 9; i++)
        ((int16_t *)volume.voxels)[i] = (int16_t)(10 * i);
    uint8_t inside[4] = {1, 0, 0, 1};
    struct roi region = {.grid = grid, .first = {1, 1, 0}, .n = {2, 2, 1}, .count = 2, .inside = inside};
    region_value_facts(&volume, &region, &facts);
    assert_int_equal(facts.n, 2);
    assert_double_near(facts.sum, 40 + 80, 0);
    assert_double_near(facts.least, 40, 0);
    assert_double_near(facts.most, 80, 0);
    volume_free(&volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_over_finite_values_and_keep_small_ones),
        cmocka_unit_test(the_hash_is_of_little_endian_doubles),
        cmocka_unit_test(a_region_counts_its_own_voxels),
    };
    return tap_run(tests);
}
