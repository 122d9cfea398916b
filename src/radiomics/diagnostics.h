/* The diagnostics_* columns of PyRadiomics (radiomics/generalinfo.py): what was read and what was done to it, as text. */
#ifndef HEPAR_RADIOMICS_DIAGNOSTICS_H
#define HEPAR_RADIOMICS_DIAGNOSTICS_H

#include "radiomics/params.h"
#include "radiomics/prepare.h"

/* Names of the columns that these settings give, in PyRadiomics' order; at most DIAGNOSTICS_MAX. Mask-corrected_* are there
 * whenever correctMask is on, and empty for cases whose mask needed none. */
enum { DIAGNOSTICS_MAX = 64 };
size_t diagnostics_names(const struct settings *settings, const char *name[DIAGNOSTICS_MAX]);
/* Their values, as arena texts; NULL where there is none. Numbers are as Python writes them. */
bool diagnostics_values(const struct params *params, const struct settings *settings, const struct volume *image, const struct volume *mask, const struct prepared *prepared, char *value[DIAGNOSTICS_MAX], struct arena *arena, struct err *err);

#endif
