/* Calibration: predicted probability against the observed share of positives, in groups of equal size, a panel a role. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/panels.h"
#include "report/plot.h"

static void add_facts(const struct plot *plot, const json_t *role)
{
    static const struct {
        const char *title, *path;
    } rows[] = {{"slope", "calibration.slope"}, {"intercept", "calibration.intercept"}};
    double y = plot->top + plot->height + 54;
    struct text line = TEXT_INIT;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++, y += 15) {
        struct estimate e = estimate_at(role, rows[k].path);
        text_add(&line, "%s ", rows[k].title);
        add_interval(&line, e.value, e.low, e.high, 2, EN_DASH);
        svg_text(plot->svg, plot->left, y, LETTER_TICK, told(&line, &plot->svg->out));
        text_free(&line);
    }
    text_add(&line, "Brier score ");
    add_fixed(&line, number_at(role, "brier"), 3);
    svg_text(plot->svg, plot->left, y, LETTER_TICK, told(&line, &plot->svg->out));
    text_free(&line);
}

static bool draw_panel(struct plot *plot, const json_t *role, struct arena *arena, struct err *err)
{
    struct numbers predicted, observed, low, high;
    const json_t *curve = part(role, "calibration.curve");
    if (!numbers_at(curve, "predicted", arena, &predicted, err) || !numbers_at(curve, "observed", arena, &observed, err) ||
        !numbers_at(curve, "low", arena, &low, err) || !numbers_at(curve, "high", arena, &high, err))
        return false;
    plot_axes(plot, "Predicted probability", "Observed share");
    size_t n = predicted.n < observed.n ? predicted.n : observed.n;
    if (n > 0)
        plot_line(plot, (const double[]){0, 1}, (const double[]){0, 1}, 2, (struct pen){.stroke = GREY, .width = 1, .dash = "4 4"});
    for (size_t k = 0; k < n && k < low.n && k < high.n; k++)
        plot_bar_upright(plot, predicted.v[k], low.v[k], high.v[k], SKY);
    plot_line(plot, predicted.v, observed.v, n, (struct pen){.stroke = BLUE, .width = 1.6});
    for (size_t k = 0; k < n; k++)
        plot_mark(plot, predicted.v[k], observed.v[k], 3.6, (struct pen){.fill = BLUE});
    if (n == 0)
        plot_say(plot, "too few patients for groups");
    add_facts(plot, role);
    return true;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    text_add(&out->caption, "Calibration of the locked score: groups of equal size by rising score; bars are 95 %% Wilson intervals of the observed share. ");
    text_add(&out->caption, "A calibrated score lies on the dashed line (slope 1, intercept 0).");
    return panels_draw(run, "Calibration by role", (struct panel_form){.room_below = 100, .wanted = role_has_label, .nobody = "not estimable: no role has labels"},
                       draw_panel, arena, out, err);
}

const struct figure_kind figure_calibration = {"calibration", one_picture, draw};
