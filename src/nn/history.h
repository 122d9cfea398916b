/* The learning curve of a training: a row an epoch. */
#ifndef HEPAR_NN_HISTORY_H
#define HEPAR_NN_HISTORY_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct epoch {
    double lr;        /* of the epoch's first step */
    double loss;      /* mean over the epoch's cases as they were trained on: augmented, the net still changing */
    double held_loss; /* on the held-out cases behind the epoch; NaN: none */
    double held_auc;  /* AUC, or for an endpoint Harrell's C; NaN: none, or not defined */
};

struct history {
    struct epoch *epoch; /* owned */
    size_t n, room;
    size_t best;         /* the epoch whose values the net has, from 0; n - 1 unless the best were kept */
};

/* A zeroed struct is empty. */
bool history_add(struct history *history, const struct epoch *epoch, struct err *err);
void history_free(struct history *history);
/* CSV: epoch (from 1), lr, loss, held_loss, held_auc; holes are empty. */
void history_csv(const struct history *history, struct text *out);

#endif
