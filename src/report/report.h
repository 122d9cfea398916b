/* The report: figures, one page, a checklist, all drawn from a run folder (doc/run-folder.md) and nothing else.
 *
 * Writes figures/ (SVG and PDF), report.html and checklist.csv into the folder; what an earlier drawing left is replaced.
 * Same folder, same bytes. ERR_INPUT when the folder holds no metrics of hepar run; ERR_SYSTEM when it cannot be
 * written or the PDF libraries are missing. */
#ifndef HEPAR_REPORT_REPORT_H
#define HEPAR_REPORT_REPORT_H

#include <stdbool.h>

#include "base/err.h"

bool report_draw(const char *run_folder, struct err *err);

#endif
