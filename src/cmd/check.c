/* hepar check TABLE: which cases will fail, and which look odd, before hours are spent; a contact sheet to look through. */
#include "cmd/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/check_case.h"
#include "cmd/check_sheet.h"
#include "io/csv.h"
#include "io/json.h"
#include "io/tablefile.h"

struct settings {
    const char *sheet, *window;
    int64_t label;
    int policy;
    bool json;
};

/* All images of all cases, case by case, phase by phase; sources without an image are skipped. */
struct job {
    struct case_table table;
    struct check_source *source; /* row_n * phase_n */
    struct check_result *result;
    size_t n;
    struct progress *progress;
};

/* "CENTRE,WIDTH" */
static bool read_window(const char *text, double *centre, double *width, struct err *err)
{
    char first[64];
    const char *comma = text == NULL ? NULL : strchr(text, ',');
    *centre = *width = 0;
    if (text == NULL)
        return true;
    size_t n = comma == NULL ? sizeof first : (size_t)(comma - text);
    if (n < sizeof first) {
        memcpy(first, text, n);
        first[n] = '\0';
        if (double_from_text(first, centre) && double_from_text(comma + 1, width) && *width > 0)
            return true;
    }
    return err_set(err, ERR_USAGE, "option --window: '%s' is no window, expected CENTRE,WIDTH, e.g. 40,400", text);
}

static bool make_sources(struct job *job, const struct settings *settings, struct err *err)
{
    double centre, width;
    const struct case_table *table = &job->table;
    if (!read_window(settings->window, &centre, &width, err))
        return false;
    job->n = table->row_n * table->phase_n;
    job->source = mem_zero(job->n, sizeof *job->source, err);
    job->result = mem_zero(job->n, sizeof *job->result, err);
    if (job->source == NULL || job->result == NULL)
        return false;
    for (size_t i = 0; i < job->n; i++) {
        const struct case_row *row = &table->row[i / table->phase_n];
        size_t phase = i % table->phase_n;
        job->source[i] = (struct check_source){
            .image = row->image[phase], .mask = row->mask[phase], .label = row->label == 0 ? settings->label : row->label, .policy = (enum mask_policy)settings->policy,
            .window_centre = centre, .window_width = width, .picture = settings->sheet != NULL,
        };
    }
    return true;
}

static bool check_range(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    struct job *job = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        const struct check_source *source = &job->source[i];
        bool done = true;
        if (source->image != NULL && source->mask != NULL)
            done = check_case(source, &job->result[i], err);
        else if (source->image != NULL)
            done = check_add(&job->result[i], err, CHECK_FAILS, "the table names an image without a mask");
        else
            done = check_add(&job->result[i], err, CHECK_REMARK, "the table names no image");
        if (!done)
            return err_add(err, "case %s", job->table.row[i / job->table.phase_n].id);
        progress_step(job->progress, 1);
    }
    return true;
}

static bool row_fails(const struct job *job, size_t row)
{
    bool fails = false;
    for (size_t p = 0; p < job->table.phase_n; p++)
        fails = fails || job->result[row * job->table.phase_n + p].fails;
    return fails;
}

static bool row_has_remarks(const struct job *job, size_t row)
{
    size_t n = 0;
    for (size_t p = 0; p < job->table.phase_n; p++)
        n += job->result[row * job->table.phase_n + p].finding_n;
    return n > 0;
}

static void count_rows(const struct job *job, size_t *fails, size_t *remarks)
{
    *fails = *remarks = 0;
    for (size_t r = 0; r < job->table.row_n; r++) {
        *fails += row_fails(job, r);
        *remarks += !row_fails(job, r) && row_has_remarks(job, r);
    }
}

