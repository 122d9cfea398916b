/* The oracle's model tasks: Cox regression, logistic regression, calibration. */
#include "stats_case.h"

const struct stats_task_row stats_model_tasks[] = {
    {NULL, NULL},
};
