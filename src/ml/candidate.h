/* What is compared: blocks of columns x learners. Candidate c is block c / learner_n with learner c % learner_n. */
#ifndef HEPAR_ML_CANDIDATE_H
#define HEPAR_ML_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "table/step.h"

enum fusion_rule {
    FUSION_MEAN,    /* mean of the members' calibrated log-odds */
    FUSION_STACKED, /* logistic regression (L2, C = 1) on the members' out-of-fold calibrated log-odds */
};

/* Columns that are modelled together, with the steps that every learner of the block shares. Early fusion is a block
 * that names the columns of several; late fusion names member blocks, and fuses the scores of one learner on each. */
struct block {
    const char *name; /* "radiomics" */
    const char *const *column;
    size_t column_n;
    const struct step *prefix; /* impute, filters, z-score ...: fitted in every fold, once for all learners */
    size_t prefix_n;
    const size_t *member; /* NULL: a plain block; else positions of plain blocks in the same list, fused late */
    size_t member_n;
    enum fusion_rule fusion;
    bool may_win; /* false: ranked and shown, never chosen (score_blocks of the study) */
};

struct learner_choice {
    const char *name; /* "lasso": as in the study file */
    struct step step;
};

/* The steps that a block's learners share (columns, then its prefix; none of a late fusion), and the learner's step
 * on that block. What they borrow lives in the arena. */
const struct step *candidate_prefix(struct arena *arena, const struct block *block, size_t *n, struct err *err);
bool candidate_learner(struct arena *arena, const struct block *blocks, const struct block *block, const struct step *learner, struct step *out, struct err *err);

#endif
