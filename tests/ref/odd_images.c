/* odd_files' folders of images: nifti, nrrd, and pairs of image and mask. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/facts.h"
#include "image/maskfit.h"
#include "io/image.h"
#include "odd_files.h"

static void put_number(struct odd_look *look, const char *name, double value)
{
    text_add(&look->facts, "%s=", name);
    text_add_double(&look->facts, value);
    text_add_char(&look->facts, '\n');
}

static void path_of(char path[4096], const char *folder, const struct csv *index, size_t row, const char *column)
{
    snprintf(path, 4096, "%s/%s", folder, csv_cell(index, row, csv_find(index, column)));
}

static bool look_image(const char *folder, const struct csv *index, size_t row, struct odd_look *look)
{
    char path[4096], name[4];
    struct volume volume;
    struct image_origin origin;
    struct value_facts facts;
    path_of(path, folder, index, row, "file");
    if (!image_read_origin(path, &volume, &origin, &look->notes, &look->err))
        return false;
    bool done = volume_value_facts(&volume, &facts, &look->err);
    look->decoded = grid_voxel_n(&volume.grid) * voxel_type_size(volume.type);
    for (int i = 0; i < 3; i++) {
        const char axis = "xyz"[i];
        snprintf(name, sizeof name, "n%c", axis);
        put_number(look, name, (double)volume.grid.n[i]);
        snprintf(name, sizeof name, "s%c", axis);
        put_number(look, name, volume.grid.spacing[i]);
        snprintf(name, sizeof name, "o%c", axis);
        put_number(look, name, volume.grid.origin[i]);
        for (int j = 0; j < 3; j++) {
            snprintf(name, sizeof name, "d%d%d", i, j);
            put_number(look, name, volume.grid.direction[i][j]);
        }
    }
    put_number(look, "vmin", facts.least);
    put_number(look, "vmax", facts.most);
    put_number(look, "vsum", facts.sum);
    put_number(look, "nonfinite", (double)facts.nonfinite_n);
    text_add(&look->facts, "sha256=%s\ngeom=%s\n", facts.sha256, origin.form);
    volume_free(&volume);
    return done;
}

static bool look_pair(const char *folder, const struct csv *index, size_t row, struct odd_look *look)
{
    char image_path[4096], mask_path[4096];
    struct volume image = {.voxels = NULL}, mask = {.voxels = NULL};
    struct roi region = {.inside = NULL};
    struct value_facts facts;
    struct mask_choice choice = {.label = atoll(csv_cell(index, row, csv_find(index, "label")))};
    path_of(image_path, folder, index, row, "image");
    path_of(mask_path, folder, index, row, "mask");
    bool done = mask_policy_from_name(csv_cell(index, row, csv_find(index, "policy")), &choice.policy) || err_set(&look->err, ERR_BUG, "no such policy");
    done = done && image_read(image_path, &image, &look->notes, &look->err) && image_read_mask(mask_path, &mask, &look->notes, &look->err);
    if (done)
        done = mask_fit(&image, &mask, &choice, &region, &look->notes, &look->err) || err_add(&look->err, "image %s, mask %s", image_path, mask_path);
    if (done) {
        static const char *const EDGE[3][2] = {{"xmin", "xmax"}, {"ymin", "ymax"}, {"zmin", "zmax"}};
        region_value_facts(&image, &region, &facts);
        put_number(look, "nvox", (double)region.count);
        put_number(look, "hu_sum", facts.sum);
        put_number(look, "hu_min", facts.least);
        put_number(look, "hu_max", facts.most);
        for (int i = 0; i < 3; i++) {
            put_number(look, EDGE[i][0], (double)region.first[i]);
            put_number(look, EDGE[i][1], (double)(region.first[i] + region.n[i] - 1));
        }
    }
    look->decoded = (grid_voxel_n(&image.grid) + grid_voxel_n(&mask.grid)) * 8;
    roi_free(&region);
    volume_free(&image);
    volume_free(&mask);
    return done;
}

/* Half-voxel ties: either side is right, so the count may differ by one layer of the region and sums say nothing. */
static bool compare_pair(const struct csv *index, size_t row, const char *fact, double expected, double got, struct findings *found)
{
    if (strstr(csv_cell(index, row, csv_find(index, "note")), "tie") == NULL)
        return false;
    if (strcmp(fact, "nvox") == 0)
        findings_number_within(found, fact, expected, got, 0, pow(expected, 2.0 / 3) * 2);
    else if (strncmp(fact, "hu_", 3) != 0)
        findings_number_within(found, fact, expected, got, 0, 1);
    return true;
}

static bool read_image(const char *path, struct err *err)
{
    struct volume volume;
    struct notes notes = NOTES_INIT;
    struct value_facts facts;
    bool done = image_read_mask(path, &volume, &notes, err) && volume_value_facts(&volume, &facts, err);
    volume_free(&volume);
    notes_free(&notes);
    return done;
}

static const char *const file_key[] = {"file", NULL};
static const char *const pair_key[] = {"image", "mask", "label", "policy", NULL};
static const char *const image_numbers[] = {"nx",  "ny",  "nz",  "sx",  "sy",  "sz",  "ox",   "oy",   "oz",   "d00",       "d01",
                                            "d02", "d10", "d11", "d12", "d20", "d21", "d22",  "vmin", "vmax", "vsum", "nonfinite", NULL};
static const char *const nifti_texts[] = {"sha256", "geom", NULL};
static const char *const nrrd_texts[] = {"sha256", NULL};
static const char *const no_texts[] = {NULL};
static const char *const pair_numbers[] = {"nvox", "hu_sum", "hu_min", "hu_max", "xmin", "xmax", "ymin", "ymax", "zmin", "zmax", NULL};

const struct odd_folder odd_nifti = {"nifti", nifti_texts, image_numbers, file_key, look_image, NULL, read_image};
const struct odd_folder odd_nrrd = {"nrrd", nrrd_texts, image_numbers, file_key, look_image, NULL, read_image};
const struct odd_folder odd_pairs = {"pairs", no_texts, pair_numbers, pair_key, look_pair, compare_pair, read_image};
