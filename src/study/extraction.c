/* Extraction as a stage of a study; see extraction.h.
 *
 * Cases go through in chunks of CHUNK, all phases of a chunk at once; a finished chunk is written into the work folder as a
 * CSV of its values, which read back to the same bits, and one of its reasons. */
#include "study/extraction.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "io/casecolumns.h"
#include "io/csv.h"
#include "radiomics/extract.h"

enum { CHUNK = 32, PARAMS_BYTES_MAX = 1 << 20, LINE_BYTES = 1200 };

/* ---- parameters ---- */

bool extraction_params_from_text(const char *text, const char *mask_fit, size_t mask_label, struct params *params, struct err *err)
{
    if (text == NULL ? !params_default(params, err) : !params_parse("parameters", text, strlen(text), params, err))
        return false;
    if (!mask_policy_from_name(mask_fit, &params->settings.mask_policy)) {
        params_free(params);
        return err_set(err, ERR_INPUT, "mask_fit: found '%s', expected strict, snap or resample", mask_fit);
    }
    params->settings.label = (int64_t)mask_label;
    params->settings.additional_info = false;
    return true;
}

bool extraction_params(const struct study_settings *settings, struct params *params, char **text, struct err *err)
{
    *text = NULL;
    if (settings_has(settings, "extraction")) {
        unsigned char *bytes;
        size_t n;
        char *path = settings_file(settings, err, "extraction");
        bool done = path != NULL && file_read(path, PARAMS_BYTES_MAX, &bytes, &n, err);
        mem_free(path);
        if (!done)
            return err_add(err, "%s: extraction", settings_where(settings, "extraction"));
        *text = (char *)bytes;
    }
    if (extraction_params_from_text(*text, settings_text(settings, "mask_fit"), settings_integer(settings, 1, "mask_label"), params, err))
        return true;
    mem_free(*text);
    *text = NULL;
    return err_add(err, "extraction");
}

/* ---- columns ---- */

static bool column_name(const char *phase, const char *feature, char *name, size_t room, struct err *err)
{
    int n = phase[0] == '\0' ? snprintf(name, room, "%s", feature) : snprintf(name, room, "%s.tumour.%s", phase, feature);
    return (n >= 0 && (size_t)n < room) || err_set(err, ERR_USAGE, "phase '%s': the name is too long", phase);
}

static bool add_columns(const struct extract_plan *plan, const char *phase, struct table *out, struct err *err)
{
    for (size_t c = plan->diagnostic_n; c < plan->n; c++) {
        char name[512];
        if (!column_name(phase, plan->name[c], name, sizeof name, err) || table_add(out, name, COLUMN_NUMBER, err) == NULL)
            return false;
    }
    return true;
}

/* ---- chunks ---- */

struct chunk {
    size_t begin, end;
    char *values, *reasons; /* paths */
};

static bool chunk_paths(const char *work, size_t k, struct chunk *chunk, struct err *err)
{
    char name[64];
    snprintf(name, sizeof name, "features.%04zu.csv", k);
    chunk->values = path_join(work, name, err);
    snprintf(name, sizeof name, "features.%04zu.notes.csv", k);
    chunk->reasons = path_join(work, name, err);
    return chunk->values != NULL && chunk->reasons != NULL;
}

static void chunk_free(struct chunk *chunk)
{
    mem_free(chunk->values);
    mem_free(chunk->reasons);
}

/* A note on the case as a whole stands in the file of reasons behind the last column. */
static bool write_chunk(const struct chunk *chunk, const struct table *table, char *const *note, struct err *err)
{
    struct text values = TEXT_INIT, reasons = TEXT_INIT;
    struct csv_writer value_rows = csv_writer(&values), reason_rows = csv_writer(&reasons);
    csv_add_text(&reason_rows, "row");
    csv_add_text(&reason_rows, "column");
    csv_add_text(&reason_rows, "reason");
    csv_end_row(&reason_rows);
    for (size_t c = 0; c < table->column_n; c++)
        csv_add_text(&value_rows, table->column[c].name);
    csv_end_row(&value_rows);
    for (size_t row = chunk->begin; row < chunk->end; row++) {
        for (size_t c = 0; c < table->column_n; c++) {
            const struct column *column = &table->column[c];
            csv_add_number(&value_rows, column->number[row]);
            if (column->reason == NULL || column->reason[row] == NULL)
                continue;
            csv_add_count(&reason_rows, row);
            csv_add_count(&reason_rows, c);
            csv_add_text(&reason_rows, column->reason[row]);
            csv_end_row(&reason_rows);
        }
        if (note != NULL && note[row] != NULL) {
            csv_add_count(&reason_rows, row);
            csv_add_count(&reason_rows, table->column_n);
            csv_add_text(&reason_rows, note[row]);
            csv_end_row(&reason_rows);
        }
        csv_end_row(&value_rows);
    }
    /* The values last: a chunk is there when they are. */
    bool done = text_ok(&values, err) && text_ok(&reasons, err) && file_write(chunk->reasons, reasons.bytes, reasons.n, err) &&
                file_write(chunk->values, values.bytes, values.n, err);
    text_free(&values);
    text_free(&reasons);
    return done;
}

