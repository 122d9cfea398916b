/* A small SVG writer: shapes and text go into one growable text, in the order they are drawn.
 *
 * Units are pixels at 96 per inch, x to the right, y downwards. Numbers are written with at most two decimals and without
 * locale, so the same calls give the same bytes. Text stays text (DejaVu Sans, with fallbacks where a browser lacks it)
 * and is escaped. No element has an id: several pictures may stand in one HTML page. A failed append is remembered in
 * the text; svg_end() reports it. */
#ifndef HEPAR_REPORT_SVG_H
#define HEPAR_REPORT_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct svg {
    struct text out;   /* owned: the shapes; the whole picture after svg_end() */
    struct text title; /* owned */
    double width, height; /* may grow until svg_end() */
};

/* How a shape is drawn; NULL stroke or fill: none. dash: as in SVG, "4 3"; NULL: solid. opacity is the fill's;
 * 0 counts as 1. */
struct pen {
    const char *stroke;
    double width;
    const char *dash;
    const char *fill;
    double opacity;
};

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

struct lettering {
    double size; /* of the em */
    enum svg_anchor anchor;
    bool bold;
    const char *colour; /* NULL: black */
};

/* `title` is what a screen reader says. The picture has a white ground. */
void svg_begin(struct svg *svg, double width, double height, const char *title);
/* A strip of text below what is drawn; the picture grows by it. */
void svg_add_footer(struct svg *svg, const char *colour, const char *text);
bool svg_end(struct svg *svg, struct err *err);
void svg_free(struct svg *svg);

void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, struct pen pen);
void svg_rect(struct svg *svg, double x, double y, double width, double height, struct pen pen);
void svg_circle(struct svg *svg, double x, double y, double radius, struct pen pen);
/* A path: begin, moves and lines, end. */
void svg_path_begin(struct svg *svg);
void svg_path_move(struct svg *svg, double x, double y);
void svg_path_line(struct svg *svg, double x, double y);
void svg_path_end(struct svg *svg, bool closed, struct pen pen);
/* A PNG file of n bytes, inside the picture itself, stretched to the box. */
void svg_png(struct svg *svg, double x, double y, double width, double height, const void *png, size_t n);
/* y is the base line. */
void svg_text(struct svg *svg, double x, double y, struct lettering lettering, const char *text);
void svg_text_upwards(struct svg *svg, double x, double y, struct lettering lettering, const char *text);

/* Width of a text as DejaVu Sans sets it (without kerning); for layout. */
double svg_text_width(const char *text, double size, bool bold);
/* Copies `text` into out, cut in the middle by an ellipsis where it is wider than `width`. out_n >= 8. */
void svg_text_fit(const char *text, double size, double width, char *out, size_t out_n);
/* The number of bytes of `text` that fit into `width`, cut behind a word where there is one; at least one character. */
size_t svg_text_break(const char *text, double size, double width);

/* &, <, >, quotes; control characters become spaces. For SVG and HTML alike. */
void add_escaped(struct text *out, const char *text);
void svg_add_number(struct text *out, double value);

#endif
