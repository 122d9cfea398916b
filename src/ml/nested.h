/* Nested cross-validation of the whole procedure: in each outer fold everything - ranking, winner, refit,
 * calibration, threshold - is done anew on the outer training rows, and scored once on the rows held out.
 * Varma and Simon, BMC Bioinformatics 2006, 7:91. */
#ifndef HEPAR_ML_NESTED_H
#define HEPAR_ML_NESTED_H

#include "ml/procedure.h"

struct nested {
    size_t row_n, repeat_n, fold_n;
    size_t *fold;          /* [repeat][row] */
    double *score;         /* [repeat][row] probability on the row while it was held out */
    unsigned char *high;   /* [repeat][row] 1: at or above that fold's threshold */
    double *auc;           /* [repeat][fold] */
    double *threshold;     /* [repeat][fold] */
    size_t *winner;        /* [repeat][fold] candidate */
    double auc_mean, auc_sd; /* over repeats x folds */
    double auc_pooled;       /* mean over repeats; biased, shown only beside */
    bool leaky;
};

/* `procedure` holds the inner ranking's repeats and folds. An outer fold that fails is an error with its reason. */
bool nested_run(const struct procedure *procedure, const struct rows *rows, size_t repeat_n, size_t fold_n, uint64_t seed,
                struct nested *out, struct err *err);
void nested_free(struct nested *nested);

#endif
