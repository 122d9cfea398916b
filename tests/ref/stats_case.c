#include "stats_case.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

double *case_numbers(struct stats_case *c, size_t n)
{
    double *numbers = arena_alloc(&c->arena, n, sizeof *numbers, NULL);
    if (!numbers)
        abort(); /* a checker has nothing better to do without memory */
    return numbers;
}

size_t *case_sizes(struct stats_case *c, size_t n)
{
    size_t *sizes = arena_alloc(&c->arena, n, sizeof *sizes, NULL);
    if (!sizes)
        abort();
    return sizes;
}

size_t case_rows(const struct stats_case *c)
{
    return c->input[0].row_n;
}

const char *case_name_of(const struct stats_case *c, const char *role)
{
    return json_string_value(json_object_get(json_object_get(c->spec, "columns"), role));
}

const double *case_column_of(struct stats_case *c, size_t table, const char *column)
{
    const struct csv *csv = &c->input[table];
    size_t at = csv_find(csv, column);
    if (at == SIZE_MAX)
        return NULL;
    double *x = case_numbers(c, csv->row_n);
    for (size_t i = 0; i < csv->row_n; i++)
        csv_number(csv_cell(csv, i, at), &x[i]);
    return x;
}

const double *case_column(struct stats_case *c, const char *role)
{
    const char *name = case_name_of(c, role);
    return name ? case_column_of(c, 0, name) : NULL;
}

struct cell {
    const char *text;
    double number;
};

static int by_number(const void *a, const void *b)
{
    const struct cell *u = a, *v = b;
    return (u->number > v->number) - (u->number < v->number);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct cell *)a)->text, ((const struct cell *)b)->text);
}

struct case_levels case_levels(struct stats_case *c, const char *column)
{
    const struct csv *csv = &c->input[0];
    struct case_levels levels = {.n = 0};
    size_t at = csv_find(csv, column), n = 0;
    if (at == SIZE_MAX)
        return levels;
    struct cell *cell = arena_alloc(&c->arena, csv->row_n, sizeof *cell, NULL);
    levels.text = arena_alloc(&c->arena, csv->row_n, sizeof *levels.text, NULL);
    levels.number = case_numbers(c, csv->row_n);
    levels.code = case_sizes(c, csv->row_n);
    if (!cell || !levels.text)
        abort();
    bool numbers = true;
    for (size_t i = 0; i < csv->row_n; i++) {
        double value;
        enum csv_value kind = csv_number(csv_cell(csv, i, at), &value);
        if (kind == CSV_MISSING)
            continue;
        numbers = numbers && kind == CSV_NUMBER;
        cell[n++] = (struct cell){csv_cell(csv, i, at), value};
    }
    qsort(cell, n, sizeof *cell, numbers ? by_number : by_text);
    for (size_t i = 0; i < n; i++)
        if (levels.n == 0 || strcmp(levels.text[levels.n - 1], cell[i].text) != 0) {
            levels.text[levels.n] = cell[i].text;
            levels.number[levels.n++] = cell[i].number;
        }
    for (size_t i = 0; i < csv->row_n; i++) {
        levels.code[i] = SIZE_MAX;
        for (size_t k = 0; k < levels.n; k++)
            if (strcmp(levels.text[k], csv_cell(csv, i, at)) == 0)
                levels.code[i] = k;
    }
    if (!numbers)
        levels.number = NULL;
    return levels;
}

json_t *case_option(const struct stats_case *c, const char *name)
{
    return json_object_get(json_object_get(c->spec, "options"), name);
}

void put_status(struct stats_case *c, enum stats_status status)
{
    put_text(c->got, "status", stats_status_text(status));
}
