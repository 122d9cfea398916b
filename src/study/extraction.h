/* Images to columns: every phase of every case through radiomics, chunk by chunk, so that an interrupted run goes on
 * where it was. */
#ifndef HEPAR_STUDY_EXTRACTION_H
#define HEPAR_STUDY_EXTRACTION_H

#include "base/err.h"
#include "radiomics/params.h"
#include "study/cohort.h"
#include "study/settings.h"
#include "table/table.h"

/* The study's extraction parameters with its mask policy and label laid over. *text: the parameter file word for word
 * (owned by the caller), NULL where PyRadiomics' defaults hold. */
bool extraction_params(const struct study_settings *settings, struct params *params, char **text, struct err *err);
bool extraction_params_from_text(const char *text, const char *mask_fit, size_t mask_label, struct params *params, struct err *err);

/* Absolute or relative path of a case's image or mask; NULL with ERR_INPUT when the cell is empty. The caller frees. */
char *extraction_path(const struct cohort *cohort, const char *column, size_t row, struct err *err);

/* out: a row a case. `work`: a folder for finished chunks; those that are there already are taken; NULL: none is kept. A
 * case that fails has holes with the reason. note[n] (NULL: nobody asks) receives owned lines on what was repaired or taken
 * for granted in a case's files. */
bool extraction_extract(const struct cohort *cohort, const struct params *params, const char *work, struct table *out, char **note, struct err *err);
/* Why a case has no feature; NULL when it has some. */
const char *extraction_failure(const struct table *features, size_t row);

/* failure[cohort->n]: why the images of a case gave nothing, NULL where they did. One warning a failed case; returns how many there are. */
size_t extraction_tell_failed(const struct cohort *cohort, const char *const *failure);
/* ERR_INPUT when more than `limit` of a role's cases failed. */
bool extraction_check_failed(const struct cohort *cohort, const char *const *failure, double limit, struct err *err);

#endif
