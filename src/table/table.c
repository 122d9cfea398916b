/* Tables of cases: columns with kinds, holes with reasons, and what each was fitted on; see table.h.
 * Column names are found through open addressing (FNV-1a, linear probing, at most half full): feature tables
 * with tens of thousands of columns are usual. */
#include "table/table.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static void seen_free(struct seen *seen, size_t row_n)
{
    rowset_drop(seen->all);
    for (size_t i = 0; seen->each != NULL && i < row_n; i++)
        rowset_drop(seen->each[i]);
    mem_free(seen->each);
    *seen = (struct seen){NULL, NULL};
}

static void texts_free(char **text, size_t n)
{
    for (size_t i = 0; text != NULL && i < n; i++)
        mem_free(text[i]);
    mem_free(text);
}

static void column_free(struct column *column, size_t row_n)
{
    mem_free(column->name);
    mem_free(column->number);
    texts_free(column->text, row_n);
    mem_free(column->object);
    texts_free(column->reason, row_n);
    seen_free(&column->seen, row_n);
}

bool table_init(struct table *table, size_t row_n, const size_t *row, char *const *id, struct err *err)
{
    *table = (struct table){.row_n = row_n};
    table->row = mem_alloc(row_n, sizeof *table->row, err);
    if (table->row == NULL)
        goto failed;
    for (size_t i = 0; i < row_n; i++)
        table->row[i] = row == NULL ? i : row[i];
    if (id != NULL) {
        table->id = mem_zero(row_n, sizeof *table->id, err);
        if (table->id == NULL)
            goto failed;
        for (size_t i = 0; i < row_n; i++)
            if ((table->id[i] = mem_string(id[i], err)) == NULL)
                goto failed;
    }
    return true;
failed:
    table_free(table);
    return false;
}

void table_free(struct table *table)
{
    for (size_t c = 0; c < table->column_n; c++)
        column_free(&table->column[c], table->row_n);
    mem_free(table->column);
    mem_free(table->slot);
    texts_free(table->id, table->row_n);
    mem_free(table->row);
    *table = (struct table){0};
}

static size_t name_hash(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (const unsigned char *c = (const unsigned char *)name; *c != '\0'; c++)
        hash = (hash ^ *c) * 1099511628211u;
    return (size_t)hash;
}

/* The slot that holds `name`'s column number + 1, or the empty one (0) where it belongs; slot_n > 0. */
static size_t *name_slot(const struct table *table, const char *name)
{
    size_t at = name_hash(name) & (table->slot_n - 1);
    while (table->slot[at] != 0 && strcmp(table->column[table->slot[at] - 1].name, name) != 0)
        at = (at + 1) & (table->slot_n - 1);
    return &table->slot[at];
}

static void index_all(struct table *table)
{
    memset(table->slot, 0, table->slot_n * sizeof *table->slot);
    for (size_t c = 0; c < table->column_n; c++)
        *name_slot(table, table->column[c].name) = c + 1;
}

struct column *table_find(const struct table *table, const char *name)
{
    size_t found = table->slot_n == 0 ? 0 : *name_slot(table, name);
    return found == 0 ? NULL : &table->column[found - 1];
}

const char **table_names(const struct table *table, struct err *err)
{
    const char **names = mem_alloc(table->column_n, sizeof *names, err);
    for (size_t c = 0; names != NULL && c < table->column_n; c++)
        names[c] = table->column[c].name;
    return names;
}

/* Room for one more column, in the array and (a power of two, at most half full) in the index. */
static bool make_room(struct table *table, struct err *err)
{
    if (table->column_n < table->column_room)
        return true;
    size_t room = table->column_room < 8 ? 16 : 2 * table->column_room;
    size_t *slot = mem_zero(2 * room, sizeof *slot, err);
    if (slot == NULL)
        return false;
    struct column *grown = mem_grow(table->column, table->column_n, room, sizeof *grown, err);
    if (grown == NULL) {
        mem_free(slot);
        return false;
    }
    mem_free(table->slot);
    table->slot = slot;
    table->slot_n = 2 * room;
    table->column = grown;
    table->column_room = room;
    index_all(table);
    return true;
}

