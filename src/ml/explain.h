/* What made a prediction: each part's share in a case's score, on the scale of the probability where that can be done.
 *
 * An additive learner's score is constant + the sum of its parts' contributions (step.h). The steps behind it that are straight
 * lines (a z-score of scores; Platt's and temperature calibration, which are linear in log-odds) carry the sum on, so that
 * log(p / (1 - p)) = constant + sum. Isotonic calibration is no line: there the sum is the learner's score. */
#ifndef HEPAR_ML_EXPLAIN_H
#define HEPAR_ML_EXPLAIN_H

#include "base/err.h"
#include "ml/pipeline.h"
#include "table/table.h"

enum explain_scale {
    EXPLAIN_LOG_ODDS,   /* of PROBABILITY_COLUMN */
    EXPLAIN_SCORE,      /* the learner's own score; the probability rises with it */
    EXPLAIN_IMPORTANCE, /* the learner can't tell case by case: `parts.weight` are importances of the model as a whole */
};

struct explanation {
    enum explain_scale scale;
    struct parts parts;         /* of the learner */
    struct table contributions; /* a row a case, column k for part k; without columns for EXPLAIN_IMPORTANCE */
    double constant;
};

bool explain_rows(const struct pipeline *pipeline, const struct table *table, struct explanation *out, struct err *err);
void explanation_free(struct explanation *explanation); /* a zeroed struct is fine */

#endif
