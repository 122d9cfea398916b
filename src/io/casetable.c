/* Case tables: which images and masks belong to a case; see tablefile.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/casecolumns.h"
#include "io/tablefile.h"

struct columns {
    size_t id, label, phase_n;
    size_t image[CASE_PHASE_MAX], mask[CASE_PHASE_MAX];
};

static bool find_phases(const struct csv *csv, struct columns *columns, struct err *err)
{
    const char *const *name = (const char *const *)csv->name;
    columns->phase_n = case_list_images(name, csv->column_n, columns->image);
    if (columns->phase_n == 0)
        return err_set(err, ERR_INPUT, "%s line %zu: there is no column Image (or Image_PHASE)", csv->path, csv->name_line);
    if (columns->phase_n > CASE_PHASE_MAX)
        return err_set(err, ERR_INPUT, "%s line %zu: more than %d phases", csv->path, csv->name_line, CASE_PHASE_MAX);
    for (size_t p = 0; p < columns->phase_n; p++) {
        const char *image = name[columns->image[p]];
        columns->mask[p] = case_find_mask(name, csv->column_n, case_phase(image));
        if (columns->mask[p] == SIZE_MAX)
            return err_set(err, ERR_INPUT, "%s line %zu: there is no column Mask for %s", csv->path, csv->name_line, image);
    }
    return true;
}

static bool blank(const char *cell)
{
    return cell[strspn(cell, " \t\r\n")] == '\0';
}

/* A mask value: a whole number from 1 to 2^31 - 1; 0 when the cell is missing. */
static bool read_label(const struct csv *csv, size_t row, size_t column, int64_t *label, struct err *err)
{
    double value = NAN;
    *label = 0;
    if (column == SIZE_MAX)
        return true;
    const char *cell = csv_cell(csv, row, column);
    enum csv_value kind = csv_number(cell, &value);
    if (kind == CSV_MISSING)
        return true;
    if (kind != CSV_NUMBER || value != floor(value) || value < 1 || value > 2147483647)
        return err_set(err, ERR_INPUT, "%s line %zu: column %s: found \"%.40s\", expected a mask value of 1 or more", csv->path, csv->line[row], csv->name[column], cell);
    *label = (int64_t)value;
    return true;
}

static bool read_path(const struct csv *csv, size_t row, size_t column, const char *folder, bool needed, char **path, struct err *err)
{
    const char *cell = csv_cell(csv, row, column);
    if (blank(cell) && needed)
        return err_set(err, ERR_INPUT, "%s line %zu: column %s: an empty cell, expected a file", csv->path, csv->line[row], csv->name[column]);
    if (blank(cell))
        return true;
    *path = case_path(folder, cell, err);
    return *path != NULL;
}

static bool read_row(const struct csv *csv, size_t r, const struct columns *columns, const char *folder, struct case_row *row, struct err *err)
{
    const char *id = columns->id == SIZE_MAX ? NULL : csv_cell(csv, r, columns->id);
    if (id != NULL && blank(id))
        return err_set(err, ERR_INPUT, "%s line %zu: column %s: an empty ID", csv->path, csv->line[r], csv->name[columns->id]);
    row->line = csv->line[r];
    row->id = case_id(id, r, err);
    row->image = mem_zero(columns->phase_n, sizeof *row->image, err);
    row->mask = mem_zero(columns->phase_n, sizeof *row->mask, err);
    if (row->id == NULL || row->image == NULL || row->mask == NULL || !read_label(csv, r, columns->label, &row->label, err))
        return false;
    bool needed = columns->phase_n == 1;
    for (size_t p = 0; p < columns->phase_n; p++)
        if (!read_path(csv, r, columns->image[p], folder, needed, &row->image[p], err) || !read_path(csv, r, columns->mask[p], folder, needed, &row->mask[p], err))
            return false;
    return true;
}

static int compare_cases(const void *a, const void *b)
{
    const struct case_row *x = *(const struct case_row *const *)a, *y = *(const struct case_row *const *)b;
    int order = strcmp(x->id, y->id);
    if (order == 0)
        order = (x->label > y->label) - (x->label < y->label);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* One ID may stand on several rows, but only with another label each: lesions of one patient. */
static bool check_distinct(const struct case_table *table, struct err *err)
{
    const struct case_row **sorted = mem_alloc(table->row_n, sizeof *sorted, err);
    const struct case_row *worst = NULL, *first = NULL;
    if (sorted == NULL)
        return false;
    for (size_t r = 0; r < table->row_n; r++)
        sorted[r] = &table->row[r];
    qsort(sorted, table->row_n, sizeof *sorted, compare_cases);
    for (size_t i = 1; i < table->row_n; i++)
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0 && sorted[i - 1]->label == sorted[i]->label && (worst == NULL || sorted[i]->line < worst->line)) {
            worst = sorted[i];
            first = sorted[i - 1];
        }
    mem_free(sorted);
    if (worst == NULL)
        return true;
    return err_set(err, ERR_INPUT, "%s line %zu: ID %.80s stands already on line %zu, with the same label", table->csv.path, worst->line, worst->id, first->line);
}

static bool keep_phase_names(struct case_table *table, const struct columns *columns, struct err *err)
{
    table->phase = mem_zero(columns->phase_n, sizeof *table->phase, err);
    if (table->phase == NULL)
        return false;
    table->phase_n = columns->phase_n;
    for (size_t p = 0; p < columns->phase_n; p++)
        if ((table->phase[p] = mem_string(case_phase(table->csv.name[columns->image[p]]), err)) == NULL)
            return false;
    return true;
}

static bool fill(struct case_table *table, const char *folder, struct err *err)
{
    const struct csv *csv = &table->csv;
    struct columns columns = {.id = csv_find_any_case(csv, "ID"), .label = csv_find_any_case(csv, "Label")};
    if (!csv_check_names(csv, err) || !find_phases(csv, &columns, err) || !keep_phase_names(table, &columns, err))
        return false;
    if (csv->row_n == 0)
        return err_set(err, ERR_INPUT, "%s line %zu: no rows behind the header", csv->path, csv->name_line);
    table->has_id = columns.id != SIZE_MAX;
    table->row = mem_zero(csv->row_n, sizeof *table->row, err);
    if (table->row == NULL)
        return false;
    table->row_n = csv->row_n;
    for (size_t r = 0; r < csv->row_n; r++)
        if (!read_row(csv, r, &columns, folder, &table->row[r], err))
            return false;
    return !table->has_id || check_distinct(table, err);
}

bool case_table_read(const char *path, struct case_table *table, struct notes *notes, struct err *err)
{
    *table = (struct case_table){0};
    if (!csv_read(path, &table->csv, notes, err))
        return false;
    char *folder = path_folder(path, err);
    bool done = folder != NULL && fill(table, folder, err);
    mem_free(folder);
    if (!done)
        case_table_free(table);
    return done;
}

void case_table_free(struct case_table *table)
{
    for (size_t r = 0; r < table->row_n; r++) {
        struct case_row *row = &table->row[r];
        for (size_t p = 0; p < table->phase_n; p++) {
            if (row->image != NULL)
                mem_free(row->image[p]);
            if (row->mask != NULL)
                mem_free(row->mask[p]);
        }
        mem_free(row->image);
        mem_free(row->mask);
        mem_free(row->id);
    }
    for (size_t p = 0; p < table->phase_n; p++)
        mem_free(table->phase[p]);
    mem_free(table->row);
    mem_free(table->phase);
    csv_free(&table->csv);
    *table = (struct case_table){0};
}
