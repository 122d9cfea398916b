/* z-score; see zscore.h. */
#include "ml/zscore.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ml/state.h"
#include "num/sum.h"

struct zscore {
    struct names names;
    double *mean, *sd;
};

static void zscore_free(void *state)
{
    struct zscore *z = state;
    if (z == NULL)
        return;
    names_free(&z->names);
    mem_free(z->mean);
    mem_free(z->sd);
    mem_free(z);
}

/* Mean and sd (divisor n) of the values that are there; a spread within rounding of 0 counts as 1, and so does none. */
static void mean_sd(const double *x, size_t n, double *filled, double *mean, double *sd)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            filled[m++] = x[i];
    *mean = m == 0 ? 0.0 : mean_of(filled, m);
    double variance = m < 2 ? 0.0 : variance_of(filled, m) * (double)(m - 1) / (double)m;
    *sd = sqrt(variance);
    if (!(*sd > 10.0 * 2.220446049250313e-16 * fabs(*mean)))
        *sd = 1.0;
}

static bool zscore_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)step;
    (void)seed;
    (void)train_columns;
    const struct table *table = rows->table;
    struct zscore *z = mem_zero(1, sizeof *z, err);
    double *filled = mem_alloc(table->row_n, sizeof *filled, err);
    if (z == NULL || filled == NULL || !names_of_numbers(&z->names, table, err))
        goto failed;
    z->mean = mem_alloc(z->names.n, sizeof *z->mean, err);
    z->sd = mem_alloc(z->names.n, sizeof *z->sd, err);
    if (z->mean == NULL || z->sd == NULL)
        goto failed;
    for (size_t c = 0, i = 0; c < table->column_n; c++)
        if (table->column[c].kind == COLUMN_NUMBER) {
            mean_sd(table->column[c].number, table->row_n, filled, &z->mean[i], &z->sd[i]);
            i++;
        }
    mem_free(filled);
    *state = z;
    return true;
failed:
    mem_free(filled);
    zscore_free(z);
    return false;
}

static bool zscore_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct zscore *z = state;
    size_t *position = mem_alloc(table->column_n, sizeof *position, err);
    if (position == NULL)
        return false;
    for (size_t c = 0; c < table->column_n; c++)
        position[c] = c;
    bool done = table_take_columns(table, position, table->column_n, out, err);
    mem_free(position);
    size_t guess = 0;
    for (size_t i = 0; done && i < z->names.n; i++) {
        const struct column *found = names_column(&z->names, i, out, &guess, err);
        if (found == NULL) {
            table_free(out);
            return false;
        }
        double *x = out->column[found - out->column].number, mean = z->mean[i], sd = z->sd[i];
        for (size_t r = 0; r < out->row_n; r++)
            x[r] = (x[r] - mean) / sd;
    }
    return done;
}

static bool zscore_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct zscore *z = state;
    return state_put_names(store, prefix, "columns", &z->names, err) && state_put_f64(store, prefix, "mean", z->mean, z->names.n, err) &&
           state_put_f64(store, prefix, "sd", z->sd, z->names.n, err);
}

static bool zscore_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct zscore *z = mem_zero(1, sizeof *z, err);
    if (z == NULL)
        return false;
    if (!state_get_names(store, prefix, "columns", &z->names, err) || !state_get_f64(store, prefix, "mean", z->names.n, &z->mean, NULL, err) ||
        !state_get_f64(store, prefix, "sd", z->names.n, &z->sd, NULL, err)) {
        zscore_free(z);
        return false;
    }
    *state = z;
    return true;
}

bool zscore_line(const void *state, const char *column, double *slope, double *constant)
{
    const struct zscore *z = state;
    for (size_t i = 0; i < z->names.n; i++)
        if (strcmp(z->names.name[i], column) == 0) {
            *slope = 1 / z->sd[i];
            *constant = -z->mean[i] / z->sd[i];
            return true;
        }
    return false;
}

static void zscore_describe(const void *state, struct text *out)
{
    text_add(out, "z-score of %zu columns", ((const struct zscore *)state)->names.n);
}

const struct step_kind zscore_kind = {
    .name = "zscore",
    .title = "z-score",
    .outcome = STEP_NO_OUTCOME,
    .fit = zscore_fit,
    .apply = zscore_apply,
    .save = zscore_save,
    .load = zscore_load,
    .describe = zscore_describe,
    .free = zscore_free,
};
