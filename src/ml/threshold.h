/* The cut between low and high risk, chosen on out-of-fold scores of train alone.
 *
 * Candidates are the midpoints between neighbouring distinct scores; high is score >= threshold. Only cuts that leave at
 * least min_share of the scores on either side are looked at. Youden: the largest sensitivity + specificity - 1.
 * Sensitivity: the highest cut whose sensitivity is at least the one asked. Ties: the cut nearest to equal groups, then the lower. */
#ifndef HEPAR_ML_THRESHOLD_H
#define HEPAR_ML_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum threshold_kind { THRESHOLD_YOUDEN, THRESHOLD_SENSITIVITY };

struct threshold_rule {
    enum threshold_kind kind;
    double sensitivity; /* THRESHOLD_SENSITIVITY: in (0, 1] */
    double min_share;   /* in [0, 0.5]; 0: none */
};

struct threshold {
    double value;
    double sensitivity, specificity; /* on the scores it was chosen on */
    double high_share;
    bool share_bound; /* true: without min_share another cut would have been chosen */
    bool constant;    /* true: all scores are equal, and everybody is high */
};

/* label[n] in {0, 1}. ERR_INPUT for one class, or when no cut keeps the rule. */
bool threshold_choose(const struct threshold_rule *rule, const double *score, const double *label, size_t n, struct threshold *out, struct err *err);

#endif
