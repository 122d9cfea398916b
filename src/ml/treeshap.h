/* What each column adds to a forest's score of a case: Shapley values of the trees' conditional expectations, by the path-dependent
 * TreeSHAP algorithm (Lundberg, Erion and Lee 2018, arXiv 1802.03888, algorithm 2). A column that is not known sends a case down both
 * branches, by the rows that went there in training. The constant is the mean share of positives at the roots. */
#ifndef HEPAR_ML_TREESHAP_H
#define HEPAR_ML_TREESHAP_H

#include "ml/forest.h"

double treeshap_constant(const struct forest *forest);
/* x: n x p column-major, as forest_score() takes it; phi: n x p column-major: constant + the sum over columns is the score.
 * ERR_INPUT for a tree deeper than TREESHAP_DEPTH_MAX. */
enum { TREESHAP_DEPTH_MAX = 1000 };
bool treeshap_contributions(const struct forest *forest, const double *x, size_t n, double *phi, struct err *err);

#endif
