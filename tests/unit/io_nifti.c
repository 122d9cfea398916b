#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/image.h"
#include "io/nifti.h"

/* A NIfTI-1 file of 3 x 2 x 2 int16 voxels 0..11, sform with spacing 0.5, 1, 2 and origin (RAS) -10, 20, 30. */
enum { VOXELS = 352, FILE_N = VOXELS + 24 };

static void put16(unsigned char *file, size_t at, int value)
{
    memcpy(file + at, &(int16_t){(int16_t)value}, 2);
}

static void put_float(unsigned char *file, size_t at, double value)
{
    memcpy(file + at, &(float){(float)value}, 4);
}

static void make(unsigned char file[FILE_N])
{
    memset(file, 0, FILE_N);
    memcpy(file, &(int32_t){348}, 4);
    static const int DIM[5] = {3, 3, 2, 2, 1};
    for (size_t i = 0; i < 5; i++)
        put16(file, 40 + 2 * i, DIM[i]);
    put16(file, 70, 4);
    put16(file, 72, 16);
    static const double PIXDIM[4] = {1, 0.5, 1, 2}, SROW[12] = {0.5, 0, 0, -10, 0, 1, 0, 20, 0, 0, 2, 30};
    for (size_t i = 0; i < 4; i++)
        put_float(file, 76 + 4 * i, PIXDIM[i]);
    put_float(file, 108, VOXELS);
    file[123] = 2;
    put16(file, 254, 1);
    for (size_t i = 0; i < 12; i++)
        put_float(file, 280 + 4 * i, SROW[i]);
    memcpy(file + 344, "n+1", 4);
    for (int i = 0; i < 12; i++)
        put16(file, VOXELS + 2 * (size_t)i, i);
}

static bool read_bytes(const unsigned char *file, size_t n, const char *name, struct volume *volume, struct notes *notes, struct err *err)
{
    struct err written = ERR_INIT;
    assert_done(file_write(tap_path(name), file, n, &written), written);
    *err = (struct err)ERR_INIT;
    return image_read(tap_path(name), volume, notes, err);
}

