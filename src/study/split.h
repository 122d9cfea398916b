/* The named, logged division of a role's cases into two, before anything else is done (SPEC 6). */
#ifndef HEPAR_STUDY_SPLIT_H
#define HEPAR_STUDY_SPLIT_H

#include "study/cohort.h"

/* Carries out every entry of roles.split in its order on cohort->role_of. Cases of one patient stay together. */
bool split_roles(const struct study_settings *settings, struct cohort *cohort, struct err *err);

#endif
