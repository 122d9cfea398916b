/* The cases a training goes over, and those held out of it, on which early stopping looks. */
#ifndef HEPAR_NN_HOLDOUT_H
#define HEPAR_NN_HOLDOUT_H

#include <stddef.h>

#include "base/err.h"
#include "nn/trainer.h"

struct holdout {
    size_t *train, train_n; /* cases of the source, owned */
    size_t *held, held_n;   /* owned with them */
};

/* training->held where there are any. Else, with share > 0, one in round(1 / share) of training->row: stratified by label (by event where the
 * outcome is an endpoint), groups uncut, keyed by the training's seed; none, with a line in the log, when a class is too small for it. A
 * zeroed struct may be freed. */
bool holdout_make(struct holdout *holdout, double share, const struct training *training, struct err *err);
void holdout_free(struct holdout *holdout);
/* AUC of logit[held_n], or Harrell's C of it as a risk; NaN where it is not defined. */
bool holdout_auc(const struct holdout *holdout, const struct outcome *outcome, const double *logit, double *auc, struct err *err);

#endif
