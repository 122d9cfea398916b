/* metrics.json: every number of the report, put together in the order of doc/run-folder.md. */
#ifndef HEPAR_STUDY_METRICS_H
#define HEPAR_STUDY_METRICS_H

#include "base/err.h"
#include "base/text.h"
#include "study/fit.h"
#include "study/maps.h"
#include "study/model.h"
#include "study/settings.h"

/* What the stages of a run made, for its outputs. Borrowed. */
struct run_results {
    const struct study_settings *settings;
    const struct cohort *cohort;
    const struct predictors *predictors;
    const struct deep *deep;
    const struct plan *plan;
    const struct fit *fit;
    const struct model *model;
    const char *model_sha256, *settings_sha256;
    const struct outcomes *outcomes; /* opened, all roles together; NaN where not known */
    bool allow_leakage;
    const struct maps *maps;
};

bool metrics_write(const struct run_results *results, struct text *out, struct err *err);

#endif
