/* hepar check TABLE: says what study/check.h finds, in lines or JSON, and draws the contact sheet. */
#include "cmd/command.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/check_sheet.h"
#include "io/json.h"
#include "study/check.h"

struct settings {
    const char *sheet, *window;
    int64_t label;
    int policy;
    bool json;
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

/* Control characters of an ID must not reach the terminal. */
static void add_clean(struct text *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        text_add_char(out, (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
}

static void say_lines(const struct check *check, struct text *out)
{
    for (size_t i = 0; i < check->n; i++) {
        const struct check_result *result = &check->result[i];
        const char *phase = check_phase(check, i);
        for (size_t k = 0; k < result->finding_n; k++) {
            text_add(out, "%s  ", result->finding[k].grade == CHECK_FAILS ? "FAILS " : "remark");
            add_clean(out, check_id(check, i));
            text_add(out, "%s", *phase == '\0' ? ": " : " ");
            if (*phase != '\0') {
                add_clean(out, phase);
                text_add(out, ": ");
            }
            add_clean(out, result->finding[k].text);
            text_add_char(out, '\n');
        }
    }
    struct check_counts counts = check_count_rows(check);
    size_t n = check->table.row_n;
    text_add(out, "%zu cases: %zu will fail, %zu with remarks, %zu without\n", n, counts.fails, counts.remarks, n - counts.fails - counts.remarks);
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

static void say_json(const struct check *check, struct text *out)
{
    struct json_writer json = json_writer(out);
    struct check_counts counts = check_count_rows(check);
    json_begin_object(&json, JSON_TALL);
    json_key(&json, "cases");
    json_put_count(&json, check->table.row_n);
    json_key(&json, "will_fail");
    json_put_count(&json, counts.fails);
    json_key(&json, "with_remarks");
    json_put_count(&json, counts.remarks);
    json_key(&json, "case");
    json_begin_array(&json, JSON_TALL);
    for (size_t r = 0; r < check->table.row_n; r++) {
        json_begin_object(&json, JSON_TALL);
        json_key(&json, "ID");
        json_put_text(&json, check->table.row[r].id);
        json_key(&json, "fails");
        json_put_bool(&json, check_row_fails(check, r));
        json_key(&json, "images");
        json_begin_array(&json, JSON_TALL);
        for (size_t p = 0; p < check->table.phase_n; p++)
            put_result(&json, &check->result[r * check->table.phase_n + p], check->table.phase[p]);
        json_end(&json);
        json_end(&json);
    }
    json_end(&json);
    json_end(&json);
}

static bool write_sheet(const struct check *check, const char *path, const char *table_path, struct err *err)
{
    struct check_tile *tile = mem_alloc(check->n, sizeof *tile, err);
    if (tile == NULL)
        return false;
    for (size_t i = 0; i < check->n; i++)
        tile[i] = (struct check_tile){check_id(check, i), check_phase(check, i), &check->result[i]};
    bool done = check_sheet_write(path, path_name(table_path), tile, check->n, err);
    mem_free(tile);
    if (done)
        log_note("contact sheet: %s", path);
    return done;
}

static bool say(const struct check *check, const struct settings *settings, const char *table_path, struct err *err)
{
    struct text out = TEXT_INIT;
    (settings->json ? say_json : say_lines)(check, &out);
    bool done = (settings->sheet == NULL || write_sheet(check, settings->sheet, table_path, err)) && text_ok(&out, err) && stdout_write(out.bytes, out.n, err);
    text_free(&out);
    return done;
}

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    struct check_choice choice = {.label = settings->label, .policy = (enum mask_policy)settings->policy, .picture = settings->sheet != NULL};
    struct check check = {.n = 0};
    struct notes notes = NOTES_INIT;
    bool done = read_window(settings->window, &choice.window_centre, &choice.window_width, err) && check_table(call->operand[0], &choice, &check, &notes, err);
    for (size_t i = 0; i < notes.n; i++)
        log_warn("%s", notes.note[i].line);
    done = done && say(&check, settings, call->operand[0], err);
    if (done)
        call->failed_n = check_count_rows(&check).fails;
    check_free(&check);
    notes_free(&notes);
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