static bool read_reasons(const struct chunk *chunk, struct table *table, char **note, struct err *err)
{
    struct csv csv = {0};
    bool done = csv_read(chunk->reasons, &csv, NULL, err);
    for (size_t k = 0; done && k < csv.row_n; k++) {
        double row, column;
        done = csv_get_number(&csv, k, 0, &row, err) && csv_get_number(&csv, k, 1, &column, err);
        if (done && !(row >= 0 && row < (double)table->row_n && column >= 0 && column <= (double)table->column_n))
            done = err_set(err, ERR_INPUT, "%s line %zu: no such cell", chunk->reasons, csv.line[k]);
        if (done && (size_t)column == table->column_n)
            done = note == NULL || (note[(size_t)row] = mem_string(csv_cell(&csv, k, 2), err)) != NULL;
        else
            done = done && table_set_reason(table, &table->column[(size_t)column], (size_t)row, csv_cell(&csv, k, 2), err);
    }
    csv_free(&csv);
    return done;
}

static bool read_chunk(const struct chunk *chunk, struct table *table, char **note, struct err *err)
{
    struct csv csv = {0};
    bool done = csv_read(chunk->values, &csv, NULL, err);
    if (done && (csv.row_n != chunk->end - chunk->begin || csv.column_n != table->column_n))
        done = err_set(err, ERR_INPUT, "%s: found %zu x %zu values, expected %zu x %zu", chunk->values, csv.row_n, csv.column_n,
                       chunk->end - chunk->begin, table->column_n);
    for (size_t k = 0; done && k < csv.row_n; k++)
        for (size_t c = 0; done && c < csv.column_n; c++)
            done = csv_get_number(&csv, k, c, &table->column[c].number[chunk->begin + k], err);
    done = done && read_reasons(chunk, table, note, err);
    csv_free(&csv);
    return done;
}

/* ---- one chunk's extraction ---- */

char *extraction_path(const struct cohort *cohort, const char *column, size_t row, struct err *err)
{
    const struct column *paths = table_find(&cohort->table, column);
    if (paths == NULL || paths->text[row] == NULL) {
        err_set(err, ERR_INPUT, "column %s is empty", column);
        return NULL;
    }
    return case_path(cohort->folder, paths->text[row], err);
}

/* A case with one phase only would be modelled half imputed: it fails as a whole. */
static bool fill_failed(struct table *out, const char *phase, size_t row, const char *why, struct err *err)
{
    char line[LINE_BYTES + 256]; /* a reason behind a phase's name */
    snprintf(line, sizeof line, "%s%s%s", phase, phase[0] == '\0' ? "" : ": ", why);
    for (size_t c = 0; c < out->column_n; c++)
        if (!table_set_reason(out, &out->column[c], row, line, err))
            return false;
    return true;
}

static bool fill_phase(const struct extract_plan *plan, const struct extract_row *from, struct table *out, size_t first, size_t row, struct err *err)
{
    size_t n = plan->n - plan->diagnostic_n;
    for (size_t c = 0; c < n; c++) {
        const struct extract_cell *cell = &from->cell[plan->diagnostic_n + c];
        out->column[first + c].number[row] = cell->number;
        if (cell->reason != NULL && !table_set_reason(out, &out->column[first + c], row, cell->reason, err))
            return false;
    }
    return true;
}

