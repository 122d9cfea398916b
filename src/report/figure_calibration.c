/* Calibration: predicted probability against the observed share of positives, in groups of equal size, a panel a role. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/panels.h"
#include "report/plot.h"

static bool add_facts(struct svg *svg, const struct plot *plot, const json_t *role, struct err *err)
{
    static const struct {
        const char *title, *path;
    } rows[] = {{"slope", "calibration.slope"}, {"intercept", "calibration.intercept"}};
    struct lettering letter = LETTER_TICK;
    double y = plot->top + plot->height + 54;
    bool done = true;
    for (size_t k = 0; done && k < sizeof rows / sizeof rows[0]; k++, y += 15) {
        struct text line = TEXT_INIT;
        struct estimate e = estimate_at(role, rows[k].path);
        text_add(&line, "%s ", rows[k].title);
        add_interval(&line, e.value, e.low, e.high, 2, EN_DASH);
        done = text_ok(&line, err);
        if (done)
            svg_text(svg, plot->left, y, letter, line.bytes);
        text_free(&line);
    }
    struct text brier = TEXT_INIT;
    text_add(&brier, "Brier score ");
    add_fixed(&brier, number_at(role, "brier"), 3);
    done = done && text_ok(&brier, err);
    if (done)
        svg_text(svg, plot->left, y, letter, brier.bytes);
    text_free(&brier);
    return done;
}

static bool draw_panel(struct plot *plot, const json_t *role, struct arena *arena, struct err *err)
{
    struct numbers predicted, observed, low, high;
    const json_t *curve = part(role, "calibration.curve");
    if (!numbers_at(curve, "predicted", arena, &predicted, err) || !numbers_at(curve, "observed", arena, &observed, err) ||
        !numbers_at(curve, "low", arena, &low, err) || !numbers_at(curve, "high", arena, &high, err))
        return false;
    plot_axes(plot, "Predicted probability", "Observed share");
    plot_line(plot, (const double[]){0, 1}, (const double[]){0, 1}, 2, (struct pen){.stroke = GREY, .width = 1, .dash = "4 4"});
    size_t n = predicted.n < observed.n ? predicted.n : observed.n;
    for (size_t k = 0; k < n && k < low.n && k < high.n; k++)
        plot_bar_upright(plot, predicted.v[k], low.v[k], high.v[k], SKY);
    plot_line(plot, predicted.v, observed.v, n, (struct pen){.stroke = BLUE, .width = 1.6});
    for (size_t k = 0; k < n; k++)
        plot_mark(plot, predicted.v[k], observed.v[k], 3.6, (struct pen){.fill = BLUE});
    if (n == 0)
        plot_say(plot, "too few patients for groups");
    return add_facts(plot->svg, plot, role, err);
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
