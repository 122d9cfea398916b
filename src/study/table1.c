/* Table 1; see table1.h.
 *
 * Numbers: mean (sd), compared over roles by Kruskal-Wallis; categories: n (%), by Pearson's chi-square, or Fisher's exact
 * test where an expected count is below 5. SMD: the largest between two roles; for a number |m1 - m2| / sqrt((s1^2 + s2^2) / 2),
 * for a level the same with s^2 = p (1 - p) (Austin, Commun Stat Simul Comput 38, 2009). */
#include "study/table1.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/rank.h"
#include "num/sum.h"
#include "stats/contingency.h"
#include "stats/kruskal.h"

enum { LEVEL_MAX = 20, ROLE_MAX = 64 };
static const double FISHER_STEPS = 1e7, SMALL_EXPECTED = 5;

/* The used cases of all roles, closed up. */
struct used {
    size_t n, *row, *role, role_n, role_count[ROLE_MAX];
};

static bool list_used(const struct cohort *cohort, struct used *used, struct err *err)
{
    *used = (struct used){.role_n = cohort->role_n};
    if (cohort->role_n > ROLE_MAX)
        return err_set(err, ERR_USAGE, "more than %d roles", ROLE_MAX);
    used->row = mem_alloc(cohort->n, sizeof *used->row, err);
    used->role = mem_alloc(cohort->n, sizeof *used->role, err);
    if (used->row == NULL || used->role == NULL)
        return false;
    for (size_t row = 0; row < cohort->n; row++) {
        if (cohort->why_not[row] != NULL)
            continue;
        for (size_t r = 0; r < cohort->role_n; r++)
            if (strcmp(cohort->role_of[row], cohort->role[r].name) == 0) {
                used->row[used->n] = row;
                used->role[used->n++] = r;
                used->role_count[r]++;
            }
    }
    return true;
}

static void put_test(struct json_writer *json, const char *test, double p, double smd)
{
    json_key(json, "test");
    json_put_text(json, isnan(p) ? NULL : test);
    json_key(json, "p");
    json_put_number(json, p);
    json_key(json, "smd");
    json_put_number(json, smd);
}

static void open_row(struct json_writer *json, const char *variable, const char *level)
{
    json_begin_object(json, JSON_TALL);
    json_key(json, "variable");
    json_put_text(json, variable);
    json_key(json, "level");
    json_put_text(json, level);
    json_key(json, "cells");
    json_begin_array(json, JSON_TALL);
}

/* ---- numbers ---- */

static void put_number_cell(struct json_writer *json, double *values, size_t n, size_t missing, double *mean, double *variance)
{
    char text[64];
    *mean = mean_of(values, n);
    *variance = variance_of(values, n);
    sort_doubles(values, n);
    if (n == 0)
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "%.3g (%.3g)", *mean, n > 1 ? sqrt(*variance) : 0);
    json_begin_object(json, JSON_WIDE);
    json_key(json, "text");
    json_put_text(json, text);
    json_key(json, "n");
    json_put_count(json, n);
    json_key(json, "missing");
    json_put_count(json, missing);
    json_key(json, "mean");
    json_put_number(json, *mean);
    json_key(json, "sd");
    json_put_number(json, sqrt(*variance));
    json_key(json, "quartiles");
    json_begin_array(json, JSON_WIDE);
    for (size_t q = 1; q <= 3; q++)
        json_put_number(json, quantile_sorted(values, n, (double)q / 4));
    json_end(json);
    json_end(json);
}

static double largest_smd(const double *mean, const double *variance, size_t n)
{
    double largest = NAN;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            double pooled = sqrt((variance[a] + variance[b]) / 2), smd = pooled > 0 ? fabs(mean[a] - mean[b]) / pooled : NAN;
            if (!isnan(smd) && !(largest >= smd))
                largest = smd;
        }
    return largest;
}