/* Control characters of an ID must not reach the terminal. */
static void add_clean(struct text *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        text_add_char(out, (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
}

static void say_lines(const struct job *job, struct text *out)
{
    size_t fails, remarks;
    for (size_t i = 0; i < job->n; i++) {
        const struct check_result *result = &job->result[i];
        for (size_t k = 0; k < result->finding_n; k++) {
            const char *phase = job->table.phase[i % job->table.phase_n];
            text_add(out, "%s  ", result->finding[k].grade == CHECK_FAILS ? "FAILS " : "remark");
            add_clean(out, job->table.row[i / job->table.phase_n].id);
            text_add(out, "%s", *phase == '\0' ? ": " : " ");
            if (*phase != '\0') {
                add_clean(out, phase);
                text_add(out, ": ");
            }
            add_clean(out, result->finding[k].text);
            text_add_char(out, '\n');
        }
    }
    count_rows(job, &fails, &remarks);
    text_add(out, "%zu cases: %zu will fail, %zu with remarks, %zu without\n", job->table.row_n, fails, remarks, job->table.row_n - fails - remarks);
}

static void put_result(struct json_writer *json, const struct check_result *result, const char *phase)
{
    json_begin_object(json, JSON_TALL);
    if (*phase != '\0') {
        json_key(json, "phase");
        json_put_text(json, phase);
    }
    if (result->has_grid) {
        json_key(json, "spacing");
        json_put_numbers(json, result->grid.spacing, 3);
        json_key(json, "type");
        json_put_text(json, voxel_type_name(result->type));
    }
    if (result->has_region) {
        json_key(json, "voxels");
        json_put_count(json, result->voxel_n);
        json_key(json, "volume_ml");
        json_put_number(json, result->volume_ml);
    }
    json_key(json, "findings");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; k < result->finding_n; k++) {
        json_begin_object(json, JSON_WIDE);
        json_key(json, "fails");
        json_put_bool(json, result->finding[k].grade == CHECK_FAILS);
        json_key(json, "text");
        json_put_text(json, result->finding[k].text);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void say_json(const struct job *job, struct text *out)
{
    struct json_writer json = json_writer(out);
    size_t fails, remarks;
    count_rows(job, &fails, &remarks);
    json_begin_object(&json, JSON_TALL);
    json_key(&json, "cases");
    json_put_count(&json, job->table.row_n);
    json_key(&json, "will_fail");
    json_put_count(&json, fails);
    json_key(&json, "with_remarks");
    json_put_count(&json, remarks);
    json_key(&json, "case");
    json_begin_array(&json, JSON_TALL);
    for (size_t r = 0; r < job->table.row_n; r++) {
        json_begin_object(&json, JSON_TALL);
        json_key(&json, "ID");
        json_put_text(&json, job->table.row[r].id);
        json_key(&json, "fails");
        json_put_bool(&json, row_fails(job, r));
        json_key(&json, "images");
        json_begin_array(&json, JSON_TALL);
        for (size_t p = 0; p < job->table.phase_n; p++)
            put_result(&json, &job->result[r * job->table.phase_n + p], job->table.phase[p]);
        json_end(&json);
        json_end(&json);
    }
    json_end(&json);
    json_end(&json);
}

static bool write_sheet(const struct job *job, const char *path, const char *table_path, struct err *err)
{
    const char *slash = strrchr(table_path, '/');
    struct check_tile *tile = mem_alloc(job->n, sizeof *tile, err);
    if (tile == NULL)
        return false;
    for (size_t i = 0; i < job->n; i++)
        tile[i] = (struct check_tile){job->table.row[i / job->table.phase_n].id, job->table.phase[i % job->table.phase_n], &job->result[i]};
    bool done = check_sheet_write(path, slash == NULL ? table_path : slash + 1, tile, job->n, err);
    mem_free(tile);
    if (done)
        log_note("contact sheet: %s", path);
    return done;
}

static bool say_notes(const struct notes *notes)
{
    for (size_t i = 0; i < notes->n; i++)
        log_warn("%s", notes->note[i].line);
    return true;
}

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    struct job job = {.n = 0};
    struct notes notes = NOTES_INIT;
    struct text out = TEXT_INIT;
    size_t remarks;
    bool done = case_table_read(call->operand[0], &job.table, &notes, err) && say_notes(&notes) && make_sources(&job, settings, err);
    if (done) {
        job.progress = progress_start("checking", job.n);
        done = par_for(job.n, 1, check_range, &job, err);
        progress_end(job.progress);
    }
    done = done && check_cohort(job.source, job.result, job.n, err);
    if (done) {
        (settings->json ? say_json : say_lines)(&job, &out);
        count_rows(&job, &call->failed_n, &remarks);
        done = (settings->sheet == NULL || write_sheet(&job, settings->sheet, call->operand[0], err)) && text_ok(&out, err) && stdout_write(out.bytes, out.n, err);
    }
    for (size_t i = 0; job.result != NULL && i < job.n; i++)
        check_result_free(&job.result[i]);
    mem_free(job.result);
    mem_free(job.source);
    case_table_free(&job.table);
    notes_free(&notes);
    text_free(&out);
    return done;
}

static const char *const fits[] = {"strict", "snap", "resample", NULL};
static const struct opt opts[] = {
    {"sheet", 's', OPT_TEXT, "FILE", "write a contact sheet of mask outlines on the images, one HTML file", offsetof(struct settings, sheet)},
    {"label", 0, OPT_INTEGER, "N", "mask value of the region where the table has no Label", offsetof(struct settings, label), .initial = "1", .least = 1, .most = 2147483647.0},
    {"mask-fit", 0, OPT_CHOICE, NULL, "how mask and image grids must agree", offsetof(struct settings, policy), fits, .initial = "strict"},
    {"window", 0, OPT_TEXT, "C,W", "grey window of the sheet, centre and width; unset: 40,400 for CT (-300,1400 for a region of lung), else each slice's own range", offsetof(struct settings, window)},
    OPT_JSON(offsetof(struct settings, json)),
};
static const char *const usage[] = {"TABLE", NULL};
static const struct manual_example examples[] = {
    {"hepar check cohort.csv", "What will fail, and what to look at."},
    {"hepar check cohort.csv --sheet sheet.html --mask-fit snap", "The same, with a page of all tumours to look through."},
};

const struct command command_check = {
    .page = {.name = "check", .group = GROUP_LOOK, .summary = "find the cases of a table that will fail, and those to look at", .usage = usage,
             .description = "Reads every image and mask of a case table (ID, Image, Mask, Label; or Image_PHASE, Mask_PHASE) as an extraction does.\n\n"
                            "A case will fail when a file is missing or unreadable, the mask is empty or does not have the label, or its grid does not fit the image's by --mask-fit. "
                            "Remarks are on what works but may be wrong: a region at the image's border, in one slice, in several parts, very small or flat; spacing, voxel "
                            "type or range of values unlike the others'; one mask in two cases; and whatever the readers found odd.\n\n"
                            "A line each is printed, then a summary. When some case will fail the exit code is 1; a table that cannot be used (a column is missing, an ID stands "
                            "twice with one label) makes it 3.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 1,
    .settings_size = sizeof(struct settings),
    .run = run,
};
