/* Near-zero variance after caret's nearZeroVar (Kuhn, J Stat Softw 2008, 28(5)); see filters.h. */
#include <math.h>

#include "base/mem.h"
#include "ml/filters.h"
#include "ml/keep.h"
#include "num/rank.h"

/* The counts of the two most frequent values and of the distinct ones among n sorted, finite values. */
static void frequencies(const double *sorted, size_t n, size_t *first, size_t *second, size_t *distinct)
{
    *first = *second = *distinct = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && sorted[end] == sorted[i])
            end++;
        size_t count = end - i;
        if (count > *first) {
            *second = *first;
            *first = count;
        } else if (count > *second) {
            *second = count;
        }
        (*distinct)++;
        i = end;
    }
}

static bool variance_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct variance_settings *settings = step->settings;
    const struct table *table = rows->table;
    double ratio = settings == NULL || settings->freq_ratio == 0.0 ? 19.0 : settings->freq_ratio;
    double share = settings == NULL || settings->unique_share == 0.0 ? 0.1 : settings->unique_share;
    bool *keep = mem_zero(table->column_n, sizeof *keep, err);
    double *sorted = mem_alloc(table->row_n, sizeof *sorted, err);
    bool done = false;
    if (keep == NULL || sorted == NULL)
        goto done;
    size_t number_n = 0;
    for (size_t c = 0; c < table->column_n; c++) {
        if (table->column[c].kind != COLUMN_NUMBER)
            continue;
        size_t n = 0, first, second, distinct;
        for (size_t r = 0; r < table->row_n; r++)
            if (isfinite(table->column[c].number[r]))
                sorted[n++] = table->column[c].number[r];
        sort_doubles(sorted, n);
        frequencies(sorted, n, &first, &second, &distinct);
        bool rare = (double)first > ratio * (double)second && (double)distinct <= share * (double)n;
        keep[number_n++] = distinct > 1 && !rare;
    }
    *state = keep_make(table, keep, "near-zero variance", NULL, err);
    done = *state != NULL;
done:
    mem_free(keep);
    mem_free(sorted);
    return done;
}

const struct step_kind variance_filter_kind = {
    .name = "near_zero_variance",
    .title = "near-zero variance",
    .outcome = STEP_NO_OUTCOME,
    .fit = variance_fit,
    .apply = keep_apply,
    .save = keep_save,
    .load = keep_load,
    .describe = keep_describe,
    .free = keep_free,
};
