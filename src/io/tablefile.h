/* Tables of cases in CSV files: which images and masks there are, and columns of numbers.
 *
 * Case tables have images and masks, and may have IDs and labels, in the columns of casecolumns.h; further columns are free
 * and can be read from `csv`. Feature tables have the ID first; a column whose cells all are words (no cell begins like a number, none is TRUE or
 * FALSE), PyRadiomics' diagnostics_* and image or mask paths are texts, every other column must be numbers throughout.
 * Faults are ERR_INPUT "PATH line N: ..." with the column and the cell. */
#ifndef HEPAR_IO_TABLEFILE_H
#define HEPAR_IO_TABLEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "io/csv.h"
#include "table/table.h"

struct case_row {
    char *id;      /* the ID, or the row's number (1-based) where the table has none; owned */
    char **image, **mask; /* phase_n paths, joined with the table's folder, owned; NULL where a phase's cell is empty */
    int64_t label; /* mask value; 0: the table says none */
    size_t line;
};

struct case_table {
    size_t row_n, phase_n;
    char **phase; /* "" for a table with one pair of columns */
    bool has_id;
    struct case_row *row;
    struct csv csv; /* rows as `row` */
};

bool case_table_read(const char *path, struct case_table *table, struct notes *notes, struct err *err);
void case_table_free(struct case_table *table); /* a zeroed struct is fine */

/* A file of columns. Rows get their numbers 0.. as identity; number columns' holes have no reason. Notes: columns
 * without values; IDs that differ by case or blanks alone. */
bool feature_table_read(const char *path, struct table *table, struct notes *notes, struct err *err);

/* Any CSV with all columns as text (empty and missing cells are holes); `id_column` NULL: the first. IDs need not
 * be distinct. */
bool text_table_read(const char *path, const char *id_column, struct table *table, struct notes *notes, struct err *err);

/* `ID` (left out when the table has no IDs) and all number and text columns, shortest numbers, holes empty; and the
 * reasons of its holes as (ID, column, reason). */
bool table_write_csv(const char *path, const struct table *table, struct err *err);
bool table_write_notes(const char *path, const struct table *table, struct err *err);

#endif
