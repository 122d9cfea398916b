/* Takes the columns named, in that order, and no others: how a block begins. ERR_INPUT when one is missing. */
#ifndef HEPAR_ML_COLUMNS_H
#define HEPAR_ML_COLUMNS_H

#include "table/step.h"

struct columns_settings {
    const char *const *name;
    size_t n;
};
extern const struct step_kind columns_kind;

#endif