static bool column_fill_holes(struct column *column, size_t row_n, struct err *err)
{
    switch (column->kind) {
    case COLUMN_NUMBER:
        column->number = mem_alloc(row_n, sizeof *column->number, err);
        for (size_t i = 0; column->number != NULL && i < row_n; i++)
            column->number[i] = NAN;
        return column->number != NULL;
    case COLUMN_TEXT:
        column->text = mem_zero(row_n, sizeof *column->text, err);
        return column->text != NULL;
    case COLUMN_CASE:
        column->object = mem_zero(row_n, sizeof *column->object, err);
        return column->object != NULL;
    }
    return err_set(err, ERR_BUG, "column %s has no kind", column->name);
}

/* Adds without looking for the name: callers know that it is new. */
static struct column *add_new(struct table *table, const char *name, enum column_kind kind, struct err *err)
{
    if (!make_room(table, err))
        return NULL;
    struct column column = {.kind = kind};
    column.name = mem_string(name, err);
    if (column.name == NULL || !column_fill_holes(&column, table->row_n, err)) {
        column_free(&column, table->row_n);
        return NULL;
    }
    size_t *slot = name_slot(table, name);
    table->column[table->column_n++] = column;
    *slot = table->column_n;
    return &table->column[table->column_n - 1];
}

struct column *table_add(struct table *table, const char *name, enum column_kind kind, struct err *err)
{
    if (table_find(table, name) != NULL) {
        err_set(err, ERR_INPUT, "column %s stands twice in the table", name);
        return NULL;
    }
    return add_new(table, name, kind, err);
}

bool table_rename(struct table *table, struct column *column, const char *name, struct err *err)
{
    struct column *other = table_find(table, name);
    if (other != NULL)
        return other == column || err_set(err, ERR_INPUT, "column %s stands twice in the table", name);
    char *copy = mem_string(name, err);
    if (copy == NULL)
        return false;
    mem_free(column->name);
    column->name = copy;
    index_all(table);
    return true;
}

bool table_set_text(struct table *table, struct column *column, size_t position, const char *text, struct err *err)
{
    if (column->kind != COLUMN_TEXT || position >= table->row_n)
        return err_set(err, ERR_BUG, "column %s takes no text at row %zu", column->name, position);
    char *copy = text == NULL ? NULL : mem_string(text, err);
    if (text != NULL && copy == NULL)
        return false;
    mem_free(column->text[position]);
    column->text[position] = copy;
    return true;
}

bool table_set_reason(struct table *table, struct column *column, size_t position, const char *reason, struct err *err)
{
    if (position >= table->row_n)
        return err_set(err, ERR_BUG, "column %s has no row %zu", column->name, position);
    if (reason == NULL && column->reason == NULL)
        return true;
    if (column->reason == NULL && (column->reason = mem_zero(table->row_n, sizeof *column->reason, err)) == NULL)
        return false;
    char *copy = reason == NULL ? NULL : mem_string(reason, err);
    if (reason != NULL && copy == NULL)
        return false;
    mem_free(column->reason[position]);
    column->reason[position] = copy;
    return true;
}

/* out: texts of the listed positions; NULL where there is none. */
static bool copy_texts(char *const *from, const size_t *position, size_t n, char **out, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = from[position[i]];
        if (text != NULL && (out[i] = mem_string(text, err)) == NULL)
            return false;
    }
    return true;
}

/* A copy of the listed rows of `from` as a new column of `out`, which has n rows. */
static bool copy_column(const struct column *from, const size_t *position, size_t n, struct table *out, struct err *err)
{
    struct column *to = add_new(out, from->name, from->kind, err);
    if (to == NULL)
        return false;
    for (size_t i = 0; from->kind == COLUMN_NUMBER && i < n; i++)
        to->number[i] = from->number[position[i]];
    for (size_t i = 0; from->kind == COLUMN_CASE && i < n; i++)
        to->object[i] = from->object[position[i]];
    if (from->kind == COLUMN_TEXT && !copy_texts(from->text, position, n, to->text, err))
        return false;
    if (from->reason != NULL) {
        if ((to->reason = mem_zero(n, sizeof *to->reason, err)) == NULL)
            return false;
        if (!copy_texts(from->reason, position, n, to->reason, err))
            return false;
    }
    to->seen.all = rowset_keep(from->seen.all);
    if (from->seen.each != NULL) {
        if ((to->seen.each = mem_zero(n, sizeof *to->seen.each, err)) == NULL)
            return false;
        for (size_t i = 0; i < n; i++)
            to->seen.each[i] = rowset_keep(from->seen.each[position[i]]);
    }
    return true;
}

