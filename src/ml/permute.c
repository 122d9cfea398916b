/* Permuted labels; see permute.h. */
#include "ml/permute.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "num/rank.h"
#include "stats/roc.h"
#include "table/fold.h"

/* Labels are exchanged between rows, or between patients (groups) that have equally many rows. Keys come from the cohort rows, so
 * the order of the table does not matter. */
bool permute_labels(const struct rows *rows, uint64_t seed, size_t run, double *label, struct err *err)
{
    size_t n = rows->table->row_n, *order = mem_alloc(4 * n, sizeof *order, err);
    double *key = mem_alloc(n, sizeof *key, err);
    bool done = order != NULL && key != NULL;
    if (done) {
        size_t *begin = order + n, *size = order + 2 * n, *unit = order + 3 * n, unit_n = 0;
        for (size_t i = 0; i < n; i++)
            key[i] = (double)rows->table->row[i];
        sort_index(key, n, unit);
        for (size_t i = 0; i < n; i++)
            key[i] = (double)(rows->group_n > 0 ? rows->group[i] : rows->table->row[i]);
        sort_index(key, n, order);
        for (size_t k = 0; k < n; k++) {
            if (k == 0 || key[order[k]] != key[order[k - 1]]) {
                begin[unit_n] = k;
                size[unit_n++] = 0;
            }
            size[unit_n - 1]++;
        }
        /* Among units of one size: a keyed shuffle. */
        for (size_t wanted = 1, seen = 0; seen < unit_n; wanted++) {
            struct rng rng = rng_make(seed, "permute.labels", run, wanted);
            size_t same_n = 0;
            for (size_t u = 0; u < unit_n; u++)
                if (size[u] == wanted)
                    unit[same_n++] = u;
            seen += same_n;
            for (size_t k = same_n; k > 1; k--) {
                size_t other = rng_below(&rng, k), keep = unit[k - 1];
                unit[k - 1] = unit[other];
                unit[other] = keep;
            }
            for (size_t u = 0, k = 0; u < unit_n; u++) {
                if (size[u] != wanted)
                    continue;
                size_t from = unit[k++];
                for (size_t i = 0; i < wanted; i++)
                    label[order[begin[u] + i]] = rows->outcome->label[order[begin[from] + i]];
            }
        }
    }
    mem_free(order);
    mem_free(key);
    return done;
}

struct job {
    const struct procedure *procedure;
    const struct rows *rows;
    uint64_t seed;
    struct permuted *out;
};

enum { HELD_FOLDS = 3 };

/* With leakage the prefixes are fitted on all the rows, with the labels as permuted here. */
static bool one_run(const struct job *job, size_t run, struct err *err)
{
    size_t n = job->rows->table->row_n, made, *fold = mem_alloc(3 * n, sizeof *fold, err), *position = fold == NULL ? NULL : fold + n;
    double *label = mem_alloc(2 * n, sizeof *label, err), *probability = label == NULL ? NULL : label + n;
    struct rows_part train = {0}, held = {0};
    struct procedure_result result = {0};
    struct procedure procedure = *job->procedure;
    struct rows rows = *job->rows;
    struct outcome outcome = {label, NULL, NULL};
    uint64_t seed = rng_seed(job->seed, "permute.run", run, 0);
    bool done = false;
    rows.outcome = &outcome;
    if (fold == NULL || label == NULL || !permute_labels(job->rows, job->seed, run, label, err) || !fold_make(&rows, HELD_FOLDS, seed, fold, &made, err))
        goto done;
    if (procedure.leaky != NULL)
        procedure.leaky = &rows;
    size_t m = fold_positions(fold, n, 0, false, position);
    if (!rows_take(&rows, position, m, &train, err) || !procedure_fit(&procedure, &train.rows, seed, &result, err))
        goto done;
    m = fold_positions(fold, n, 0, true, position);
    if (!rows_take(&rows, position, m, &held, err) || !procedure_score(&result, &held.table, probability, NULL, err))
        goto done;
    job->out->auc[run] = roc_auc_value(probability, held.label, m, fold + 2 * n);
    job->out->ranking_auc[run] = result.ranking.auc_mean[result.winner];
    done = true;
done:
    if (!done)
        err_add(err, "permuted run %zu", run + 1);
    mem_free(fold);
    mem_free(label);
    rows_part_free(&train);
    rows_part_free(&held);
    procedure_result_free(&result);
    return done;
}

static bool runs(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    for (size_t run = begin; run < end; run++)
        if (!one_run(ctx, run, err))
            return false;
    return true;
}

bool permute_run(const struct procedure *procedure, const struct rows *rows, size_t run_n, uint64_t seed, struct permuted *out, struct err *err)
{
    struct job job = {procedure, rows, seed, out};
    *out = (struct permuted){.run_n = run_n, .leaky = procedure->leaky != NULL};
    if (rows->outcome == NULL || rows->outcome->label == NULL)
        return err_set(err, ERR_INPUT, "labels can't be permuted where the target is no label");
    out->auc = mem_zero(2 * run_n, sizeof *out->auc, err);
    if (out->auc == NULL)
        return false;
    out->ranking_auc = out->auc + run_n;
    if (!par_for(run_n, 1, runs, &job, err)) {
        permuted_free(out);
        return false;
    }
    summarise_auc(out->auc, run_n, &out->auc_mean, &out->auc_sd);
    out->auc_se = out->auc_sd / sqrt((double)run_n);
    return true;
}

void permuted_free(struct permuted *permuted)
{
    mem_free(permuted->auc);
    *permuted = (struct permuted){0};
}
