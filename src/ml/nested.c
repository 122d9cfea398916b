/* Nested cross-validation; see nested.h. */
#include "ml/nested.h"

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "table/fold.h"

struct job {
    const struct procedure *procedure;
    const struct rows *rows;
    uint64_t seed;
    struct nested *out;
};

static bool outer_fold(const struct job *job, size_t repeat, size_t f, struct err *err)
{
    struct nested *out = job->out;
    size_t n = out->row_n, at = repeat * out->fold_n + f, *position = mem_alloc(n, sizeof *position, err);
    double *probability = mem_alloc(n, sizeof *probability, err);
    struct rows_part train = {0}, held = {0};
    struct procedure_result result = {0};
    bool done = false;
    if (position == NULL || probability == NULL)
        goto done;
    size_t m = fold_positions(out->fold + repeat * n, n, f, false, position);
    if (!rows_take(job->rows, position, m, &train, err) ||
        !procedure_fit(job->procedure, &train.rows, rng_seed(job->seed, "nested.outer", repeat, f), &result, err)) {
        err_add(err, "outer fold %zu of repeat %zu", f + 1, repeat + 1);
        goto done;
    }
    m = fold_positions(out->fold + repeat * n, n, f, true, position);
    if (!rows_take(job->rows, position, m, &held, err) || !procedure_score(&result, &held.table, probability, NULL, err))
        goto done;
    for (size_t i = 0; i < m; i++) {
        out->score[repeat * n + position[i]] = probability[i];
        out->high[repeat * n + position[i]] = probability[i] >= result.threshold.value;
    }
    out->threshold[at] = result.threshold.value;
    out->winner[at] = result.winner;
    done = true;
done:
    mem_free(position);
    mem_free(probability);
    rows_part_free(&train);
    rows_part_free(&held);
    procedure_result_free(&result);
    return done;
}

static bool outer_folds(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct job *job = ctx;
    for (size_t t = begin; t < end; t++)
        if (!outer_fold(job, t / job->out->fold_n, t % job->out->fold_n, err))
            return false;
    return true;
}

static bool measure(const struct rows *rows, struct nested *out, struct err *err)
{
    size_t n = out->row_n, *scratch = mem_alloc(n, sizeof *scratch, err);
    double *room = mem_alloc(2 * n, sizeof *room, err);
    bool done = scratch != NULL && room != NULL;
    for (size_t r = 0; done && r < out->repeat_n; r++) {
        double pooled;
        fold_aucs(out->score + r * n, rows->outcome->label, out->fold + r * n, n, out->fold_n, out->auc + r * out->fold_n, &pooled, room, scratch);
        out->auc_pooled += pooled / (double)out->repeat_n;
    }
    if (done)
        summarise_auc(out->auc, out->repeat_n * out->fold_n, &out->auc_mean, &out->auc_sd);
    mem_free(scratch);
    mem_free(room);
    return done;
}

bool nested_run(const struct procedure *procedure, const struct rows *rows, size_t repeat_n, size_t fold_n, uint64_t seed, struct nested *out, struct err *err)
{
    size_t n = rows->table->row_n;
    struct job job = {procedure, rows, seed, out};
    *out = (struct nested){.row_n = n, .repeat_n = repeat_n, .leaky = procedure->leaky != NULL};
    out->fold = mem_alloc(repeat_n * n, sizeof *out->fold, err);
    out->score = mem_alloc(repeat_n * n, sizeof *out->score, err);
    out->high = mem_zero(repeat_n * n, sizeof *out->high, err);
    out->auc = mem_zero(2 * repeat_n * fold_n, sizeof *out->auc, err);
    out->winner = mem_zero(repeat_n * fold_n, sizeof *out->winner, err);
    bool done = out->fold && out->score && out->high && out->auc && out->winner;
    for (size_t r = 0; done && r < repeat_n; r++)
        done = fold_make(rows, fold_n, rng_seed(seed, "nested.split", r, 0), out->fold + r * n, &out->fold_n, err);
    if (done) {
        out->threshold = out->auc + repeat_n * fold_n;
        done = par_for(repeat_n * out->fold_n, 1, outer_folds, &job, err) && measure(rows, out, err);
    }
    if (!done) {
        nested_free(out);
        return err_add(err, "nested cross-validation");
    }
    return true;
}

void nested_free(struct nested *nested)
{
    mem_free(nested->fold);
    mem_free(nested->score);
    mem_free(nested->high);
    mem_free(nested->auc);
    mem_free(nested->winner);
    *nested = (struct nested){0};
}
