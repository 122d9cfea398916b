/* Figures: one file each in this folder, one row each in figures.c.
 *
 * A kind of figure says how many pictures it makes from a run, and draws one. Each picture becomes figures/NAME.svg and
 * figures/NAME.pdf, and stands with its caption in the page. What cannot be estimated is said in the picture. */
#ifndef HEPAR_REPORT_FIGURE_H
#define HEPAR_REPORT_FIGURE_H

#include "report/run.h"
#include "report/svg.h"

struct figure {
    const struct figure_kind *kind;
    struct svg svg;      /* begun by draw() */
    struct text name;    /* file name without ending, once drawn: letters, digits, "-", "_"; unique in a run */
    struct text caption; /* plain text, one or two sentences */
};

struct figure_kind {
    const char *name; /* the file's name where there is one picture, the beginning of it where there are several */
    size_t (*count)(const struct run *run);
    /* Draws picture i < count. May add what tells it from its siblings to out->name (any text; made a file name later).
     * False with ERR_SYSTEM when memory is short. */
    bool (*draw)(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err);
};

extern const struct figure_kind *const figure_kinds[];
extern const size_t figure_kind_n;

struct figures {
    struct figure *item;
    size_t n;
};
/* All pictures of a run, in the registry's order. */
bool figures_draw(const struct run *run, struct figures *figures, struct err *err);
void figures_free(struct figures *figures);
/* Writes figures/ in the run folder anew, SVG and PDF. */
bool figures_write(const struct figures *figures, const char *run_folder, struct err *err);

/* Shared by figures of one picture. */
size_t one_picture(const struct run *run);

#endif
