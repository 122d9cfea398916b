/* Inner cross-validation over a grid; see tune.h. */
#include "ml/tune.h"

#include <math.h>

#include "base/mem.h"
#include "stats/roc.h"
#include "table/fold.h"

bool tune_run(const struct design *design, const struct rows *rows, size_t fold_n, uint64_t seed, size_t grid_n, size_t fallback, tune_fn *fn,
              const void *ctx, struct tuning *out, struct err *err)
{
    size_t n = design->n, p = design->p, made = 0;
    const double *y = rows->outcome->label;
    *out = (struct tuning){fallback, 0, NAN};
    if (grid_n == 1)
        return true;
    size_t *fold = mem_alloc(3 * n, sizeof *fold, err), *position = fold == NULL ? NULL : fold + n, *scratch = fold == NULL ? NULL : fold + 2 * n;
    double *x = mem_alloc(n * (p + 2), sizeof *x, err);   /* train and test parts, then their labels */
    double *score = mem_alloc(grid_n * n, sizeof *score, err);
    double *auc = mem_zero(grid_n, sizeof *auc, err);
    struct err too_few = ERR_INIT;
    bool done = false;
    if (fold == NULL || x == NULL || score == NULL || auc == NULL)
        goto done;
    if (!fold_make(rows, fold_n, seed, fold, &made, &too_few)) {
        done = too_few.kind == ERR_INPUT || err_set(err, too_few.kind, "%s", too_few.text);
        goto done;
    }
    double *labels = x + n * p;
    for (size_t f = 0; f < made; f++) {
        size_t train_n = fold_positions(fold, n, f, false, position), test_n = n - train_n;
        double *test_x = x + train_n * p, *test_y = labels + train_n;
        design_take(design->x, n, p, position, train_n, x);
        design_take(y, n, 1, position, train_n, labels);
        fold_positions(fold, n, f, true, position);
        design_take(design->x, n, p, position, test_n, test_x);
        design_take(y, n, 1, position, test_n, test_y);
        struct tune_fold part = {x, labels, test_x, train_n, test_n, p, f};
        if (!fn(ctx, &part, score, err))
            goto done;
        for (size_t g = 0; g < grid_n; g++)
            auc[g] += roc_auc_value(score + g * test_n, test_y, test_n, scratch) / (double)made;
    }
    /* The folds' means of equal rankings may differ in the last digits: those count as ties. */
    out->best = 0;
    for (size_t g = 1; g < grid_n; g++)
        if (auc[g] > auc[out->best] + 1e-12)
            out->best = g;
    out->fold_n = made;
    out->auc = auc[out->best];
    done = true;
done:
    mem_free(fold);
    mem_free(x);
    mem_free(score);
    mem_free(auc);
    return done;
}

void tune_describe(const struct tuning *tuning, size_t grid_n, struct text *out)
{
    if (grid_n == 1)
        text_add(out, ", as set");
    else if (tuning->fold_n == 0)
        text_add(out, ", the default, as too few rows of a class are there to choose from %zu", grid_n);
    else
        text_add(out, ", chosen by inner %zu-fold AUC %.3f from %zu", tuning->fold_n, tuning->auc, grid_n);
}

void tune_describe_values(const struct tuning *tuning, const double *value, size_t grid_n, struct text *out)
{
    text_add_double(out, value[tuning->best]);
    tune_describe(tuning, grid_n, out);
    for (size_t g = 0; g < grid_n; g++) {
        text_add(out, g == 0 ? " (" : ", ");
        text_add_double(out, value[g]);
    }
    text_add(out, ")");
}