static bool put_number_row(struct json_writer *json, const char *variable, const double *value, const struct used *used, struct err *err)
{
    bool done = false;
    double mean[ROLE_MAX], variance[ROLE_MAX];
    double *all = mem_alloc(used->n, sizeof *all, err), *part = mem_alloc(used->n, sizeof *part, err);
    struct kruskal test;
    if (all == NULL || part == NULL)
        goto done;
    for (size_t k = 0; k < used->n; k++)
        all[k] = value[used->row[k]];
    if (!kruskal_wallis(all, used->role, used->role_n, used->n, &test, err))
        goto done;
    open_row(json, variable, NULL);
    for (size_t r = 0; r < used->role_n; r++) {
        size_t n = 0, missing = 0;
        for (size_t k = 0; k < used->n; k++) {
            if (used->role[k] != r)
                continue;
            if (isnan(all[k]))
                missing++;
            else
                part[n++] = all[k];
        }
        put_number_cell(json, part, n, missing, &mean[r], &variance[r]);
    }
    json_end(json);
    put_test(json, "Kruskal-Wallis", test.p, largest_smd(mean, variance, used->role_n));
    json_end(json);
    done = true;
done:
    mem_free(all);
    mem_free(part);
    return done;
}

/* ---- categories ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Distinct levels in byte order; the count may pass LEVEL_MAX, the array does not. */
static size_t find_levels(const char *const *value, size_t n, const char **level)
{
    size_t level_n = 0;
    for (size_t k = 0; k < n; k++) {
        bool known = value[k] == NULL;
        for (size_t l = 0; l < level_n && l < LEVEL_MAX && !known; l++)
            known = strcmp(level[l], value[k]) == 0;
        if (known)
            continue;
        if (level_n < LEVEL_MAX)
            level[level_n] = value[k];
        level_n++;
    }
    qsort(level, level_n < LEVEL_MAX ? level_n : LEVEL_MAX, sizeof *level, by_text);
    return level_n;
}

/* P over all roles and levels that hold somebody. */
static bool test_counts(const double *count, size_t role_n, size_t level_n, const char **test, double *p, struct err *err)
{
    double kept[ROLE_MAX * LEVEL_MAX], expected[ROLE_MAX * LEVEL_MAX];
    size_t rows = 0, cols = 0, keep_col[LEVEL_MAX];
    for (size_t l = 0; l < level_n; l++) {
        double sum = 0;
        for (size_t r = 0; r < role_n; r++)
            sum += count[r * level_n + l];
        if (sum > 0)
            keep_col[cols++] = l;
    }
    for (size_t r = 0; r < role_n; r++) {
        double sum = 0;
        for (size_t l = 0; l < level_n; l++)
            sum += count[r * level_n + l];
        for (size_t c = 0; c < cols && sum > 0; c++)
            kept[rows * cols + c] = count[r * level_n + keep_col[c]];
        rows += sum > 0;
    }
    *p = NAN;
    *test = "chi-square";
    if (rows < 2 || cols < 2)
        return true;
    struct contingency result = contingency_test(kept, rows, cols, 0.95, expected);
    *p = result.p;
    double least = HUGE_VAL;
    for (size_t k = 0; k < rows * cols; k++)
        least = fmin(least, expected[k]);
    if (least >= SMALL_EXPECTED)
        return true;
    double exact;
    if (!fisher_rxc(kept, rows, cols, FISHER_STEPS, &exact, err))
        return false;
    if (!isnan(exact)) { /* else the table is too large to enumerate, and chi-square stays */
        *p = exact;
        *test = "Fisher";
    }
    return true;
}

static void put_level_row(struct json_writer *json, const char *variable, const char *level, const double *count, const double *known,
                          const struct used *used, size_t level_n, size_t l, const char *test, double p)
{
    double share[ROLE_MAX], spread[ROLE_MAX];
    open_row(json, variable, level);
    for (size_t r = 0; r < used->role_n; r++) {
        char text[64];
        double n = count[r * level_n + l];
        share[r] = known[r] > 0 ? n / known[r] : NAN;
        spread[r] = share[r] * (1 - share[r]);
        if (known[r] > 0)
            snprintf(text, sizeof text, "%.0f (%.0f %%)", n, 100 * share[r]);
        else
            snprintf(text, sizeof text, "-");
        json_begin_object(json, JSON_WIDE);
        json_key(json, "text");
        json_put_text(json, text);
        json_key(json, "n");
        json_put_number(json, n);
        json_key(json, "missing");
        json_put_number(json, (double)used->role_count[r] - known[r]);
        json_end(json);
    }
    json_end(json);
    put_test(json, test, p, largest_smd(share, spread, used->role_n));
    json_end(json);
}

