/* Correlation filter; see filters.h. Ranks are centred and scaled once, so that every rho is one dot product. */
#include <math.h>

#include "base/mem.h"
#include "ml/design.h"
#include "ml/filters.h"
#include "ml/keep.h"
#include "ml/relate.h"
#include "num/linalg.h"
#include "num/rank.h"

/* Ranks to mean 0 and norm 1; a constant column becomes 0 (rho 0 with all). */
static void normalise_ranks(double *rank, size_t n)
{
    double centre = ((double)n + 1.0) / 2.0, squares = 0.0;
    for (size_t i = 0; i < n; i++) {
        rank[i] -= centre;
        squares += rank[i] * rank[i];
    }
    double scale = squares > 0.0 ? 1.0 / sqrt(squares) : 0.0;
    for (size_t i = 0; i < n; i++)
        rank[i] *= scale;
}

static bool spearman_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct spearman_settings *settings = step->settings;
    double limit = settings == NULL || settings->limit == 0.0 ? 0.9 : settings->limit;
    struct design design = {0, 0, NULL};
    if (!design_make(rows->table, &design, NULL, err))
        return false;
    struct text note = TEXT_INIT;
    size_t n = design.n, p = design.p, kept_n = 0;
    bool *keep = mem_zero(p, sizeof *keep, err);
    double *rank = mem_alloc(n * p, sizeof *rank, err);
    double *weakness = mem_alloc(p, sizeof *weakness, err); /* -|AUC - 0.5|: sorts falling, ties by column */
    size_t *index = mem_alloc(n + 2 * p, sizeof *index, err), *kept = index == NULL ? NULL : index + n + p;
    bool done = false;
    if (keep == NULL || rank == NULL || weakness == NULL || index == NULL)
        goto done;
    for (size_t j = 0; j < p; j++) {
        weakness[j] = -fabs(relate_to_label(design.x + j * n, rows->outcome->label, n, index, rank + j * n).auc - 0.5);
        normalise_ranks(rank + j * n, n);
    }
    sort_index(weakness, p, index);
    for (size_t k = 0; k < p; k++) {
        size_t j = index[k];
        bool passes = true;
        for (size_t e = 0; passes && e < kept_n; e++)
            passes = fabs(la_dot(n, rank + j * n, rank + kept[e] * n)) <= limit;
        if (passes)
            kept[kept_n++] = j;
        keep[j] = passes;
    }
    text_add(&note, "|rho| at most ");
    text_add_double(&note, limit);
    if (!text_ok(&note, err))
        goto done;
    *state = keep_make(rows->table, keep, "Spearman", note.bytes, err);
    done = *state != NULL;
done:
    design_free(&design);
    text_free(&note);
    mem_free(keep);
    mem_free(rank);
    mem_free(weakness);
    mem_free(index);
    return done;
}

const struct step_kind spearman_filter_kind = {
    .name = "spearman",
    .title = "Spearman filter",
    .outcome = STEP_LABEL,
    .fit = spearman_fit,
    .apply = keep_apply,
    .save = keep_save,
    .load = keep_load,
    .describe = keep_describe,
    .free = keep_free,
};
