#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/image.h"
#include "io/nrrd.h"

#define HEAD "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\n"
#define PLACE "space: LPS\nspace directions: (0.5,0,0) (0,1,0) (0,0,2)\nspace origin: (1,2,3)\n"
#define BODY "ABCDEFGH"

static bool read_as(const char *name, const char *bytes, struct volume *volume, struct notes *notes, struct err *err)
{
    *err = (struct err)ERR_INIT;
    assert_done(file_write(tap_path(name), bytes, strlen(bytes), err), *err);
    return image_read(tap_path(name), volume, notes, err);
}

static void accept(const char *bytes, struct volume *volume, struct notes *notes)
{
    struct err err;
    assert_done(read_as("accepted.nrrd", bytes, volume, notes, &err), err);
}

static void refuse(const char *bytes, const char *text)
{
    struct volume volume;
    struct err err;
    assert_false(read_as("refused.nrrd", bytes, &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, "refused.nrrd: ");
    assert_error_has(err, ERR_INPUT, text);
    assert_null(volume.voxels);
}

static void raw_ascii_and_hex_give_the_same_voxels(void **state)
{
    (void)state;
    static const char *const FILES[] = {
        HEAD PLACE "encoding: raw\n\n" BODY,
        HEAD PLACE "encoding: ascii\n\n65 66 67 68\n69\t70 71 72\n",
        HEAD PLACE "encoding: hex\n\n4142 4344\n45464748",
        "NRRD0005\r\n# a comment\r\nencoding: RAW\r\nkey:=value: x\r\ntype: uint8\r\ndimension: 3\r\nsizes: 2 2 2\r\nspace: left-posterior-superior\r\n"
        "space directions: ( 0.5, 0, 0 ) (0,1,0) (0,0,2)\r\nspace origin: (1,2,3)\r\n\r\n" BODY,
        HEAD PLACE "encoding: raw\nline skip: 1\nbyte skip: 2\n\nskipped\nxx" BODY,
    };
    for (size_t f = 0; f < sizeof FILES / sizeof FILES[0]; f++) {
        struct volume volume;
        struct notes notes = NOTES_INIT;
        accept(FILES[f], &volume, &notes);
        assert_memory_equal(volume.voxels, BODY, 8);
        assert_double_near(volume.grid.spacing[2], 2, 0);
        assert_double_near(volume.grid.origin[1], 2, 0);
        assert_int_equal(notes.n, 0);
        volume_free(&volume);
    }
}

static void other_spaces_and_units_are_turned_into_lps_and_mm(void **state)
{
    (void)state;
    struct volume volume;
    struct notes notes = NOTES_INIT;
    accept(HEAD "space: RAS\nspace units: \"um\" \"um\" \"um\"\nspace directions: (500,0,0) (0,1000,0) (0,0,2000)\nspace origin: (1000,2000,3000)\nencoding: raw\n\n" BODY,
           &volume, &notes);
    assert_double_near(volume.grid.spacing[0], 0.5, 1e-12);
    assert_double_near(volume.grid.direction[0][0], -1, 0);
    assert_double_near(volume.grid.direction[2][2], 1, 0);
    assert_double_near(volume.grid.origin[0], -1, 1e-12);
    assert_double_near(volume.grid.origin[2], 3, 1e-12);
    volume_free(&volume);
    accept(HEAD "spacings: 0.5 1 2\nencoding: raw\n\n" BODY, &volume, &notes);
    assert_true(notes_has(&notes, "spacings only"));
    assert_double_near(volume.grid.spacing[0], 0.5, 0);
    volume_free(&volume);
    notes_free(&notes);
    accept(HEAD "space dimension: 3\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\n\n" BODY "x", &volume, &notes);
    assert_true(notes_has(&notes, "no named space"));
    assert_true(notes_has(&notes, "no origin"));
    assert_true(notes_has(&notes, "trailing"));
    volume_free(&volume);
    notes_free(&notes);
}

static void headers_that_say_too_little_or_too_much_are_refused(void **state)
{
    (void)state;
    refuse("", "empty file, expected an NRRD header");
    refuse("NRRD0006\n\n", "NRRD magic is \"NRRD0006\", expected NRRD0001 to NRRD0005");
    refuse("NRRD0004\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n" BODY, "field \"type\" is missing");
    refuse(HEAD PLACE "encoding: raw\nspacing: 1 1 1\n\n" BODY, "line 9: unknown field \"spacing\" (did you mean \"spacings\"?)");
    refuse(HEAD PLACE "encoding: raw\ntype: short\n\n" BODY, "line 9: field \"type\" stands in line 2 already");
    refuse(HEAD PLACE "encoding: raw\nnonsense\n\n" BODY, "line 9: \"nonsense\" is no header line");
    refuse(HEAD PLACE "encoding: bzip2\n\n" BODY, "line 8: encoding is \"bzip2\", expected raw, gzip, ascii or hex");
    refuse("NRRD0004\ntype: block\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n" BODY, "line 2: type is \"block\"");
    refuse("NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\n" PLACE "encoding: raw\n\n" BODY, "field \"endian\" is missing, which voxels of 2 bytes need");
    refuse("NRRD0004\ntype: short\nendian: middle\ndimension: 3\nsizes: 2 2 2\n" PLACE "encoding: raw\n\n" BODY, "line 3: endian is \"middle\", expected little or big");
    refuse("NRRD0004\ntype: uchar\ndimension: 17\nsizes: 2\nencoding: raw\n\n", "line 3: dimension is \"17\", expected 1 to 16");
    refuse("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2\nencoding: raw\n\n", "line 4: 2 sizes for 3 axes");
    refuse("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 -2 2\nencoding: raw\n\n", "line 4: sizes is \"2 -2 2\", expected whole numbers of at least 1");
    refuse("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 99999999999999999999\nencoding: raw\n\n", "line 4: size 99999999999999999999 overflows");
    refuse("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4294967296 4294967296 4\n" PLACE "encoding: raw\n\n", "sizes 4294967296 4294967296 4 overflow");
    refuse(HEAD PLACE "encoding: raw\nbyte skip: -5\n\n" BODY, "line 9: byte skip is \"-5\"");
    refuse(HEAD PLACE "encoding: raw\n", "cut short: no empty line ends the header, and no data file is named");
}

static void geometry_that_says_no_place_is_refused(void **state)
{
    (void)state;
    refuse(HEAD "encoding: raw\n\n" BODY, "spacing is unknown: neither \"space directions\" nor \"spacings\" is there");
    refuse(HEAD "spacings: 1 0 1\nencoding: raw\n\n" BODY, "line 5: spacings is \"1 0 1\", expected numbers above 0");
    refuse(HEAD "spacings: 1 1\nencoding: raw\n\n" BODY, "line 5: 2 spacings for 3 axes");
    refuse(HEAD "space: scanner-xyz\nspacings: 1 1 1\nencoding: raw\n\n" BODY, "line 5: space is \"scanner-xyz\"");
    refuse(HEAD "space directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\n\n" BODY, "field \"space\" is missing");
    refuse(HEAD "space: LPS\nspace directions: (1,0,0) (0,1,0)\nencoding: raw\n\n" BODY, "line 6: 2 space directions for 3 axes");
    refuse(HEAD "space: LPS\nspace directions: (1,0) (0,1,0) (0,0,1)\nencoding: raw\n\n" BODY, "line 6: a vector of space directions has 2 numbers, expected 3");
    refuse(HEAD "space: LPS\nspace directions: (1,0,0) (0,1,0) none\nencoding: raw\n\n" BODY, "2 of 3 axes have a spacing or space direction, expected 3");
    refuse(HEAD "space: LPS\nspace directions: (1,0,0) (1,1,0) (0,0,1)\nencoding: raw\n\n" BODY, "line 6: space directions: sheared grid");
    refuse(HEAD "space: LPS\nspace directions: (1,0,0) (0,nan,0) (0,0,1)\nencoding: raw\n\n" BODY, "geometry is not finite along image axis y");
    refuse(HEAD "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (1,2\nencoding: raw\n\n" BODY, "line 7: space origin is \"(1,2\"");
    refuse(HEAD "space: LPS\nspace units: \"furlong\" \"furlong\" \"furlong\"\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nencoding: raw\n\n" BODY, "expected lengths in m, cm, mm or um");
}

static void bodies_that_do_not_hold_are_refused(void **state)
{
    (void)state;
    refuse(HEAD PLACE "encoding: raw\n\nABCDEFG", "cut short: 7 bytes of voxels, expected 8");
    refuse(HEAD PLACE "encoding: raw\nbyte skip: 99\n\n" BODY, "cut short: byte skip is 99, 8 bytes are there");
    refuse(HEAD PLACE "encoding: raw\nline skip: 9\n\n" BODY, "line skip is 9, the data have 0 lines");
    refuse(HEAD PLACE "encoding: gzip\n\n" BODY, "gzip content begins with 1f 8b");
    refuse(HEAD PLACE "encoding: hex\n\n41424344454647", "cut short: 7 bytes of voxels, expected 8");
    refuse(HEAD PLACE "encoding: hex\n\n41424344454647xx", "expected a hex digit");
    refuse(HEAD PLACE "encoding: ascii\n\n1 2 3 4 5 6 7      ", "cut short: 7 values, expected 8");
    refuse(HEAD PLACE "encoding: ascii\n\n1 2 3 4 5 6 7 256", "value 8 is \"256\", expected a number of type uint8");
    refuse(HEAD PLACE "encoding: ascii\n\n1 2 3 4 5 6 7 x", "value 8 is \"x\", expected a number of type uint8");
    refuse("NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 2 2\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1) none\nencoding: raw\n\n" BODY BODY,
           "more than 3 dimensions: axis 3 has no place in space and 2 elements, expected 1");
}

static void a_leading_axis_makes_channels_for_masks_alone(void **state)
{
    (void)state;
    static const char FILE_TEXT[] =
        "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 2 2 1\nspace: LPS\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n\n" BODY;
    struct volume volume;
    struct err err = ERR_INIT;
    refuse(FILE_TEXT, "more than 3 dimensions: 2 numbers a voxel, expected 1");
    assert_done(image_read_mask(tap_path("refused.nrrd"), &volume, NULL, &err), err);
    assert_int_equal(volume.channel_n, 2);
    assert_int_equal(volume.grid.n[0], 2);
    assert_double_near(volume_at(&volume, 1), 'C', 0);
    assert_done(nrrd_write(tap_path("again.nrrd"), &volume, true, &err), err);
    volume_free(&volume);
    assert_done(image_read_mask(tap_path("again.nrrd"), &volume, NULL, &err), err);
    assert_int_equal(volume.channel_n, 2);
    assert_memory_equal(volume.voxels, BODY, 8);
    volume_free(&volume);
}

static void detached_files_are_read_from_the_headers_folder_alone(void **state)
{
    (void)state;
    struct volume volume;
    struct err err = ERR_INIT;
    assert_done(folder_make(tap_path("below"), &err), err);
    assert_done(file_write(tap_path("below/whole.raw"), BODY, 8, &err), err);
    assert_done(file_write(tap_path("part1.raw"), "ABCD", 4, &err), err);
    assert_done(file_write(tap_path("part2.raw"), "EFGH", 4, &err), err);
    static const char *const GOOD[] = {"data file: below/whole.raw\n", "datafile: part%d.raw 1 2 1\n", "data file: LIST\npart1.raw\npart2.raw\n"};
    for (size_t i = 0; i < 3; i++) {
        char text[512];
        snprintf(text, sizeof text, "%sencoding: raw\n%s", HEAD PLACE, GOOD[i]);
        assert_done(read_as("detached.nhdr", text, &volume, NULL, &err), err);
        assert_memory_equal(volume.voxels, BODY, 8);
        volume_free(&volume);
    }
    refuse(HEAD PLACE "encoding: raw\ndata file: ../x.raw\n", "data file \"../x.raw\": expected a file in the header's folder or below");
    refuse(HEAD PLACE "encoding: raw\ndata file: below/../../x.raw\n", "expected a file in the header's folder or below");
    refuse(HEAD PLACE "encoding: raw\ndata file: /etc/hostname\n", "expected a file in the header's folder or below");
    refuse(HEAD PLACE "encoding: raw\ndata file: below\\whole.raw\n", "expected a file in the header's folder or below");
    refuse(HEAD PLACE "encoding: raw\ndata file: none.raw\n", "none.raw: no such file");
    refuse(HEAD PLACE "encoding: raw\ndata file: below\n", "below: is a folder, expected a file");
    refuse(HEAD PLACE "encoding: raw\ndata file: part%s%n%9d.raw 1 2 1\n", "no such file");
    refuse(HEAD PLACE "encoding: raw\ndata file: part%d.raw 1 2 0\n", "data file numbers 1 to 2 by 0 never end");
    refuse(HEAD PLACE "encoding: raw\ndata file: part%d.raw 1 3 1\n", "3 data files do not share 8 bytes of voxels evenly");
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct grid grid = {.n = {3, 2, 2}, .origin = {0.1, -1.0 / 3, 1e4}};
    struct volume volume, back;
    struct err err = ERR_INIT;
    assert_done(grid_set_steps(&grid, (const double[3][3]){{0, -0.7, 0}, {0.7, 0, 0}, {0, 0, 2.5}}, &err), err);
    for (int type = VOXEL_U8; type <= VOXEL_F64; type++)
        for (int gzip = 0; gzip < 2; gzip++) {
            struct notes notes = NOTES_INIT;
            assert_done(volume_init(&volume, &grid, (enum voxel_type)type, 1, &err), err);
            for (size_t i = 0; i < 12 * voxel_type_size((enum voxel_type)type); i++)
                ((unsigned char *)volume.voxels)[i] = (unsigned char)(i % 63);
            assert_done(nrrd_write(tap_path("written.nrrd"), &volume, gzip, &err), err);
            assert_done(image_read(tap_path("written.nrrd"), &back, &notes, &err), err);
            assert_int_equal(back.type, type);
            assert_memory_equal(back.voxels, volume.voxels, 12 * voxel_type_size((enum voxel_type)type));
            assert_memory_equal(back.grid.origin, grid.origin, sizeof grid.origin); /* shortest text reads back exactly */
            assert_memory_equal(back.grid.spacing, grid.spacing, sizeof grid.spacing);
            notes_free(&notes);
            volume_free(&volume);
            volume_free(&back);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_ascii_and_hex_give_the_same_voxels),
        cmocka_unit_test(other_spaces_and_units_are_turned_into_lps_and_mm),
        cmocka_unit_test(headers_that_say_too_little_or_too_much_are_refused),
        cmocka_unit_test(geometry_that_says_no_place_is_refused),
        cmocka_unit_test(bodies_that_do_not_hold_are_refused),
        cmocka_unit_test(a_leading_axis_makes_channels_for_masks_alone),
        cmocka_unit_test(detached_files_are_read_from_the_headers_folder_alone),
        cmocka_unit_test(what_is_written_is_read_back),
    };
    return tap_run(tests);
}