/* Sources of a chunk, case by case with its phases side by side; a missing path is a failed row before it began. */
struct batch {
    size_t n;
    struct extract_source source[CHUNK * 8];
    struct extract_row row[CHUNK * 8];
    bool done[CHUNK * 8];
    char *missing[CHUNK * 8];
};
enum { PHASE_MAX = 8 };

static bool list_sources(const struct cohort *cohort, const struct chunk *chunk, struct batch *batch, struct err *err)
{
    for (size_t row = chunk->begin; row < chunk->end; row++)
        for (size_t p = 0; p < cohort->phase_n; p++) {
            size_t k = batch->n++;
            struct err why = ERR_INIT;
            batch->source[k].label_channel = -1;
            batch->source[k].image = extraction_path(cohort, cohort->phase[p].image_column, row, &why);
            batch->source[k].mask = batch->source[k].image == NULL ? NULL : extraction_path(cohort, cohort->phase[p].mask_column, row, &why);
            if (batch->source[k].mask != NULL)
                continue;
            if (why.kind != ERR_INPUT) {
                *err = why;
                return false;
            }
            batch->done[k] = true;
            if ((batch->missing[k] = mem_string(why.text, err)) == NULL)
                return false;
        }
    return true;
}

static void batch_free(struct batch *batch)
{
    extract_rows_free(batch->row, batch->n);
    for (size_t k = 0; k < batch->n; k++) {
        mem_free((char *)batch->source[k].image);
        mem_free((char *)batch->source[k].mask);
        mem_free(batch->missing[k]);
    }
    mem_free(batch);
}

/* A file is named as the cohort table names it: where the table lies is no business of the outputs. */
static void name_as_in_table(char *line, size_t room, const char *path, const char *cell)
{
    char *at = path == NULL || cell == NULL || strlen(cell) > strlen(path) ? NULL : strstr(line, path);
    if (at == NULL)
        return;
    char rest[LINE_BYTES];
    snprintf(rest, sizeof rest, "%s", at + strlen(path));
    snprintf(at, room - (size_t)(at - line), "%s%s", cell, rest);
}

static bool fail_case(const struct cohort *cohort, const struct batch *batch, size_t phase, size_t k, struct table *out, size_t row, struct err *err)
{
    const struct phase *of = &cohort->phase[phase];
    char why[LINE_BYTES];
    snprintf(why, sizeof why, "%s", batch->missing[k] != NULL ? batch->missing[k] : batch->row[k].failure);
    if (batch->missing[k] == NULL) {
        name_as_in_table(why, sizeof why, batch->source[k].image, table_find(&cohort->table, of->image_column)->text[row]);
        name_as_in_table(why, sizeof why, batch->source[k].mask, table_find(&cohort->table, of->mask_column)->text[row]);
    }
    return fill_failed(out, of->name, row, why, err);
}

static bool fill_case(const struct cohort *cohort, const struct extract_plan *plan, const struct batch *batch, size_t first, struct table *out,
                      size_t row, struct err *err)
{
    size_t width = plan->n - plan->diagnostic_n;
    for (size_t p = 0; p < cohort->phase_n; p++) {
        size_t k = first + p;
        if (batch->missing[k] != NULL || batch->row[k].cell == NULL)
            return fail_case(cohort, batch, p, k, out, row, err);
    }
    for (size_t p = 0; p < cohort->phase_n; p++)
        if (!fill_phase(plan, &batch->row[first + p], out, p * width, row, err))
            return false;
    return true;
}

/* What was said about a case's files, phase by phase, in one line; NULL when nothing was. */
static bool note_case(const struct cohort *cohort, const struct batch *batch, size_t first, char **note, struct err *err)
{
    struct text line = TEXT_INIT;
    for (size_t p = 0; p < cohort->phase_n; p++)
        for (size_t k = 0; k < batch->row[first + p].remark_n; k++) {
            const struct extract_remark *remark = &batch->row[first + p].remark[k];
            const char *phase = cohort->phase[p].name;
            text_add(&line, "%s%s%s%s: %s", line.n > 0 ? "; " : "", phase, phase[0] == '\0' ? "" : " ", remark->file, remark->text);
        }
    if (!text_ok(&line, err)) {
        text_free(&line);
        return false;
    }
    *note = line.bytes; /* the caller's */
    return true;
}

