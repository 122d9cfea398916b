/* Kaplan-Meier curves of the two risk groups with numbers at risk, one picture a role and endpoint. */
#include <math.h>
#include <string.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

static size_t count(const struct run *run)
{
    size_t n = 0;
    for (size_t r = 0; r < role_count(run); r++)
        n += length_at(role_item(run, r), "endpoints");
    return n;
}

static const json_t *find(const struct run *run, size_t i, const json_t **role)
{
    for (size_t r = 0; r < role_count(run); r++) {
        *role = role_item(run, r);
        size_t n = length_at(*role, "endpoints");
        if (i < n)
            return item_at(*role, "endpoints", i);
        i -= n;
    }
    return NULL;
}

static const char *group_colour(const json_t *group)
{
    return strcmp(text_at(group, "group"), "low") == 0 ? LOW_COLOUR : HIGH_COLOUR;
}

static const char *group_dash(const json_t *group)
{
    return strcmp(text_at(group, "group"), "low") == 0 ? NULL : "7 3";
}

/* A limit that is not defined (before the first event, after the curve has reached 0) goes on as the one before. */
static void fill_forward(struct numbers *limit)
{
    for (size_t k = 0; k < limit->n; k++)
        if (isnan(limit->v[k]))
            limit->v[k] = k == 0 ? 1 : limit->v[k - 1];
}

/* Along the upper limits, back along the lower ones, in steps. */
static void draw_band(const struct plot *plot, const struct numbers *time, struct numbers *low, struct numbers *high, const char *colour)
{
    size_t n = time->n < low->n ? time->n : low->n;
    n = n < high->n ? n : high->n;
    fill_forward(low);
    fill_forward(high);
    svg_path_begin(plot->svg);
    svg_path_move(plot->svg, plot_x(plot, 0), plot_y(plot, 1));
    for (size_t k = 0; k < n; k++) {
        svg_path_line(plot->svg, plot_x(plot, time->v[k]), plot_y(plot, k == 0 ? 1 : high->v[k - 1]));
        svg_path_line(plot->svg, plot_x(plot, time->v[k]), plot_y(plot, high->v[k]));
    }
    for (size_t k = n; k-- > 0;) {
        svg_path_line(plot->svg, plot_x(plot, time->v[k]), plot_y(plot, low->v[k]));
        svg_path_line(plot->svg, plot_x(plot, time->v[k]), plot_y(plot, k == 0 ? 1 : low->v[k - 1]));
    }
    svg_path_end(plot->svg, true, (struct pen){.fill = colour, .opacity = 0.14});
}

/* Strokes across the curve, whose level is 1 before its first time. Both times rise. */
static void draw_censored(const struct plot *plot, const struct numbers *censored, const struct numbers *time, const struct numbers *survival, const char *colour)
{
    size_t n = time->n < survival->n ? time->n : survival->n, k = 0;
    double level = 1;
    for (size_t i = 0; i < censored->n; i++) {
        for (; k < n && time->v[k] <= censored->v[i]; k++)
            level = survival->v[k];
        double x = plot_x(plot, censored->v[i]), y = plot_y(plot, level);
        svg_line(plot->svg, x, y - 4, x, y + 4, (struct pen){.stroke = colour, .width = 1.2});
    }
}

static bool draw_group(const struct plot *plot, const json_t *group, struct arena *arena, struct err *err)
{
    struct numbers time, survival, low, high, censored;
    if (!numbers_at(group, "time", arena, &time, err) || !numbers_at(group, "survival", arena, &survival, err) || !numbers_at(group, "low", arena, &low, err) ||
        !numbers_at(group, "high", arena, &high, err) || !numbers_at(group, "censored", arena, &censored, err))
        return false;
    size_t n = time.n < survival.n ? time.n : survival.n;
    double *x = arena_alloc(arena, n + 1, sizeof *x, err), *y = arena_alloc(arena, n + 1, sizeof *y, err);
    if (x == NULL || y == NULL)
        return false;
    if (n == 0)
        return true;
    y[0] = 1;
    memcpy(x + 1, time.v, n * sizeof *x);
    memcpy(y + 1, survival.v, n * sizeof *y);
    draw_band(plot, &time, &low, &high, group_colour(group));
    plot_steps(plot, x, y, n + 1, time.v[n - 1], (struct pen){.stroke = group_colour(group), .width = 2.2, .dash = group_dash(group)});
    draw_censored(plot, &censored, &time, &survival, group_colour(group));
    return true;
}

/* Writes the text and empties it. */
static void put(struct svg *svg, double x, double y, struct lettering letter, struct text *text)
{
    svg_text(svg, x, y, letter, told(text, &svg->out));
    text_free(text);
}

/* A row a group below the axis, each number under its tick. */
static void draw_at_risk(const struct plot *plot, const json_t *endpoint, double top)
{
    struct lettering head = LETTER_TICK, cell = LETTER_TICK;
    struct text text = TEXT_INIT;
    head.bold = true;
    svg_text(plot->svg, 10, top, head, "Number at risk");
    for (size_t g = 0; g < length_at(endpoint, "groups"); g++) {
        const json_t *group = item_at(endpoint, "groups", g);
        double y = top + 17 * (double)(g + 1);
        struct lettering name = LETTER_TICK;
        name.colour = group_colour(group);
        name.bold = true;
        text_add(&text, "%s risk", text_at(group, "group"));
        put(plot->svg, 10, y, name, &text);
        cell.anchor = SVG_MIDDLE;
        for (size_t k = 0; k < length_at(endpoint, "at_risk_times"); k++) {
            add_fixed(&text, number_at(item_at(group, "at_risk", k), ""), 0);
            put(plot->svg, plot_x(plot, number_at(item_at(endpoint, "at_risk_times", k), "")), y, cell, &text);
        }
    }
}

