/* CSV: reading a table of text cells, and writing one (RFC 4180).
 *
 * Read: UTF-8 with or without byte-order mark, plain or gzip (told by content); lines end in LF, CR LF or CR;
 * the delimiter (comma, semicolon or tab) is the one that stands most often in the header line outside quotes.
 * Cells keep their blanks, and the line ends inside quotes; empty lines are left out. A quote inside an
 * unquoted cell is a plain character.
 * Refused, with the file's physical line (a record counts from the line it starts on): NUL bytes, bytes that
 * are not UTF-8, an open quote, text behind a closing quote, rows of another length than the header, more than
 * CSV_COLUMN_MAX columns, more than CSV_BYTE_MAX bytes. All are ERR_INPUT "PATH line N: ...". */
#ifndef HEPAR_IO_CSV_H
#define HEPAR_IO_CSV_H

#include <stddef.h>

#include "base/err.h"
#include "base/notes.h"
#include "base/text.h"

enum { CSV_COLUMN_MAX = 1000000 };
#define CSV_BYTE_MAX ((size_t)2 << 30)

struct csv {
    size_t row_n, column_n; /* row_n without the header */
    char **name;            /* column_n header cells */
    char **cell;            /* row_n x column_n, row by row; see csv_cell() */
    size_t *line;           /* row_n physical lines, 1-based */
    size_t name_line;       /* of the header */
    char delimiter;
    char *path;             /* as given, for messages; owned, like everything here */
    char *bytes;            /* what the cells point into */
};

/* The file must have a header and may have no rows. Header names may repeat or be empty: see csv_check_names().
 * `notes` (may be NULL) hears of what gzip left out. */
bool csv_read(const char *path, struct csv *csv, struct notes *notes, struct err *err);
/* The same from memory (not gzip); `path` is for messages. */
bool csv_parse(const void *bytes, size_t n, const char *path, struct csv *csv, struct err *err);
/* ERR_INPUT when a column has no name, or two have the same. */
bool csv_check_names(const struct csv *csv, struct err *err);
void csv_free(struct csv *csv);

const char *csv_cell(const struct csv *csv, size_t row, size_t column);
size_t csv_find(const struct csv *csv, const char *name);         /* SIZE_MAX when absent */
size_t csv_find_any_case(const struct csv *csv, const char *name); /* blanks around and case aside; SIZE_MAX when absent */

/* What a cell says as a number. Missing: empty, NA, N/A, NaN, null, None, ".", #N/A in any case. Numbers are plain
 * decimals, correctly rounded, with blanks around or not; no hex, no marks, no units. */
enum csv_value { CSV_NUMBER, CSV_MISSING, CSV_NOT_FINITE, CSV_NO_NUMBER };
enum csv_value csv_number(const char *cell, double *value); /* *value is NaN unless CSV_NUMBER */
/* The same with an error: ERR_INPUT "PATH line N: column C: found "12 mm", expected a number". Missing is NaN. */
bool csv_get_number(const struct csv *csv, size_t row, size_t column, double *value, struct err *err);

/* Writing into a text, cell by cell: text is quoted where it must be; a number is the shortest that reads back,
 * NaN an empty cell. */
struct csv_writer {
    struct text *out;
    size_t cell_n; /* in the row that is open */
    size_t row_at; /* where in `out` it began */
};
struct csv_writer csv_writer(struct text *out);
void csv_add_text(struct csv_writer *writer, const char *cell); /* NULL is an empty cell */
void csv_add_number(struct csv_writer *writer, double value);
void csv_add_count(struct csv_writer *writer, size_t value);
void csv_end_row(struct csv_writer *writer);

#endif
