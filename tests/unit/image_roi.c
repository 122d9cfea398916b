#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/rng.h"
#include "image/roi.h"
#include "tap.h"

static struct volume mask_of(const char *rows, size_t nx, size_t ny)
{
    struct volume mask;
    struct grid grid = {{nx, ny, 1}, {1, 1, 1}, {0, 0, 0}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    assert_true(volume_init(&mask, &grid, VOXEL_U8, 1, NULL));
    for (size_t v = 0; v < nx * ny; v++)
        ((uint8_t *)mask.voxels)[v] = (uint8_t)(rows[v] - '0');
    return mask;
}

static void a_label_gives_its_box_count_and_center(void **state)
{
    (void)state;
    struct volume mask = mask_of("00000"
                                 "02100"
                                 "00110", 5, 3);
    struct roi roi;
    double center[3];
    assert_true(roi_of_label(&mask, 0, 1, &roi, NULL));
    assert_int_equal(roi.count, 3);
    assert_true(roi.first[0] == 2 && roi.first[1] == 1 && roi.n[0] == 2 && roi.n[1] == 2 && roi.n[2] == 1);
    roi_center(&roi, center);
    assert_true(center[0] == 7.0 / 3 && center[1] == 5.0 / 3 && center[2] == 0);
    roi_free(&roi);
    volume_free(&mask);
}

static void corners_join_parts_and_gaps_part_them(void **state)
{
    (void)state;
    struct volume mask = mask_of("10001"
                                 "01000"
                                 "10011", 5, 3);
    struct roi roi;
    assert_true(roi_of_label(&mask, 0, 1, &roi, NULL));
    assert_int_equal(roi_components(&roi, NULL), 3);
    roi_free(&roi);
    volume_free(&mask);
}

/* Parts by flooding: the plain twin. */
static size_t flood(const uint8_t *inside, const size_t n[3])
{
    static int stack[4096];
    static uint8_t seen[4096];
    size_t parts = 0, total = n[0] * n[1] * n[2];
    memset(seen, 0, sizeof seen);
    for (size_t start = 0; start < total; start++) {
        int top = 0;
        if (!inside[start] || seen[start])
            continue;
        parts++;
        seen[start] = 1;
        stack[top++] = (int)start;
        while (top > 0) {
            int at = stack[--top], x = at % (int)n[0], y = at / (int)n[0] % (int)n[1], z = at / (int)(n[0] * n[1]);
            for (int k = 0; k < 27; k++) {
                int i = x + k % 3 - 1, j = y + k / 3 % 3 - 1, l = z + k / 9 - 1;
                if (i < 0 || j < 0 || l < 0 || i >= (int)n[0] || j >= (int)n[1] || l >= (int)n[2])
                    continue;
                int next = i + (int)n[0] * (j + (int)n[1] * l);
                if (inside[next] && !seen[next]) {
                    seen[next] = 1;
                    stack[top++] = next;
                }
            }
        }
    }
    return parts;
}

static void parts_are_those_that_flooding_finds(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, "masks", 0, 0);
    for (int round = 0; round < 300; round++) {
        size_t n[3], count = 0;
        static uint8_t inside[4096];
        for (int d = 0; d < 3; d++)
            n[d] = 1 + rng_below(&rng, 14);
        double share = 0.02 + 0.3 * rng_uniform(&rng);
        for (size_t v = 0; v < n[0] * n[1] * n[2]; v++)
            count += inside[v] = rng_uniform(&rng) < share;
        struct roi roi = {.n = {n[0], n[1], n[2]}, .count = count, .inside = inside};
        assert_int_equal(roi_components(&roi, NULL), flood(inside, n));
    }
}

static void a_missing_label_is_refused_with_those_there_are(void **state)
{
    (void)state;
    struct volume mask = mask_of("0213", 4, 1), empty = mask_of("0000", 4, 1);
    struct roi roi;
    struct err err = ERR_INIT;
    assert_false(roi_of_label(&mask, 0, 9, &roi, &err));
    assert_string_equal(err.text, "mask: label 9 is not there; it has 1, 2, 3");
    err_clear(&err);
    assert_false(roi_of_label(&empty, 0, 1, &roi, &err));
    assert_string_equal(err.text, "mask: nothing is segmented (all 4 voxels are 0)");
    volume_free(&mask);
    volume_free(&empty);
}

static void a_region_on_its_own_grid_stays_as_it_is(void **state)
{
    (void)state;
    struct volume mask = mask_of("01101"
                                 "01000", 5, 2);
    struct roi roi, again;
    assert_true(roi_of_label(&mask, 0, 1, &roi, NULL) && roi_resample(&roi, &mask.grid, &again, NULL));
    assert_int_equal(again.count, roi.count);
    assert_memory_equal(again.first, roi.first, sizeof roi.first);
    assert_memory_equal(again.inside, roi.inside, roi.n[0] * roi.n[1] * roi.n[2]);
    roi_free(&roi);
    roi_free(&again);
    volume_free(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_gives_its_box_count_and_center),
        cmocka_unit_test(corners_join_parts_and_gaps_part_them),
        cmocka_unit_test(parts_are_those_that_flooding_finds),
        cmocka_unit_test(a_missing_label_is_refused_with_those_there_are),
        cmocka_unit_test(a_region_on_its_own_grid_stays_as_it_is),
    };
    return tap_run(tests);
}
