/* z = (x - mean) / sd with divisor n (as scikit-learn's StandardScaler); sd 0 counts as 1. Every number column; holes stay. */
#ifndef HEPAR_ML_ZSCORE_H
#define HEPAR_ML_ZSCORE_H

#include "table/step.h"

extern const struct step_kind zscore_kind;
/* z = slope * x + constant of a column of a fitted z-score; false when it is none of its columns. */
bool zscore_line(const void *state, const char *column, double *slope, double *constant);

#endif
