/* Predictions of the locked model for new cases, and how far each can be trusted: distance from the training data, what was imputed,
 * what the score is made of. The threshold is the model's own; nothing here looks at an outcome. */
#ifndef HEPAR_STUDY_PREDICT_H
#define HEPAR_STUDY_PREDICT_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "ml/explain.h"
#include "study/model.h"
#include "study/newcases.h"

struct prediction {
    const char *failure;        /* why there is none; NULL where there is one */
    double probability;
    bool high;                  /* at or above the threshold */
    double distance;            /* model_distance() */
    double percentile;          /* share of training cases that lie nearer, 0-100 */
    size_t *outside, outside_n; /* inputs in the score, outside the training rows' range */
    size_t *imputed, imputed_n; /* inputs in the score that are missing; the model's own fill stands in */
    size_t *unseen, unseen_n;   /* text inputs in the score whose level no training row had; taken as missing */
};

struct predictions {
    const struct model *model;   /* borrowed */
    const struct newcases *cases; /* borrowed */
    size_t n, failed_n;
    struct prediction *item;     /* a case */
    struct explanation explanation; /* of predictions_explain(); rows: cases, NaN for those that failed */
    struct arena arena;
};

/* model and cases outlive the predictions. ERR_INPUT when the model gives no probability. */
bool predict_cases(const struct model *model, const struct newcases *cases, struct predictions *out, struct err *err);
/* What the scores are made of: needed by all that shows contributions. A forest takes about a millisecond a case. */
bool predictions_explain(struct predictions *predictions, struct err *err);
void predictions_free(struct predictions *predictions); /* a zeroed struct is fine */

/* MODEL of the command line: a model file, or a run folder that holds model.hepar. */
bool predict_read_model(const char *path, struct model *model, char sha256[65], struct err *err);

/* ---- predict_write.c ---- */

/* A row a case: ID, probability, group, distance, percentile, outside, notes, notice; of a failed case ID, notes and notice alone. */
bool predictions_csv(const struct predictions *predictions, struct text *out, struct err *err);
/* ID, constant, a column a part, total: what each adds to the total; with importances a row a part instead. */
bool predictions_contributions_csv(const struct predictions *predictions, struct text *out, struct err *err);
/* The first case, which must have a prediction, for people and for programs. */
bool prediction_text(const struct predictions *predictions, const char *sha256, struct text *out, struct err *err);
bool prediction_json(const struct predictions *predictions, const char *sha256, struct text *out, struct err *err);

#endif
