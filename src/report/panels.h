/* Panels of the same kind, one a role, three in a row: the common frame of several figures. */
#ifndef HEPAR_REPORT_PANELS_H
#define HEPAR_REPORT_PANELS_H

#include "report/figure.h"
#include "report/plot.h"

struct panel_form {
    double room_below; /* pixels below the axes: tick labels, title, facts; at least 44 */
    bool (*wanted)(const json_t *role);
    const char *nobody; /* what is said when no role is wanted */
};

/* Draws the inside of one panel; the plot is begun, with scales 0 to 1, and titled. */
typedef bool panel_fn(struct plot *plot, const json_t *role, struct arena *arena, struct err *err);

/* Begins out->svg with `title`. */
bool panels_draw(const struct run *run, const char *title, struct panel_form form, panel_fn *draw, struct arena *arena, struct figure *out,
                 struct err *err);

#endif
