/* Plots; see plot.h. */
#include "report/plot.h"

#include <math.h>

#include "report/numbers.h"
#include "report/palette.h"

static double round_step(double rough)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = pow(10, floor(log10(rough)));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i] * power >= rough * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

static int decimals_of(double step)
{
    int decimals = 0;
    while (decimals < 9 && fabs(step - round(step)) > 1e-6 * step) {
        step *= 10;
        decimals++;
    }
    return decimals;
}

/* An interval with room in it, whatever came. */
static void make_sound(double *low, double *high)
{
    if (!isfinite(*low) || !isfinite(*high) || fabs(*low) > 1e15 || fabs(*high) > 1e15) {
        *low = 0;
        *high = 1;
    }
    if (!(*high - *low > 1e-9 * fmax(fabs(*low), fabs(*high))) || !(*high - *low > 1e-12)) {
        double middle = (*low + *high) / 2, room = fmax(0.5, fabs(middle) / 2);
        *low = middle - room;
        *high = middle + room;
    }
}

struct ticks ticks_make(double low, double high, int wanted)
{
    struct ticks ticks = {0};
    make_sound(&low, &high);
    ticks.step = round_step((high - low) / wanted);
    ticks.decimals = decimals_of(ticks.step);
    double slack = 1e-9 * ticks.step;
    for (double k = ceil((low - slack) / ticks.step); k * ticks.step <= high + slack && ticks.n < TICK_MAX; k++)
        ticks.at[ticks.n++] = k * ticks.step;
    return ticks;
}

void ticks_widen(double *low, double *high, int wanted)
{
    make_sound(low, high);
    double step = round_step((*high - *low) / wanted);
    *low = floor(*low / step + 1e-9) * step;
    *high = ceil(*high / step - 1e-9) * step;
}

void plot_begin(struct plot *plot, struct svg *svg, double left, double top, double width, double height)
{
    *plot = (struct plot){.svg = svg, .left = left, .top = top, .width = width, .height = height};
    plot_scale(plot, 0, 1, 0, 1);
}

void plot_scale(struct plot *plot, double x_low, double x_high, double y_low, double y_high)
{
    make_sound(&x_low, &x_high);
    make_sound(&y_low, &y_high);
    plot->x_low = x_low;
    plot->x_high = x_high;
    plot->y_low = y_low;
    plot->y_high = y_high;
    plot->x = ticks_make(x_low, x_high, plot->width < 260 ? 4 : 6);
    plot->y = ticks_make(y_low, y_high, plot->height < 200 ? 4 : 6);
}

static double cut(double share)
{
    return fmin(fmax(share, -0.05), 1.05);
}

double plot_x(const struct plot *plot, double value)
{
    return plot->left + plot->width * cut((value - plot->x_low) / (plot->x_high - plot->x_low));
}

double plot_y(const struct plot *plot, double value)
{
    return plot->top + plot->height * (1 - cut((value - plot->y_low) / (plot->y_high - plot->y_low)));
}

static void draw_tick_text(const struct plot *plot, double x, double y, enum svg_anchor anchor, double value, int decimals)
{
    struct text label = TEXT_INIT;
    struct lettering letter = LETTER_TICK;
    letter.anchor = anchor;
    add_fixed(&label, value, decimals);
    svg_text(plot->svg, x, y, letter, told(&label, &plot->svg->out));
    text_free(&label);
}

void plot_axes(const struct plot *plot, const char *x_title, const char *y_title)
{
    struct pen grid = {.stroke = PALE, .width = 1}, frame = {.stroke = GREY, .width = 1};
    double right = plot->left + plot->width, bottom = plot->top + plot->height, widest = 0;
    struct lettering letter = LETTER_TITLE;
    letter.anchor = SVG_MIDDLE;
    for (size_t i = 0; i < plot->x.n; i++) {
        double x = plot_x(plot, plot->x.at[i]);
        svg_line(plot->svg, x, plot->top, x, bottom, grid);
        svg_line(plot->svg, x, bottom, x, bottom + 4, frame);
        if (x_title != NULL)
            draw_tick_text(plot, x, bottom + 17, SVG_MIDDLE, plot->x.at[i], plot->x.decimals);
    }
    for (size_t i = 0; y_title != NULL && i < plot->y.n; i++) {
        double y = plot_y(plot, plot->y.at[i]);
        struct text label = TEXT_INIT;
        svg_line(plot->svg, plot->left, y, right, y, grid);
        svg_line(plot->svg, plot->left - 4, y, plot->left, y, frame);
        draw_tick_text(plot, plot->left - 7, y + 4, SVG_END, plot->y.at[i], plot->y.decimals);
        add_fixed(&label, plot->y.at[i], plot->y.decimals);
        widest = fmax(widest, svg_text_width(told(&label, &plot->svg->out), LETTER_TICK.size, false));
        text_free(&label);
    }
    svg_rect(plot->svg, plot->left, plot->top, plot->width, plot->height, frame);
    if (x_title != NULL)
        svg_text(plot->svg, plot->left + plot->width / 2, bottom + 36, letter, x_title);
    if (y_title != NULL)
        svg_text_upwards(plot->svg, plot->left - 16 - widest, plot->top + plot->height / 2, letter, y_title);
}

