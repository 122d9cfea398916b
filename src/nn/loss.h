/* Losses of a batch of logits, with their gradients by the logits, in double.
 *
 * LOSS_BINARY    -log p(label), p = 1/(1 + exp(-logit)); the mean over the batch (PyTorch's BCEWithLogitsLoss)
 * LOSS_BALANCED  the same, a case weighted by n / (2 n of its class) in the training rows: both classes count alike
 * LOSS_FOCAL     alpha_t (1 - p_t)^gamma (-log p_t), mean (Lin et al., ICCV 2017; torchvision's sigmoid_focal_loss)
 * LOSS_CLASSES   cross-entropy of a softmax over c >= 2 logits; labels 0..c-1; mean
 * LOSS_COX       minus the partial log likelihood of the batch as its own risk set, per event (Cox 1972; a network: Katzman et al.,
 *                BMC Med Res Methodol 18, 2018); tied deaths by Efron; a batch without an event has loss 0 and gradient 0
 * A NaN or infinite logit makes the loss NaN; nothing is clipped. */
#ifndef HEPAR_NN_LOSS_H
#define HEPAR_NN_LOSS_H

#include <stddef.h>

#include "base/err.h"
#include "table/step.h"

enum loss_kind { LOSS_BINARY, LOSS_BALANCED, LOSS_FOCAL, LOSS_CLASSES, LOSS_COX };
extern const char *const loss_names[]; /* "binary", "balanced", "focal", "classes", "cox", NULL */

struct loss_settings {
    enum loss_kind kind;
    double focal_gamma; /* >= 0; usual 2 */
    double focal_alpha; /* 0..1: weight of positives, negatives 1 - alpha; below 0: 1 both */
};
extern const struct loss_settings LOSS_DEFAULT; /* balanced; focal: gamma 2, unweighted */

/* Ready for its training rows. */
struct loss {
    enum loss_kind kind;
    double gamma, weight[2]; /* by label */
};

/* row[n]: positions of the training rows in `outcome`. ERR_INPUT: one class, a label that is not one, no event, an outcome that is not there. */
bool loss_make(const struct loss_settings *settings, const struct outcome *outcome, const size_t *row, size_t n, struct loss *loss, struct err *err);
/* logit[n][c] of the rows row[n]; *value the loss, gradient[n][c] (or NULL) its derivative. c is 1 but for LOSS_CLASSES. Fails when
 * memory is short alone. */
bool loss_batch(const struct loss *loss, const struct outcome *outcome, const size_t *row, size_t n, size_t c, const double *logit, double *value,
                double *gradient, struct err *err);

#endif
