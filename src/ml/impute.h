/* Holes (NaN, and values that are not finite) become the median of the fitted rows; a column without any value there is left
 * out. The columns that had holes are named in describe(). */
#ifndef HEPAR_ML_IMPUTE_H
#define HEPAR_ML_IMPUTE_H

#include "table/step.h"

extern const struct step_kind impute_kind;

#endif
