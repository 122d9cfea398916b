/* Cross-validation of all candidates; see crossval.h. */
#include "ml/crossval.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "ml/pipeline.h"
#include "ml/zscore.h"
#include "stats/roc.h"
#include "table/fold.h"

/* Seeds: a fold's, then a block's prefix and a learner's by its place. The same for candidate_fit(). */
static uint64_t block_seed(uint64_t seed, size_t block)
{
    return rng_seed(seed, "block", block, 0);
}

static uint64_t learner_seed(uint64_t seed, size_t candidate)
{
    return rng_seed(seed, "learner", candidate, 0);
}

/* Shared steps and prefixes fitted on all rows that were given, before any split: what --allow-leakage does, and nothing else. */
struct leak {
    struct pipeline *shared;  /* NULL where no block uses any */
    struct pipeline **prefix; /* [block], NULL for late fusions */
    size_t n;
};

struct job {
    const struct crossval_plan *plan;
    const struct rows *rows;
    uint64_t seed;
    struct crossval *out;
    struct leak leak;
    struct shared_fold *shared; /* [repeat * fold], or NULL where no block uses any */
    struct err *reason; /* [block * learner][repeat * fold]: why a candidate failed there */
};

static void leak_free(struct leak *leak)
{
    pipeline_free(leak->shared);
    for (size_t b = 0; leak->prefix != NULL && b < leak->n; b++)
        pipeline_free(leak->prefix[b]);
    mem_free(leak->prefix);
}

/* The shared steps on all rows, and these rows as the steps show any others: with what they remember. */
static bool fit_leaky(const struct crossval_plan *plan, uint64_t seed, struct pipeline **pipeline, struct table *shown, struct err *err)
{
    struct table out_of_fold = {0};
    if (!shared_fit(&plan->shared, plan->leaky, seed, pipeline, &out_of_fold, err))
        return false;
    table_free(&out_of_fold);
    return pipeline_apply(*pipeline, plan->leaky->table, shown, err);
}

static bool leak_make(const struct crossval_plan *plan, uint64_t seed, struct leak *out, struct err *err)
{
    *out = (struct leak){NULL, NULL, plan->block_n};
    if (plan->leaky == NULL)
        return true;
    struct table columns = {0};
    struct rows shown = *plan->leaky;
    shown.table = &columns;
    out->prefix = mem_zero(plan->block_n, sizeof *out->prefix, err);
    bool done = out->prefix != NULL;
    if (done && shared_used_by_any(&plan->shared, plan->block, plan->block_n))
        done = fit_leaky(plan, seed, &out->shared, &columns, err);
    for (size_t b = 0; done && b < plan->block_n; b++) {
        struct arena arena = ARENA_INIT;
        size_t n;
        const struct rows *rows = shared_used_by(&plan->shared, plan->block, &plan->block[b]) ? &shown : plan->leaky;
        const struct step *step = candidate_prefix(&arena, &plan->block[b], &n, err);
        done = step != NULL && (plan->block[b].member != NULL || pipeline_fit(step, n, rows, block_seed(seed, b), &out->prefix[b], NULL, err));
        arena_free(&arena);
    }
    table_free(&columns);
    return done;
}

/* A prefix for the fold's rows: fitted on them, or (leaky) applied as it stands. */
static bool fit_prefix(const struct crossval_plan *plan, const struct leak *leak, size_t block, const struct rows *train, uint64_t seed, struct arena *arena,
                       struct pipeline **prefix, struct table *train_out, struct err *err)
{
    size_t n;
    const struct step *step = candidate_prefix(arena, &plan->block[block], &n, err);
    if (step == NULL)
        return false;
    if (leak->prefix != NULL && leak->prefix[block] != NULL) {
        *prefix = NULL;
        return pipeline_apply(leak->prefix[block], train->table, train_out, err);
    }
    return pipeline_fit(step, n, train, block_seed(seed, block), prefix, train_out, err);
}

static bool out_of_memory(const struct err *reason, struct err *err)
{
    return (reason->kind == ERR_SYSTEM || reason->kind == ERR_STOPPED || reason->kind == ERR_BUG) ? !err_set(err, reason->kind, "%s", reason->text) : false;
}

/* Behind every learner its score is standardised by the rows it was fitted on: folds choose different penalties and so different
 * scales, and calibration and threshold are fitted on all folds' scores together. */
