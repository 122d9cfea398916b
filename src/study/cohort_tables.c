/* The cohort's tables, joined by ID; see cohort_tables.h. */
#include "study/cohort_tables.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/casecolumns.h"
#include "io/csv.h"

struct id_place {
    const char *id;
    size_t row;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct id_place *)a)->id, ((const struct id_place *)b)->id);
}

static bool sort_ids(const struct csv *csv, size_t column, struct id_place **places, struct err *err)
{
    *places = mem_alloc(csv->row_n, sizeof **places, err);
    if (*places == NULL)
        return false;
    for (size_t row = 0; row < csv->row_n; row++)
        (*places)[row] = (struct id_place){csv_cell(csv, row, column), row};
    qsort(*places, csv->row_n, sizeof **places, by_id);
    for (size_t k = 1; k < csv->row_n; k++) {
        if (strcmp((*places)[k].id, (*places)[k - 1].id) != 0)
            continue;
        size_t x = csv->line[(*places)[k - 1].row], y = csv->line[(*places)[k].row];
        err_set(err, ERR_INPUT, "%s line %zu: ID '%s' stands already in line %zu", csv->path, x > y ? x : y, (*places)[k].id, x > y ? y : x);
        mem_free(*places);
        *places = NULL;
        return false;
    }
    return true;
}

static bool is_missing(const char *cell)
{
    double ignored;
    return csv_number(cell, &ignored) == CSV_MISSING;
}

static bool copy_cell(struct column *to, size_t row, const char *cell, struct err *err)
{
    return is_missing(cell) || (to->text[row] = mem_string(cell, err)) != NULL;
}

/* The first table gives the cases. */
static bool take_first(struct cohort *cohort, const struct csv *csv, size_t id_column, struct err *err)
{
    bool done = false;
    char **ids = mem_zero(csv->row_n, sizeof *ids, err);
    if (ids == NULL)
        return false;
    for (size_t row = 0; row < csv->row_n; row++) {
        ids[row] = case_id(id_column == SIZE_MAX ? NULL : csv_cell(csv, row, id_column), row, err);
        if (ids[row] == NULL)
            goto done;
        if (ids[row][0] == '\0') {
            err_set(err, ERR_INPUT, "%s line %zu: the ID is empty", csv->path, csv->line[row]);
            goto done;
        }
    }
    cohort->n = csv->row_n;
    if (!table_init(&cohort->table, csv->row_n, NULL, ids, err))
        goto done;
    for (size_t c = 0; c < csv->column_n; c++) {
        if (c == id_column)
            continue;
        struct column *column = table_add(&cohort->table, csv->name[c], COLUMN_TEXT, err);
        if (column == NULL)
            goto done;
        for (size_t row = 0; row < csv->row_n; row++)
            if (!copy_cell(column, row, csv_cell(csv, row, c), err))
                goto done;
    }
    done = true;
done:
    for (size_t row = 0; row < csv->row_n; row++)
        mem_free(ids[row]);
    mem_free(ids);
    return done;
}

/* A further table adds its columns to the cases that it names; IDs that are no case are left out. */
static bool join_table(struct cohort *cohort, const struct csv *csv, size_t id_column, const struct id_place *places, struct err *err)
{
    for (size_t c = 0; c < csv->column_n; c++) {
        if (c == id_column)
            continue;
        struct column *column = table_add(&cohort->table, csv->name[c], COLUMN_TEXT, err);
        if (column == NULL)
            return err_add(err, "%s", csv->path);
        for (size_t row = 0; row < cohort->n; row++) {
            struct id_place wanted = {cohort->table.id[row], 0};
            const struct id_place *found = bsearch(&wanted, places, csv->row_n, sizeof *places, by_id);
            if (found != NULL && !copy_cell(column, row, csv_cell(csv, found->row, c), err))
                return false;
        }
    }
    return true;
}

static bool note_file(struct cohort *cohort, const char *name, const char *path, struct err *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    if (!file_read(path, CSV_BYTE_MAX, &bytes, &n, err))
        return false;
    struct cohort_file *files = mem_grow(cohort->file, cohort->file_n, cohort->file_n + 1, sizeof *files, err);
    if (files != NULL) {
        cohort->file = files;
        sha256_hex(bytes, n, files[cohort->file_n].sha256);
        files[cohort->file_n].name = mem_string(name, err);
        if (files[cohort->file_n].name != NULL)
            cohort->file_n++;
        else
            files = NULL;
    }
    mem_free(bytes);
    return files != NULL;
}

/* `name` is what the study file calls the table; the first one gives the cases. */
static bool read_table(struct cohort *cohort, const char *path, const char *name, const char *id, bool id_given, struct err *err)
{
    bool done = false;
    struct csv csv = {0};
    struct id_place *places = NULL;
    if (!csv_read(path, &csv, NULL, err) || !csv_check_names(&csv, err))
        goto done;
    size_t id_column = csv_find(&csv, id);
    if (id_column == SIZE_MAX)
        id_column = csv_find_any_case(&csv, id);
    if (id_column == SIZE_MAX && (id_given || cohort->folder != NULL)) {
        err_set(err, ERR_USAGE, "%s: no column '%s' for the case IDs", path, id);
        goto done;
    }
    if (id_column != SIZE_MAX && !sort_ids(&csv, id_column, &places, err))
        goto done;
    if (cohort->folder == NULL) {
        if (csv.row_n == 0) {
            err_set(err, ERR_INPUT, "%s: the cohort table has no rows", path);
            goto done;
        }
        if ((cohort->folder = path_folder(path, err)) == NULL || !take_first(cohort, &csv, id_column, err))
            goto done;
    } else if (!join_table(cohort, &csv, id_column, places, err)) {
        goto done;
    }
    done = note_file(cohort, name, path, err);
done:
    mem_free(places);
    csv_free(&csv);
    return done;
}

bool cohort_read_cases(const char *const *path, size_t path_n, const char *id, struct cohort *cohort, struct err *err)
{
    *cohort = (struct cohort){0};
    for (size_t k = 0; k < path_n; k++)
        if (!read_table(cohort, path[k], path[k], id == NULL ? "ID" : id, id != NULL, err)) {
            cohort_free(cohort);
            return false;
        }
    return true;
}

/* `key`: "cohort" or "cohort[k].file". */
static bool read_study_table(const struct study_settings *settings, struct cohort *cohort, const char *key, const char *id,
                             bool id_given, struct err *err)
{
    char *path = settings_file(settings, err, "%s", key);
    bool done = path != NULL && read_table(cohort, path, settings_file_name(settings, "%s", key), id, id_given, err);
    mem_free(path);
    return done;
}

bool cohort_read_tables(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    if (settings_text(settings, "cohort") != NULL)
        return read_study_table(settings, cohort, "cohort", settings_text(settings, "id"),
                                strcmp(settings_where(settings, "id"), "default") != 0, err);
    size_t n = settings_item_n(settings, "cohort");
    if (n == 0)
        return err_set(err, ERR_USAGE, "study file: `cohort` is missing: the table with a row a case");
    for (size_t k = 0; k < n; k++) {
        char key[64];
        const char *id = settings_text(settings, "cohort[%zu].id", k);
        snprintf(key, sizeof key, "cohort[%zu].file", k);
        if (!settings_has(settings, "%s", key))
            return err_set(err, ERR_USAGE, "study file: cohort[%zu] needs `file`", k);
        if (!read_study_table(settings, cohort, key, id == NULL ? "ID" : id, id != NULL, err))
            return false;
    }
    return true;
}
