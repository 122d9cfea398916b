/* The whole procedure with labels permuted before any fitting: what AUC comes out where there is nothing to find.
 *
 * Run r permutes the labels of the rows (groups: whole patients of equal size are exchanged), holds out one fold of a
 * stratified 3-fold split, runs the procedure on the rest and measures the AUC of its score on the rows held out.
 * Its expectation is 0.5 for an honest procedure; ranking, selection and tuning on all rows would lift it. */
#ifndef HEPAR_ML_PERMUTE_H
#define HEPAR_ML_PERMUTE_H

#include "ml/procedure.h"

struct permuted {
    size_t run_n;
    double *auc;         /* [run] of the rows held out */
    double *ranking_auc; /* [run] the winner's own cross-validated AUC: how far taking the best of many lifts it */
    double auc_mean, auc_sd;
    double auc_se; /* auc_sd / sqrt(run_n) */
    bool leaky;
};

bool permute_run(const struct procedure *procedure, const struct rows *rows, size_t run_n, uint64_t seed, struct permuted *out, struct err *err);
void permuted_free(struct permuted *permuted);

/* label[row_n] := the labels of `rows`, permuted by (seed, run). */
bool permute_labels(const struct rows *rows, uint64_t seed, size_t run, double *label, struct err *err);

#endif