static const struct step standard_score = {&zscore_kind, NULL};

/* The learner on what the prefix made: scores of the held-out rows go to their places. */
static bool score_learner(const struct job *job, size_t candidate, const struct rows *train, const struct table *held, const size_t *position, size_t repeat,
                          uint64_t seed, struct arena *arena, struct err *err)
{
    const struct crossval_plan *plan = job->plan;
    const struct block *block = &plan->block[candidate / plan->learner_n];
    struct step step;
    struct pipeline *learner = NULL;
    struct table scores;
    if (!candidate_learner(arena, plan->block, block, &plan->learner[candidate % plan->learner_n].step, &step, err) ||
        !pipeline_fit((struct step[]){step, standard_score}, 2, train, learner_seed(seed, candidate), &learner, NULL, err))
        return false;
    bool done = pipeline_apply(learner, held, &scores, err);
    pipeline_free(learner);
    if (!done)
        return false;
    const struct column *column = table_find(&scores, SCORE_COLUMN);
    double *to = job->out->score + (candidate * job->out->repeat_n + repeat) * job->out->row_n;
    done = column != NULL || err_set(err, ERR_BUG, "%s gives no column '%s'", step.kind->name, SCORE_COLUMN);
    for (size_t r = 0; done && r < scores.row_n; r++)
        to[position[r]] = column->number[r];
    table_free(&scores);
    return done;
}

/* The rows of one fold, and where those held out stand among all. */
struct fold_rows {
    struct rows_part train, held;
    size_t *position, held_n;
};

static void fold_rows_free(struct fold_rows *rows)
{
    rows_part_free(&rows->train);
    rows_part_free(&rows->held);
    mem_free(rows->position);
}

static bool fold_rows_take(const struct job *job, size_t repeat, size_t f, struct fold_rows *out, struct err *err)
{
    size_t n = job->out->row_n;
    const size_t *fold = job->out->fold + repeat * n;
    *out = (struct fold_rows){.position = mem_alloc(n, sizeof *out->position, err)};
    if (out->position == NULL)
        return false;
    size_t m = fold_positions(fold, n, f, false, out->position);
    if (rows_take(job->rows, out->position, m, &out->train, err)) {
        out->held_n = fold_positions(fold, n, f, true, out->position);
        if (rows_take(job->rows, out->position, out->held_n, &out->held, err))
            return true;
    }
    fold_rows_free(out);
    return false;
}

static uint64_t fold_seed(const struct job *job, size_t repeat, size_t f)
{
    return rng_seed(job->seed, "crossval.fold", repeat, f);
}

static bool share_folds(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct job *job = ctx;
    for (size_t at = begin; at < end; at++) {
        size_t repeat = at / job->out->fold_n, f = at % job->out->fold_n;
        struct fold_rows rows;
        if (!fold_rows_take(job, repeat, f, &rows, err))
            return false;
        bool done = shared_fold_make(&job->plan->shared, job->leak.shared, &rows.train.rows, &rows.held.table, fold_seed(job, repeat, f), &job->shared[at], err);
        fold_rows_free(&rows);
        if (!done)
            return false;
    }
    return true;
}

/* One block in one fold. A failure of the shared steps fails the blocks that use them, a failure of the prefix fails all its learners there, of a learner that one. */
static bool run_task(const struct job *job, size_t repeat, size_t f, size_t b, struct err *err)
{
    const struct crossval_plan *plan = job->plan;
    size_t fold_n = job->out->fold_n, at = repeat * fold_n + f, slots = job->out->repeat_n * fold_n;
    uint64_t seed = fold_seed(job, repeat, f);
    struct fold_rows rows;
    struct table train_out = {0}, held_out = {0};
    struct pipeline *prefix = NULL;
    struct arena arena = ARENA_INIT;
    struct err reason = ERR_INIT;
    bool done = false;
    if (!fold_rows_take(job, repeat, f, &rows, err))
        return false;
    bool plain = plan->block[b].member == NULL;
    struct rows learn = rows.train.rows;
    const struct table *held = &rows.held.table;
    if (shared_used_by(&plan->shared, plan->block, &plan->block[b])) {
        const struct shared_fold *shared = &job->shared[at];
        reason = shared->reason;
        learn.table = &shared->train;
        held = &shared->held;
    }
    bool ready = reason.kind == ERR_NONE;
    if (ready && plain) {
        const struct pipeline *applied = job->leak.prefix != NULL ? job->leak.prefix[b] : NULL;
        ready = fit_prefix(plan, &job->leak, b, &learn, seed, &arena, &prefix, &train_out, &reason) &&
                pipeline_apply(applied != NULL ? applied : prefix, held, &held_out, &reason);
        learn.table = &train_out;
        held = &held_out;
    }
    for (size_t l = 0; l < plan->learner_n; l++) {
        size_t candidate = b * plan->learner_n + l;
        struct err *why = &job->reason[candidate * slots + at];
        *why = reason;
        if (ready)
            score_learner(job, candidate, &learn, held, rows.position, repeat, seed, &arena, why);
        if (why->kind != ERR_NONE && out_of_memory(why, err))
            goto done;
    }
    done = true;
done:
    fold_rows_free(&rows);
    pipeline_free(prefix);
    table_free(&train_out);
    table_free(&held_out);
    arena_free(&arena);
    return done;
}

