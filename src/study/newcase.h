/* Between newcases.c and newcase.c: a table of cases, however it came to be, as inputs. */
#ifndef HEPAR_STUDY_NEWCASE_H
#define HEPAR_STUDY_NEWCASE_H

#include "study/cohort.h"
#include "study/newcases.h"

/* The cohort has the model's phases, if any, and text columns; a column that is not there is "not given" for every case. */
bool newcases_from_cohort(const struct model *model, struct cohort *cohort, struct newcases *out, struct err *err);

#endif
