/* What the fits of a study will cost, told before they begin: pipelines by number, and networks, which are dearer, by number, steps and time. */
#ifndef HEPAR_STUDY_COST_H
#define HEPAR_STUDY_COST_H

#include "ml/procedure.h"
#include "study/plan.h"

struct cost {
    struct validation_cost pipelines;
    struct validation_cost networks; /* trained ones; zero where no block uses any. The winner's bootstrap is in it, whoever wins. */
    size_t step_n;                   /* optimiser steps of all of them, about */
};

/* Counts, times one fit of every candidate that needs no network and an epoch of a network on the rows, and says it. */
void cost_tell(const struct plan *plan, const struct rows *train, struct cost *cost);

/* Half-trained and trained networks lie in `work` till the run ends, so that an interrupted run goes on from them: all of them where that
 * takes less than 2 GB, else those of the last fit alone (which is said). */
bool cost_keep_networks(struct plan *plan, const struct cost *cost, const char *work, struct err *err);

#endif
