#include "stats_design.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "num/dist.h"

static const double level = 0.95;

static bool is_text(struct stats_case *c, const char *column)
{
    return case_levels(c, column).number == NULL;
}

struct design design_of(struct stats_case *c, const json_t *columns, const bool *usable)
{
    struct design d = {.n = 0};
    size_t rows = case_rows(c), most = 0;
    for (size_t k = 0; k < json_array_size(columns); k++)
        most += case_levels(c, json_string_value(json_array_get(columns, k))).n;
    most += json_array_size(columns);
    double *full = case_numbers(c, rows * most);
    d.term = case_sizes(c, most);
    d.name = arena_alloc(&c->arena, most, sizeof *d.name, NULL);
    d.term_name = arena_alloc(&c->arena, most, sizeof *d.term_name, NULL);
    d.row = case_sizes(c, rows);
    d.term_n = json_array_size(columns);
    for (size_t k = 0; k < d.term_n; k++) {
        const char *column = json_string_value(json_array_get(columns, k));
        d.term_name[k] = column;
        if (!is_text(c, column)) {
            memcpy(full + d.p * rows, case_column_of(c, 0, column), rows * sizeof *full);
            d.name[d.p] = column;
            d.term[d.p++] = k;
            continue;
        }
        struct case_levels levels = case_levels(c, column);
        for (size_t g = 1; g < levels.n; g++) {
            char name[256];
            snprintf(name, sizeof name, "%s%s", column, levels.text[g]);
            for (size_t i = 0; i < rows; i++)
                full[d.p * rows + i] = levels.code[i] == SIZE_MAX ? NAN : levels.code[i] == g ? 1.0 : 0.0;
            d.name[d.p] = arena_string(&c->arena, name, NULL);
            d.term[d.p++] = k;
        }
    }
    for (size_t i = 0; i < rows; i++) {
        bool complete = usable[i];
        for (size_t j = 0; j < d.p; j++)
            complete = complete && !isnan(full[j * rows + i]);
        if (complete)
            d.row[d.n++] = i;
    }
    d.x = case_numbers(c, d.n * d.p);
    for (size_t j = 0; j < d.p; j++)
        for (size_t i = 0; i < d.n; i++)
            d.x[j * d.n + i] = full[j * rows + d.row[i]];
    return d;
}

double *design_taken(struct stats_case *c, const double *column, const struct design *d)
{
    if (!column)
        return NULL;
    double *out = case_numbers(c, d->n);
    for (size_t i = 0; i < d->n; i++)
        out[i] = column[d->row[i]];
    return out;
}

size_t *design_codes(struct stats_case *c, const char *column, const struct design *d, struct case_levels *levels)
{
    if (!column)
        return NULL;
    *levels = case_levels(c, column);
    size_t *out = case_sizes(c, d->n);
    for (size_t i = 0; i < d->n; i++)
        out[i] = levels->code[d->row[i]];
    return out;
}

void put_names(json_t *to, const char *key, const char *const *name, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, json_string(name[i]));
    json_object_set_new(to, key, array);
}

void put_wald(struct stats_case *c, const double *coef, const double *se, size_t p, const char *low_key,
                     const char *high_key, bool exponentiated)
{
    double quantile = normal_quantile(0.5 + 0.5 * level);
    double *z = case_numbers(c, p), *value = case_numbers(c, p), *low = case_numbers(c, p), *high = case_numbers(c, p);
    for (size_t j = 0; j < p; j++) {
        z[j] = coef[j] / se[j];
        value[j] = normal_two_sided(z[j]);
        low[j] = coef[j] - quantile * se[j];
        high[j] = coef[j] + quantile * se[j];
        if (exponentiated) {
            low[j] = exp(low[j]);
            high[j] = exp(high[j]);
        }
    }
    put_array(c->got, "coef", coef, p);
    put_array(c->got, "se", se, p);
    put_array(c->got, "z", z, p);
    put_array(c->got, "p", value, p);
    put_array(c->got, low_key, low, p);
    put_array(c->got, high_key, high, p);
}
