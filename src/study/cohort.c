/* What a cohort holds, and its columns by name; see cohort.h. It is read by cohort_read.c, cohort_tables.c and outcome.c. */
#include "study/cohort.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

const struct column *cohort_column(const struct cohort *cohort, const char *name, struct err *err)
{
    const struct table *table = &cohort->table;
    const struct column *found = table_find(table, name);
    if (found != NULL)
        return found;
    const char **names = table_names(table, err);
    if (names == NULL)
        return NULL;
    const char *nearest = text_nearest(name, names, table->column_n);
    err_set(err, ERR_USAGE, "no column '%s' in the cohort%s%s%s", name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    mem_free(names);
    return NULL;
}

bool cohort_is_outcome(const struct cohort *cohort, const char *column)
{
    for (size_t k = 0; k < cohort->outcome_column_n; k++)
        if (strcmp(cohort->outcome_column[k], column) == 0)
            return true;
    return false;
}

bool cohort_exclude(struct cohort *cohort, size_t row, const char *reason, struct err *err)
{
    if (cohort->why_not[row] != NULL)
        return true;
    cohort->why_not[row] = mem_string(reason, err);
    return cohort->why_not[row] != NULL;
}

bool cohort_add_phase(struct cohort *cohort, const char *name, const char *image, const char *mask, struct err *err)
{
    struct phase *phases = mem_grow(cohort->phase, cohort->phase_n, cohort->phase_n + 1, sizeof *phases, err);
    if (phases == NULL)
        return false;
    cohort->phase = phases;
    struct phase *phase = &phases[cohort->phase_n++];
    *phase = (struct phase){mem_string(name, err), mem_string(image, err), mem_string(mask, err)};
    return phase->name != NULL && phase->image_column != NULL && phase->mask_column != NULL;
}

static void free_texts(char **texts, size_t n)
{
    for (size_t k = 0; texts != NULL && k < n; k++)
        mem_free(texts[k]);
    mem_free(texts);
}

void cohort_free(struct cohort *cohort)
{
    free_texts(cohort->role_of, cohort->n);
    free_texts(cohort->why_not, cohort->n);
    free_texts(cohort->note, cohort->n);
    free_texts(cohort->outcome_column, cohort->outcome_column_n);
    free_texts(cohort->split_note, cohort->split_n);
    for (size_t r = 0; r < cohort->role_n; r++)
        mem_free(cohort->role[r].name);
    for (size_t e = 0; e < cohort->endpoint_n; e++) {
        mem_free(cohort->endpoint[e].name);
        mem_free(cohort->endpoint[e].title);
        mem_free(cohort->endpoint[e].unit);
    }
    for (size_t p = 0; p < cohort->phase_n; p++) {
        mem_free(cohort->phase[p].name);
        mem_free(cohort->phase[p].image_column);
        mem_free(cohort->phase[p].mask_column);
    }
    for (size_t f = 0; f < cohort->file_n; f++)
        mem_free(cohort->file[f].name);
    mem_free(cohort->role);
    mem_free(cohort->endpoint);
    mem_free(cohort->phase);
    mem_free(cohort->file);
    mem_free(cohort->group);
    mem_free(cohort->folder);
    mem_free(cohort->label_name);
    mem_free(cohort->label_title);
    seal_free(cohort->seal);
    table_free(&cohort->table);
    *cohort = (struct cohort){0};
}
