/* Reading CSV: one pass that cuts the file's own bytes into cells; see csv.h.
 *
 * Quotes are undone in place (a cell never grows), each cell ends in a '\0' over its delimiter or line end. */
#include "io/csv.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/gzip.h"
#include "io/utf8.h"

struct cutter {
    const char *path;
    unsigned char *at, *end; /* *end is a '\0' of ours */
    size_t line;
    char delimiter;
    char **cell; /* all cells so far, header first */
    size_t cell_n, cell_room;
    size_t *line_of; /* line a record starts on */
    size_t record_n, record_room;
    size_t column_n; /* cells of the header; 0 before it is read */
};

static bool fault(struct cutter *cutter, size_t line, const char *what, struct err *err)
{
    return err_set(err, ERR_INPUT, "%s line %zu: %s", cutter->path, line, what);
}

static bool push_cell(struct cutter *cutter, unsigned char *cell, struct err *err)
{
    if (cutter->cell_n == cutter->cell_room) {
        size_t room = cutter->cell_room == 0 ? 1024 : 2 * cutter->cell_room;
        char **grown = mem_grow(cutter->cell, cutter->cell_n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        cutter->cell = grown;
        cutter->cell_room = room;
    }
    cutter->cell[cutter->cell_n++] = (char *)cell;
    return true;
}

static bool push_record(struct cutter *cutter, size_t line, struct err *err)
{
    if (cutter->record_n == cutter->record_room) {
        size_t room = cutter->record_room == 0 ? 256 : 2 * cutter->record_room;
        size_t *grown = mem_grow(cutter->line_of, cutter->record_n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        cutter->line_of = grown;
        cutter->record_room = room;
    }
    cutter->line_of[cutter->record_n++] = line;
    return true;
}

/* Steps over one line end and counts it; false when there is none. */
static bool line_end(struct cutter *cutter)
{
    if (cutter->at == cutter->end || (*cutter->at != '\n' && *cutter->at != '\r'))
        return false;
    if (*cutter->at == '\r' && cutter->at[1] == '\n')
        cutter->at++;
    cutter->at++;
    cutter->line++;
    return true;
}

/* At an opening quote: undoes the quoting in place. */
static bool quoted_cell(struct cutter *cutter, size_t record_line, struct err *err)
{
    unsigned char *start = ++cutter->at, *to = start;
    for (;;) {
        if (cutter->at == cutter->end)
            return fault(cutter, record_line, "a quote is opened and not closed before the end of the file", err);
        unsigned char c = *cutter->at++;
        if (c == '"') {
            if (cutter->at == cutter->end || *cutter->at != '"')
                break;
            cutter->at++;
        } else if (c == '\n' || (c == '\r' && *cutter->at != '\n')) {
            cutter->line++;
        }
        *to++ = c;
    }
    if (cutter->at != cutter->end && *cutter->at != (unsigned char)cutter->delimiter && *cutter->at != '\n' && *cutter->at != '\r')
        return fault(cutter, cutter->line, "text behind a closing quote, expected a delimiter or the line's end", err);
    *to = '\0'; /* over a quote, never over what ends the cell */
    return push_cell(cutter, start, err);
}

static bool plain_cell(struct cutter *cutter, unsigned char **terminate, struct err *err)
{
    unsigned char *start = cutter->at;
    unsigned char delimiter = (unsigned char)cutter->delimiter;
    while (cutter->at != cutter->end && *cutter->at != delimiter && *cutter->at != '\n' && *cutter->at != '\r')
        cutter->at++;
    *terminate = cutter->at;
    return push_cell(cutter, start, err);
}

static bool record(struct cutter *cutter, struct err *err)
{
    size_t line = cutter->line, first = cutter->cell_n;
    if (line_end(cutter))
        return true; /* an empty line */
    for (bool more = true; more;) {
        unsigned char *terminate = NULL; /* put only when what stands there has been looked at */
        if (!(*cutter->at == '"' && cutter->at != cutter->end ? quoted_cell(cutter, line, err) : plain_cell(cutter, &terminate, err)))
            return false;
        if (cutter->cell_n - first > CSV_COLUMN_MAX)
            return fault(cutter, line, "more than a million cells in one row", err);
        more = cutter->at != cutter->end && *cutter->at == (unsigned char)cutter->delimiter;
        if (more)
            cutter->at++;
        else
            line_end(cutter);
        if (terminate != NULL)
            *terminate = '\0';
    }
    size_t n = cutter->cell_n - first;
    if (cutter->column_n == 0)
        cutter->column_n = n;
    if (n != cutter->column_n && cutter->column_n == 1 && cutter->record_n == 1)
        return err_set(err, ERR_INPUT, "%s line %zu: a header of one cell, but %zu cells on line %zu: is this the header?", cutter->path, cutter->line_of[0], n, line);
    if (n != cutter->column_n)
        return err_set(err, ERR_INPUT, "%s line %zu: a row of %zu cells, expected %zu as in the header", cutter->path, line, n, cutter->column_n);
    return push_record(cutter, line, err);
}

/* The delimiter that stands most often, outside quotes, in the first line that is not empty. */
static char find_delimiter(const unsigned char *at, const unsigned char *end)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t count[3] = {0, 0, 0};
    bool quoted = false;
    while (at != end && (*at == '\n' || *at == '\r'))
        at++;
    for (; at != end && (quoted || (*at != '\n' && *at != '\r')); at++) {
        if (*at == '"')
            quoted = !quoted;
        for (size_t i = 0; !quoted && i < sizeof candidates; i++)
            count[i] += *at == (unsigned char)candidates[i];
    }
    size_t best = 0;
    for (size_t i = 1; i < sizeof candidates; i++)
        if (count[i] > count[best])
            best = i;
    return candidates[best];
}

static bool check_bytes(const unsigned char *bytes, size_t n, const char *path, struct err *err)
{
    if (n >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return err_set(err, ERR_INPUT, "%s line 1: the text is UTF-16, expected UTF-8", path);
    if (n >= 4 && memcmp(bytes, "PK\3\4", 4) == 0)
        return err_set(err, ERR_INPUT, "%s line 1: this is a zip archive or a spreadsheet, expected CSV text in UTF-8", path);
    const unsigned char *nul = memchr(bytes, '\0', n);
    size_t bad = 0;
    bool valid = utf8_valid(bytes, n, &bad);
    if (nul != NULL && (valid || (size_t)(nul - bytes) < bad))
        return err_set(err, ERR_INPUT, "%s line %zu: a NUL byte, expected text in UTF-8", path, line_of_offset(bytes, n, (size_t)(nul - bytes)));
    if (!valid)
        return err_set(err, ERR_INPUT, "%s line %zu: byte 0x%02X is not UTF-8; save the table as UTF-8", path, line_of_offset(bytes, n, bad), bytes[bad]);
    return true;
}

/* Takes `bytes` over, whatever happens; bytes[n] must be writable. */
static bool cut(unsigned char *bytes, size_t n, const char *path, struct csv *csv, struct err *err)
{
    struct cutter cutter = {.path = path, .at = bytes, .end = bytes + n, .line = 1};
    bool done = false;
    *csv = (struct csv){0};
    if (!check_bytes(bytes, n, path, err))
        goto done;
    bytes[n] = '\0';
    if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        cutter.at += 3;
    cutter.delimiter = find_delimiter(cutter.at, cutter.end);
    while (cutter.at != cutter.end)
        if (!record(&cutter, err))
            goto done;
    if (cutter.record_n == 0) {
        err_set(err, ERR_INPUT, "%s: the file is empty, expected a header line", path);
        goto done;
    }
    csv->path = mem_string(path, err);
    csv->line = mem_alloc(cutter.record_n, sizeof *csv->line, err);
    csv->name = mem_alloc(cutter.column_n, sizeof *csv->name, err);
    if (csv->path == NULL || csv->line == NULL || csv->name == NULL)
        goto done;
    csv->row_n = cutter.record_n - 1;
    csv->column_n = cutter.column_n;
    csv->delimiter = cutter.delimiter;
    csv->name_line = cutter.line_of[0];
    memcpy(csv->line, cutter.line_of + 1, csv->row_n * sizeof *csv->line);
    memcpy(csv->name, cutter.cell, cutter.column_n * sizeof *csv->name);
    memmove(cutter.cell, cutter.cell + cutter.column_n, (cutter.cell_n - cutter.column_n) * sizeof *cutter.cell);
    csv->cell = cutter.cell;
    cutter.cell = NULL;
    csv->bytes = (char *)bytes;
    bytes = NULL;
    done = true;
done:
    mem_free(cutter.cell);
    mem_free(cutter.line_of);
    mem_free(bytes);
    if (!done)
        csv_free(csv);
    return done;
}

bool csv_read(const char *path, struct csv *csv, struct notes *notes, struct err *err)
{
    unsigned char *bytes;
    size_t n;
    *csv = (struct csv){0};
    if (!gzip_read_file(path, CSV_BYTE_MAX, &bytes, &n, notes, err))
        return false;
    return cut(bytes, n, path, csv, err);
}

bool csv_parse(const void *bytes, size_t n, const char *path, struct csv *csv, struct err *err)
{
    *csv = (struct csv){0};
    unsigned char *copy = mem_alloc(n + 1, 1, err);
    if (copy == NULL)
        return false;
    if (n > 0)
        memcpy(copy, bytes, n);
    return cut(copy, n, path, csv, err);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool csv_check_names(const struct csv *csv, struct err *err)
{
    for (size_t c = 0; c < csv->column_n; c++)
        if (csv->name[c][strspn(csv->name[c], " \t\r\n")] == '\0')
            return err_set(err, ERR_INPUT, "%s line %zu: column %zu has no name", csv->path, csv->name_line, c + 1);
    char **sorted = mem_alloc(csv->column_n, sizeof *sorted, err);
    if (sorted == NULL)
        return false;
    memcpy(sorted, csv->name, csv->column_n * sizeof *sorted);
    qsort(sorted, csv->column_n, sizeof *sorted, compare_names);
    bool done = true;
    for (size_t c = 1; done && c < csv->column_n; c++)
        if (strcmp(sorted[c - 1], sorted[c]) == 0)
            done = err_set(err, ERR_INPUT, "%s line %zu: column %s stands twice", csv->path, csv->name_line, sorted[c]);
    mem_free(sorted);
    return done;
}

void csv_free(struct csv *csv)
{
    mem_free(csv->name);
    mem_free(csv->cell);
    mem_free(csv->line);
    mem_free(csv->path);
    mem_free(csv->bytes);
    *csv = (struct csv){0};
}

const char *csv_cell(const struct csv *csv, size_t row, size_t column)
{
    return csv->cell[row * csv->column_n + column];
}

size_t csv_find(const struct csv *csv, const char *name)
{
    for (size_t c = 0; c < csv->column_n; c++)
        if (strcmp(csv->name[c], name) == 0)
            return c;
    return SIZE_MAX;
}

/* The part of a cell without blanks around. */
static const char *trimmed(const char *cell, size_t *n)
{
    cell += strspn(cell, " \t");
    *n = strlen(cell);
    while (*n > 0 && (cell[*n - 1] == ' ' || cell[*n - 1] == '\t'))
        --*n;
    return cell;
}

size_t csv_find_any_case(const struct csv *csv, const char *name)
{
    return text_find((const char *const *)csv->name, csv->column_n, name);
}

enum csv_value csv_number(const char *cell, double *value)
{
    static const char *const missing[] = {"", "NA", "N/A", "NaN", "null", "None", ".", "#N/A"};
    static const char *const endless[] = {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"};
    char copy[64];
    size_t n;
    *value = NAN;
    const char *text = trimmed(cell, &n);
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (n == strlen(missing[i]) && strncasecmp(text, missing[i], n) == 0)
            return CSV_MISSING;
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++)
        if (n == strlen(endless[i]) && strncasecmp(text, endless[i], n) == 0)
            return CSV_NOT_FINITE;
    bool number;
    if (text[n] == '\0') {
        number = double_from_text(text, value);
    } else {
        char *longer = n < sizeof copy ? copy : mem_alloc(n + 1, 1, NULL);
        if (longer == NULL)
            return CSV_NO_NUMBER;
        memcpy(longer, text, n);
        longer[n] = '\0';
        number = double_from_text(longer, value);
        if (longer != copy)
            mem_free(longer);
    }
    if (!number || !isfinite(*value)) {
        *value = NAN;
        return number ? CSV_NOT_FINITE : CSV_NO_NUMBER;
    }
    return CSV_NUMBER;
}

bool csv_get_number(const struct csv *csv, size_t row, size_t column, double *value, struct err *err)
{
    const char *cell = csv_cell(csv, row, column);
    switch (csv_number(cell, value)) {
    case CSV_NUMBER:
    case CSV_MISSING:
        return true;
    case CSV_NOT_FINITE:
        return err_set(err, ERR_INPUT, "%s line %zu: column %s: found \"%.40s\", expected a finite number", csv->path, csv->line[row], csv->name[column], cell);
    case CSV_NO_NUMBER:
        break;
    }
    return err_set(err, ERR_INPUT, "%s line %zu: column %s: found \"%.40s\", expected a number", csv->path, csv->line[row], csv->name[column], cell);
}

struct csv_writer csv_writer(struct text *out)
{
    return (struct csv_writer){out, 0, out->n};
}

static void next_cell(struct csv_writer *writer)
{
    if (writer->cell_n++ == 0)
        writer->row_at = writer->out->n;
    else
        text_add_char(writer->out, ',');
}

void csv_add_text(struct csv_writer *writer, const char *cell)
{
    next_cell(writer);
    if (cell == NULL)
        return;
    size_t n = strlen(cell);
    /* Semicolons and tabs too: they must not sway a reader that looks for the delimiter. */
    bool quote = strpbrk(cell, ",;\t\"\r\n") != NULL || (n > 0 && (cell[0] == ' ' || cell[n - 1] == ' '));
    if (!quote) {
        text_add_bytes(writer->out, cell, n);
        return;
    }
    text_add_char(writer->out, '"');
    for (const char *c = cell; *c != '\0'; c++) {
        if (*c == '"')
            text_add_char(writer->out, '"');
        text_add_char(writer->out, *c);
    }
    text_add_char(writer->out, '"');
}

void csv_add_number(struct csv_writer *writer, double value)
{
    next_cell(writer);
    if (!isnan(value))
        text_add_double(writer->out, value);
}

void csv_add_count(struct csv_writer *writer, size_t value)
{
    next_cell(writer);
    text_add(writer->out, "%zu", value);
}

void csv_end_row(struct csv_writer *writer)
{
    /* A row of one empty cell would be an empty line, which readers leave out. */
    if (writer->cell_n == 1 && writer->out->n == writer->row_at)
        text_add(writer->out, "\"\"");
    text_add_char(writer->out, '\n');
    writer->cell_n = 0;
}