static void refuse(const unsigned char *file, size_t n, const char *text)
{
    struct volume volume;
    struct err err;
    assert_false(read_bytes(file, n, "refused.nii", &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, text);
    assert_error_has(err, ERR_INPUT, "refused.nii: ");
    assert_null(volume.voxels);
}

static void accept(const unsigned char *file, size_t n, struct volume *volume, struct notes *notes)
{
    struct err err;
    assert_done(read_bytes(file, n, "accepted.nii", volume, notes, &err), err);
}

static void a_plain_file_keeps_its_integers_and_lies_in_lps(void **state)
{
    (void)state;
    unsigned char file[FILE_N];
    struct volume volume;
    struct notes notes = NOTES_INIT;
    make(file);
    accept(file, FILE_N, &volume, &notes);
    assert_int_equal(volume.type, VOXEL_I16);
    for (size_t i = 0; i < 12; i++)
        assert_double_near(volume_at(&volume, i), (double)i, 0);
    static const double SPACING[3] = {0.5, 1, 2}, ORIGIN[3] = {10, -20, 30}, DIAGONAL[3] = {-1, -1, 1};
    for (int i = 0; i < 3; i++) {
        assert_double_near(volume.grid.spacing[i], SPACING[i], 0);
        assert_double_near(volume.grid.origin[i], ORIGIN[i], 0);
        assert_double_near(volume.grid.direction[i][i], DIAGONAL[i], 0);
    }
    assert_int_equal(notes.n, 0);
    volume_free(&volume);
    notes_free(&notes);
}

static void scaling_gives_doubles_and_slope_0_does_nothing(void **state)
{
    (void)state;
    unsigned char file[FILE_N];
    struct volume volume;
    struct notes notes = NOTES_INIT;
    make(file);
    put_float(file, 112, 0.1);
    put_float(file, 116, -1024);
    accept(file, FILE_N, &volume, &notes);
    assert_int_equal(volume.type, VOXEL_F64);
    double product = 7 * (double)0.1f;
    assert_double_near(volume_at(&volume, 7), product + -1024, 0);
    volume_free(&volume);
    put_float(file, 112, 0);
    accept(file, FILE_N, &volume, &notes);
    assert_int_equal(volume.type, VOXEL_I16);
    volume_free(&volume);
    assert_int_equal(notes.n, 0);
    put_float(file, 112, NAN);
    accept(file, FILE_N, &volume, &notes);
    assert_true(notes_has(&notes, "scl_slope"));
    volume_free(&volume);
    notes_free(&notes);
    put_float(file, 112, 2);
    put_float(file, 116, INFINITY);
    refuse(file, FILE_N, "scl_inter is inf with scl_slope 2, expected a finite number");
}

/* Swaps every number of the header and the voxels. */
static void the_other_byte_order_gives_the_same_image(void **state)
{
    (void)state;
    unsigned char file[FILE_N];
    struct volume volume;
    struct notes notes = NOTES_INIT;
    make(file);
    static const struct {
        size_t at, n, size;
    } PARTS[] = {{0, 1, 4}, {40, 8, 2}, {70, 2, 2}, {76, 8, 4}, {108, 3, 4}, {252, 2, 2}, {256, 18, 4}, {VOXELS, 12, 2}};
    for (size_t p = 0; p < sizeof PARTS / sizeof PARTS[0]; p++)
        for (size_t i = 0; i < PARTS[p].n; i++) {
            unsigned char *at = file + PARTS[p].at + i * PARTS[p].size;
            for (size_t k = 0; k < PARTS[p].size / 2; k++) {
                unsigned char kept = at[k];
                at[k] = at[PARTS[p].size - 1 - k];
                at[PARTS[p].size - 1 - k] = kept;
            }
        }
    accept(file, FILE_N, &volume, &notes);
    for (size_t i = 0; i < 12; i++)
        assert_double_near(volume_at(&volume, i), (double)i, 0);
    assert_double_near(volume.grid.origin[1], -20, 0);
    assert_int_equal(notes.n, 0);
    volume_free(&volume);
}

/* A turn by 90 degrees about z: b = c = 0, d = sin(45 degrees). */
static void a_qform_is_used_without_an_sform(void **state)
{
    (void)state;
    unsigned char file[FILE_N];
    struct volume volume;
    struct notes notes = NOTES_INIT;
    make(file);
    put16(file, 254, 0);
    put16(file, 252, 1);
    put_float(file, 264, sqrt(0.5));
    put_float(file, 268, -10);
    accept(file, FILE_N, &volume, &notes);
    assert_double_near(volume.grid.direction[1][0], -1, 1e-6); /* x runs to +y of RAS */
    assert_double_near(volume.grid.direction[0][1], 1, 1e-6);
    assert_double_near(volume.grid.origin[0], 10, 0);
    assert_int_equal(notes.n, 0);
    volume_free(&volume);
    put_float(file, 76, 0);
    accept(file, FILE_N, &volume, &notes);
    assert_true(notes_has(&notes, "qfac"));
    volume_free(&volume);
    notes_free(&notes);
    put_float(file, 256, 0.9);
    refuse(file, FILE_N, "qform quaternion has b2+c2+d2 = 1.31, expected at most 1");
    put_float(file, 256, NAN);
    refuse(file, FILE_N, "qform quaternion is not finite");
    put_float(file, 256, 0);
    put_float(file, 88, 0);
    refuse(file, FILE_N, "qform and pixdim: spacing is zero along image axis z");
}

static void what_is_odd_but_readable_is_noted(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        double number; /* NaN: a byte */
        int byte;
        const char *topic;
    } ODD[] = {
        {123, NAN, 0, "units unknown"}, {254, NAN, 0, "no orientation"}, {72, NAN, 32, "bitpix"},
        {84, -1, 0, "negative pixdim"}, {88, 3, 0, "pixdim differs"},    {252, NAN, 1, "sform and qform differ"},
    };
    for (size_t i = 0; i < sizeof ODD / sizeof ODD[0]; i++) {
        unsigned char file[FILE_N];
        struct volume volume;
        struct notes notes = NOTES_INIT;
        make(file);
        if (isnan(ODD[i].number))
            file[ODD[i].at] = (unsigned char)ODD[i].byte;
        else
            put_float(file, ODD[i].at, ODD[i].number);
        accept(file, FILE_N, &volume, &notes);
        if (!notes_has(&notes, ODD[i].topic))
            fail_msg("no note on %s", ODD[i].topic);
        volume_free(&volume);
        notes_free(&notes);
    }
}

static void trailing_bytes_and_broken_extensions_are_noted(void **state)
{
    (void)state;
    unsigned char file[FILE_N + 32] = {0}, *at = file;
    struct volume volume;
    struct notes notes = NOTES_INIT;
    make(file);
    accept(file, FILE_N + 1, &volume, &notes);
    assert_true(notes_has(&notes, "trailing"));
    volume_free(&volume);
    notes_free(&notes);
    memmove(at + VOXELS + 32, at + VOXELS, 24);
    memset(at + VOXELS, 0, 32);
    put_float(file, 108, VOXELS + 32);
    file[348] = 1;
    accept(file, FILE_N + 32, &volume, &notes); /* an extension of size 0 */
    assert_true(notes_has(&notes, "extension"));
    assert_double_near(volume_at(&volume, 11), 11, 0);
    volume_free(&volume);
    notes_free(&notes);
    file[VOXELS] = 32;
    accept(file, FILE_N + 32, &volume, &notes);
    assert_int_equal(notes.n, 0);
    volume_free(&volume);
}

