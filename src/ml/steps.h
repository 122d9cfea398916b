/* The registry of steps of this folder: the place where one sees all that is there.
 *
 * A step of a study is a row of this list and settings; settings NULL stands for the kind's defaults, which the
 * settings' headers give. To add one: its file, its header, a row in steps.c. */
#ifndef HEPAR_ML_STEPS_H
#define HEPAR_ML_STEPS_H

#include "table/step.h"

/* The kinds, for load(). Study puts these and the other folders' kinds into one registry. */
extern const struct step_registry ml_steps;
const struct step_kind *ml_step_find(const char *name); /* NULL when absent */

/* What `learners:` of a study file may name: a kind with settings of its own ("elastic_net" is LASSO at alpha 0.5). */
struct learner {
    const char *name, *title;
    struct step step;
};
extern const struct learner ml_learners[];
extern const size_t ml_learner_n;
const struct learner *ml_learner_find(const char *name); /* NULL when absent */

/* The default prefix of a block (SPEC's order): encode, impute, near_zero_variance, duplicates, z-score, Mann-Whitney,
 * Spearman. An ICC filter, where ICCs are given, belongs behind impute. */
extern const struct step ml_default_prefix[];
extern const size_t ml_default_prefix_n;

#endif
