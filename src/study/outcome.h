/* Labels and endpoints out of the cohort's columns, straight into the seal; the columns leave the table. */
#ifndef HEPAR_STUDY_OUTCOME_H
#define HEPAR_STUDY_OUTCOME_H

#include "study/cohort.h"

/* Fills has_label, label_*, endpoint, outcome_column and seal, and takes the outcome columns out of cohort->table.
 * ERR_INPUT for a label that is not 0, 1 or missing, a time below 0, an event that is not 0, 1 or missing. */
bool outcome_read(const struct study_settings *settings, struct cohort *cohort, struct err *err);

#endif
