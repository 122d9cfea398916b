/* Compares with values of PyRadiomics: the jobs of index.csv, refusals.csv, the batches of batch/ and the resampled
 * images of resampled/index.csv. --only takes a job's id (shell pattern) or an image type: `original` is all original_*
 * and diagnostics_* columns of every job but the voxel-wise ones, with the refusals and the resampled images. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/pool.h"
#include "image/resample.h"
#include "io/csv.h"
#include "io/image.h"
#include "radiomics/prepare.h"
#include "rows.h"

/* Whether --only asks for this column of this job. */
static bool wants(const struct checker *checker, const char *job, const char *name, bool voxel)
{
    char type[128];
    if (strstr(name, "diagnostics_Versions_") == name || strstr(name, "diagnostics_Configuration_") == name)
        return false;
    if (checker_wants(checker, job))
        return true;
    snprintf(type, sizeof type, "%.*s", (int)strcspn(name, "_"), name);
    return !voxel && (fnmatch(checker->only, type, 0) == 0 || (strcmp(type, "diagnostics") == 0 && strcmp(checker->only, "original") == 0));
}

static bool wants_original(const struct checker *checker, const char *job)
{
    return checker_wants(checker, job) || strcmp(checker->only, "original") == 0;
}

struct jobs {
    const struct checker *checker;
    struct csv index;
    struct findings *found;
};

static const char *cell_of(const struct csv *csv, size_t row, const char *column)
{
    size_t at = csv_find(csv, column);
    return at == SIZE_MAX ? "" : csv_cell(csv, row, at);
}

static void voxel_job(struct findings *found, const char *job, const struct csv *expected)
{
    for (size_t r = 0; r < expected->row_n; r++)
        if (wants(found->checker, job, csv_cell(expected, r, 0), true))
            findings_lacking(found, csv_cell(expected, r, 0), csv_cell(expected, r, 1), "voxel-wise maps are not computed");
}

static void compare_job(struct findings *found, const struct csv *index, size_t row)
{
    const struct checker *checker = found->checker;
    const char *job = cell_of(index, row, "id"), *kind = cell_of(index, row, "kind");
    struct csv expected = {0};
    struct err err = ERR_INIT;
    if (!csv_read(checker_path(checker, cell_of(index, row, "expected")), &expected, NULL, &err)) {
        findings_lacking(found, job, "a file of expected values", err.text);
        return;
    }
    if (strcmp(kind, "voxel") == 0) {
        voxel_job(found, job, &expected);
        csv_free(&expected);
        return;
    }
    size_t wanted = 0;
    for (size_t r = 0; r < expected.row_n; r++)
        wanted += wants(checker, job, csv_cell(&expected, r, 0), false);
    struct case_row made = {0};
    struct extract_source source = {checker_path(checker, cell_of(index, row, "image")), checker_path(checker, cell_of(index, row, "mask")), 0, -1};
    if (wanted > 0 && !case_row_make(checker_path(checker, cell_of(index, row, "params")), &source, &made, &err))
        fprintf(stderr, "%s: %s\n", job, err.text);
    for (size_t r = 0; r < expected.row_n; r++)
        if (wants(checker, job, csv_cell(&expected, r, 0), false))
            compare_cell(found, csv_cell(&expected, r, 0), csv_cell(&expected, r, 1), &made.plan, made.row.cell);
    case_row_free(&made);
    csv_free(&expected);
}

static bool run_jobs(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    struct jobs *jobs = ctx;
    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++)
        if (strcmp(cell_of(&jobs->index, i, "kind"), "refusal") != 0 && strncmp(cell_of(&jobs->index, i, "kind"), "batch", 5) != 0)
            compare_job(&jobs->found[i], &jobs->index, i);
    return true;
}

static bool check_jobs(struct checker *checker, struct err *err)
{
    struct jobs jobs = {.checker = checker};
    if (!csv_read(checker_path(checker, "index.csv"), &jobs.index, NULL, err))
        return false;
    jobs.found = mem_zero(jobs.index.row_n, sizeof *jobs.found, err);
    if (jobs.found == NULL)
        return false;
    for (size_t i = 0; i < jobs.index.row_n; i++)
        jobs.found[i] = (struct findings){.checker = checker, .job = cell_of(&jobs.index, i, "id")};
    bool ok = par_for(jobs.index.row_n, 1, run_jobs, &jobs, err);
    for (size_t i = 0; i < jobs.index.row_n; i++)
        checker_add(checker, &jobs.found[i]);
    mem_free(jobs.found);
    csv_free(&jobs.index);
    return ok;
}

