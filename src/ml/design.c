/* Tables as matrices and back; see design.h. */
#include "ml/design.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ml/pipeline.h"

void design_free(struct design *design)
{
    mem_free(design->x);
    *design = (struct design){0, 0, NULL};
}

static bool fill_column(struct design *design, size_t j, const struct table *table, const struct column *column, struct err *err)
{
    for (size_t r = 0; r < table->row_n; r++)
        if (!isfinite(column->number[r]))
            return err_set(err, ERR_INPUT, "column %s has a hole in row %zu, expected none behind an impute step", column->name, table->row[r]);
    if (table->row_n > 0)
        memcpy(design->x + j * design->n, column->number, design->n * sizeof *design->x);
    return true;
}

bool design_make(const struct table *table, struct design *out, struct names *names, struct err *err)
{
    struct names own = {NULL, 0};
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind == COLUMN_TEXT)
            return err_set(err, ERR_INPUT, "column %s is text, expected numbers behind an encode step", table->column[c].name);
    if (!names_of_numbers(&own, table, err))
        return false;
    bool done = design_of_names(table, &own, out, err);
    if (done && names != NULL)
        *names = own;
    else
        names_free(&own);
    return done;
}

bool design_of_names(const struct table *table, const struct names *names, struct design *out, struct err *err)
{
    *out = (struct design){table->row_n, names->n, NULL};
    out->x = mem_alloc(table->row_n * names->n, sizeof *out->x, err);
    if (out->x == NULL)
        return false;
    size_t guess = 0;
    for (size_t j = 0; j < names->n; j++) {
        const struct column *column = names_column(names, j, table, &guess, err);
        if (column == NULL || !fill_column(out, j, table, column, err)) {
            design_free(out);
            return false;
        }
    }
    return true;
}

void design_take(const double *x, size_t n_from, size_t p, const size_t *position, size_t n, double *out)
{
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < n; i++)
            out[j * n + i] = x[j * n_from + position[i]];
}

bool score_table(const struct table *table, const double *score, struct table *out, struct err *err)
{
    if (!table_init(out, table->row_n, table->row, table->id, err))
        return false;
    struct column *column = table_add(out, SCORE_COLUMN, COLUMN_NUMBER, err);
    if (column == NULL) {
        table_free(out);
        return false;
    }
    if (table->row_n > 0)
        memcpy(column->number, score, table->row_n * sizeof *score);
    return true;
}

bool label_check(const double *label, size_t n, struct err *err)
{
    size_t positive_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (label[i] != 0.0 && label[i] != 1.0)
            return err_set(err, ERR_INPUT, "label %g found, expected 0 or 1", label[i]);
        positive_n += label[i] == 1.0;
    }
    if (positive_n == 0 || positive_n == n)
        return err_set(err, ERR_INPUT, "all %zu rows have the same label, expected both classes", n);
    return true;
}
