/* What a training needs to go on behind an epoch as if nothing had happened, as a safetensors file that is written whole or not at all. */
#ifndef HEPAR_NN_CHECKPOINT_H
#define HEPAR_NN_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/history.h"

/* All arrays value_n long and borrowed; those not used are NULL, the same ones at writing and reading. */
struct checkpoint {
    const char *identity; /* settings and cases, as a text; a file of another is refused */
    size_t value_n;
    float *value, *first, *second, *average, *best;
    uint64_t optimiser_step, average_step;
    double best_loss;
    bool finished;            /* by patience or at the end: nothing is left to do */
    struct history *history;  /* of all epochs done */
};

bool checkpoint_write(const char *path, const struct checkpoint *checkpoint, struct err *err);
/* Fills the arrays and numbers. ERR_USAGE: another identity; ERR_INPUT: not a checkpoint, or one that does not fit together. */
bool checkpoint_read(const char *path, struct checkpoint *checkpoint, struct err *err);

#endif
