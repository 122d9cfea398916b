/* Drops columns of low reliability; see filters.h. */
#include <string.h>

#include "base/mem.h"
#include "ml/filters.h"
#include "ml/keep.h"

static const double *find_icc(const struct icc_settings *settings, const char *name, size_t *guess)
{
    for (size_t k = 0; k < settings->n; k++) {
        size_t at = (*guess + k) % settings->n; /* columns and ICCs mostly come in one order */
        if (strcmp(settings->name[at], name) == 0) {
            *guess = at + 1;
            return &settings->icc[at];
        }
    }
    return NULL;
}

static bool icc_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct icc_settings *settings = step->settings;
    const struct table *table = rows->table;
    if (settings == NULL)
        return err_set(err, ERR_USAGE, "no ICCs are given");
    double threshold = settings->threshold == 0.0 ? 0.75 : settings->threshold;
    bool *keep = mem_zero(table->column_n, sizeof *keep, err);
    struct text note = TEXT_INIT;
    if (keep == NULL)
        return false;
    size_t number_n = 0, unknown_n = 0, guess = 0;
    for (size_t c = 0; c < table->column_n; c++) {
        if (table->column[c].kind != COLUMN_NUMBER)
            continue;
        const double *icc = find_icc(settings, table->column[c].name, &guess);
        unknown_n += icc == NULL;
        keep[number_n++] = icc == NULL || *icc >= threshold;
    }
    text_add(&note, "ICC at least ");
    text_add_double(&note, threshold);
    if (unknown_n > 0)
        text_add(&note, " (%zu without an ICC kept)", unknown_n);
    *state = text_ok(&note, err) ? keep_make(table, keep, "ICC", note.bytes, err) : NULL;
    text_free(&note);
    mem_free(keep);
    return *state != NULL;
}

const struct step_kind icc_filter_kind = {
    .name = "icc",
    .title = "ICC filter",
    .outcome = STEP_NO_OUTCOME,
    .fit = icc_fit,
    .apply = keep_apply,
    .save = keep_save,
    .load = keep_load,
    .describe = keep_describe,
    .free = keep_free,
};
