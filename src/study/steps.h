/* Every kind of step that a model may hold: those of ml and of nn, which do not know each other. */
#ifndef HEPAR_STUDY_STEPS_H
#define HEPAR_STUDY_STEPS_H

#include "table/step.h"

extern const struct step_registry study_steps;

#endif
