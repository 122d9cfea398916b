/* Images to crops: what the networks see of each case, as a column of cases. A study makes them once, prediction makes them of new cases
 * with the model's own settings. Making them anew after an interruption costs less than keeping them, so nothing lies in the work folder. */
#ifndef HEPAR_STUDY_CROPS_H
#define HEPAR_STUDY_CROPS_H

#include "base/err.h"
#include "image/maskfit.h"
#include "nn/crop.h"
#include "study/cohort.h"
#include "table/table.h"

#define CROPS_COLUMN "deep.case"

struct crops {
    size_t n;           /* a crop a case of the cohort */
    struct crop *crop;  /* zeroed where the case failed */
    char **failure;     /* why a case has none; NULL where it has one */
};

/* crop->phase_n is the cohort's; with crop->mask_n 1 the first phase's mask is the region of all. Cases with cohort->why_not are left out,
 * with that reason. What was odd is added to cohort->note. Either array may be NULL. An error is the system's. */
bool crops_make(struct cohort *cohort, const struct crop_settings *settings, const struct mask_choice *choice, struct crops *out, struct err *err);
void crops_free(struct crops *crops); /* a zeroed struct is fine */
/* The column CROPS_COLUMN of a table with a row a case; the crops outlive the table. */
bool crops_add_column(const struct crops *crops, struct table *table, struct err *err);
/* Whether all phases have one mask column. */
bool crops_one_mask(const struct cohort *cohort);

#endif