static bool check_refusals(struct checker *checker, struct err *err)
{
    struct csv list;
    if (!csv_read(checker_path(checker, "expected/refusals.csv"), &list, NULL, err))
        return false;
    for (size_t i = 0; i < list.row_n; i++) {
        struct findings found = {.checker = checker, .job = cell_of(&list, i, "id")};
        struct extract_source source = {checker_path(checker, cell_of(&list, i, "image")), checker_path(checker, cell_of(&list, i, "mask")), 0, -1};
        struct case_row made;
        struct err refusal = ERR_INIT;
        if (!wants_original(checker, found.job))
            continue;
        bool taken = case_row_make(checker_path(checker, cell_of(&list, i, "params")), &source, &made, &refusal);
        findings_true(&found, "refusal", !taken, cell_of(&list, i, "text"), taken ? "it was taken" : refusal.text);
        case_row_free(&made);
        checker_add(checker, &found);
    }
    csv_free(&list);
    return true;
}

static void compare_batch_row(struct findings *found, const struct case_row *made, const struct csv *expected, size_t row, bool failed)
{
    bool empty = true, wanted = wants_original(found->checker, found->job);
    for (size_t c = 0; c < expected->column_n; c++) {
        const char *name = expected->name[c], *value = csv_cell(expected, row, c);
        bool feature = strchr(name, '_') != NULL && strcmp(name, "Label_channel") != 0;
        if (!feature || !wants(found->checker, found->job, name, false))
            continue;
        wanted = true;
        if (*value != '\0') {
            empty = false;
            compare_cell(found, name, value, &made->plan, made->row.cell);
        }
    }
    if (empty && wanted)
        findings_true(found, "empty row", failed, "a failed case", failed ? made->row.failure : "values");
}

static bool check_batch(struct checker *checker, const char *name, struct err *err)
{
    char path[3][64];
    snprintf(path[0], sizeof path[0], "batch/batch_%s.csv", name);
    snprintf(path[1], sizeof path[1], "batch/params_%s.yaml", name);
    snprintf(path[2], sizeof path[2], "batch/out_%s.csv", name);
    struct csv cases = {0}, expected = {0};
    if (!csv_read(checker_path(checker, path[0]), &cases, NULL, err) || !csv_read(checker_path(checker, path[2]), &expected, NULL, err))
        return false;
    for (size_t i = 0; i < cases.row_n && i < expected.row_n; i++) {
        char job[128], image[4096], mask[4096];
        snprintf(job, sizeof job, "batch.%s.%zu", name, i);
        snprintf(image, sizeof image, "batch/%s", cell_of(&cases, i, "Image"));
        snprintf(mask, sizeof mask, "batch/%s", cell_of(&cases, i, "Mask"));
        struct findings found = {.checker = checker, .job = job};
        const char *label = cell_of(&cases, i, "Label");
        struct extract_source source = {checker_path(checker, image), checker_path(checker, mask), *label == '\0' ? 0 : strtol(label, NULL, 10), -1};
        struct case_row made;
        struct err why = ERR_INIT;
        bool taken = case_row_make(checker_path(checker, path[1]), &source, &made, &why);
        compare_batch_row(&found, &made, &expected, i, !taken);
        checker_add(checker, &found);
        case_row_free(&made);
    }
    csv_free(&cases);
    csv_free(&expected);
    return true;
}

/* Voxels that differ between two volumes of one grid; SIZE_MAX when the grids do. */
static size_t differing(const struct volume *got, const struct volume *expected, bool exact)
{
    size_t n = grid_voxel_n(&expected->grid), count = 0;
    if (memcmp(got->grid.n, expected->grid.n, sizeof got->grid.n) != 0)
        return SIZE_MAX;
    for (size_t v = 0; v < n; v++) {
        double a = volume_at(got, v), b = volume_at(expected, v), bound = exact ? 0 : 1e-9 * fmax(fabs(a), fabs(b)) + 1e-9;
        count += !(fabs(a - b) <= bound);
    }
    return count;
}

