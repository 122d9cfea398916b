/* The locked score measured on one role, written as an element of metrics.json's `roles` (doc/run-folder.md). */
#ifndef HEPAR_STUDY_MEASURE_H
#define HEPAR_STUDY_MEASURE_H

#include "base/err.h"
#include "io/json.h"
#include "study/cohort.h"

/* The scored cases of one role, closed up: n rows. Borrowed. */
struct scored {
    const struct role *role;
    size_t n;
    const double *score;       /* the locked model's probability */
    const double *label;       /* NaN where not known; NULL when the study has no label */
    const double *const *time; /* endpoint_n arrays, NaN where not known */
    const double *const *event;
    const struct endpoint *endpoint;
    size_t endpoint_n;
    double threshold;          /* high risk at or above */
    bool apparent;             /* some row was among those the model was fitted on */
};

/* Train alone: what its out-of-fold scores say. */
struct out_of_fold {
    double mean, sd, pooled;
};

/* out_of_fold may be NULL. */
bool measure_role(struct json_writer *json, const struct scored *scored, const struct out_of_fold *out_of_fold, struct err *err);
/* The role's `endpoints` array: risk groups and score against each endpoint. */
bool measure_endpoints(struct json_writer *json, const struct scored *scored, struct err *err);

void json_put_estimate(struct json_writer *json, const char *key, double value, double low, double high);

#endif
