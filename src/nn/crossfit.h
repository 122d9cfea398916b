/* The step `crossfit`: networks trained on the target, as one column, `deep.NET.logit`.
 *
 * The cases are dealt into K folds (table/fold.h: stratified by label, or by event for an endpoint; groups uncut). Net k is trained on all folds but
 * the k-th, the binary loss for a label, Cox's for an endpoint, so that a higher logit means a higher risk. Its logits of fold k, the cases it has
 * never seen, each a mean over the case and its mirror images (mirror.h), give the mean and the standard deviation (divisor n) by which all its logits are standardised: a logit's scale is a net's own.
 *   Training rows (train_columns): a case's standardised logit of the net that never saw it; that net's rows stand in `seen`.
 *   Other rows (apply): the mean of the K standardised logits. Means of K spread less than one does; reports show both.
 *
 * Input: a COLUMN_CASE column whose objects are `const struct crop *`, all of one shape, or NULL: such a case is not trained on and gets a hole. All
 * other columns are handed on as they are. With fewer cases of a class than K, there are fewer folds, and describe() says so; with fewer than two,
 * or one class, or no event, ERR_INPUT. The K nets are trained as parallel tasks. */
#ifndef HEPAR_NN_CROSSFIT_H
#define HEPAR_NN_CROSSFIT_H

#include <stddef.h>

#include "nn/augment.h"
#include "nn/nets.h"
#include "nn/trainer.h"
#include "table/step.h"

struct crossfit_settings {
    const char *column;       /* of the crops */
    const char *net;          /* registry name */
    const char *shortcut;     /* struct net_options; NULL: its default */
    const struct net *start;  /* start values, of the same net and channels; NULL: drawn anew */
    struct sample_settings sample;
    struct augment augment;   /* the crops' margins are the caller's care (augment_margin()) */
    struct trainer_settings trainer; /* its loss serves a label; an endpoint takes Cox's */
    size_t pretrain_n;        /* epochs of label-free pre-training (pretrain.h) of each net on the cases it is then trained on; 0: none */
    bool mirror;              /* a logit is the mean over the case and its mirror images, along the axes of `augment`'s flips (mirror.h) */
    double epoch_share;       /* of trainer.epoch_n and pretrain_n, rounded up; above 0, at most 1 */
    size_t net_n;             /* K, at least 2 */
    const struct nn_backend *backend; /* NULL: nn_backend_default() */
    const char *checkpoints;  /* folder where half-trained nets are kept, by fit and net; NULL: none */
    struct progress *progress; /* NULL: none; gets crossfit_step_n() steps a fit */
};
struct crossfit_settings crossfit_default(void); /* small3d, 3 nets, column "crop", mirror images, the defaults of what it holds */
bool crossfit_check(const struct crossfit_settings *settings, struct err *err); /* ERR_USAGE */
/* Optimiser steps of a fit on row_n rows, about. */
size_t crossfit_step_n(const struct crossfit_settings *settings, size_t row_n);
/* The axes of the mirror images over which logits will be means; 0: the case alone is looked at. */
unsigned crossfit_mirrors(const struct crossfit_settings *settings, const struct sample_shape *shape);
/* "deep.NET.logit"; the caller frees. */
char *crossfit_column_name(const char *net, struct err *err);

extern const struct step_kind crossfit_kind;

/* The fitted state, to look into (Grad-CAM, learning curves). */
struct crossfit_net {
    struct net *net;
    size_t train_n, held_n; /* cases */
    double mean, sd;        /* of its held-out logits; sd 1 where they are all equal */
    double auc;             /* of its held-out logits: AUC, or Harrell's C for an endpoint; NaN where not defined */
    struct history history;
};
struct crossfit {
    char *column, *name;    /* of the crops; of what is added */
    char *shortcut;         /* as the nets were built; "" for their default */
    struct sample_settings sample;
    const struct nn_backend *backend;
    struct crossfit_net *fitted;
    size_t net_n, asked_n;  /* nets there are, nets asked for */
    size_t case_n;
    unsigned mirrors;       /* axes of the mirror images over which a logit is the mean (mirror.h) */
    size_t pretrain_n;      /* epochs of pre-training that there were */
    bool endpoint;
};

#endif
