/* Principal components of named number columns in their place; other columns pass.
 *
 * Each column x is standardised by the fitted rows (mean, standard deviation, divisor n - 1; a constant one counts as 0). With the
 * eigenvectors v of the correlation matrix by falling eigenvalue, component k is z' v / sqrt(eigenvalue): mean 0 and standard deviation
 * 1 on the fitted rows. Signs: the weight of largest size is positive. Components without variance are left out; there are never more than
 * rows - 1. Columns named that are not there are left alone. ERR_INPUT for a hole: put it behind `impute`. */
#ifndef HEPAR_ML_PCA_H
#define HEPAR_ML_PCA_H

#include "table/step.h"

struct pca_settings {
    const char *const *name; /* n columns */
    size_t n;
    size_t component_n;      /* at most; at least 1 */
    const char *stem;        /* of the new columns: "deep.resnet18" gives deep.resnet18.pc000 */
};
extern const struct step_kind pca_kind;

#endif
