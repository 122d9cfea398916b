/* Pictures of the tumours of a study: their files' names, what is in them, the same bytes for any number of threads. */
#include "study/slices.h"

#include <libdeflate.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "image/overlay.h"
#include "io/nifti.h"
#include "tap.h"

static void names_are_safe_and_distinct(void **state)
{
    (void)state;
    static const struct {
        const char *id, *name;
    } cases[] = {
        {"patient_007", "patient_007.png"},
        {"A-1.b", "A-1.b.png"},
        {"../../etc/passwd", "~2E.~2F..~2Fetc~2Fpasswd.png"},
        {".", "~2E.png"},
        {"M\xc3\xbcller, K", "M~C3~BCller~2C~20K.png"},
        {"a~2Fb", "a~7E2Fb.png"},
        {"a/b", "a~2Fb.png"},
        {"", ".png"},
    };
    char name[SLICES_NAME_ROOM], other[SLICES_NAME_ROOM], id[400];
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        slices_name(cases[k].id, ".png", name);
        assert_string_equal(name, cases[k].name);
    }
    /* Long ones end in a hash, and still differ. */
    memset(id, '/', sizeof id);
    id[399] = '\0';
    slices_name(id, ".png", name);
    id[398] = 'x';
    slices_name(id, ".png", other);
    assert_true(strlen(name) < 255 && strlen(other) < 255);
    assert_string_not_equal(name, other);
    assert_null(strchr(name, '/'));
}

/* ---- a cohort of two cases with two phases ---- */

enum { SIDE = 60, DEPTH = 5 };
static const size_t widest = 3; /* the slice with the most of the tumour */

