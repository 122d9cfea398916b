/* What a run answers by itself, from its metrics: one function a question, shared by the checklists. Each is an
 * evidence_fn (checklist.h). */
#ifndef HEPAR_REPORT_EVIDENCE_H
#define HEPAR_REPORT_EVIDENCE_H

#include "report/checklist.h"

/* How the images and columns were made. */
evidence_fn evidence_settings;      /* every setting is in study.lock.yaml */
evidence_fn evidence_extraction;    /* the same for image processing; open where the columns came from tables */
evidence_fn evidence_software;      /* features were computed by hepar */
evidence_fn evidence_feature_count; /* columns of every block */
evidence_fn evidence_clinical;      /* the non-radiomic predictors; not applicable without */
evidence_fn evidence_missing;       /* holes and cases left out */
evidence_fn evidence_one_phase;     /* METRICS 23 */

/* How the data were divided, and what was fitted. */
evidence_fn evidence_split;
evidence_fn evidence_balance;       /* positives by role */
evidence_fn evidence_reliability;   /* an ICC filter among the steps */
evidence_fn evidence_reduction;     /* filters among the steps */
evidence_fn evidence_dimension;     /* METRICS 16: events a column of the final model */
evidence_fn evidence_steps;
evidence_fn evidence_learners;
evidence_fn evidence_ranking;
evidence_fn evidence_threshold;
evidence_fn evidence_model;         /* model.hepar and its hash */
evidence_fn evidence_not_updated;   /* the locked model is not moved for another role */

/* How it was tested. */
evidence_fn evidence_test_roles;
evidence_fn evidence_internal;      /* METRICS 26 */
evidence_fn evidence_external;      /* METRICS 27 */
evidence_fn evidence_measures;
evidence_fn evidence_intervals;
evidence_fn evidence_calibration;
evidence_fn evidence_delong;
evidence_fn evidence_clinical_comparison;  /* against a clinical block, by a test */
evidence_fn evidence_simple_model;         /* METRICS 25 */
evidence_fn evidence_explanation;
evidence_fn evidence_table1;
evidence_fn evidence_flow;
evidence_fn evidence_columns;
evidence_fn evidence_predictions;
evidence_fn evidence_use;
evidence_fn evidence_no_network;    /* METRICS 17: not applicable without an end-to-end network */

bool run_has_block(const struct run *run, const char *name);
bool run_has_test_role(const struct run *run); /* a role other than train with labels */

#endif
