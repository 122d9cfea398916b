/* The run folder's tables (doc/run-folder.md). */
#ifndef HEPAR_STUDY_OUTPUTS_H
#define HEPAR_STUDY_OUTPUTS_H

#include "study/metrics.h"

/* study.lock.yaml: a study file with every setting, and, as comments, version and SHA-256 of every input file. */
bool outputs_lock(const struct study_settings *settings, const struct cohort *cohort, const char *params_sha256, const char *images_sha256,
                  const char *weights_sha256, struct text *out, struct err *err);
bool outputs_cases(const struct cohort *cohort, const char *folder, struct err *err);
bool outputs_features(const struct predictors *predictors, const char *folder, struct err *err);
/* logits.csv, where networks were trained on the label. */
bool outputs_logits(const struct run_results *results, const char *folder, struct err *err);
bool outputs_predictions(const struct run_results *results, const char *folder, struct err *err);

/* `bytes` into folder/name, whole or absent. */
bool outputs_write(const char *folder, const char *name, const struct text *bytes, struct err *err);
bool outputs_private(const struct study_settings *settings, const char *what); /* privacy: holds `what` */

#endif
