/* The state that all filters share: which columns pass. A filter's own file decides that and no more. */
#ifndef HEPAR_ML_KEEP_H
#define HEPAR_ML_KEEP_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "table/step.h"

/* The state of a filter that keeps number column i of `table` (in its order, text and case columns left out of the count)
 * where keep[i]; `note` is describe()'s line behind "K of N columns kept". */
void *keep_make(const struct table *table, const bool *keep, const char *title, const char *note, struct err *err);
bool keep_apply(const void *state, const struct table *table, struct table *out, struct err *err);
bool keep_save(const void *state, struct store *store, const char *prefix, struct err *err);
bool keep_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err);
void keep_describe(const void *state, struct text *out);
void keep_free(void *state);

#endif
