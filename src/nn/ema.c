/* Averages of values; see ema.h. */
#include "nn/ema.h"

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"

enum { CHUNK = 1 << 15 };

bool ema_init(struct ema *ema, double decay, const float *value, size_t n, struct err *err)
{
    *ema = (struct ema){.decay = decay, .n = n, .average = mem_alloc(n, sizeof(float), err)};
    if (ema->average == NULL)
        return false;
    memcpy(ema->average, value, n * sizeof *value);
    return true;
}

void ema_free(struct ema *ema)
{
    mem_free(ema->average);
    *ema = (struct ema){0};
}

struct update {
    float *average, rest;
    const float *value;
};

static bool update_chunk(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    (void)err;
    const struct update *update = ctx;
    float *restrict average = update->average;
    const float *restrict value = update->value;
    for (size_t i = begin; i < end; i++)
        average[i] += update->rest * (value[i] - average[i]);
    return true;
}

bool ema_update(struct ema *ema, const float *value, struct err *err)
{
    double t = (double)++ema->step, early = (1.0 + t) / (10.0 + t), decay = early < ema->decay ? early : ema->decay;
    struct update update = {ema->average, (float)(1.0 - decay), value};
    return par_for(ema->n, CHUNK, update_chunk, &update, err);
}