static void add_group_text(struct text *out, const json_t *group, const char *unit)
{
    struct estimate median = estimate_at(group, "median");
    text_add(out, "%s risk: ", text_at(group, "group"));
    add_count(out, number_at(group, "n"), "patient", "patients");
    text_add(out, ", ");
    add_count(out, number_at(group, "events"), "event", "events");
    if (number_at(group, "n") == 0)
        return;
    text_add(out, ", median ");
    if (isnan(median.value))
        text_add(out, "not reached");
    else {
        add_interval(out, median.value, median.low, median.high, 0, "not reached");
        text_add(out, " %s", unit);
    }
}

static void add_test_text(struct text *out, const json_t *endpoint)
{
    struct estimate hr = estimate_at(endpoint, "cox_group.hr");
    text_add(out, "log-rank ");
    if (isnan(number_at(endpoint, "logrank.p"))) {
        text_add(out, "not estimable");
        if (text_at(endpoint, "logrank.status")[0] != '\0') {
            text_add(out, ": ");
            add_status(out, text_at(endpoint, "logrank.status"));
        }
    } else
        add_p(out, number_at(endpoint, "logrank.p"));
    text_add(out, "; hazard ratio, high to low: ");
    add_interval(out, hr.value, hr.low, hr.high, 2, EN_DASH);
}

static double last_time(const json_t *endpoint, struct arena *arena, struct err *err, bool *done)
{
    double last = 0;
    for (size_t g = 0; *done && g < length_at(endpoint, "groups"); g++) {
        struct numbers time;
        *done = numbers_at(item_at(endpoint, "groups", g), "time", arena, &time, err);
        for (size_t k = 0; *done && k < time.n; k++)
            last = fmax(last, time.v[k]);
    }
    return last;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    const json_t *role = NULL, *endpoint = find(run, i, &role);
    size_t group_n = length_at(endpoint, "groups"), time_n = length_at(endpoint, "at_risk_times");
    const char *unit = text_at(endpoint, "unit");
    struct text text = TEXT_INIT;
    struct plot plot;
    bool done = true;
    text_add(&out->name, "_%s_%s", text_at(role, "role"), text_at(endpoint, "name"));
    text_add(&out->caption, "%s, role %s%s, by risk group (the threshold was locked on train). Bands are 95 %% intervals (log-log); short upright strokes are censored patients.",
             text_at(endpoint, "title"), text_at(role, "role"), flag_at(role, "apparent") ? " (apparent: the model was fitted on these patients)" : "");
    svg_begin(&out->svg, 640, 424 + 35 * (double)group_n + 14, "Kaplan-Meier curves by risk group");
    plot_begin(&plot, &out->svg, 96, 34, 520, 300);
    double last = last_time(endpoint, arena, err, &done);
    if (!done)
        return false;
    if (time_n > 0)
        last = fmax(last, number_at(item_at(endpoint, "at_risk_times", time_n - 1), ""));
    plot_scale(&plot, 0, last > 0 ? last : 1, 0, 1);
    if (time_n > 0 && time_n <= TICK_MAX) { /* ticks where the numbers at risk are counted */
        plot.x.n = time_n;
        for (size_t k = 0; k < time_n; k++)
            plot.x.at[k] = number_at(item_at(endpoint, "at_risk_times", k), "");
        plot.x.decimals = 0;
        for (size_t k = 0; k < time_n; k++)
            if (fabs(plot.x.at[k] - round(plot.x.at[k])) > 1e-9)
                plot.x.decimals = 1;
    }
    add_role_name(&text, role);
    text_add(&text, ": %s", text_at(endpoint, "title"));
    plot_title(&plot, told(&text, &out->svg.out));
    text_free(&text);
    text_add(&text, "Time (%s)", unit);
    plot_axes(&plot, told(&text, &out->svg.out), "Share without event");
    text_free(&text);
    if (last == 0)
        plot_say(&plot, "not estimable: nobody was followed");
    for (size_t g = 0; g < group_n; g++)
        if (!draw_group(&plot, item_at(endpoint, "groups", g), arena, err))
            return false;
    draw_at_risk(&plot, endpoint, 396);
    double y = 396 + 17 * (double)group_n + 30;
    for (size_t g = 0; g < group_n; g++) {
        const json_t *group = item_at(endpoint, "groups", g);
        add_group_text(&text, group, unit);
        y = legend_line(&out->svg, plot.left, y, (struct key_line){.colour = group_colour(group), .dash = group_dash(group)}, told(&text, &out->svg.out));
        text_free(&text);
    }
    add_test_text(&text, endpoint);
    put(&out->svg, plot.left, y + 2, LETTER_TITLE, &text);
    return true;
}

const struct figure_kind figure_survival = {"kaplan_meier", count, draw};
