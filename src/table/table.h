/* A table: rows are cases, columns know their kind, their holes (with reasons) and which rows their values
 * were fitted on (DESIGN rule 2).
 *
 * A number column's hole is NaN, with an optional reason ("flat region"). A text column's hole is NULL.
 * `seen` says whose outcomes or values made the numbers: a raw feature has seen nobody, a z-score the rows
 * it was fitted on, an out-of-fold score for each row the rows of that fold's training part. */
#ifndef HEPAR_TABLE_TABLE_H
#define HEPAR_TABLE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A set of cohort rows (sorted, distinct), shared by reference count; immutable once made. */
struct rowset;
struct rowset *rowset_make(const size_t *rows, size_t n, struct err *err); /* any order; duplicates fold */
struct rowset *rowset_keep(struct rowset *set); /* NULL stays NULL */
void rowset_drop(struct rowset *set);
bool rowset_has(const struct rowset *set, size_t row); /* NULL has none */
size_t rowset_n(const struct rowset *set);
const size_t *rowset_rows(const struct rowset *set);
/* *joined: a new reference (NULL, with success, when both are NULL). */
bool rowset_union(struct rowset *a, struct rowset *b, struct rowset **joined, struct err *err);

/* Which rows a column's values were fitted on: one set for all rows, or one a row. */
struct seen {
    struct rowset *all;   /* owned reference; NULL: nobody */
    struct rowset **each; /* NULL, or row_n owned references that stand instead of `all` */
};

enum column_kind {
    COLUMN_NUMBER,
    COLUMN_TEXT,
    COLUMN_CASE, /* an opaque case (images behind a source); what a network's step reads */
};

struct column {
    char *name; /* owned; changed by table_rename() alone */
    enum column_kind kind;
    double *number;      /* COLUMN_NUMBER: row_n values, owned */
    char **text;         /* COLUMN_TEXT: row_n owned texts or NULL */
    const void **object; /* COLUMN_CASE: row_n borrowed pointers; the owner outlives the table */
    char **reason;       /* NULL, or row_n owned texts: why the cell is a hole; NULL where it is none */
    struct seen seen;
};

struct table {
    size_t row_n, column_n, column_room;
    size_t *row;            /* row_n cohort row numbers: the identity behind rowsets and random keys */
    char **id;              /* row_n owned case IDs as the user wrote them, or NULL */
    struct column *column;  /* column_n */
    size_t *slot, slot_n;   /* where a name's column is: kept by table.c */
};

/* A zeroed struct table is empty and may be freed. `id` may be NULL; row NULL means 0..row_n-1. Both are copied. */
bool table_init(struct table *table, size_t row_n, const size_t *row, char *const *id, struct err *err);
void table_free(struct table *table);
/* A new column of holes (NaN, NULL); its address is valid until the next add. ERR_INPUT when the name stands already. */
struct column *table_add(struct table *table, const char *name, enum column_kind kind, struct err *err);
/* Both copy the text; NULL makes a hole, or takes a reason away. `position` is 0..row_n-1. */
bool table_set_text(struct table *table, struct column *column, size_t position, const char *text, struct err *err);
bool table_set_reason(struct table *table, struct column *column, size_t position, const char *reason, struct err *err);
struct column *table_find(const struct table *table, const char *name); /* NULL when absent */
/* The columns' names in order, borrowed; the caller frees the list alone. NULL: out of memory. */
const char **table_names(const struct table *table, struct err *err);
/* ERR_INPUT when another column has that name. */
bool table_rename(struct table *table, struct column *column, const char *name, struct err *err);
/* out: the listed rows (by position) of all columns, in that order; a position may repeat. `out` need not be
 * initialised, and is empty after a failure. */
bool table_take_rows(const struct table *table, const size_t *position, size_t n, struct table *out, struct err *err);
/* out: the listed columns (by position) of all rows. */
bool table_take_columns(const struct table *table, const size_t *position, size_t n, struct table *out, struct err *err);
/* Puts copies of all columns of `from` (same rows, same order: ERR_BUG else) behind those of `to`. ERR_INPUT when
 * a name stands in both. On failure `to` is as it was. */
bool table_append(struct table *to, const struct table *from, struct err *err);
/* Adds `set` to what every column of the table has seen. */
bool table_mark_seen(struct table *table, struct rowset *set, struct err *err);
/* Whose rows the value at a position was fitted on; NULL: nobody's. Borrowed. */
const struct rowset *column_seen(const struct column *column, size_t position);
/* True when some value of the given row position was fitted on that very row: a measure there is "apparent". */
bool table_row_seen_itself(const struct table *table, size_t position);

#endif
