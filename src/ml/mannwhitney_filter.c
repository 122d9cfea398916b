/* Univariate filter by the Mann-Whitney U test; see filters.h. */
#include "base/mem.h"
#include "ml/design.h"
#include "ml/filters.h"
#include "ml/keep.h"
#include "ml/relate.h"
#include "num/rank.h"
#include "stats/padjust.h"

static bool mannwhitney_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct mannwhitney_settings none = {0}, *settings = step->settings == NULL ? &none : step->settings;
    double alpha = settings->alpha == 0.0 ? 0.05 : settings->alpha;
    size_t at_least = settings->at_least == 0 ? 1 : settings->at_least;
    struct design design = {0, 0, NULL};
    if (!design_make(rows->table, &design, NULL, err))
        return false;
    struct text note = TEXT_INIT;
    size_t n = design.n, p = design.p;
    bool *keep = mem_zero(p, sizeof *keep, err);
    double *value = mem_alloc(2 * p, sizeof *value, err); /* adjusted, then as they were */
    double *rank = mem_alloc(n, sizeof *rank, err);
    size_t *index = mem_alloc(n + p, sizeof *index, err);
    bool done = false;
    if (keep == NULL || value == NULL || rank == NULL || index == NULL)
        goto done;
    for (size_t j = 0; j < p; j++)
        value[j] = value[p + j] = relate_to_label(design.x + j * n, rows->outcome->label, n, index, rank).p;
    if (settings->adjust && !p_adjust(value + p, p, P_ADJUST_BH, value, err))
        goto done;
    sort_index(value + p, p, index); /* by the raw P, so that ties of adjusted ones keep its order */
    size_t kept_n = 0;
    for (size_t k = 0; k < p; k++) {
        bool passes = value[index[k]] <= alpha && (settings->top == 0 || kept_n < settings->top);
        keep[index[k]] = passes;
        kept_n += passes;
    }
    bool filled = kept_n < at_least && kept_n < p;
    for (size_t k = 0; k < p && kept_n < at_least; k++)
        if (!keep[index[k]]) {
            keep[index[k]] = true;
            kept_n++;
        }
    text_add(&note, settings->adjust ? "adjusted P (Benjamini-Hochberg) at most " : "P at most ");
    text_add_double(&note, alpha);
    if (settings->top > 0)
        text_add(&note, ", the %zu best", settings->top);
    if (filled)
        text_add(&note, "; fewer than %zu passed, so the best by P were kept", at_least);
    if (!text_ok(&note, err))
        goto done;
    *state = keep_make(rows->table, keep, "Mann-Whitney", note.bytes, err);
    done = *state != NULL;
done:
    design_free(&design);
    text_free(&note);
    mem_free(keep);
    mem_free(value);
    mem_free(rank);
    mem_free(index);
    return done;
}

const struct step_kind mannwhitney_filter_kind = {
    .name = "mann_whitney",
    .title = "Mann-Whitney filter",
    .outcome = STEP_LABEL,
    .fit = mannwhitney_fit,
    .apply = keep_apply,
    .save = keep_save,
    .load = keep_load,
    .describe = keep_describe,
    .free = keep_free,
};
