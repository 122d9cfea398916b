/* Tables of features and free columns, read and written as CSV; see tablefile.h. Case tables are in casetable.c. */
#include "io/tablefile.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"

struct id_place {
    const char *id;
    size_t row;
};

static int compare_ids(const void *a, const void *b)
{
    const struct id_place *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

/* Letters aside, and blanks around. */
static int compare_loosely(const void *a, const void *b)
{
    const char *x = ((const struct id_place *)a)->id, *y = ((const struct id_place *)b)->id;
    x += strspn(x, " \t");
    y += strspn(y, " \t");
    size_t xn = strlen(x), yn = strlen(y);
    while (xn > 0 && (x[xn - 1] == ' ' || x[xn - 1] == '\t'))
        xn--;
    while (yn > 0 && (y[yn - 1] == ' ' || y[yn - 1] == '\t'))
        yn--;
    int order = strncasecmp(x, y, xn < yn ? xn : yn);
    return order != 0 ? order : (xn > yn) - (xn < yn);
}

/* The row with the lowest line among those whose ID stands in an earlier row. */
static bool check_distinct(const struct csv *csv, struct id_place *place, struct err *err)
{
    size_t worst = SIZE_MAX, first = 0;
    qsort(place, csv->row_n, sizeof *place, compare_ids);
    for (size_t i = 1; i < csv->row_n; i++)
        if (strcmp(place[i - 1].id, place[i].id) == 0 && place[i].row < worst) {
            worst = place[i].row;
            first = place[i - 1].row;
        }
    if (worst == SIZE_MAX)
        return true;
    return err_set(err, ERR_INPUT, "%s line %zu: ID %.80s stands already on line %zu", csv->path, csv->line[worst], csv_cell(csv, worst, 0), csv->line[first]);
}

static bool note_similar(const struct csv *csv, struct id_place *place, struct notes *notes, struct err *err)
{
    qsort(place, csv->row_n, sizeof *place, compare_loosely);
    for (size_t i = 1; i < csv->row_n; i++) {
        const char *one = place[i - 1].id, *other = place[i].id;
        if (compare_loosely(&place[i - 1], &place[i]) != 0)
            continue;
        bool blanks = strlen(one) != strlen(other);
        return notes_add(notes, err, blanks ? "IDs that differ by blanks" : "IDs that differ by case", "%s: IDs \"%.60s\" (line %zu) and \"%.60s\" (line %zu) differ by %s alone",
                         csv->path, one, csv->line[place[i - 1].row], other, csv->line[place[i].row], blanks ? "blanks or case" : "case");
    }
    return true;
}

static bool check_ids(const struct csv *csv, struct notes *notes, struct err *err)
{
    for (size_t r = 0; r < csv->row_n; r++) {
        const char *id = csv_cell(csv, r, 0);
        if (id[strspn(id, " \t\r\n")] == '\0')
            return err_set(err, ERR_INPUT, "%s line %zu: column %s: an empty ID", csv->path, csv->line[r], csv->name[0]);
    }
    struct id_place *place = mem_alloc(csv->row_n, sizeof *place, err);
    if (place == NULL)
        return false;
    for (size_t r = 0; r < csv->row_n; r++)
        place[r] = (struct id_place){csv_cell(csv, r, 0), r};
    bool done = check_distinct(csv, place, err) && note_similar(csv, place, notes, err);
    mem_free(place);
    return done;
}

/* Begins as a number does, or is a truth word: then its column is meant to be numbers. */
static bool like_number(const char *cell)
{
    cell += strspn(cell, " \t");
    if (strcasecmp(cell, "true") == 0 || strcasecmp(cell, "false") == 0 || strcasecmp(cell, "inf") == 0 || strcasecmp(cell, "-inf") == 0)
        return true;
    if (strncmp(cell, "\xE2\x88\x92", 3) == 0) /* U+2212, the minus sign of typesetters */
        cell += 3;
    cell += *cell == '-' || *cell == '+';
    cell += *cell == '.';
    return isdigit((unsigned char)*cell);
}

static bool text_by_name(const char *name)
{
    return strncmp(name, "diagnostics_", 12) == 0 || strncasecmp(name, "image", 5) == 0 || strncasecmp(name, "mask", 4) == 0;
}

static bool is_text_column(const struct csv *csv, size_t column)
{
    bool words = false;
    double value;
    if (text_by_name(csv->name[column]))
        return true;
    for (size_t r = 0; r < csv->row_n; r++) {
        const char *cell = csv_cell(csv, r, column);
        if (csv_number(cell, &value) == CSV_MISSING)
            continue;
        if (like_number(cell))
            return false;
        words = true;
    }
    return words;
}

static bool add_texts(struct table *table, const struct csv *csv, size_t column, struct err *err)
{
    struct column *to = table_add(table, csv->name[column], COLUMN_TEXT, err);
    double value;
    if (to == NULL)
        return false;
    for (size_t r = 0; r < csv->row_n; r++) {
        const char *cell = csv_cell(csv, r, column);
        if (csv_number(cell, &value) != CSV_MISSING && !table_set_text(table, to, r, cell, err))
            return false;
    }
    return true;
}

static bool add_numbers(struct table *table, const struct csv *csv, size_t column, struct notes *notes, struct err *err)
{
    struct column *to = table_add(table, csv->name[column], COLUMN_NUMBER, err);
    size_t missing = 0;
    if (to == NULL)
        return false;
    for (size_t r = 0; r < csv->row_n; r++) {
        if (!csv_get_number(csv, r, column, &to->number[r], err))
            return false;
        missing += isnan(to->number[r]);
    }
    return missing < csv->row_n || notes_add(notes, err, "column without values", "%s: column %s has no values", csv->path, csv->name[column]);
}

/* IDs of a column; the table is empty but for its rows. */
static bool begin_table(struct table *table, const struct csv *csv, size_t id_column, struct err *err)
{
    char **id = mem_alloc(csv->row_n, sizeof *id, err);
    if (id == NULL)
        return false;
    for (size_t r = 0; r < csv->row_n; r++)
        id[r] = (char *)csv_cell(csv, r, id_column);
    bool done = table_init(table, csv->row_n, NULL, id, err);
    mem_free(id);
    return done;
}

static bool check_form(const struct csv *csv, struct err *err)
{
    if (!csv_check_names(csv, err))
        return false;
    if (csv->column_n < 2)
        return err_set(err, ERR_INPUT, "%s line %zu: no columns behind the ID", csv->path, csv->name_line);
    if (csv->row_n == 0)
        return err_set(err, ERR_INPUT, "%s line %zu: no rows behind the header", csv->path, csv->name_line);
    return true;
}

bool feature_table_read(const char *path, struct table *table, struct notes *notes, struct err *err)
{
    struct csv csv;
    *table = (struct table){0};
    if (!csv_read(path, &csv, notes, err))
        return false;
    bool done = check_form(&csv, err) && check_ids(&csv, notes, err) && begin_table(table, &csv, 0, err);
    for (size_t c = 1; done && c < csv.column_n; c++)
        done = is_text_column(&csv, c) ? add_texts(table, &csv, c, err) : add_numbers(table, &csv, c, notes, err);
    csv_free(&csv);
    if (!done)
        table_free(table);
    return done;
}

bool text_table_read(const char *path, const char *id_column, struct table *table, struct notes *notes, struct err *err)
{
    struct csv csv;
    *table = (struct table){0};
    if (!csv_read(path, &csv, notes, err))
        return false;
    size_t at = id_column == NULL ? 0 : csv_find(&csv, id_column);
    bool done = csv_check_names(&csv, err);
    if (done && at == SIZE_MAX)
        done = err_set(err, ERR_INPUT, "%s line %zu: there is no column %s", path, csv.name_line, id_column);
    done = done && begin_table(table, &csv, at, err);
    for (size_t c = 0; done && c < csv.column_n; c++)
        done = c == at || add_texts(table, &csv, c, err);
    csv_free(&csv);
    if (!done)
        table_free(table);
    return done;
}

static bool write_text(const char *path, struct text *out, struct err *err)
{
    bool done = text_ok(out, err) && file_write(path, out->bytes, out->n, err);
    text_free(out);
    return done;
}

bool table_write_csv(const char *path, const struct table *table, struct err *err)
{
    struct text out = TEXT_INIT;
    struct csv_writer writer = csv_writer(&out);
    if (table->id != NULL)
        csv_add_text(&writer, "ID");
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind != COLUMN_CASE)
            csv_add_text(&writer, table->column[c].name);
    csv_end_row(&writer);
    for (size_t r = 0; r < table->row_n; r++) {
        if (table->id != NULL)
            csv_add_text(&writer, table->id[r]);
        for (size_t c = 0; c < table->column_n; c++) {
            if (table->column[c].kind == COLUMN_NUMBER)
                csv_add_number(&writer, table->column[c].number[r]);
            else if (table->column[c].kind == COLUMN_TEXT)
                csv_add_text(&writer, table->column[c].text[r]);
        }
        csv_end_row(&writer);
    }
    return write_text(path, &out, err);
}

bool table_write_notes(const char *path, const struct table *table, struct err *err)
{
    struct text out = TEXT_INIT;
    struct csv_writer writer = csv_writer(&out);
    csv_add_text(&writer, "ID");
    csv_add_text(&writer, "column");
    csv_add_text(&writer, "reason");
    csv_end_row(&writer);
    for (size_t r = 0; r < table->row_n; r++)
        for (size_t c = 0; c < table->column_n; c++) {
            const struct column *column = &table->column[c];
            if (column->reason == NULL || column->reason[r] == NULL)
                continue;
            if (table->id != NULL)
                csv_add_text(&writer, table->id[r]);
            else
                csv_add_count(&writer, table->row[r] + 1);
            csv_add_text(&writer, column->name);
            csv_add_text(&writer, column->reason[r]);
            csv_end_row(&writer);
        }
    return write_text(path, &out, err);
}
