#include "tap.h"

#include <math.h>

#include "base/file.h"
#include "io/image.h"
#include "io/nifti.h"
#include "io/nrrd.h"

static struct volume sample(enum voxel_type type)
{
    struct grid grid = {.n = {3, 2, 1}, .spacing = {1, 1, 1}, .direction = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    struct volume volume;
    struct err err = ERR_INIT;
    assert_done(volume_init(&volume, &grid, type, 1, &err), err);
    return volume;
}

static void content_rules_over_the_name(void **state)
{
    (void)state;
    struct volume volume = sample(VOXEL_I16), back;
    struct image_origin origin;
    struct err err = ERR_INIT;
    assert_done(nifti_write(tap_path("named.nii.gz"), &volume, &err), err);
    assert_done(path_rename(tap_path("named.nii.gz"), tap_path("odd.nrrd"), &err), err);
    assert_done(image_read_origin(tap_path("odd.nrrd"), &back, &origin, NULL, &err), err);
    assert_string_equal(origin.format, "NIfTI");
    assert_string_equal(origin.form, "sform");
    volume_free(&back);
    assert_done(nrrd_write(tap_path("odd.nii"), &volume, true, &err), err);
    assert_done(image_read_origin(tap_path("odd.nii"), &back, &origin, NULL, &err), err);
    assert_string_equal(origin.format, "NRRD");
    assert_string_equal(origin.form, "space directions");
    volume_free(&back);
    volume_free(&volume);
}

static void values_that_lose_something_are_noted(void **state)
{
    (void)state;
    struct volume volume = sample(VOXEL_F32), back;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    ((float *)volume.voxels)[1] = NAN;
    ((float *)volume.voxels)[5] = -INFINITY;
    assert_done(nifti_write(tap_path("odd.nii"), &volume, &err), err);
    assert_done(image_read(tap_path("odd.nii"), &back, &notes, &err), err);
    assert_string_equal(notes.note[0].topic, "non-finite voxels");
    assert_string_equal(notes.note[0].line, "2 of 6 voxels are not finite");
    volume_free(&volume);
    volume_free(&back);
    notes_free(&notes);
    volume = sample(VOXEL_I64);
    ((int64_t *)volume.voxels)[3] = -((int64_t)1 << 53) - 1;
    ((int64_t *)volume.voxels)[4] = (int64_t)1 << 53;
    assert_done(nrrd_write(tap_path("big.nrrd"), &volume, false, &err), err);
    assert_done(image_read(tap_path("big.nrrd"), &back, &notes, &err), err);
    assert_string_equal(notes.note[0].line, "1 voxels are integers beyond 2^53 and are rounded");
    volume_free(&volume);
    volume_free(&back);
    notes_free(&notes);
}

static void what_no_format_knows_is_refused(void **state)
{
    (void)state;
    struct volume volume;
    struct err err = ERR_INIT;
    assert_done(file_write(tap_path("notes.txt"), "hello", 5, &err), err);
    assert_false(image_read(tap_path("notes.txt"), &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, "notes.txt: no image format that is known here, expected NIfTI or NRRD");
    assert_false(image_read(tap_path("absent.nii"), &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, "absent.nii: no such file");
    assert_false(image_read(tap_folder(), &volume, NULL, &err));
    assert_error_has(err, ERR_INPUT, ": is a folder, expected a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_rules_over_the_name),
        cmocka_unit_test(values_that_lose_something_are_noted),
        cmocka_unit_test(what_no_format_knows_is_refused),
    };
    return tap_run(tests);
}
