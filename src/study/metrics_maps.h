/* Maps of the locked score: members `maps`, `maps_share` and `sanity` of `deep` in metrics.json (doc/run-folder.md). */
#ifndef HEPAR_STUDY_METRICS_MAPS_H
#define HEPAR_STUDY_METRICS_MAPS_H

#include "io/json.h"
#include "study/cohort.h"
#include "study/maps.h"

/* Nothing where no maps were made. */
void metrics_put_maps(struct json_writer *json, const struct cohort *cohort, const struct maps *maps);

#endif
