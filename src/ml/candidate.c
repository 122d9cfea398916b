/* A candidate as one list of steps; see candidate.h. */
#include "ml/candidate.h"

#include "base/mem.h"
#include "ml/columns.h"
#include "ml/fusion.h"

/* columns, then the prefix; `columns` gets the settings that the first step borrows. */
static struct step *block_steps(struct arena *arena, const struct block *block, size_t extra, size_t *n, struct err *err)
{
    struct columns_settings *columns = arena_alloc(arena, 1, sizeof *columns, err);
    struct step *step = arena_alloc(arena, block->prefix_n + 1 + extra, sizeof *step, err);
    if (columns == NULL || step == NULL)
        return NULL;
    *columns = (struct columns_settings){block->column, block->column_n};
    step[0] = (struct step){&columns_kind, columns};
    for (size_t i = 0; i < block->prefix_n; i++)
        step[i + 1] = block->prefix[i];
    *n = block->prefix_n + 1;
    return step;
}

const struct step *candidate_prefix(struct arena *arena, const struct block *block, size_t *n, struct err *err)
{
    if (block->member != NULL) {
        *n = 0;
        return arena_alloc(arena, 1, sizeof(struct step), err);
    }
    return block_steps(arena, block, 0, n, err);
}

bool candidate_learner(struct arena *arena, const struct block *blocks, const struct block *block, const struct step *learner, struct step *out, struct err *err)
{
    *out = *learner;
    if (block->member == NULL)
        return true;
    struct fusion_member *member = arena_alloc(arena, block->member_n, sizeof *member, err);
    struct fusion_settings *settings = arena_alloc(arena, 1, sizeof *settings, err);
    if (member == NULL || settings == NULL)
        return false;
    for (size_t k = 0; k < block->member_n; k++) {
        const struct block *part = &blocks[block->member[k]];
        size_t n;
        struct step *step = block_steps(arena, part, 1, &n, err);
        if (step == NULL)
            return false;
        if (part->member != NULL)
            return err_set(err, ERR_USAGE, "block %s: its member %s is a late fusion itself, expected a plain block", block->name, part->name);
        step[n] = *learner;
        member[k] = (struct fusion_member){part->name, {step, n + 1}};
    }
    *settings = (struct fusion_settings){member, block->member_n, block->fusion, 0};
    *out = (struct step){&fusion_kind, settings};
    return true;
}
