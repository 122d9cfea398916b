/* The first part of reading a cohort: its tables, joined by ID. */
#ifndef HEPAR_STUDY_COHORT_TABLES_H
#define HEPAR_STUDY_COHORT_TABLES_H

#include "study/cohort.h"

/* Fills n, table, folder and file. The first table gives the cases; a further one adds its columns to the cases that it names. */
bool cohort_read_tables(const struct study_settings *settings, struct cohort *cohort, struct err *err);

#endif
