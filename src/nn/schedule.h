/* The learning rate over the training: linear warm-up, then half a cosine down to 0 (Loshchilov and Hutter, ICLR 2017).
 *
 * With t the time in epochs, w the warm-up and E all epochs: lr (t' / w) while t < w, t' the end of the step; then
 * lr (1 + cos(pi (t - w) / (E - w))) / 2. t is that of the step, or, `by_epoch`, of the epoch (PyTorch's CosineAnnealingLR stepped
 * once an epoch). SCHEDULE_CONSTANT stays at lr behind the warm-up. */
#ifndef HEPAR_NN_SCHEDULE_H
#define HEPAR_NN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>

enum schedule_kind { SCHEDULE_COSINE, SCHEDULE_CONSTANT };

struct schedule {
    enum schedule_kind kind;
    double lr;     /* the highest */
    double warmup; /* epochs, >= 0 */
    bool by_epoch;
};

/* Of step `step` (0..step_n - 1) of epoch `epoch` (0..epoch_n - 1). */
double schedule_lr(const struct schedule *schedule, size_t epoch, size_t epoch_n, size_t step, size_t step_n);

#endif