/* value[used row]: a level, or NULL. */
static bool put_category(struct json_writer *json, const char *variable, const char *const *value, const struct used *used, struct err *err)
{
    const char *level[LEVEL_MAX], *test;
    double count[ROLE_MAX * LEVEL_MAX] = {0}, known[ROLE_MAX] = {0}, p;
    size_t level_n = find_levels(value, used->n, level);
    if (level_n > LEVEL_MAX) { /* free text: told, not tabulated */
        open_row(json, variable, "more than 20 levels");
        json_end(json);
        put_test(json, NULL, NAN, NAN);
        json_end(json);
        return true;
    }
    for (size_t k = 0; k < used->n; k++)
        for (size_t l = 0; l < level_n; l++)
            if (value[k] != NULL && strcmp(value[k], level[l]) == 0) {
                count[used->role[k] * level_n + l]++;
                known[used->role[k]]++;
            }
    if (!test_counts(count, used->role_n, level_n, &test, &p, err))
        return false;
    for (size_t l = 0; l < level_n; l++)
        put_level_row(json, variable, level[l], count, known, used, level_n, l, test, l == 0 ? p : NAN);
    return true;
}

static bool put_text_column(struct json_writer *json, const struct column *column, const struct used *used, struct err *err)
{
    const char **value = mem_alloc(used->n, sizeof *value, err);
    if (value == NULL)
        return false;
    for (size_t k = 0; k < used->n; k++)
        value[k] = column->text[used->row[k]];
    bool done = put_category(json, column->name, value, used, err);
    mem_free(value);
    return done;
}

/* Two or fewer distinct numbers read better as levels ("sex" coded 0/1). */
static bool put_number_column(struct json_writer *json, const char *name, const double *number, const struct used *used, struct err *err)
{
    char text[2][32];
    double seen[2];
    size_t seen_n = 0;
    bool few = true, done;
    const char **value = mem_zero(used->n, sizeof *value, err);
    if (value == NULL)
        return false;
    for (size_t k = 0; k < used->n && few; k++) {
        double x = number[used->row[k]];
        if (isnan(x))
            continue;
        size_t at = 0;
        while (at < seen_n && seen[at] != x)
            at++;
        few = at < 2;
        if (few && at == seen_n) {
            seen[seen_n] = x;
            double_to_text(x, text[seen_n++]);
        }
        if (few)
            value[k] = text[at];
    }
    done = few && seen_n > 0 ? put_category(json, name, value, used, err) : put_number_row(json, name, number, used, err);
    mem_free(value);
    return done;
}

bool table1_put(struct json_writer *json, const struct cohort *cohort, const struct predictors *predictors, const double *label, struct err *err)
{
    struct used used;
    bool done = list_used(cohort, &used, err);
    json_key(json, "table1");
    json_begin_object(json, JSON_TALL);
    json_key(json, "roles");
    json_begin_array(json, JSON_WIDE);
    for (size_t r = 0; r < cohort->role_n; r++)
        json_put_text(json, cohort->role[r].name);
    json_end(json);
    json_key(json, "rows");
    json_begin_array(json, JSON_TALL);
    done = done && put_number_column(json, cohort->label_title, label, &used, err);
    for (size_t b = 0; done && b < predictors->block_n; b++) {
        const struct block_columns *block = &predictors->block[b];
        for (size_t c = 0; done && c < block->n && strcmp(block->name, "clinical") == 0; c++) {
            const struct column *column = table_find(&predictors->table, block->column[c]);
            done = column->kind == COLUMN_TEXT ? put_text_column(json, column, &used, err) : put_number_column(json, column->name, column->number, &used, err);
        }
    }
    json_end(json);
    json_end(json);
    mem_free(used.row);
    mem_free(used.role);
    return done || err_add(err, "Table 1");
}
