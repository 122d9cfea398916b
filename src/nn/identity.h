/* What a training is: every setting that moves its result, in words, and a hash of its cases and start values. A checkpoint of another
 * identity is refused. */
#ifndef HEPAR_NN_IDENTITY_H
#define HEPAR_NN_IDENTITY_H

#include "base/err.h"
#include "base/text.h"
#include "nn/holdout.h"
#include "nn/trainer.h"

bool identity_make(struct text *identity, const struct net *net, const struct trainer_settings *settings, const struct training *training,
                   const struct holdout *holdout, struct err *err);

#endif