static bool run_tasks(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct job *job = ctx;
    size_t block_n = job->plan->block_n, fold_n = job->out->fold_n;
    for (size_t t = begin; t < end; t++)
        if (!run_task(job, t / (block_n * fold_n), t / block_n % fold_n, t % block_n, err))
            return false;
    return true;
}

static bool make_room(const struct crossval_plan *plan, const struct rows *rows, struct crossval *out, struct err *err)
{
    size_t candidate_n = plan->block_n * plan->learner_n, n = rows->table->row_n;
    *out = (struct crossval){.row_n = n, .candidate_n = candidate_n, .learner_n = plan->learner_n, .repeat_n = plan->repeat_n, .leaky = plan->leaky != NULL};
    out->fold = mem_alloc(plan->repeat_n * n, sizeof *out->fold, err);
    out->score = mem_alloc(candidate_n * plan->repeat_n * n, sizeof *out->score, err);
    out->auc = mem_alloc(candidate_n * plan->repeat_n * plan->fold_n, sizeof *out->auc, err);
    out->auc_mean = mem_alloc(3 * candidate_n, sizeof *out->auc_mean, err);
    out->failed = mem_zero(candidate_n, sizeof *out->failed, err);
    out->fitted = mem_zero(plan->repeat_n * plan->fold_n, sizeof *out->fitted, err);
    if (!out->fold || !out->score || !out->auc || !out->auc_mean || !out->failed || !out->fitted)
        return false;
    out->auc_sd = out->auc_mean + candidate_n;
    out->auc_pooled = out->auc_sd + candidate_n;
    for (size_t i = 0; i < candidate_n * plan->repeat_n * n; i++)
        out->score[i] = NAN;
    return true;
}

static bool split(const struct crossval_plan *plan, const struct rows *rows, uint64_t seed, struct crossval *out, struct err *err)
{
    size_t n = out->row_n, *row = mem_alloc(n, sizeof *row, err);
    bool done = row != NULL;
    for (size_t r = 0; done && r < plan->repeat_n; r++) {
        done = fold_make(rows, plan->fold_n, rng_seed(seed, "crossval.split", r, 0), out->fold + r * n, &out->fold_n, err);
        for (size_t f = 0; done && f < out->fold_n; f++) {
            size_t m = 0;
            for (size_t i = 0; i < n; i++)
                if (out->fold[r * n + i] != f)
                    row[m++] = rows->table->row[i];
            out->fitted[r * out->fold_n + f] = rowset_make(row, m, err);
            done = out->fitted[r * out->fold_n + f] != NULL;
        }
    }
    mem_free(row);
    return done;
}

void summarise_auc(const double *auc, size_t n, double *mean, double *sd)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += auc[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (auc[i] - *mean) * (auc[i] - *mean);
    *sd = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
}

void fold_aucs(const double *score, const double *label, const size_t *fold, size_t n, size_t fold_n, double *auc, double *pooled, double *room, size_t *scratch)
{
    for (size_t f = 0; f < fold_n; f++) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            if (fold[i] == f) {
                room[m] = score[i];
                room[n + m++] = label[i];
            }
        auc[f] = roc_auc_value(room, room + n, m, scratch);
    }
    *pooled = roc_auc_value(score, label, n, scratch);
}

