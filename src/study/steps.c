/* The registry of a study's steps; see steps.h. */
#include "study/steps.h"

#include "ml/steps.h"
#include "nn/crossfit.h"

static const struct step_kind *const networks[] = {
    &crossfit_kind,
};
const struct step_registry study_steps = {networks, sizeof networks / sizeof *networks, &ml_steps};
