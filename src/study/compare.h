/* Blocks against each other: the best candidate of each block by the ranking inside train, compared on every role by DeLong's
 * test for two scores on the same patients. Member `blocks` of metrics.json (doc/run-folder.md). */
#ifndef HEPAR_STUDY_COMPARE_H
#define HEPAR_STUDY_COMPARE_H

#include "base/err.h"
#include "io/json.h"
#include "study/metrics.h"

/* The same candidates against every endpoint, role by role, by Harrell's C: member `blocks_by_endpoint`. */
bool compare_endpoints(struct json_writer *json, const struct run_results *results, struct err *err);
bool compare_blocks(struct json_writer *json, const struct run_results *results, struct err *err);
/* The block's candidate with the highest cross-validated AUC that was fitted on train; SIZE_MAX when there is none. */
size_t compare_best(const struct fit *fit, size_t block);

#endif
