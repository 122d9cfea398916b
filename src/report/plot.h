/* A rectangular plot: scales, ticks, axes, grid, and what is drawn in it. */
#ifndef HEPAR_REPORT_PLOT_H
#define HEPAR_REPORT_PLOT_H

#include "report/svg.h"

enum { TICK_MAX = 24 };

/* Round values from the first at or above `low` to the last at or below `high`, a step of 1, 2, 2.5 or 5 times a power
 * of ten apart (Heckbert, Graphics Gems, 1990), about `wanted` of them. */
struct ticks {
    double at[TICK_MAX];
    size_t n;
    double step;
    int decimals; /* that the step needs */
};
struct ticks ticks_make(double low, double high, int wanted);
/* The smallest interval of whole steps around both. */
void ticks_widen(double *low, double *high, int wanted);

struct plot {
    struct svg *svg;
    double left, top, width, height; /* of the area inside the axes, pixels */
    double x_low, x_high, y_low, y_high;
    struct ticks x, y;
};

/* Bounds that are equal or not finite are replaced by an interval around them. */
void plot_begin(struct plot *plot, struct svg *svg, double left, double top, double width, double height);
void plot_scale(struct plot *plot, double x_low, double x_high, double y_low, double y_high);
double plot_x(const struct plot *plot, double value); /* pixels, cut to the area widened by a twentieth */
double plot_y(const struct plot *plot, double value);

/* Grid, frame, tick labels and titles; NULL title: none, and no labels on that axis. */
void plot_axes(const struct plot *plot, const char *x_title, const char *y_title);
void plot_title(const struct plot *plot, const char *title);
/* NaN breaks a line. */
void plot_line(const struct plot *plot, const double *x, const double *y, size_t n, struct pen pen);
/* From (x[0], y[0]) right, then up or down: the value holds from its x on; drawn on until x_end. */
void plot_steps(const struct plot *plot, const double *x, const double *y, size_t n, double x_end, struct pen pen);
void plot_mark(const struct plot *plot, double x, double y, double radius, struct pen pen);
/* A cross bar from low to high at x; or at y, lying. */
void plot_bar_upright(const struct plot *plot, double x, double low, double high, const char *colour);
void plot_bar_lying(const struct plot *plot, double y, double low, double high, const char *colour);
/* A sentence in the middle of the area, where there is nothing to draw. */
void plot_say(const struct plot *plot, const char *text);

/* One line of a legend: a stroke (with an optional mark) and its text; returns the y of the next line. */
struct key_line {
    const char *colour, *dash;
    bool mark_only;
};
enum { LEGEND_LINE = 18 };
double legend_line(struct svg *svg, double x, double y, struct key_line key, const char *text);

#define LETTER_TICK ((struct lettering){.size = 11, .colour = "#1a1a1a"})
#define LETTER_TITLE ((struct lettering){.size = 12, .colour = "#1a1a1a"})
#define LETTER_HEAD ((struct lettering){.size = 13, .bold = true, .colour = "#1a1a1a"})

#endif