void plot_title(const struct plot *plot, const char *title)
{
    char fitted[256];
    svg_text_fit(title, LETTER_HEAD.size * 1.1, plot->width + 20, fitted, sizeof fitted);
    svg_text(plot->svg, plot->left, plot->top - 9, LETTER_HEAD, fitted);
}

void plot_line(const struct plot *plot, const double *x, const double *y, size_t n, struct pen pen)
{
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        bool there = !isnan(x[i]) && !isnan(y[i]);
        if (there && !open) {
            svg_path_begin(plot->svg);
            svg_path_move(plot->svg, plot_x(plot, x[i]), plot_y(plot, y[i]));
        } else if (there)
            svg_path_line(plot->svg, plot_x(plot, x[i]), plot_y(plot, y[i]));
        else if (open)
            svg_path_end(plot->svg, false, pen);
        open = there;
    }
    if (open)
        svg_path_end(plot->svg, false, pen);
}

void plot_steps(const struct plot *plot, const double *x, const double *y, size_t n, double x_end, struct pen pen)
{
    if (n == 0 || isnan(x[0]) || isnan(y[0]))
        return;
    double level = plot_y(plot, y[0]);
    svg_path_begin(plot->svg);
    svg_path_move(plot->svg, plot_x(plot, x[0]), level);
    for (size_t i = 1; i < n && !isnan(x[i]) && !isnan(y[i]); i++) {
        svg_path_line(plot->svg, plot_x(plot, x[i]), level);
        level = plot_y(plot, y[i]);
        svg_path_line(plot->svg, plot_x(plot, x[i]), level);
    }
    svg_path_line(plot->svg, plot_x(plot, x_end), level);
    svg_path_end(plot->svg, false, pen);
}

void plot_mark(const struct plot *plot, double x, double y, double radius, struct pen pen)
{
    if (!isnan(x) && !isnan(y))
        svg_circle(plot->svg, plot_x(plot, x), plot_y(plot, y), radius, pen);
}

void plot_bar_upright(const struct plot *plot, double x, double low, double high, const char *colour)
{
    if (isnan(x) || isnan(low) || isnan(high))
        return;
    double at = plot_x(plot, x);
    svg_line(plot->svg, at, plot_y(plot, low), at, plot_y(plot, high), (struct pen){.stroke = colour, .width = 1.2});
}

void plot_bar_lying(const struct plot *plot, double y, double low, double high, const char *colour)
{
    if (isnan(y) || isnan(low) || isnan(high))
        return;
    double at = plot_y(plot, y);
    svg_line(plot->svg, plot_x(plot, low), at, plot_x(plot, high), at, (struct pen){.stroke = colour, .width = 1.5});
}

void plot_say(const struct plot *plot, const char *text)
{
    struct lettering letter = LETTER_TITLE;
    char fitted[256];
    letter.anchor = SVG_MIDDLE;
    letter.colour = GREY;
    svg_text_fit(text, letter.size, plot->width - 8, fitted, sizeof fitted);
    svg_text(plot->svg, plot->left + plot->width / 2, plot->top + plot->height / 2, letter, fitted);
}

double legend_line(struct svg *svg, double x, double y, struct key_line key, const char *text)
{
    if (key.mark_only)
        svg_circle(svg, x + 13, y - 4, 4.5, (struct pen){.fill = key.colour});
    else
        svg_line(svg, x, y - 4, x + 26, y - 4, (struct pen){.stroke = key.colour, .width = 2.2, .dash = key.dash});
    svg_text(svg, x + 34, y, LETTER_TITLE, text);
    return y + LEGEND_LINE;
}
