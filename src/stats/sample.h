/* A value in two groups: complete rows split by a 0/1 label, the start of every two-group statistic. */
#ifndef HEPAR_STATS_SAMPLE_H
#define HEPAR_STATS_SAMPLE_H

#include <stddef.h>

#include "base/err.h"
#include "stats/status.h"

struct sample {
    enum stats_status status; /* OK, NO_COMPLETE_ROWS, LABEL_NOT_BINARY or ONE_CLASS */
    size_t n0, n1, dropped;   /* rows with NaN in value or label are dropped */
    double *x0, *x1;          /* values of group 0 and 1, in row order; x1 lies behind x0 in one block */
};

/* false only when memory is short; free with sample_free(). */
bool sample_split(const double *value, const double *label, size_t rows, struct sample *sample, struct err *err);
void sample_free(struct sample *sample);

#endif
