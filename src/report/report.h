/* The report of a run folder: figures, pages and checklist, drawn from its files alone. */
#ifndef HEPAR_REPORT_REPORT_H
#define HEPAR_REPORT_REPORT_H

#include "base/err.h"

/* Writes figures/, report.html and checklist.csv into the folder. */
bool report_draw(const char *run_folder, struct err *err);

#endif
