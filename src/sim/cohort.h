/* The virtual cohort on disk: what `hepar phantom cohort` writes. */
#ifndef HEPAR_SIM_COHORT_H
#define HEPAR_SIM_COHORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sim/patient.h"
#include "sim/recipe.h"

struct cohort_plan {
    uint64_t seed;
    double effect;         /* >= 0; 1: the recipe's */
    size_t n[SIM_ROLE_N];  /* patients a role; at most COHORT_ROLE_MAX each, at least one in all */
};

enum { COHORT_ROLE_MAX = 1000000 };

/* Writes cohort.csv, study.yaml, truth.csv, truth.json and images/ into `folder`, as `folder`.partial first. Cases
 * are painted in parallel; the bytes depend on recipe and plan alone. ERR_INPUT when `folder` exists and is not empty. */
bool cohort_write(const char *folder, const struct recipe *recipe, const struct cohort_plan *plan, struct err *err);

#endif
