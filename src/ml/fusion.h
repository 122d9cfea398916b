/* Late fusion: one pipeline a member, their scores calibrated and fused.
 *
 * Each member's out-of-fold scores on the fitted rows (inner folds) give its Platt calibration; then the member is refitted on all
 * of them. The score is the mean of the members' log-odds, or a logistic regression on them (L2, C = 1), fitted on the
 * out-of-fold ones. Columns that are out-of-fold values themselves (ml/shared.h) stand as they are in the inner folds. A fused score of linear members is linear in their columns, and says so in parts(). */
#ifndef HEPAR_ML_FUSION_H
#define HEPAR_ML_FUSION_H

#include "ml/candidate.h"
#include "ml/pipeline.h"
#include "table/step.h"

struct fusion_member {
    const char *name;
    struct pipeline_settings pipeline;
};
struct fusion_settings {
    const struct fusion_member *member;
    size_t member_n;
    enum fusion_rule rule;
    size_t fold_n; /* inner; 0: 3 */
};
extern const struct step_kind fusion_kind;

#endif