static bool measure(const struct rows *rows, struct crossval *out, struct err *err)
{
    size_t n = out->row_n, slots = out->repeat_n * out->fold_n;
    double *room = mem_alloc(2 * n, sizeof *room, err);
    size_t *scratch = mem_alloc(n, sizeof *scratch, err);
    bool done = room != NULL && scratch != NULL;
    for (size_t c = 0; done && c < out->candidate_n; c++) {
        double *auc = out->auc + c * slots;
        out->auc_pooled[c] = 0.0;
        for (size_t r = 0; r < out->repeat_n; r++) {
            double pooled = NAN;
            if (out->failed[c] == NULL)
                fold_aucs(out->score + (c * out->repeat_n + r) * n, rows->outcome->label, out->fold + r * n, n, out->fold_n, auc + r * out->fold_n, &pooled, room, scratch);
            else
                for (size_t f = 0; f < out->fold_n; f++)
                    auc[r * out->fold_n + f] = NAN;
            out->auc_pooled[c] += pooled / (double)out->repeat_n;
        }
        summarise_auc(auc, slots, &out->auc_mean[c], &out->auc_sd[c]);
    }
    mem_free(room);
    mem_free(scratch);
    return done;
}

/* A candidate that failed in any fold has no place in the ranking; its scores are taken back. */
static bool note_failures(const struct job *job, struct err *err)
{
    struct crossval *out = job->out;
    size_t slots = out->repeat_n * out->fold_n, per = out->repeat_n * out->row_n;
    for (size_t c = 0; c < out->candidate_n; c++)
        for (size_t s = 0; s < slots && out->failed[c] == NULL; s++)
            if (job->reason[c * slots + s].kind != ERR_NONE) {
                if ((out->failed[c] = mem_string(job->reason[c * slots + s].text, err)) == NULL)
                    return false;
                for (size_t i = 0; i < per; i++)
                    out->score[c * per + i] = NAN;
            }
    return true;
}

bool crossval_run(const struct crossval_plan *plan, const struct rows *rows, uint64_t seed, struct crossval *out, struct err *err)
{
    struct job job = {.plan = plan, .rows = rows, .seed = seed, .out = out};
    bool done = make_room(plan, rows, out, err) && split(plan, rows, seed, out, err) && leak_make(plan, seed, &job.leak, err);
    size_t slots = out->repeat_n * out->fold_n;
    if (done && shared_used_by_any(&plan->shared, plan->block, plan->block_n))
        done = (job.shared = mem_zero(slots, sizeof *job.shared, err)) != NULL && par_for(slots, 1, share_folds, &job, err);
    if (done)
        done = (job.reason = mem_zero(out->candidate_n * slots, sizeof *job.reason, err)) != NULL &&
               par_for(slots * plan->block_n, 1, run_tasks, &job, err) && note_failures(&job, err) && measure(rows, out, err);
    for (size_t s = 0; job.shared != NULL && s < slots; s++)
        shared_fold_free(&job.shared[s]);
    mem_free(job.shared);
    leak_free(&job.leak);
    mem_free(job.reason);
    if (!done)
        crossval_free(out);
    return done;
}

void crossval_free(struct crossval *crossval)
{
    for (size_t i = 0; crossval->fitted != NULL && i < crossval->repeat_n * crossval->fold_n; i++)
        rowset_drop(crossval->fitted[i]);
    for (size_t c = 0; crossval->failed != NULL && c < crossval->candidate_n; c++)
        mem_free(crossval->failed[c]);
    mem_free(crossval->fitted);
    mem_free(crossval->failed);
    mem_free(crossval->fold);
    mem_free(crossval->score);
    mem_free(crossval->auc);
    mem_free(crossval->auc_mean);
    *crossval = (struct crossval){0};
}

size_t crossval_best(const struct crossval *crossval, const struct crossval_plan *plan)
{
    size_t best = SIZE_MAX;
    for (size_t c = 0; c < crossval->candidate_n; c++) {
        if (crossval->failed[c] != NULL || !plan->block[c / plan->learner_n].may_win)
            continue;
        /* Equal rankings in all folds may differ in the last digit of their mean. */
        if (best == SIZE_MAX || crossval->auc_mean[c] > crossval->auc_mean[best] + 1e-12)
            best = c;
    }
    return best;
}

