/* Drops columns equal to an earlier one; see filters.h. Columns are compared only where a hash of their bytes agrees. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ml/filters.h"
#include "ml/keep.h"

/* FNV-1a over the values, with -0 as 0 and every NaN alike. */
static uint64_t column_hash(const double *x, size_t n)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) {
        double value = isnan(x[i]) ? 0x1p-1022 : x[i] + 0.0;
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        hash = (hash ^ bits) * 1099511628211u;
        hash ^= hash >> 29;
    }
    return hash;
}

static bool same_values(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static bool duplicates_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)step;
    (void)seed;
    (void)train_columns;
    const struct table *table = rows->table;
    bool *keep = mem_zero(table->column_n, sizeof *keep, err);
    uint64_t *hash = mem_alloc(table->column_n, sizeof *hash, err);
    const double **value = mem_alloc(table->column_n, sizeof *value, err);
    bool done = false;
    if (keep == NULL || hash == NULL || value == NULL)
        goto done;
    size_t n = 0;
    for (size_t c = 0; c < table->column_n; c++) {
        if (table->column[c].kind != COLUMN_NUMBER)
            continue;
        value[n] = table->column[c].number;
        hash[n] = column_hash(value[n], table->row_n);
        keep[n] = true;
        for (size_t e = 0; keep[n] && e < n; e++)
            keep[n] = !(hash[e] == hash[n] && same_values(value[e], value[n], table->row_n));
        n++;
    }
    *state = keep_make(table, keep, "duplicates", NULL, err);
    done = *state != NULL;
done:
    mem_free(keep);
    mem_free(hash);
    mem_free(value);
    return done;
}

const struct step_kind duplicates_filter_kind = {
    .name = "duplicates",
    .title = "duplicate columns",
    .outcome = STEP_NO_OUTCOME,
    .fit = duplicates_fit,
    .apply = keep_apply,
    .save = keep_save,
    .load = keep_load,
    .describe = keep_describe,
    .free = keep_free,
};
