#include "stats/sample.h"

#include <math.h>

#include "base/mem.h"

bool sample_split(const double *value, const double *label, size_t rows, struct sample *sample, struct err *err)
{
    *sample = (struct sample){.status = STATS_OK};
    size_t other = 0;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(value[i]) || isnan(label[i]))
            sample->dropped++;
        else if (label[i] == 0.0)
            sample->n0++;
        else if (label[i] == 1.0)
            sample->n1++;
        else
            other++;
    }
    if (other > 0)
        sample->status = STATS_LABEL_NOT_BINARY;
    else if (sample->n0 + sample->n1 == 0)
        sample->status = STATS_NO_COMPLETE_ROWS;
    else if (sample->n0 == 0 || sample->n1 == 0)
        sample->status = STATS_ONE_CLASS;

    sample->x0 = mem_alloc(sample->n0 + sample->n1, sizeof *sample->x0, err);
    if (!sample->x0)
        return false;
    sample->x1 = sample->x0 + sample->n0;
    size_t i0 = 0, i1 = 0;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(value[i]) || isnan(label[i]))
            continue;
        if (label[i] == 0.0)
            sample->x0[i0++] = value[i];
        else if (label[i] == 1.0)
            sample->x1[i1++] = value[i];
    }
    return true;
}

void sample_free(struct sample *sample)
{
    mem_free(sample->x0);
    sample->x0 = sample->x1 = NULL;
}
