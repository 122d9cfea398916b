/* Training of a net on a source of samples.
 *
 * An epoch goes once through the training cases in batches (batches.h); a batch's loss (loss.h) is followed back through the net, the optimiser
 * moves the values (optimiser.h) at the schedule's rate (schedule.h). With an average of the values (ema.h), the average is what is
 * measured and kept. With held-out cases, their loss and AUC are measured behind every epoch; `keep_best` keeps the values of the epoch with
 * the lowest held-out loss, and `patience` ends the training when that has not fallen for so many epochs.
 *
 * Random numbers are keyed by (seed, epoch, case), sums run in fixed order: the same bytes for any number of threads, and for any cut
 * by a kill and --resume. One engine stands at a time, so that memory is that of the largest batch. */
#ifndef HEPAR_NN_TRAINER_H
#define HEPAR_NN_TRAINER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "nn/engine.h"
#include "nn/history.h"
#include "nn/loss.h"
#include "nn/optimiser.h"
#include "nn/schedule.h"
#include "nn/source.h"
#include "table/step.h"

struct trainer_settings {
    size_t epoch_n, batch_n; /* at least 1, 2 */
    struct optimiser_settings optimiser;
    struct schedule schedule;
    struct loss_settings loss;
    double ema_decay;     /* 0..1, below 1; 0: no average */
    double holdout;       /* share of the training cases that are held out when none are given; 0: none. Rounded to one in k. */
    bool keep_best;
    size_t patience;      /* epochs; 0: goes to the end */
    bool augment;         /* training samples as the source augments them */
    bool drop_rest;       /* leave out a smaller last batch */
    bool fixed_norm;      /* normalisations stay as the start values have them (fine tuning) */
    double norm_momentum; /* of running means and variances; PyTorch's is 0.1 */
};
extern const struct trainer_settings TRAINER_DEFAULT; /* for small cohorts from scratch; doc/decisions.md says how it was chosen */
/* ERR_USAGE: the setting, its value and range. */
bool trainer_check(const struct trainer_settings *settings, struct err *err);

/* What the net's output is held to where that is not the outcome: a task that needs no label (pretrain.h). */
struct objective {
    const char *name;  /* with its settings: part of what a checkpoint is of */
    size_t output_n;   /* values of the output, a case */
    uint64_t bytes;    /* that it holds meanwhile, for trainer_plan_bytes() */
    /* input[n]: a batch as the source filled it, to be changed as the task needs; key[n]: its cases (source_key()); `seed`: the epoch's. */
    bool (*prepare)(void *ctx, const size_t *key, size_t n, uint64_t seed, float *input, struct err *err);
    /* output[n][output_n]; *value the batch's loss, gradient[n][output_n] its derivative. */
    bool (*loss)(void *ctx, size_t n, const double *output, double *value, double *gradient, struct err *err);
    void *ctx;
};

/* What is trained on; everything is borrowed. */
struct training {
    const struct source *source;
    const struct outcome *outcome; /* by the source's cases */
    const struct objective *objective; /* NULL: the outcome, by settings->loss. Else `outcome` is not looked at, and no case is held out. */
    const size_t *group;           /* by the source's cases: cases of one patient are not cut by `holdout`; NULL: none */
    const size_t *row;             /* row_n cases to train on */
    size_t row_n;
    const size_t *held;            /* held_n cases to measure; with none, `holdout` cuts them from row */
    size_t held_n;
    const struct nn_backend *backend; /* NN_F32 or NN_BF16 */
    uint64_t seed;
    const char *checkpoint;     /* file, or NULL; taken up when it is there, ERR_USAGE when it is of other settings or cases */
    double checkpoint_seconds;  /* at least so long between two; 0: every epoch. Always behind the last one. */
    struct progress *progress;  /* NULL: none. Gets trainer_step_n() steps in all. */
};
size_t trainer_step_n(const struct trainer_settings *settings, size_t row_n);
/* What training will take at most, the net's own values aside. */
bool trainer_plan_bytes(const struct net *net, const struct trainer_settings *settings, const struct training *training, uint64_t *bytes, struct err *err);

/* net->value: start values, then the trained ones. *history: empty; the caller frees. ERR_INPUT: cases that can't be trained on, a loss that is no
 * number any more (epoch and batch are said); ERR_STOPPED leaves the last checkpoint. After a failure net->value is undefined. */
bool trainer_run(struct net *net, const struct trainer_settings *settings, const struct training *training, struct history *history, struct err *err);

#endif
