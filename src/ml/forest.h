/* Random forest (Breiman 2001): Gini trees on bootstrap samples, floor(sqrt(p)) columns tried a node, grown to purity (or to
 * min_leaf rows); the score is the mean of the leaves' shares of positives. Extra trees (Geurts 2006): no bootstrap, one
 * random cut a column. Tree t draws from its own generator keyed by (seed, t): any thread count gives the same forest.
 * mtry and min_leaf come from a grid, by the AUC of inner cross-validation. */
#ifndef HEPAR_ML_FOREST_H
#define HEPAR_ML_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "table/step.h"

struct forest_options {
    size_t tree_n;
    size_t mtry;     /* 0: floor(sqrt(p)), at least 1 */
    size_t min_leaf; /* 0: 1 */
    bool extra_trees;
};

struct forest {
    size_t p, tree_n, node_n;
    size_t *root;      /* tree_n: each tree's first node */
    int32_t *column;   /* node_n: split column, -1 in a leaf */
    double *cut;       /* node_n: x <= cut goes left */
    int32_t *left;     /* node_n: left child, from the tree's root; the right one follows it */
    double *share;     /* node_n: share of positives */
    double *rows;      /* node_n: training rows that came here, counted as the bootstrap drew them */
    double *importance; /* p: mean decrease of Gini, sums to 1 */
};

/* x: n x p column-major, finite. oob (n, or NULL): out-of-bag shares, NaN where a row was in every sample. */
bool forest_fit(const double *x, const double *y, size_t n, size_t p, const struct forest_options *options, uint64_t seed, struct forest *out, double *oob, struct err *err);
void forest_score(const struct forest *forest, const double *x, size_t n, double *score);
void forest_free(struct forest *forest);

struct forest_settings {
    size_t tree_n;      /* 0: 300 */
    size_t tune_tree_n; /* 0: 50: trees a fit of the inner cross-validation */
    size_t fold_n;      /* inner; 0: 3 */
    bool no_grid;       /* default mtry and min_leaf as they are */
};
extern const struct step_kind forest_kind;

#endif