static struct grid a_grid(void)
{
    return (struct grid){{SIDE, SIDE, DEPTH}, {2, 2, 3}, {0, 0, 0}, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
}

/* A square of side 2 * half + 1 around the middle; 20 voxels in the widest slice, 10 in its neighbours. */
static void write_mask(const char *path, uint8_t label)
{
    struct err err = ERR_INIT;
    struct volume mask;
    struct grid grid = a_grid();
    assert_done(volume_init(&mask, &grid, VOXEL_U8, 1, &err), err);
    for (size_t z = 2; z < DEPTH; z++)
        for (size_t y = 0; y < SIDE; y++)
            for (size_t x = 0; x < SIDE; x++) {
                size_t half = z == widest ? 10 : 5;
                if (x + half >= 30 && x <= 30 + half && y + half >= 30 && y <= 30 + half)
                    ((uint8_t *)mask.voxels)[(z * SIDE + y) * SIDE + x] = label;
            }
    assert_done(nifti_write(path, &mask, &err), err);
    volume_free(&mask);
}

/* HU as a CT has them: -900 in the first slice, in the others what `hu` says. */
static void write_image(const char *path, int16_t hu)
{
    struct err err = ERR_INIT;
    struct volume image;
    struct grid grid = a_grid();
    assert_done(volume_init(&image, &grid, VOXEL_I16, 1, &err), err);
    for (size_t i = 0; i < (size_t)SIDE * SIDE * DEPTH; i++)
        ((int16_t *)image.voxels)[i] = i / (SIDE * SIDE) == 0 || i % SIDE == 0 ? -900 : hu;
    assert_done(nifti_write(path, &image, &err), err);
    volume_free(&image);
}

static void put(struct cohort *cohort, const char *column, size_t row, const char *name)
{
    struct err err = ERR_INIT;
    struct column *to = table_find(&cohort->table, column);
    if (to == NULL)
        to = table_add(&cohort->table, column, COLUMN_TEXT, &err);
    assert_done(table_set_text(&cohort->table, to, row, name, &err), err);
}

/* Cases: one whole, one without the label in its mask, one that the study does not use. */
static void make_cohort(struct cohort *cohort)
{
    struct err err = ERR_INIT;
    static char *id[] = {"whole/1", "unlabelled", "unused"};
    *cohort = (struct cohort){.n = 3};
    cohort->folder = mem_string(tap_folder(), &err);
    assert_done(table_init(&cohort->table, 3, NULL, id, &err), err);
    cohort->role_of = mem_zero(3, sizeof *cohort->role_of, &err);
    cohort->why_not = mem_zero(3, sizeof *cohort->why_not, &err);
    for (size_t row = 0; row < 3; row++) {
        cohort->role_of[row] = mem_string("train", &err);
        put(cohort, "Image_a", row, "a.nii");
        put(cohort, "Image_p", row, "p.nii");
        put(cohort, "Mask", row, row == 1 ? "other.nii" : "mask.nii");
    }
    cohort->why_not[2] = mem_string("no label", &err);
    assert_done(cohort_add_phase(cohort, "a", "Image_a", "Mask", &err) && cohort_add_phase(cohort, "p", "Image_p", "Mask", &err), err);
    write_image(tap_path("a.nii"), 40);   /* the middle of the window 40/400 */
    write_image(tap_path("p.nii"), 1000); /* beyond it: white */
    write_mask(tap_path("mask.nii"), 1);
    write_mask(tap_path("other.nii"), 2);
}

static void draw(const struct cohort *cohort, const char *folder)
{
    struct err err = ERR_INIT;
    struct params params;
    assert_done(params_default(&params, &err), err);
    params.settings.mask_policy = MASK_STRICT;
    assert_done(folder_make(folder, &err), err);
    assert_done(slices_write(cohort, &params, folder, &err), err);
    params_free(&params);
}

static char *picture_path(const char *folder, const char *name)
{
    struct err err = ERR_INIT;
    char *slices = path_join(folder, "slices", &err), *path = path_join(slices, name, &err);
    mem_free(slices);
    return path;
}

static void the_widest_slice_of_each_phase_is_drawn_with_its_outline(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    enum { WIDTH = 2 * OVERLAY_SIDE + 4, ROW = WIDTH + 1 };
    static unsigned char rows[ROW * OVERLAY_SIDE];
    unsigned char *bytes;
    size_t n, got = 0, outline[2] = {0, 0};
    make_cohort(&cohort);
    const char *folder = tap_path("run");
    draw(&cohort, folder);
    char *path = picture_path(folder, "whole~2F1.png"), *unlabelled = picture_path(folder, "unlabelled.png"), *unused = picture_path(folder, "unused.png");
    assert_done(file_read(path, 1 << 20, &bytes, &n, &err), err);
    assert_false(file_exists(unlabelled));
    assert_false(file_exists(unused));
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    const unsigned char *data = memmem(bytes, n, "IDAT", 4);
    assert_non_null(data);
    size_t data_n = (size_t)data[-4] << 24 | (size_t)data[-3] << 16 | (size_t)data[-2] << 8 | data[-1];
    struct libdeflate_decompressor *undo = libdeflate_alloc_decompressor();
    assert_int_equal(libdeflate_zlib_decompress(undo, data + 4, data_n, rows, sizeof rows, &got), LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(undo);
    assert_int_equal(got, sizeof rows);
    for (size_t y = 0; y < OVERLAY_SIDE; y++)
        for (size_t x = 0; x < WIDTH; x++)
            outline[x >= WIDTH / 2] += rows[y * ROW + 1 + x] == OVERLAY_OUTLINE;
    /* 102 mm over 224 pixels: the square of 21 voxels of 2 mm has sides of 42 mm, 92 pixels; its neighbours' of 48. */
    assert_true(outline[0] > 4 * 85 && outline[0] < 4 * 99);
    assert_int_equal(outline[0], outline[1]);
    const unsigned char *middle = rows + (OVERLAY_SIDE / 2) * ROW + 1;
    assert_int_equal(middle[OVERLAY_SIDE / 2], 127);
    assert_int_equal(middle[OVERLAY_SIDE + 4 + OVERLAY_SIDE / 2], 254);
    mem_free(bytes);
    mem_free(path);
    mem_free(unlabelled);
    mem_free(unused);
    cohort_free(&cohort);
}

static void threads_change_no_byte(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct cohort cohort;
    unsigned char *one = NULL, *four = NULL;
    size_t one_n = 0, four_n = 0;
    make_cohort(&cohort);
    draw(&cohort, tap_path("one"));
    assert_done(pool_start(4, &err), err);
    draw(&cohort, tap_path("four"));
    pool_stop();
    char *first = picture_path(tap_path("one"), "whole~2F1.png"), *second = picture_path(tap_path("four"), "whole~2F1.png");
    assert_done(file_read(first, 1 << 20, &one, &one_n, &err) && file_read(second, 1 << 20, &four, &four_n, &err), err);
    assert_int_equal(one_n, four_n);
    assert_memory_equal(one, four, one_n);
    mem_free(one);
    mem_free(four);
    mem_free(first);
    mem_free(second);
    cohort_free(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_safe_and_distinct),
        cmocka_unit_test(the_widest_slice_of_each_phase_is_drawn_with_its_outline),
        cmocka_unit_test(threads_change_no_byte),
    };
    return tap_run(tests);
}
