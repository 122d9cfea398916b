/* Label-free pre-training: a net learns what CT looks like by filling in what is hidden, before it sees a label.
 *
 * Cubes of the input are set to 0, a share of them drawn anew for each case and epoch; the net's layers up to its map (net->map), and one 1-wide
 * convolution behind them that is thrown away afterwards, predict the input: each voxel of the map all voxels that it stands for. The
 * loss is the mean squared error on the hidden voxels alone (SimMIM: Xie et al., CVPR 2022, with its linear head; the squared error is that of
 * masked autoencoders: He et al., CVPR 2022). No outcome is looked at; what it was fitted on are the rows it was given all the same. */
#ifndef HEPAR_NN_PRETRAIN_H
#define HEPAR_NN_PRETRAIN_H

#include "nn/trainer.h"

struct pretrain_settings {
    size_t block;                    /* voxels along a hidden cube's sides, at most half the input's shortest; square in 2-D; 1..1024 */
    double share;                    /* of the cubes that are hidden, above 0 and below 1; at least one is, and one is not */
    struct trainer_settings trainer; /* loss, holdout, keep_best and patience do not count */
};
extern const struct pretrain_settings PRETRAIN_DEFAULT;
/* The default for `epoch_n` epochs, with the batches and the augmentation of the training that follows. */
struct pretrain_settings pretrain_before(const struct trainer_settings *trainer, size_t epoch_n);
bool pretrain_check(const struct pretrain_settings *settings, struct err *err); /* ERR_USAGE: the setting, its value and range */

/* The most that pretrain_run() takes beside the net's own values. */
bool pretrain_plan_bytes(const struct net *net, const struct pretrain_settings *settings, const struct training *training, uint64_t *bytes, struct err *err);
/* net->value: start values; then the layers up to the map have learnt values, running statistics too, and the others stay. Of `training`, outcome, held
 * and objective do not count. *history as in trainer_run(): loss is the error a hidden value. */
bool pretrain_run(struct net *net, const struct pretrain_settings *settings, const struct training *training, struct history *history, struct err *err);

#endif
