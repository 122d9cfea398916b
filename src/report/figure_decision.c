/* Decision curves (Vickers and Elkin, Med Decis Making 26, 2006): net benefit of treating by the score, treating all,
 * treating none, a panel a role. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/panels.h"
#include "report/plot.h"

static const struct key_line key_model = {.colour = VERMILION}, key_all = {.colour = BLUE, .dash = "6 3"}, key_none = {.colour = INK, .dash = "2 2"};

static bool draw_panel(struct plot *plot, const json_t *role, struct arena *arena, struct err *err)
{
    struct numbers threshold, model, all;
    if (!numbers_at(role, "decision_curve.threshold", arena, &threshold, err) || !numbers_at(role, "decision_curve.model", arena, &model, err) ||
        !numbers_at(role, "decision_curve.all", arena, &all, err))
        return false;
    size_t n = threshold.n < model.n ? threshold.n : model.n;
    double highest = 0.05;
    for (size_t k = 0; k < n; k++)
        highest = fmax(highest, model.v[k]); /* fmax() passes NaN by */
    for (size_t k = 0; k < all.n; k++)
        highest = fmax(highest, all.v[k]);
    /* Net benefit falls without end: the panel ends a quarter below zero, or where the score's curve does, at most its height below. */
    double low = -highest / 4;
    for (size_t k = 0; k < n; k++)
        low = fmin(low, model.v[k]);
    low = fmax(low, -highest);
    for (size_t k = 0; k < all.n; k++)
        if (all.v[k] < low)
            all.v[k] = NAN;
    for (size_t k = 0; k < n; k++)
        if (model.v[k] < low)
            model.v[k] = NAN;
    plot_scale(plot, 0, 1, low * 1.05, highest * 1.05);
    plot_axes(plot, "Threshold probability", "Net benefit");
    plot_line(plot, (const double[]){0, 1}, (const double[]){0, 0}, 2, (struct pen){.stroke = key_none.colour, .width = 1.2, .dash = key_none.dash});
    plot_line(plot, threshold.v, all.v, threshold.n < all.n ? threshold.n : all.n,
              (struct pen){.stroke = key_all.colour, .width = 1.6, .dash = key_all.dash});
    plot_line(plot, threshold.v, model.v, n, (struct pen){.stroke = key_model.colour, .width = 2.2});
    if (n == 0)
        plot_say(plot, "not estimable");
    double y = plot->top + plot->height + 56;
    y = legend_line(plot->svg, plot->left, y, key_model, "by the score");
    y = legend_line(plot->svg, plot->left, y, key_all, "treat all");
    legend_line(plot->svg, plot->left, y, key_none, "treat none");
    return true;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    text_add(&out->caption, "Decision curves: net benefit of acting on the score at each threshold probability, beside acting on all patients and on none. ");
    text_add(&out->caption, "The score is of use where its curve lies above both.");
    return panels_draw(run, "Decision curves by role", (struct panel_form){.room_below = 104, .wanted = role_has_label, .nobody = "not estimable: no role has labels"},
                       draw_panel, arena, out, err);
}

const struct figure_kind figure_decision = {"decision_curve", one_picture, draw};
