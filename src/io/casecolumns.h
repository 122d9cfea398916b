/* What the columns of a case table are called; the one place that knows, for every reader of such tables.
 *
 * `Image` and `Mask`; or, where there is no `Image`, a pair for each phase: `Image_PHASE` with `Mask_PHASE` or else `Mask`.
 * `ID` (without it a case is called by its row's number, from 1), `Label`, `Label_channel`. Case and blanks around a name
 * do not matter. Paths are relative to the table's folder.
 *
 * Columns are positions in name[0..n-1]; SIZE_MAX: there is none. A phase "" is the single one without a name. */
#ifndef HEPAR_IO_CASECOLUMNS_H
#define HEPAR_IO_CASECOLUMNS_H

#include <stddef.h>

#include "base/err.h"

enum { CASE_PHASE_MAX = 64 };

/* The images' columns in the table's order; the number goes out. More than CASE_PHASE_MAX are counted, not kept. */
size_t case_list_images(const char *const *name, size_t n, size_t column[CASE_PHASE_MAX]);
const char *case_phase(const char *image_column); /* "arterial" of "Image_arterial", "" of "Image"; borrowed */
size_t case_find_image(const char *const *name, size_t n, const char *phase);
size_t case_find_mask(const char *const *name, size_t n, const char *phase);

/* The ID of a row (0-based) whose cell is `cell`, NULL without an ID column. The caller frees. */
char *case_id(const char *cell, size_t row, struct err *err);
/* A file of the table that lies in `folder`. The caller frees. */
char *case_path(const char *folder, const char *cell, struct err *err);

#endif