static void what_is_no_image_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        int value; /* int16 */
        const char *text;
    } BAD[] = {
        {40, 0, "dim[0] is 0, expected 1 to 7"},
        {40, 8, "dim[0] is 8, expected 1 to 7"},
        {42, -3, "dim[1] is -3, expected at least 1"},
        {70, 128, "datatype 128 is not supported, expected one number a voxel"},
        {0, 349, "not NIfTI: the header size field is 349, expected 348 or 540"},
        {344, 0, "NIfTI-1 magic is \"\", expected \"n+1\" or \"ni1\""},
    };
    unsigned char file[FILE_N];
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        make(file);
        put16(file, BAD[i].at, BAD[i].value);
        refuse(file, FILE_N, BAD[i].text);
    }
    make(file);
    refuse(file, 0, "empty file, expected a NIfTI header of 348 or 540 bytes");
    refuse(file, 2, "2 bytes, expected a NIfTI header of 348 or 540 bytes");
    refuse(file, 347, "header cut short: 347 of 348 bytes");
    refuse(file, FILE_N - 1, "cut short: 375 bytes, expected 376 (3 x 2 x 2 voxels of type int16 from byte 352 on)");
    put16(file, 40, 4);
    put16(file, 48, 2);
    refuse(file, FILE_N, "more than 3 dimensions: dim[4] is 2, expected 1");
    make(file);
    file[123] = 7;
    refuse(file, FILE_N, "unit of length has code 7, expected 1 (m), 2 (mm) or 3 (micron)");
    make(file);
    put_float(file, 108, 352.5);
    refuse(file, FILE_N, "vox_offset is 352.5, expected a whole number of at least 352");
    make(file);
    put_float(file, 288, 1);
    refuse(file, FILE_N, "sform: sheared grid: ");
    put_float(file, 292, INFINITY);
    put_float(file, 288, 0);
    refuse(file, FILE_N, "sform: origin is not finite");
    make(file);
    memset(file + 344, 0, 4);
    refuse(file, FILE_N, "Analyze 7.5 (no NIfTI magic): it stores no orientation");
    memcpy(file + 344, "ni1", 4);
    refuse(file, FILE_N, "the header's magic asks for voxels in an .img file, but the name does not end in .hdr");
}

static void nifti_2_is_checked_at_its_own_places(void **state)
{
    (void)state;
    unsigned char file[544 + 8] = {0};
    memcpy(file, &(int32_t){540}, 4);
    memcpy(file + 4, "n+2\0\r\n\032\n", 8);
    put16(file, 12, 2);
    put16(file, 14, 8);
    static const int64_t DIM[4] = {3, 2, 2, 2};
    memcpy(file + 16, DIM, sizeof DIM);
    memcpy(file + 104, (const double[4]){1, 1, 1, 1}, 32);
    memcpy(file + 168, &(int64_t){544}, 8);
    memcpy(file + 348, &(int32_t){1}, 4);
    static const double SROW[12] = {0.1, 0, 0, 1, 0, 0.1, 0, 2, 0, 0, 0.1, 3};
    memcpy(file + 400, SROW, sizeof SROW);
    memcpy(file + 500, &(int32_t){2}, 4);
    for (unsigned char i = 0; i < 8; i++)
        file[544 + i] = i;
    struct volume volume;
    struct notes notes = NOTES_INIT;
    accept(file, sizeof file, &volume, &notes);
    assert_double_near(volume.grid.spacing[0], 0.1, 0); /* a double, not a float */
    assert_double_near(volume_at(&volume, 7), 7, 0);
    volume_free(&volume);
    notes_free(&notes);
    memcpy(file + 168, &(int64_t){INT64_MAX - 2}, 8);
    refuse(file, sizeof file, "vox_offset 9223372036854775805 plus 8 bytes of voxels overflows");
    memcpy(file + 24, (const int64_t[2]){(int64_t)1 << 32, (int64_t)1 << 32}, 16);
    refuse(file, sizeof file, "size 4294967296 x 4294967296 x 2 overflows");
    memcpy(file + 4, "n+2\0\n\n\032\n", 8);
    refuse(file, sizeof file, "NIfTI-2 magic is \"n+2\" with changed line ends");
}

