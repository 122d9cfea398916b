/* Median imputation; see impute.h. */
#include "ml/impute.h"

#include <math.h>

#include "base/mem.h"
#include "ml/state.h"
#include "num/rank.h"

struct impute {
    struct names names; /* columns that have a value in the fitted rows */
    double *median;
    char *line;
};

static void impute_free(void *state)
{
    struct impute *impute = state;
    if (impute == NULL)
        return;
    names_free(&impute->names);
    mem_free(impute->median);
    mem_free(impute->line);
    mem_free(impute);
}

/* The median of the finite values; their number is returned. */
static size_t median_of(const double *x, size_t n, double *sorted, double *median)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            sorted[m++] = x[i];
    sort_doubles(sorted, m);
    *median = quantile_sorted(sorted, m, 0.5);
    return m;
}

/* "median imputation: 12 holes in 3 columns (afp 10, size 1, age 1); left out, as it has no value: x". */
struct hole_lists {
    struct text holes, empty;
    size_t hole_n, column_n, empty_n;
};

static void lists_add(struct hole_lists *lists, const char *name, size_t missing, size_t rows)
{
    if (missing == rows) {
        text_add(&lists->empty, "%s%s", lists->empty_n == 0 ? "" : ", ", name);
        lists->empty_n++;
    } else if (missing > 0) {
        text_add(&lists->holes, "%s%s %zu", lists->column_n == 0 ? "" : ", ", name, missing);
        lists->hole_n += missing;
        lists->column_n++;
    }
}

static char *lists_line(struct hole_lists *lists, struct err *err)
{
    struct text line = TEXT_INIT;
    char *copy = NULL;
    if (!text_ok(&lists->holes, err) || !text_ok(&lists->empty, err))
        return NULL;
    if (lists->hole_n == 0)
        text_add(&line, "median imputation: no holes in the fitted rows");
    else
        text_add(&line, "median imputation: %zu holes in %zu column%s (%s)", lists->hole_n, lists->column_n, lists->column_n == 1 ? "" : "s", lists->holes.bytes);
    if (lists->empty_n > 0)
        text_add(&line, "; left out for want of any value: %s", lists->empty.bytes);
    if (text_ok(&line, err))
        copy = mem_string(line.bytes, err);
    text_free(&line);
    return copy;
}

static bool impute_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)step;
    (void)seed;
    (void)train_columns;
    const struct table *table = rows->table;
    struct hole_lists lists = {TEXT_INIT, TEXT_INIT, 0, 0, 0};
    struct impute *impute = mem_zero(1, sizeof *impute, err);
    double *sorted = mem_alloc(table->row_n, sizeof *sorted, err);
    const char **name = mem_alloc(table->column_n, sizeof *name, err);
    bool done = false;
    if (impute == NULL || sorted == NULL || name == NULL || (impute->median = mem_alloc(table->column_n, sizeof *impute->median, err)) == NULL)
        goto done;
    size_t n = 0;
    for (size_t c = 0; c < table->column_n; c++) {
        const struct column *column = &table->column[c];
        if (column->kind != COLUMN_NUMBER)
            continue;
        size_t present = median_of(column->number, table->row_n, sorted, &impute->median[n]);
        lists_add(&lists, column->name, table->row_n - present, table->row_n);
        if (present > 0)
            name[n++] = column->name;
    }
    impute->line = lists_line(&lists, err);
    done = impute->line != NULL && names_copy(&impute->names, name, n, err);
done:
    text_free(&lists.holes);
    text_free(&lists.empty);
    mem_free(sorted);
    mem_free(name);
    if (done)
        *state = impute;
    else
        impute_free(impute);
    return done;
}

static bool impute_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct impute *impute = state;
    size_t *position = mem_alloc(table->column_n + impute->names.n, sizeof *position, err);
    if (position == NULL)
        return false;
    size_t n = 0, guess = 0;
    bool done = false;
    for (size_t i = 0; i < impute->names.n; i++) {
        const struct column *column = names_column(&impute->names, i, table, &guess, err);
        if (column == NULL)
            goto done;
        position[n++] = (size_t)(column - table->column);
    }
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind != COLUMN_NUMBER)
            position[n++] = c;
    if (!table_take_columns(table, position, n, out, err))
        goto done;
    for (size_t i = 0; i < impute->names.n; i++) {
        struct column *column = &out->column[i];
        for (size_t r = 0; r < out->row_n; r++)
            if (!isfinite(column->number[r])) {
                column->number[r] = impute->median[i];
                if (!table_set_reason(out, column, r, NULL, err)) {
                    table_free(out);
                    goto done;
                }
            }
    }
    done = true;
done:
    mem_free(position);
    return done;
}

static bool impute_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct impute *impute = state;
    return state_put_names(store, prefix, "columns", &impute->names, err) &&
           state_put_f64(store, prefix, "median", impute->median, impute->names.n, err) && state_put_text(store, prefix, "line", impute->line, err);
}

static bool impute_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct impute *impute = mem_zero(1, sizeof *impute, err);
    if (impute == NULL)
        return false;
    if (!state_get_names(store, prefix, "columns", &impute->names, err) ||
        !state_get_f64(store, prefix, "median", impute->names.n, &impute->median, NULL, err) || !state_get_text(store, prefix, "line", &impute->line, err)) {
        impute_free(impute);
        return false;
    }
    *state = impute;
    return true;
}

static void impute_describe(const void *state, struct text *out)
{
    text_add(out, "%s", ((const struct impute *)state)->line);
}

const struct step_kind impute_kind = {
    .name = "impute",
    .title = "median imputation",
    .outcome = STEP_NO_OUTCOME,
    .fit = impute_fit,
    .apply = impute_apply,
    .save = impute_save,
    .load = impute_load,
    .describe = impute_describe,
    .free = impute_free,
};
