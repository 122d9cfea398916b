/* The study's settings as a procedure over steps: blocks with their prefixes, fusions, learners, validation effort. */
#ifndef HEPAR_STUDY_PLAN_H
#define HEPAR_STUDY_PLAN_H

#include "ml/filters.h"
#include "ml/pca.h"
#include "ml/procedure.h"
#include "study/predictors.h"
#include "study/settings.h"

enum { PLAN_NETS_LAST, PLAN_NETS_IN_FOLDS, PLAN_NETS_PERMUTED, PLAN_NETS_N };
enum { PLAN_BLOCK_MAX = 16, PLAN_LEARNER_MAX = 32, PLAN_STEP_MAX = 12 };

struct plan {
    struct procedure procedure; /* points into this struct: do not copy it */
    const struct validation_effort *effort;
    struct crossfit_settings nets[PLAN_NETS_N]; /* of the last fit, of folds, of runs with permuted labels */
    struct step net_step[PLAN_NETS_N];
    const char *net_column[1];
    struct shared shared_permuted; /* of the runs with permuted labels (procedure.shared: of the last fit) */
    struct block block[PLAN_BLOCK_MAX];
    struct learner_choice learner[PLAN_LEARNER_MAX];
    struct step prefix[PLAN_BLOCK_MAX][PLAN_STEP_MAX];
    struct mannwhitney_settings mannwhitney;
    struct spearman_settings spearman;
    struct icc_settings icc;
    struct pca_settings pca; /* of a frozen network's features; component_n 0: none */
    char pca_stem[DEEP_NAME_ROOM];
    struct arena arena; /* owns names and columns */
};

/* predictors and deep outlive the plan. ERR_USAGE for unknown learners and blocks. */
bool plan_make(const struct study_settings *settings, const struct predictors *predictors, const struct deep *deep, struct plan *plan, struct err *err);
void plan_free(struct plan *plan);

/* "DLR score", "radiomics score", "clinical-radiomics score": by what the block uses. `out` holds 64 bytes. */
const char *plan_score_name(const char *block, char out[64]);

#endif
