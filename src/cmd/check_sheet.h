/* The contact sheet: one HTML file with every case's largest slice and outline, to look through before hours are spent. */
#ifndef HEPAR_CMD_CHECK_SHEET_H
#define HEPAR_CMD_CHECK_SHEET_H

#include <stddef.h>

#include "base/err.h"
#include "study/check_case.h"

struct check_tile {
    const char *id, *phase; /* phase "": none */
    const struct check_result *result;
};

/* One file, nothing outside it is asked for; the same tiles give the same bytes. `title` is the table's name. */
bool check_sheet_write(const char *path, const char *title, const struct check_tile *tile, size_t n, struct err *err);

#endif