static bool extract_chunk(const struct cohort *cohort, const struct params *params, const struct extract_plan *plan, const struct chunk *chunk,
                          struct table *out, char **note, struct err *err)
{
    struct batch *batch = mem_zero(1, sizeof *batch, err);
    if (batch == NULL)
        return false;
    bool done = list_sources(cohort, chunk, batch, err) && extract_batch(params, plan, batch->source, batch->n, batch->done, batch->row, err);
    for (size_t row = chunk->begin; done && row < chunk->end; row++)
        done = fill_case(cohort, plan, batch, (row - chunk->begin) * cohort->phase_n, out, row, err) &&
               (note == NULL || note_case(cohort, batch, (row - chunk->begin) * cohort->phase_n, &note[row], err));
    batch_free(batch);
    return done;
}

/* ---- the stage ---- */

const char *extraction_failure(const struct table *features, size_t row)
{
    for (size_t c = 0; c < features->column_n; c++)
        if (!isnan(features->column[c].number[row]))
            return NULL;
    return features->column_n > 0 && features->column[0].reason != NULL ? features->column[0].reason[row] : NULL;
}

/* A chunk's rows of `out`: from the work folder when they lie there, else made, and left there. */
static bool do_chunk(const struct cohort *cohort, const struct params *params, const struct extract_plan *plan, const char *work, size_t k,
                     struct table *out, char **note, struct err *err)
{
    struct chunk chunk = {k * CHUNK, (k + 1) * CHUNK < cohort->n ? (k + 1) * CHUNK : cohort->n, NULL, NULL};
    if (work == NULL)
        return extract_chunk(cohort, params, plan, &chunk, out, note, err);
    bool done = chunk_paths(work, k, &chunk, err) &&
                (file_exists(chunk.values) ? read_chunk(&chunk, out, note, err)
                                           : extract_chunk(cohort, params, plan, &chunk, out, note, err) && write_chunk(&chunk, out, note, err));
    chunk_free(&chunk);
    return done;
}

bool extraction_extract(const struct cohort *cohort, const struct params *params, const char *work, struct table *out, char **note, struct err *err)
{
    struct extract_plan plan = {0};
    struct progress *progress = NULL;
    bool done = false;
    *out = (struct table){0};
    if (cohort->phase_n > PHASE_MAX)
        return err_set(err, ERR_USAGE, "found %zu phases, expected at most %d", cohort->phase_n, PHASE_MAX);
    if (!extract_plan_make(params, &plan, err) || !table_init(out, cohort->n, NULL, cohort->table.id, err))
        goto done;
    for (size_t p = 0; p < cohort->phase_n; p++)
        if (!add_columns(&plan, cohort->phase[p].name, out, err))
            goto done;
    progress = progress_start("extracting features", cohort->n);
    for (size_t k = 0; k * CHUNK < cohort->n; k++) {
        if (!do_chunk(cohort, params, &plan, work, k, out, note, err))
            goto done;
        progress_step(progress, (k + 1) * CHUNK < cohort->n ? CHUNK : cohort->n - k * CHUNK);
    }
    done = true;
done:
    progress_end(progress);
    extract_plan_free(&plan);
    if (!done)
        table_free(out);
    return done;
}

size_t extraction_tell_failed(const struct cohort *cohort, const char *const *failure)
{
    size_t failed_n = 0;
    for (size_t row = 0; row < cohort->n; row++) {
        if (failure[row] == NULL)
            continue;
        log_warn("case %s: %s", cohort->table.id[row], failure[row]);
        failed_n++;
    }
    return failed_n;
}

bool extraction_check_failed(const struct cohort *cohort, const char *const *failure, double limit, struct err *err)
{
    for (size_t r = 0; r < cohort->role_n; r++) {
        size_t n = 0, failed = 0, first = 0;
        for (size_t row = 0; row < cohort->n; row++) {
            if (cohort->role_of[row] == NULL || strcmp(cohort->role_of[row], cohort->role[r].name) != 0)
                continue;
            n++;
            if (failure[row] != NULL && failed++ == 0)
                first = row;
        }
        if ((double)failed > limit * (double)n)
            return err_set(err, ERR_INPUT, "%zu of %zu cases of role %s failed, more than max_failed = %g allows; the first, %s: %s", failed, n,
                           cohort->role[r].name, limit, cohort->table.id[first], failure[first]);
    }
    return true;
}
