/* The networks of a study: member `deep` of metrics.json (doc/run-folder.md). */
#ifndef HEPAR_STUDY_METRICS_DEEP_H
#define HEPAR_STUDY_METRICS_DEEP_H

#include "base/err.h"
#include "io/json.h"
#include "study/metrics.h"

/* Their input, learning curves, and how their column is distributed role by role; null where the study has none. */
bool metrics_put_deep(struct json_writer *json, const struct run_results *results, struct err *err);

#endif
