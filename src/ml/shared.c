/* Steps that blocks share; see shared.h. */
#include "ml/shared.h"

#include <string.h>

#include "base/rng.h"

static bool names_one(const struct shared *shared, const struct block *block)
{
    for (size_t c = 0; c < block->column_n; c++)
        for (size_t k = 0; k < shared->column_n; k++)
            if (strcmp(block->column[c], shared->column[k]) == 0)
                return true;
    return false;
}

bool shared_used_by(const struct shared *shared, const struct block *blocks, const struct block *block)
{
    if (shared->step_n == 0)
        return false;
    if (block->member == NULL)
        return names_one(shared, block);
    for (size_t m = 0; m < block->member_n; m++)
        if (names_one(shared, &blocks[block->member[m]]))
            return true;
    return false;
}

bool shared_used_by_any(const struct shared *shared, const struct block *blocks, size_t block_n)
{
    for (size_t b = 0; b < block_n; b++)
        if (shared_used_by(shared, blocks, &blocks[b]))
            return true;
    return false;
}

bool shared_fit(const struct shared *shared, const struct rows *rows, uint64_t seed, struct pipeline **pipeline, struct table *train, struct err *err)
{
    if (!pipeline_fit(shared->step, shared->step_n, rows, rng_seed(seed, "shared", 0, 0), pipeline, train, err))
        return false;
    for (size_t k = 0; k < shared->column_n; k++)
        if (table_find(train, shared->column[k]) == NULL) {
            pipeline_free(*pipeline);
            table_free(train);
            return err_set(err, ERR_BUG, "the shared steps give no column '%s'", shared->column[k]);
        }
    return true;
}

static bool make(const struct shared *shared, const struct pipeline *fitted, const struct rows *train, const struct table *held, uint64_t seed,
                 struct shared_fold *out, struct err *err)
{
    if (fitted != NULL)
        return pipeline_apply(fitted, train->table, &out->train, err) && pipeline_apply(fitted, held, &out->held, err);
    struct pipeline *pipeline;
    if (!shared_fit(shared, train, seed, &pipeline, &out->train, err))
        return false;
    bool done = pipeline_apply(pipeline, held, &out->held, err);
    pipeline_free(pipeline);
    return done;
}

bool shared_fold_make(const struct shared *shared, const struct pipeline *fitted, const struct rows *train, const struct table *held, uint64_t seed,
                      struct shared_fold *out, struct err *err)
{
    *out = (struct shared_fold){.reason = ERR_INIT};
    if (make(shared, fitted, train, held, seed, out, &out->reason))
        return true;
    struct err reason = out->reason;
    table_free(&out->train);
    table_free(&out->held);
    *out = (struct shared_fold){.reason = reason};
    return reason.kind == ERR_INPUT || reason.kind == ERR_USAGE || err_set(err, reason.kind, "%s", reason.text);
}

void shared_fold_free(struct shared_fold *fold)
{
    table_free(&fold->train);
    table_free(&fold->held);
}
