#include "tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static json_t *number(double value)
{
    return isnan(value) ? json_null() : isinf(value) ? json_string(value > 0.0 ? "Inf" : "-Inf") : json_real(value);
}

void put(json_t *to, const char *key, double value)
{
    json_object_set_new(to, key, number(value));
}

void put_array(json_t *to, const char *key, const double *value, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, number(value[i]));
    json_object_set_new(to, key, array);
}

void put_text(json_t *to, const char *key, const char *value)
{
    json_object_set_new(to, key, json_string(value));
}

void put_matrix(json_t *to, const char *key, const double *value, size_t rows, size_t cols, size_t shown)
{
    json_t *array = json_array();
    for (size_t i = 0; i < rows && i < shown; i++) {
        json_t *row = json_array();
        for (size_t j = 0; j < cols; j++)
            json_array_append_new(row, number(value[i + j * rows]));
        json_array_append_new(array, row);
    }
    json_object_set_new(to, key, array);
}

json_t *put_object(json_t *to, const char *key)
{
    json_t *object = json_object();
    json_object_set_new(to, key, object);
    return object;
}

static bool number_of(const json_t *value, double *number)
{
    if (json_is_number(value))
        *number = json_number_value(value);
    else if (json_is_null(value))
        *number = NAN;
    else if (json_is_string(value) && strcmp(json_string_value(value), "Inf") == 0)
        *number = INFINITY;
    else if (json_is_string(value) && strcmp(json_string_value(value), "-Inf") == 0)
        *number = -INFINITY;
    else
        return false;
    return true;
}

static void compare_members(struct findings *found, const char *path, json_t *expected, const json_t *got,
                            struct tree_tolerance tol)
{
    const char *key;
    json_t *value;
    char inner[512];
    json_object_foreach(expected, key, value) {
        snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "." : "", key);
        tree_compare(found, inner, value, json_object_get(got, key), tol);
    }
}

static void compare_items(struct findings *found, const char *path, const json_t *expected, const json_t *got,
                          struct tree_tolerance tol)
{
    char inner[512];
    if (!json_is_array(got) || json_array_size(got) != json_array_size(expected)) {
        char wanted[64], have[64];
        snprintf(wanted, sizeof wanted, "%zu values", json_array_size(expected));
        snprintf(have, sizeof have, "%zu values", json_array_size(got));
        findings_text(found, path, wanted, have);
        return;
    }
    for (size_t i = 0; i < json_array_size(expected); i++) {
        snprintf(inner, sizeof inner, "%s[%zu]", path, i);
        tree_compare(found, inner, json_array_get(expected, i), json_array_get(got, i), tol);
    }
}

void tree_compare(struct findings *found, const char *path, const json_t *expected, const json_t *got,
                  struct tree_tolerance tol)
{
    double want, have;
    if (!got) {
        findings_lacking(found, path, "", "a key that is not computed");
    } else if (json_is_object(expected)) {
        compare_members(found, path, (json_t *)expected, got, tol);
    } else if (json_is_array(expected)) {
        compare_items(found, path, expected, got, tol);
    } else if (json_is_boolean(expected)) {
        findings_text(found, path, json_is_true(expected) ? "true" : "false",
                      json_is_true(got) ? "true" : json_is_false(got) ? "false" : "no truth value");
    } else if (number_of(expected, &want)) {
        if (!number_of(got, &have))
            findings_text(found, path, "a number", "no number");
        else if (isfinite(want) && isfinite(have))
            findings_number_within(found, path, want, have, tol.rtol, tol.atol);
        else
            findings_true(found, path, (isnan(want) && isnan(have)) || want == have, isnan(want) ? "null" : "Inf",
                          isnan(have) ? "null" : "a number");
    } else {
        findings_text(found, path, json_string_value(expected), json_is_string(got) ? json_string_value(got) : "no text");
    }
}