static bool as_float64(struct volume *image, struct err *err)
{
    static const size_t origin[3] = {0, 0, 0};
    struct volume cast;
    if (!volume_init(&cast, &image->grid, VOXEL_F64, 1, err))
        return false;
    volume_box(image, origin, image->grid.n, cast.voxels);
    volume_free(image);
    *image = cast;
    return true;
}

/* The mask as the resampled one is kept: a volume of 0 and 1. */
static bool roi_volume(const struct roi *roi, struct volume *out, struct err *err)
{
    if (!volume_init(out, &roi->grid, VOXEL_U8, 1, err))
        return false;
    const uint8_t *from = roi->inside;
    for (size_t z = 0; z < roi->n[2]; z++)
        for (size_t y = 0; y < roi->n[1]; y++, from += roi->n[0])
            memcpy((uint8_t *)out->voxels + roi->first[0] + roi->grid.n[0] * (roi->first[1] + y + roi->grid.n[1] * (roi->first[2] + z)), from, roi->n[0]);
    return true;
}

static void compare_volume(struct findings *found, const char *key, const struct volume *got, const struct volume *expected)
{
    size_t bad = differing(got, expected, expected->type != VOXEL_F64);
    char text[64];
    snprintf(text, sizeof text, bad == SIZE_MAX ? "another size" : "%zu voxels differ", bad);
    findings_true(found, key, bad == 0, "equal voxels", text);
}

static bool check_resampled_row(struct checker *checker, const struct csv *list, size_t i, struct err *err)
{
    const char *method = cell_of(list, i, "interpolator");
    struct params params;
    struct volume image = {0}, mask = {0}, expected_image = {0}, expected_mask = {0}, got_mask = {0};
    struct prepared prepared = {0};
    struct findings found = {.checker = checker, .job = cell_of(list, i, "resampled_image")};
    bool ok = params_default(&params, err) && image_read(checker_path(checker, cell_of(list, i, "image")), &image, NULL, err) &&
              image_read_mask(checker_path(checker, cell_of(list, i, "mask")), &mask, NULL, err) &&
              image_read(checker_path(checker, cell_of(list, i, "resampled_image")), &expected_image, NULL, err) &&
              image_read(checker_path(checker, cell_of(list, i, "resampled_mask")), &expected_mask, NULL, err);
    if (ok && strcmp(cell_of(list, i, "cast_to_float64_first"), "1") == 0)
        ok = as_float64(&image, err);
    params.settings.resample = true;
    params.settings.pad = (int32_t)strtol(cell_of(list, i, "pad_distance"), NULL, 10);
    params.settings.interpolator = strcmp(method, "sitkLinear") == 0 ? INTERPOLATE_LINEAR : strcmp(method, "sitkNearestNeighbor") == 0 ? INTERPOLATE_NEAREST : INTERPOLATE_BSPLINE;
    for (int d = 0; d < 3; d++)
        params.settings.spacing[d] = strtod(cell_of(list, i, "spacing_mm"), NULL);
    ok = ok && prepare(&params.settings, &image, &mask, &prepared, err) && roi_volume(&prepared.interpolated, &got_mask, err);
    if (ok) {
        compare_volume(&found, "image", &prepared.resampled, &expected_image);
        compare_volume(&found, "mask", &got_mask, &expected_mask);
    }
    checker_add(checker, &found);
    prepared_free(&prepared);
    volume_free(&image);
    volume_free(&mask);
    volume_free(&expected_image);
    volume_free(&expected_mask);
    volume_free(&got_mask);
    params_free(&params);
    return ok;
}

static bool check_resampled(struct checker *checker, struct err *err)
{
    struct csv list;
    if (!csv_read(checker_path(checker, "resampled/index.csv"), &list, NULL, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < list.row_n; i++)
        if (wants_original(checker, cell_of(&list, i, "resampled_image")))
            ok = check_resampled_row(checker, &list, i, err);
    csv_free(&list);
    return ok;
}

int main(int argc, char **argv)
{
    struct checker checker;
    struct err err = ERR_INIT;
    if (!checker_start(&checker, argc, argv, "features of PyRadiomics: values, diagnostics, refusals, batches, resampled images"))
        return 2;
    if (!check_jobs(&checker, &err) || !check_refusals(&checker, &err) || !check_batch(&checker, "ct", &err) || !check_batch(&checker, "mr", &err) ||
        !check_resampled(&checker, &err)) {
        fprintf(stderr, "pyradiomics: %s\n", err.text);
        checker.broken = true;
    }
    return checker_end(&checker);
}
