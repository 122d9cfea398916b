/* The columns that may be modelled: the study's blocks, with a row a case of the cohort.
 *
 * Clinical columns come from the cohort's tables, radiomics columns from the tables or from images (extraction.h), deep ones from
 * networks: frozen features are plain columns, a cross-fitted logit is made in each fold (plan.h) and so is no column here, but
 * the case that it is made of is.
 * Refused: a column that an outcome reads, and, on train, a column that is a function of the label. A single column
 * with AUC (folded at 0.5) above 0.98 on train is warned of. */
#ifndef HEPAR_STUDY_PREDICTORS_H
#define HEPAR_STUDY_PREDICTORS_H

#include <stddef.h>

#include "base/err.h"
#include "study/cohort.h"
#include "study/deep.h"
#include "study/settings.h"
#include "table/table.h"

struct block_columns {
    char *name;    /* "clinical", "radiomics", "deep" */
    char *title;
    char **column; /* n names of predictors.table; of the deep block also the column that folds make */
    size_t n;
    const char *made_of; /* the deep block with such a column: the column of cases; NULL else */
};

struct predictors {
    struct table table; /* row k is case k of the cohort; all kinds, COLUMN_CASE last */
    struct block_columns *block;
    size_t block_n;
    char **warning;
    size_t warning_n;
};

/* What the tables give: the clinical block, and the radiomics block where it names columns. Every name in the study file's
 * `blocks` is checked here, before hours go into images. */
bool predictors_make(const struct study_settings *settings, const struct cohort *cohort, const struct deep *deep, struct predictors *out, struct err *err);
/* The columns made from images (features: radiomics, networks: frozen features, then CROPS_COLUMN; a row a case each, NULL where
 * the study has none), and the end: cases without any value in a block are excluded in the cohort, with that reason. */
bool predictors_complete(struct cohort *cohort, const struct table *features, const struct table *networks, struct predictors *out, struct err *err);
void predictors_free(struct predictors *predictors);

/* Against leakage by accident, on train rows alone: see above; columns from `first` on. label[n] with NaN where not train
 * or not known. */
bool predictors_check(struct predictors *predictors, size_t first, const struct cohort *cohort, const double *label, struct err *err);

/* A text column of the cohort as a predictor column of `out`: numbers, or levels. Shared with prediction. */
enum predictor_kind { PREDICTOR_AUTO, PREDICTOR_NUMBER, PREDICTOR_CATEGORY };
bool predictor_from_text(const struct column *from, char *const *id, size_t n, enum predictor_kind kind, struct table *out, struct err *err);

#endif
