/* Label-free pre-training of the network that a study's frozen features come from (nn/pretrain.h): on the images of all training cases.
 *
 * No outcome is read, but the rows are: cross-validated figures on train are then judged on images that the network has seen without their
 * label, while other roles' images are untouched. The run says so, and the columns carry those rows as seen. Networks that are trained on
 * the label are pre-trained each on its own cases (nn/crossfit.h), and know no other image. */
#ifndef HEPAR_STUDY_DEEP_PRETRAIN_H
#define HEPAR_STUDY_DEEP_PRETRAIN_H

#include "base/err.h"
#include "study/crops.h"
#include "study/deep.h"
#include "table/table.h"

/* deep->pretrained: the network, from deep->start's values where there are any; deep->pretraining its learning curve. `work`: where
 * an interrupted one goes on from. */
bool deep_pretrain(struct deep *deep, const struct cohort *cohort, const struct crops *crops, uint64_t seed, const char *work, struct err *err);
/* Marks what frozen columns have seen. */
bool deep_mark_pretrained(const struct cohort *cohort, const struct crops *crops, struct table *frozen, struct err *err);

#endif