static void a_header_and_its_img_are_read_together(void **state)
{
    (void)state;
    unsigned char file[FILE_N];
    struct volume volume;
    struct err err;
    make(file);
    memcpy(file + 344, "ni1", 4);
    put_float(file, 108, 0);
    assert_false(read_bytes(file, 348, "alone.hdr", &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, "alone.hdr: the header's magic asks for voxels in an .img file beside it, which is missing");
    assert_done(file_write(tap_path("pair.img"), file + VOXELS, 24, &err), err);
    assert_done(read_bytes(file, 348, "pair.hdr", &volume, NULL, &err), err);
    assert_double_near(volume_at(&volume, 11), 11, 0);
    volume_free(&volume);
    assert_done(file_write(tap_path("short.img"), file + VOXELS, 23, &err), err);
    assert_false(read_bytes(file, 348, "short.hdr", &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, "cut short: 23 bytes, expected 24");
    assert_false(image_read(tap_path("pair.img"), &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, "pair.img: holds voxels alone; name the .hdr file beside it");
}

/* An oblique, left-handed grid: both forms must say it. */
static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const enum voxel_type TYPES[] = {VOXEL_U8, VOXEL_I16, VOXEL_F32, VOXEL_F64};
    struct grid grid = {.n = {4, 3, 2}, .origin = {12.5, -7.25, 100}};
    struct err err = ERR_INIT;
    double c = 0.8, s = 0.6;
    const double step[3][3] = {{0.5 * c, -0.75 * s, 0}, {0.5 * s, 0.75 * c, 0}, {0, 0, -3}};
    assert_done(grid_set_steps(&grid, step, &err), err);
    for (size_t t = 0; t < 4; t++)
        for (int packed = 0; packed < 2; packed++) {
            const char *name = packed ? "written.nii.gz" : "written.nii";
            struct volume volume, back;
            struct notes notes = NOTES_INIT;
            unsigned char *first, *second;
            size_t first_n, second_n;
            assert_done(volume_init(&volume, &grid, TYPES[t], 1, &err), err);
            for (size_t i = 0; i < 24; i++)
                if (TYPES[t] == VOXEL_F32)
                    ((float *)volume.voxels)[i] = (float)i / 3;
                else if (TYPES[t] == VOXEL_F64)
                    ((double *)volume.voxels)[i] = (double)i / 3;
                else
                    ((unsigned char *)volume.voxels)[i * voxel_type_size(TYPES[t])] = (unsigned char)(i * 37);
            assert_done(nifti_write(tap_path(name), &volume, &err), err);
            assert_done(file_read(tap_path(name), 100000, &first, &first_n, &err), err);
            assert_done(nifti_write(tap_path(name), &volume, &err), err);
            assert_done(file_read(tap_path(name), 100000, &second, &second_n, &err), err);
            assert_int_equal(first_n, second_n);
            assert_memory_equal(first, second, first_n);
            assert_done(image_read(tap_path(name), &back, &notes, &err), err);
            assert_int_equal(back.type, TYPES[t]);
            assert_memory_equal(back.voxels, volume.voxels, 24 * voxel_type_size(TYPES[t]));
            for (int i = 0; i < 3; i++) {
                assert_double_near(back.grid.spacing[i], grid.spacing[i], 1e-6);
                assert_double_near(back.grid.origin[i], grid.origin[i], 1e-6);
                for (int j = 0; j < 3; j++)
                    assert_double_near(back.grid.direction[i][j], grid.direction[i][j], 1e-6);
            }
            assert_int_equal(notes.n, 0); /* above all not "sform and qform differ" */
            volume_free(&volume);
            volume_free(&back);
            mem_free(first), mem_free(second);
        }
}

static void what_nifti_1_cannot_hold_is_not_written(void **state)
{
    (void)state;
    struct grid grid = {.n = {32768, 1, 1}, .spacing = {1, 1, 1}, .direction = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    struct volume volume;
    struct err err = ERR_INIT;
    assert_done(volume_init(&volume, &grid, VOXEL_U8, 1, &err), err);
    assert_false(nifti_write(tap_path("big.nii"), &volume, &err));
    assert_error_has(err, ERR_INPUT, "NIfTI-1 holds up to 32767 voxels a side, the image has 32768");
    assert_false(file_exists(tap_path("big.nii")));
    volume_free(&volume);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_keeps_its_integers_and_lies_in_lps),
        cmocka_unit_test(scaling_gives_doubles_and_slope_0_does_nothing),
        cmocka_unit_test(the_other_byte_order_gives_the_same_image),
        cmocka_unit_test(a_qform_is_used_without_an_sform),
        cmocka_unit_test(what_is_odd_but_readable_is_noted),
        cmocka_unit_test(trailing_bytes_and_broken_extensions_are_noted),
        cmocka_unit_test(what_is_no_image_is_refused_with_its_reason),
        cmocka_unit_test(nifti_2_is_checked_at_its_own_places),
        cmocka_unit_test(a_header_and_its_img_are_read_together),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_nifti_1_cannot_hold_is_not_written),
    };
    return tap_run(tests);
}
