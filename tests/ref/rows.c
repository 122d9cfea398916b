#include "rows.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool case_row_make(const char *params_path, const struct extract_source *source, struct case_row *made, struct err *err)
{
    *made = (struct case_row){0};
    if (!(params_path == NULL ? params_default(&made->params, err) : params_read(params_path, &made->params, err)))
        return false;
    made->params.unbuilt_n = 0;
    if (!params_check_built(&made->params, err) || !extract_plan_make(&made->params, &made->plan, err) ||
        !extract_batch(&made->params, &made->plan, source, 1, NULL, &made->row, err))
        return false;
    return made->row.failure == NULL || err_set(err, ERR_INPUT, "%s", made->row.failure);
}

void case_row_free(struct case_row *made)
{
    extract_rows_free(&made->row, 1);
    extract_plan_free(&made->plan);
    params_free(&made->params);
}

const struct extract_cell *case_row_cell(const struct extract_plan *plan, const struct extract_cell *cell, const char *name)
{
    for (size_t i = 0; i < plan->n; i++)
        if (strcmp(plan->name[i], name) == 0)
            return &cell[i];
    return NULL;
}

/* Two texts are alike when they differ in numbers alone, and in those by at most 1e-9 of their size. */
static bool alike(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        char *a_end, *b_end;
        bool number = isdigit((unsigned char)*a) || *a == '-';
        double x = number ? strtod(a, &a_end) : 0, y = number ? strtod(b, &b_end) : 0;
        if (number && a_end != a && b_end != b) {
            if (!(fabs(x - y) <= 1e-12 + 1e-9 * fmax(fabs(x), fabs(y))))
                return false;
            a = a_end;
            b = b_end;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return *a == *b;
}

static bool is_plain_text(const char *name)
{
    return strstr(name, "_Hash") != NULL || strstr(name, "_Dimensionality") != NULL;
}

void compare_cell(struct findings *found, const char *name, const char *expected, const struct extract_plan *plan, const struct extract_cell *row)
{
    const struct extract_cell *cell = row == NULL ? NULL : case_row_cell(plan, row, name);
    char type[64];
    if (cell == NULL) {
        snprintf(type, sizeof type, "%.*s is not computed", (int)strcspn(name, "_"), name);
        findings_lacking(found, name, expected, row == NULL ? "the case failed" : type);
    } else if (strncmp(name, "diagnostics_", 12) == 0) {
        const char *got = cell->text == NULL ? "" : cell->text;
        findings_true(found, name, is_plain_text(name) ? strcmp(expected, got) == 0 : alike(expected, got), expected, got);
    } else {
        double value = NAN;
        if (strcmp(expected, "nan") != 0 && !double_from_text(expected, &value))
            findings_true(found, name, false, expected, "(not a number)");
        else
            findings_number(found, name, value, cell->number);
    }
}
