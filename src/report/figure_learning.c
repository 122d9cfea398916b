/* Learning curves of the networks of the last fit: the mean training loss of each epoch, and the loss on cases held out where there are
 * any. No picture in a run without trained networks. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

enum { LEFT = 64, TOP = 20, WIDTH = 520, HEIGHT = 260, LEGEND = 190 };

static size_t count(const struct run *run)
{
    return length_at(run->metrics, "deep.curves") > 0;
}

struct curve {
    struct numbers loss, held;
    double *epoch;
};

static bool read_curve(const struct run *run, size_t k, struct arena *arena, struct curve *out, struct err *err)
{
    const json_t *curve = item_at(run->metrics, "deep.curves", k);
    if (!numbers_at(curve, "loss", arena, &out->loss, err) || !numbers_at(curve, "held_loss", arena, &out->held, err))
        return false;
    size_t n = out->loss.n > out->held.n ? out->loss.n : out->held.n;
    out->epoch = arena_alloc(arena, n, sizeof *out->epoch, err);
    for (size_t e = 0; out->epoch != NULL && e < n; e++)
        out->epoch[e] = (double)e + 1;
    return out->epoch != NULL;
}

static void widen(const struct numbers *values, double *high)
{
    for (size_t e = 0; e < values->n; e++)
        if (isfinite(values->v[e]))
            *high = fmax(*high, values->v[e]);
}

static bool any_number(const struct numbers *values)
{
    for (size_t e = 0; e < values->n; e++)
        if (isfinite(values->v[e]))
            return true;
    return false;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    size_t n = length_at(run->metrics, "deep.curves"), epoch_n = 1;
    double high = 0;
    bool held = false;
    struct curve *curve = arena_alloc(arena, n, sizeof *curve, err);
    if (curve == NULL)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (!read_curve(run, k, arena, &curve[k], err))
            return false;
        widen(&curve[k].loss, &high);
        widen(&curve[k].held, &high);
        epoch_n = curve[k].loss.n > epoch_n ? curve[k].loss.n : epoch_n;
        held |= any_number(&curve[k].held);
    }
    struct plot plot;
    double low = 0, y = TOP + 10;
    svg_begin(&out->svg, LEFT + WIDTH + LEGEND, TOP + HEIGHT + 50, "Learning curves");
    plot_begin(&plot, &out->svg, LEFT, TOP, WIDTH, HEIGHT);
    high = high > 0 ? high : 1;
    ticks_widen(&low, &high, 5);
    plot_scale(&plot, epoch_n > 1 ? 1 : 0.5, epoch_n > 1 ? (double)epoch_n : 1.5, low, high);
    plot.x = ticks_make(plot.x_low, plot.x_high, 6);
    plot.y = ticks_make(low, high, 5);
    plot_axes(&plot, "Epoch", "Loss");
    for (size_t k = 0; k < n; k++) {
        char name[40];
        const char *colour = series_colour[k % SERIES_N];
        plot_line(&plot, curve[k].epoch, curve[k].loss.v, curve[k].loss.n, (struct pen){.stroke = colour, .width = 1.6});
        plot_line(&plot, curve[k].epoch, curve[k].held.v, curve[k].held.n, (struct pen){.stroke = colour, .width = 1.6, .dash = "4 3"});
        snprintf(name, sizeof name, "network %zu", k + 1);
        y = legend_line(&out->svg, LEFT + WIDTH + 16, y, (struct key_line){.colour = colour}, name);
    }
    text_add(&out->caption, "Learning curves of the networks trained on all of train, each without its own part of the cases: mean loss of each epoch on augmented cases%s.",
             held ? "; dashed: loss on cases held out for early stopping" : "");
    return true;
}

const struct figure_kind figure_learning = {"learning", count, draw};
