/* The picture of a region: which slice, which way round, which greys. */
#include "image/overlay.h"

#include "tap.h"

enum { SIDE = 80 };

/* Three slices; the region is a square of 30 voxels of 1 mm in the middle of slice 1 (a smaller one in slice 0). Left of its middle,
 * towards index 0, the image is `low`, right of it `high`; the slices' first row is `rim`. */
static void draw(double flip_x, int16_t low, int16_t high, int16_t rim, double centre, double width, struct overlay *overlay)
{
    struct err err = ERR_INIT;
    struct grid grid = {{SIDE, SIDE, 3}, {1, 1, 4}, {0, 0, 0}, {{flip_x, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    struct volume image, mask;
    struct roi region;
    assert_done(volume_init(&image, &grid, VOXEL_I16, 1, &err) && volume_init(&mask, &grid, VOXEL_U8, 1, &err), err);
    for (size_t z = 0; z < 3; z++)
        for (size_t y = 0; y < SIDE; y++)
            for (size_t x = 0; x < SIDE; x++) {
                size_t at = (z * SIDE + y) * SIDE + x, half = z == 1 ? 15 : z == 0 ? 5 : 0;
                ((int16_t *)image.voxels)[at] = y == 0 ? rim : x < 40 ? low : high;
                ((uint8_t *)mask.voxels)[at] = x + half >= 40 && x < 40 + half && y + half >= 40 && y < 40 + half;
            }
    assert_done(roi_of_label(&mask, 0, 1, &region, &err), err);
    assert_done(overlay_draw(&image, &region, centre, width, overlay, &err), err);
    roi_free(&region);
    volume_free(&image);
    volume_free(&mask);
}

static uint8_t pixel(const struct overlay *overlay, double x, double y)
{
    return overlay->pixel[(size_t)(y * (double)overlay->height) * overlay->width + (size_t)(x * (double)overlay->width)];
}

static void the_largest_slice_is_shown_with_the_regions_edge(void **state)
{
    (void)state;
    struct overlay overlay;
    size_t edge = 0;
    draw(1, 20, 60, -1000, 40, 400, &overlay);
    assert_int_equal(overlay.slice, 1);
    assert_true(overlay.width == OVERLAY_SIDE && overlay.height == OVERLAY_SIDE);
    for (size_t i = 0; i < overlay.width * overlay.height; i++)
        edge += overlay.pixel[i] == OVERLAY_OUTLINE;
    /* 80 mm over 224 pixels: 30 mm are 84 pixels a side. */
    assert_true(edge > 4 * 80 && edge < 4 * 88);
    assert_int_equal(pixel(&overlay, 70.5 / 224, 0.5), OVERLAY_OUTLINE); /* where index 25 begins */
    assert_int_not_equal(pixel(&overlay, 69.5 / 224, 0.5), OVERLAY_OUTLINE);
    overlay_free(&overlay);
}

static void the_window_maps_its_centre_to_the_middle_grey(void **state)
{
    (void)state;
    struct overlay overlay;
    draw(1, 40, 140, -1000, 40, 400, &overlay);
    assert_int_equal(pixel(&overlay, 0.4, 0.5), 127);                   /* the centre */
    assert_int_equal(pixel(&overlay, 0.6, 0.5), (int)(254 * 0.75));     /* a quarter of the width above it */
    assert_int_equal(pixel(&overlay, 0.6, 0.0), 0);                     /* far below */
    overlay_free(&overlay);
}

static void axes_that_run_the_other_way_are_turned_round(void **state)
{
    (void)state;
    struct overlay plain, turned;
    draw(1, 0, 100, -1000, 50, 100, &plain);
    draw(-1, 0, 100, -1000, 50, 100, &turned);
    assert_true(pixel(&plain, 0.4, 0.5) == 0 && pixel(&plain, 0.6, 0.5) == 254);
    assert_true(pixel(&turned, 0.4, 0.5) == 254 && pixel(&turned, 0.6, 0.5) == 0);
    overlay_free(&plain);
    overlay_free(&turned);
}

static void the_window_is_chosen_by_what_the_slice_holds(void **state)
{
    (void)state;
    struct overlay overlay;
    draw(1, 40, 140, -1000, 0, 0, &overlay); /* air: CT, 40/400 */
    assert_int_equal(pixel(&overlay, 0.4, 0.5), 127);
    assert_int_equal(pixel(&overlay, 0.6, 0.5), (int)(254 * 0.75));
    overlay_free(&overlay);
    draw(1, -850, -650, -1000, 0, 0, &overlay); /* lung: -300/1400 */
    assert_int_equal(pixel(&overlay, 0.4, 0.5), (int)(254 * (0.5 - 550.0 / 1400)));
    overlay_free(&overlay);
    draw(1, 300, 500, 300, 0, 0, &overlay); /* no air: the slice's own range */
    assert_true(pixel(&overlay, 0.4, 0.5) == 0 && pixel(&overlay, 0.6, 0.5) == 254);
    overlay_free(&overlay);
}

static void the_palette_is_grey_with_a_red_outline(void **state)
{
    (void)state;
    uint8_t palette[256][3];
    overlay_palette(palette);
    assert_memory_equal(palette[0], "\0\0\0", 3);
    assert_memory_equal(palette[254], "\376\376\376", 3);
    assert_true(palette[OVERLAY_OUTLINE][0] > 200 && palette[OVERLAY_OUTLINE][1] < 100);
}

/* A map that rises from 0 to 2 along x over the same image. */
static void a_map_is_laid_over_the_greys(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct grid grid = {{SIDE, SIDE, 3}, {1, 1, 4}, {0, 0, 0}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    struct volume image, mask, map;
    struct roi region;
    struct overlay plain, overlay;
    uint8_t palette[256][3];
    assert_done(volume_init(&image, &grid, VOXEL_I16, 1, &err) && volume_init(&mask, &grid, VOXEL_U8, 1, &err) && volume_init(&map, &grid, VOXEL_F32, 1, &err), err);
    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++) {
        size_t x = i % SIDE, y = i / SIDE % SIDE, z = i / SIDE / SIDE;
        ((int16_t *)image.voxels)[i] = y == 0 ? -1000 : 40;
        ((uint8_t *)mask.voxels)[i] = z == 1 && x >= 30 && x < 50 && y >= 30 && y < 50;
        ((float *)map.voxels)[i] = z != 1 ? 9 : (float)x / 40;
    }
    assert_done(roi_of_label(&mask, 0, 1, &region, &err), err);
    assert_done(overlay_draw_map(&image, &region, &map, 1, &overlay, &err) && overlay_draw(&image, &region, 0, 0, &plain, &err), err);
    overlay_map_palette(palette);
    assert_true(overlay.slice == 1 && overlay.width == plain.width && overlay.height == plain.height);
    size_t outline = 0;
    for (size_t i = 0; i < overlay.width * overlay.height; i++) {
        assert_int_equal(overlay.pixel[i] == OVERLAY_OUTLINE, plain.pixel[i] == OVERLAY_OUTLINE);
        outline += overlay.pixel[i] == OVERLAY_OUTLINE;
    }
    assert_true(outline > 0);
    assert_int_equal(pixel(&overlay, 0.0, 0.9), 47);                 /* no heat: the middle of 95 greys */
    assert_int_equal(pixel(&overlay, 0.999, 0.9), 95 + 9 * 16 + 8);  /* above `high`: the last heat on the middle of 16 greys */
    assert_memory_equal(palette[94], "\377\377\377", 3);
    assert_true(palette[OVERLAY_OUTLINE][2] > 200 && palette[OVERLAY_OUTLINE][0] < 100);
    for (size_t level = 1; level < OVERLAY_HEATS; level++) { /* lightness rises with heat */
        uint8_t low[3], high[3];
        overlay_heat_colour((double)level / OVERLAY_HEATS, low);
        overlay_heat_colour((double)(level + 1) / OVERLAY_HEATS, high);
        assert_true(0.3 * high[0] + 0.6 * high[1] + 0.1 * high[2] > 0.3 * low[0] + 0.6 * low[1] + 0.1 * low[2]);
    }
    overlay_free(&overlay);
    overlay_free(&plain);
    roi_free(&region);
    volume_free(&image);
    volume_free(&mask);
    volume_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_slice_is_shown_with_the_regions_edge),
        cmocka_unit_test(the_window_maps_its_centre_to_the_middle_grey),
        cmocka_unit_test(axes_that_run_the_other_way_are_turned_round),
        cmocka_unit_test(the_window_is_chosen_by_what_the_slice_holds),
        cmocka_unit_test(the_palette_is_grey_with_a_red_outline),
        cmocka_unit_test(a_map_is_laid_over_the_greys),
    };
    return tap_run(tests);
}
