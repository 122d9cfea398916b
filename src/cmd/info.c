/* hepar info FILE...: what is in image files and tables.
 * hepar info IMAGE --mask MASK: the region that a mask's label makes on the image. */
#include "cmd/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/notes.h"
#include "base/text.h"
#include "image/facts.h"
#include "image/maskfit.h"
#include "io/csv.h"
#include "io/image.h"
#include "io/json.h"
#include "num/sum.h"

struct settings {
    bool json;
    const char *mask;
    int64_t label, channel;
    int policy;
};

/* One file's facts go into JSON or into lines for people; the same calls make both. */
struct page {
    struct text text;
    struct json_writer json;
    bool as_json;
};

static void begin_file(struct page *page, const char *path, const char *kind)
{
    if (!page->as_json) {
        text_add(&page->text, "%s: %s\n", path, kind);
        return;
    }
    json_begin_object(&page->json, JSON_TALL);
    json_key(&page->json, "file");
    json_put_path(&page->json, path);
    json_key(&page->json, "kind");
    json_put_text(&page->json, kind);
}

static void key(struct page *page, const char *name)
{
    if (page->as_json)
        json_key(&page->json, name);
    else
        text_add(&page->text, "  %-12s ", name);
}

static void put_text(struct page *page, const char *name, const char *value)
{
    key(page, name);
    if (page->as_json)
        json_put_text(&page->json, value);
    else
        text_add(&page->text, "%s\n", value);
}

static void put_counts(struct page *page, const char *name, const size_t *value, size_t n, const char *between)
{
    key(page, name);
    if (page->as_json && n > 1)
        json_begin_array(&page->json, JSON_WIDE);
    for (size_t i = 0; i < n; i++)
        if (page->as_json)
            json_put_count(&page->json, value[i]);
        else
            text_add(&page->text, "%s%zu", i == 0 ? "" : between, value[i]);
    if (page->as_json && n > 1)
        json_end(&page->json);
    if (!page->as_json)
        text_add_char(&page->text, '\n');
}

static void put_number(struct page *page, const char *name, double value, const char *unit)
{
    key(page, name);
    if (page->as_json) {
        json_put_number(&page->json, value);
        return;
    }
    text_add_double(&page->text, value);
    text_add(&page->text, "%s\n", unit);
}

