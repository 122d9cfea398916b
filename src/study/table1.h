/* Table 1: the clinical columns, the label and the follow-up of every role side by side, as `table1` of metrics.json. */
#ifndef HEPAR_STUDY_TABLE1_H
#define HEPAR_STUDY_TABLE1_H

#include "base/err.h"
#include "io/json.h"
#include "study/cohort.h"
#include "study/predictors.h"

/* label[cohort row]: opened outcomes, NaN where not known. */
bool table1_put(struct json_writer *json, const struct cohort *cohort, const struct predictors *predictors, const double *label, struct err *err);

#endif