bool table_take_rows(const struct table *table, const size_t *position, size_t n, struct table *out, struct err *err)
{
    *out = (struct table){0};
    for (size_t i = 0; i < n; i++)
        if (position[i] >= table->row_n)
            return err_set(err, ERR_BUG, "table of %zu rows has no row %zu", table->row_n, position[i]);
    if (!table_init(out, n, NULL, NULL, err))
        return false;
    for (size_t i = 0; i < n; i++)
        out->row[i] = table->row[position[i]];
    if (table->id != NULL) {
        if ((out->id = mem_zero(n, sizeof *out->id, err)) == NULL)
            goto failed;
        if (!copy_texts(table->id, position, n, out->id, err))
            goto failed;
    }
    for (size_t c = 0; c < table->column_n; c++)
        if (!copy_column(&table->column[c], position, n, out, err))
            goto failed;
    return true;
failed:
    table_free(out);
    return false;
}

/* 0..n-1; the caller frees. */
static size_t *all_positions(size_t n, struct err *err)
{
    size_t *position = mem_alloc(n, sizeof *position, err);
    for (size_t i = 0; position != NULL && i < n; i++)
        position[i] = i;
    return position;
}

bool table_take_columns(const struct table *table, const size_t *position, size_t n, struct table *out, struct err *err)
{
    *out = (struct table){0};
    size_t *rows = all_positions(table->row_n, err);
    bool done = rows != NULL && table_init(out, table->row_n, table->row, table->id, err);
    for (size_t c = 0; done && c < n; c++) {
        if (position[c] >= table->column_n)
            done = err_set(err, ERR_BUG, "table of %zu columns has no column %zu", table->column_n, position[c]);
        else
            done = copy_column(&table->column[position[c]], rows, table->row_n, out, err);
    }
    mem_free(rows);
    if (!done)
        table_free(out);
    return done;
}

bool table_append(struct table *to, const struct table *from, struct err *err)
{
    if (to->row_n != from->row_n)
        return err_set(err, ERR_BUG, "tables of %zu and %zu rows cannot be joined", to->row_n, from->row_n);
    for (size_t i = 0; i < to->row_n; i++)
        if (to->row[i] != from->row[i])
            return err_set(err, ERR_BUG, "tables of other rows cannot be joined: case %zu against %zu", to->row[i], from->row[i]);
    for (size_t c = 0; c < from->column_n; c++)
        if (table_find(to, from->column[c].name) != NULL)
            return err_set(err, ERR_INPUT, "column %s stands in both tables", from->column[c].name);
    size_t *rows = all_positions(to->row_n, err);
    bool done = rows != NULL;
    size_t before = to->column_n;
    for (size_t c = 0; done && c < from->column_n; c++)
        done = copy_column(&from->column[c], rows, to->row_n, to, err);
    mem_free(rows);
    if (!done && to->column_n > before) {
        while (to->column_n > before)
            column_free(&to->column[--to->column_n], to->row_n);
        index_all(to);
    }
    return done;
}

static bool replace_with_union(struct rowset **kept, struct rowset *set, struct err *err)
{
    struct rowset *joined;
    if (!rowset_union(*kept, set, &joined, err))
        return false;
    rowset_drop(*kept);
    *kept = joined;
    return true;
}

bool table_mark_seen(struct table *table, struct rowset *set, struct err *err)
{
    for (size_t c = 0; c < table->column_n; c++) {
        struct seen *seen = &table->column[c].seen;
        if (seen->each == NULL && !replace_with_union(&seen->all, set, err))
            return false;
        for (size_t i = 0; seen->each != NULL && i < table->row_n; i++)
            if (!replace_with_union(&seen->each[i], set, err))
                return false;
    }
    return true;
}

const struct rowset *column_seen(const struct column *column, size_t position)
{
    return column->seen.each != NULL ? column->seen.each[position] : column->seen.all;
}

bool table_row_seen_itself(const struct table *table, size_t position)
{
    for (size_t c = 0; c < table->column_n; c++)
        if (rowset_has(column_seen(&table->column[c], position), table->row[position]))
            return true;
    return false;
}