static void put_numbers(struct page *page, const char *name, const double *value, size_t n, const char *between, const char *unit)
{
    key(page, name);
    if (page->as_json) {
        json_put_numbers(&page->json, value, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text_add(&page->text, "%s", i % 3 == 0 && n == 9 ? "; " : between);
        text_add_double(&page->text, value[i]);
    }
    text_add(&page->text, "%s\n", unit);
}

static void end_file(struct page *page, const char *path, const struct notes *notes)
{
    if (!page->as_json) {
        for (size_t i = 0; i < notes->n; i++)
            text_add(&page->text, "  %-12s %s: %s\n", "warning", notes->note[i].topic, notes->note[i].line);
        return;
    }
    json_key(&page->json, "warnings");
    json_begin_array(&page->json, JSON_TALL);
    for (size_t i = 0; i < notes->n; i++) {
        json_begin_object(&page->json, JSON_WIDE);
        json_key(&page->json, "topic");
        json_put_text(&page->json, notes->note[i].topic);
        json_key(&page->json, "text");
        json_put_text(&page->json, notes->note[i].line);
        json_end(&page->json);
        log_warn("%s: %s: %s", path, notes->note[i].topic, notes->note[i].line);
    }
    json_end(&page->json);
    json_end(&page->json);
}

static bool show_image(struct page *page, const char *path, struct err *err)
{
    struct notes notes = NOTES_INIT;
    struct image_origin origin;
    struct volume volume;
    struct value_facts facts;
    bool done = image_read_origin(path, &volume, &origin, &notes, err);
    if (done)
        done = volume_value_facts(&volume, &facts, err);
    if (done) {
        const struct grid *grid = &volume.grid;
        begin_file(page, path, origin.format);
        put_text(page, "type", voxel_type_name(volume.type));
        put_counts(page, "size", grid->n, 3, " x ");
        put_numbers(page, "spacing", grid->spacing, 3, " x ", " mm");
        put_numbers(page, "origin", grid->origin, 3, ", ", " mm (LPS)");
        put_numbers(page, "direction", &grid->direction[0][0], 9, " ", " (rows: L, P, S; columns: image axes)");
        put_text(page, "geom", origin.form);
        put_number(page, "vmin", facts.least, "");
        put_number(page, "vmax", facts.most, "");
        put_number(page, "vsum", facts.sum, "");
        put_counts(page, "nonfinite", &facts.nonfinite_n, 1, "");
        put_text(page, "sha256", facts.sha256);
        end_file(page, path, &notes);
    }
    volume_free(&volume);
    notes_free(&notes);
    return done;
}

/* Columns behind the first (the ID) whose every cell is missing or a number. */
static bool number_columns(const struct csv *csv, size_t *column_n, size_t *missing_n, double *total, struct err *err)
{
    struct sum sum = SUM_INIT;
    *column_n = *missing_n = 0;
    for (size_t column = 1; column < csv->column_n; column++) {
        size_t missing = 0;
        bool numbers = true;
        double value;
        for (size_t row = 0; row < csv->row_n && numbers; row++) {
            enum csv_value kind = csv_number(csv_cell(csv, row, column), &value);
            if (kind == CSV_NOT_FINITE)
                return csv_get_number(csv, row, column, &value, err);
            numbers = kind != CSV_NO_NUMBER;
            missing += kind == CSV_MISSING;
        }
        if (!numbers)
            continue;
        (*column_n)++;
        *missing_n += missing;
        for (size_t row = 0; row < csv->row_n; row++)
            if (csv_number(csv_cell(csv, row, column), &value) == CSV_NUMBER)
                sum_add(&sum, value);
    }
    *total = sum_value(&sum);
    return true;
}

static bool hash_cells(const struct csv *csv, char hex[65], struct err *err)
{
    struct sha256 *sha = sha256_start();
    if (sha == NULL)
        return err_set(err, ERR_SYSTEM, "out of memory");
    for (size_t row = 0; row <= csv->row_n; row++)
        for (size_t column = 0; column < csv->column_n; column++) {
            const char *cell = row == 0 ? csv->name[column] : csv_cell(csv, row - 1, column);
            if (row + column > 0)
                sha256_add(sha, column > 0 ? "\x1f" : "\x1e", 1);
            sha256_add(sha, cell, strlen(cell));
        }
    sha256_end(sha, hex);
    return true;
}

static bool show_table(struct page *page, const char *path, struct err *err)
{
    struct notes notes = NOTES_INIT;
    struct csv csv;
    size_t number_n, missing_n;
    double total = 0;
    char hex[65];
    if (!csv_read(path, &csv, &notes, err)) {
        notes_free(&notes);
        return false;
    }
    bool done = csv_check_names(&csv, err) && number_columns(&csv, &number_n, &missing_n, &total, err) && hash_cells(&csv, hex, err);
    if (done) {
        begin_file(page, path, "table");
        put_text(page, "delimiter", csv.delimiter == ',' ? "comma" : csv.delimiter == ';' ? "semicolon" : "tab");
        put_counts(page, "nrow", &csv.row_n, 1, "");
        put_counts(page, "ncol", &csv.column_n, 1, "");
        put_counts(page, "num_cols", &number_n, 1, "");
        put_counts(page, "num_missing", &missing_n, 1, "");
        put_number(page, "num_sum", total, "");
        put_text(page, "cells_sha256", hex);
        end_file(page, path, &notes);
    }
    csv_free(&csv);
    notes_free(&notes);
    return done;
}

static bool show_pair(struct page *page, const char *path, const struct settings *settings, struct err *err)
{
    struct notes notes = NOTES_INIT;
    struct volume image = {.voxels = NULL}, mask = {.voxels = NULL};
    struct roi region = {.inside = NULL};
    struct value_facts facts;
    struct mask_choice choice = {settings->label, (size_t)settings->channel, (enum mask_policy)settings->policy};
    bool done = image_read(path, &image, &notes, err) && image_read_mask(settings->mask, &mask, &notes, err);
    if (done)
        done = mask_fit(&image, &mask, &choice, &region, &notes, err) || err_add(err, "image %s, mask %s", path, settings->mask);
    if (done) {
        static const char *const POLICY[] = {"strict", "snap", "resample"};
        size_t last[3];
        for (int i = 0; i < 3; i++)
            last[i] = region.first[i] + region.n[i] - 1;
        region_value_facts(&image, &region, &facts);
        begin_file(page, path, "region");
        key(page, "mask");
        if (page->as_json)
            json_put_path(&page->json, settings->mask);
        else
            text_add(&page->text, "%s\n", settings->mask);
        key(page, "label");
        if (page->as_json)
            json_put_whole(&page->json, settings->label);
        else
            text_add(&page->text, "%lld\n", (long long)settings->label);
        put_text(page, "mask_fit", POLICY[settings->policy]);
        put_counts(page, "nvox", &region.count, 1, "");
        put_counts(page, "first", region.first, 3, ", ");
        put_counts(page, "last", last, 3, ", ");
        put_number(page, "hu_min", facts.least, "");
        put_number(page, "hu_max", facts.most, "");
        put_number(page, "hu_sum", facts.sum, "");
        put_counts(page, "nonfinite", &facts.nonfinite_n, 1, "");
        end_file(page, path, &notes);
    }
    roi_free(&region);
    volume_free(&image);
    volume_free(&mask);
    notes_free(&notes);
    return done;
}

static bool is_table(const char *path)
{
    static const char *const ENDS[] = {".csv", ".csv.gz", ".tsv", ".tsv.gz"};
    size_t n = strlen(path);
    for (size_t i = 0; i < COUNT_OF(ENDS); i++)
        if (n >= strlen(ENDS[i]) && strcasecmp(path + n - strlen(ENDS[i]), ENDS[i]) == 0)
            return true;
    return false;
}

static bool show(struct page *page, const char *path, const struct settings *settings, struct err *err)
{
    if (settings->mask != NULL)
        return show_pair(page, path, settings, err);
    return is_table(path) ? show_table(page, path, err) : show_image(page, path, err);
}

/* One file that is refused is the command's error; of several, it is said and the others are shown. */
static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    struct page page = {.text = TEXT_INIT, .as_json = settings->json};
    page.json = json_writer(&page.text);
    if (settings->mask != NULL && call->operand_n != 1)
        return err_set(err, ERR_USAGE, "option --mask goes with one image, found %zu", call->operand_n);
    if (page.as_json)
        json_begin_array(&page.json, JSON_TALL);
    bool done = true;
    for (size_t i = 0; i < call->operand_n && done; i++) {
        done = show(&page, call->operand[i], settings, err);
        if (!done && call->operand_n > 1 && err->kind == ERR_INPUT) {
            log_warn("%s", err->text);
            err_clear(err);
            call->failed_n++;
            done = true;
        }
    }
    if (page.as_json)
        json_end(&page.json);
    done = done && text_ok(&page.text, err) && stdout_write(page.text.bytes == NULL ? "" : page.text.bytes, page.text.n, err);
    text_free(&page.text);
    return done;
}

