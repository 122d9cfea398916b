/* Text columns become numbers: one 0/1 column a level seen in the fitted rows, but for the most frequent level (ties:
 * the first by byte order), which is the reference: "sex=M". A level that was not seen is a hole with the reason
 * "level 'x' was not seen in training"; a hole stays one. A text column with one level is left out. */
#ifndef HEPAR_ML_ENCODE_H
#define HEPAR_ML_ENCODE_H

#include "table/step.h"

extern const struct step_kind encode_kind;

#endif
