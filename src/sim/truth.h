/* What is true of a recipe's cohorts: the measures of the true probability in the whole population, and on a cohort's
 * realised outcomes. */
#ifndef HEPAR_SIM_TRUTH_H
#define HEPAR_SIM_TRUTH_H

#include <stddef.h>

#include "base/err.h"
#include "sim/patient.h"
#include "sim/recipe.h"

/* Of an endpoint, in the population, under the recipe's censoring. */
struct truth_endpoint {
    double c;            /* Harrell's C of the true probability */
    double hazard_ratio; /* limit of Cox's estimate, groups at the cut, high against low; NaN when one group is empty */
    double event_share;  /* of the patients */
};

struct truth {
    double prevalence, auc, high_share; /* high: true probability at least recipe->truth_cut */
    struct truth_endpoint rfs, ttp;
};

/* By quadrature over the latent value and time; no random number is drawn. effect >= 0. */
bool truth_of_population(struct truth *truth, const struct recipe *recipe, double effect, struct err *err);

/* On realised outcomes of n patients; NaN where it is not defined (one class, no comparable pair). */
bool truth_auc(const struct patient *patient, size_t n, double *auc, struct err *err);
double truth_c(const struct patient *patient, size_t n, bool ttp);

#endif