bool crossval_table(const struct crossval *crossval, const struct rows *rows, size_t candidate, struct table *out, struct err *err)
{
    size_t n = crossval->row_n, total = crossval->repeat_n * n, *row = mem_alloc(total, sizeof *row, err);
    if (row == NULL)
        return false;
    for (size_t i = 0; i < total; i++)
        row[i] = rows->table->row[i % n];
    bool done = table_init(out, total, row, NULL, err);
    struct column *column = done ? table_add(out, SCORE_COLUMN, COLUMN_NUMBER, err) : NULL;
    done = column != NULL && (column->seen.each = mem_zero(total, sizeof *column->seen.each, err)) != NULL;
    for (size_t i = 0; done && i < total; i++) {
        column->number[i] = crossval->score[candidate * total + i];
        column->seen.each[i] = rowset_keep(crossval->fitted[i / n * crossval->fold_n + crossval->fold[i]]);
    }
    mem_free(row);
    if (!done)
        table_free(out);
    return done;
}

/* A candidate without shared steps: on rows that have their columns already, or on one that uses none. */
static bool fit_block(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, const struct rows *leaky, uint64_t seed,
                      struct pipeline **out, struct err *err)
{
    size_t b = candidate / plan->learner_n, n;
    const struct block *block = &plan->block[b];
    struct arena arena = ARENA_INIT;
    struct table train_out = {0};
    struct pipeline *pipeline = NULL;
    struct step learner;
    struct rows learn = *rows;
    bool done = false;
    const struct step *step = candidate_prefix(&arena, block, &n, err);
    if (step == NULL || !candidate_learner(&arena, plan->block, block, &plan->learner[candidate % plan->learner_n].step, &learner, err))
        goto done;
    /* Leaky: the prefix is fitted on all rows, and the learner on these rows as that prefix shows them. */
    const struct rows *prefix_rows = leaky != NULL && block->member == NULL ? leaky : rows;
    if (!pipeline_fit(step, n, prefix_rows, block_seed(seed, b), &pipeline, prefix_rows == rows && n > 0 ? &train_out : NULL, err))
        goto done;
    if (prefix_rows != rows && !pipeline_apply(pipeline, rows->table, &train_out, err))
        goto done;
    if (n > 0)
        learn.table = &train_out;
    struct table scores = {0};
    struct rows scored = learn;
    scored.table = &scores;
    done = pipeline_fit_next(pipeline, &learner, &learn, learner_seed(seed, candidate), &scores, err) &&
           pipeline_fit_next(pipeline, &standard_score, &scored, seed, NULL, err);
    table_free(&scores);
done:
    table_free(&train_out);
    arena_free(&arena);
    if (done)
        *out = pipeline;
    else
        pipeline_free(pipeline);
    return done;
}

bool candidate_fit_keep(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, uint64_t seed, struct pipeline **out,
                        struct table *shared_train, struct err *err)
{
    if (!shared_used_by(&plan->shared, plan->block, &plan->block[candidate / plan->learner_n]))
        return fit_block(plan, candidate, rows, plan->leaky, seed, out, err);
    struct pipeline *pipeline = NULL, *block = NULL;
    struct table columns = {0}, all = {0};
    struct rows learn = *rows, leaky = *rows;
    bool leaks = plan->leaky != NULL;
    bool done = leaks ? fit_leaky(plan, seed, &pipeline, &all, err) && pipeline_apply(pipeline, rows->table, &columns, err)
                      : shared_fit(&plan->shared, rows, seed, &pipeline, &columns, err);
    learn.table = &columns;
    if (leaks) {
        leaky = *plan->leaky;
        leaky.table = &all;
    }
    done = done && fit_block(plan, candidate, &learn, leaks ? &leaky : NULL, seed, &block, err) && pipeline_append(pipeline, block, err);
    if (done && shared_train != NULL) {
        *shared_train = columns;
        columns = (struct table){0};
    }
    table_free(&columns);
    table_free(&all);
    if (done)
        *out = pipeline;
    else
        pipeline_free(pipeline);
    return done;
}

bool candidate_fit(const struct crossval_plan *plan, size_t candidate, const struct rows *rows, uint64_t seed, struct pipeline **out, struct err *err)
{
    return candidate_fit_keep(plan, candidate, rows, seed, out, NULL, err);
}