static const char *const fits[] = {"strict", "snap", "resample", NULL};
static const struct opt opts[] = {
    OPT_JSON(offsetof(struct settings, json)),
    {"mask", 'm', OPT_TEXT, "FILE", "show the region that this mask makes on the image", offsetof(struct settings, mask)},
    {"label", 0, OPT_INTEGER, "N", "mask value of the region", offsetof(struct settings, label), .initial = "1", .least = 1, .most = 4294967295.0},
    {"channel", 0, OPT_INTEGER, "N", "channel of a vector mask", offsetof(struct settings, channel), .initial = "0", .least = 0, .most = 65535},
    {"mask-fit", 0, OPT_CHOICE, NULL, "how mask and image grids must agree", offsetof(struct settings, policy), fits, .initial = "strict"},
};
static const char *const usage[] = {"FILE...", "IMAGE --mask MASK", NULL};
static const struct manual_example examples[] = {
    {"hepar info ct.nii.gz", "Size, spacing, place and range of an image, and what is odd about it."},
    {"hepar info ct.nii.gz --mask tumour.nrrd --label 2 --json", "The region of label 2 on the image, as JSON."},
};

const struct command command_info = {
    .page = {.name = "info", .group = GROUP_LOOK, .summary = "show what is in images, masks and tables", .usage = usage,
             .description = "Images (NIfTI, NRRD) are told by content; files named .csv or .tsv (also .gz) are tables. Geometry is in LPS and mm. "
                            "vmin, vmax and vsum are over finite values; sha256 is over the values as little-endian float64, x fastest.\n\n"
                            "With --mask: how many voxels of the image the label covers, their box (0-based, both ends in it) and their values. --mask-fit says how far the "
                            "grids may differ: strict (corners within 0.001 voxel), snap (the same axes up to order, direction and a whole shift, within 0.1 "
                            "voxel) or resample (nearest voxel).\n\n"
                            "A file that is refused makes the exit code 3; among several files, 1.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = SIZE_MAX,
    .settings_size = sizeof(struct settings),
    .run = run,
};
