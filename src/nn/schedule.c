/* The learning rate; see schedule.h. */
#include "nn/schedule.h"

#include <math.h>

double schedule_lr(const struct schedule *schedule, size_t epoch, size_t epoch_n, size_t step, size_t step_n)
{
    double one = schedule->by_epoch ? 1.0 : 1.0 / (double)step_n;
    double t = (double)epoch + (schedule->by_epoch ? 0.0 : (double)step * one);
    double warmup = schedule->warmup < (double)epoch_n ? schedule->warmup : (double)epoch_n;
    if (t < warmup)
        return schedule->lr * fmin(1.0, (t + one) / warmup);
    if (schedule->kind == SCHEDULE_CONSTANT)
        return schedule->lr;
    return schedule->lr * 0.5 * (1.0 + cos(M_PI * (t - warmup) / ((double)epoch_n - warmup)));
}
