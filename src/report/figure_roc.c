/* ROC curves of the locked score, one a role with labels, each with its point at the locked threshold. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

static size_t curve_count(const struct run *run)
{
    size_t n = 0;
    for (size_t r = 0; r < role_count(run); r++)
        n += role_has_label(role_item(run, r));
    return n;
}

static void add_legend_text(struct text *out, const json_t *role)
{
    add_role_name(out, role);
    text_add(out, ": ");
    if (!role_has_auc(role)) {
        text_add(out, "not estimable (");
        add_status(out, text_at(role, "auc.status"));
        text_add_char(out, ')');
        return;
    }
    text_add(out, "AUC ");
    add_interval(out, number_at(role, "auc.value"), number_at(item_at(role, "auc.cut", 0), ""), number_at(item_at(role, "auc.cut", 1), ""), 3,
                 EN_DASH);
    double out_of_fold = number_at(role, "auc_out_of_fold.mean");
    if (!isnan(out_of_fold)) {
        text_add(out, "; out of fold ");
        add_fixed(out, out_of_fold, 3);
    }
}

static bool draw_role(const struct plot *plot, const json_t *role, size_t series, double legend_y, struct arena *arena, struct err *err)
{
    struct numbers fpr, tpr;
    struct text label = TEXT_INIT;
    if (!numbers_at(role, "roc.fpr", arena, &fpr, err) || !numbers_at(role, "roc.tpr", arena, &tpr, err))
        return false;
    bool apparent = flag_at(role, "apparent");
    const char *colour = apparent ? GREY : series_colour[series % SERIES_N], *dash = apparent ? "2 3" : series_dash[series % SERIES_N];
    if (role_has_auc(role)) {
        plot_line(plot, fpr.v, tpr.v, fpr.n < tpr.n ? fpr.n : tpr.n, (struct pen){.stroke = colour, .width = 2.2, .dash = dash});
        plot_mark(plot, number_at(item_at(role, "roc.at_threshold", 0), ""), number_at(item_at(role, "roc.at_threshold", 1), ""), 5,
                  (struct pen){.stroke = colour, .width = 2, .fill = "#ffffff"});
    }
    add_legend_text(&label, role);
    legend_line(plot->svg, plot->left, legend_y, (struct key_line){.colour = colour, .dash = dash}, told(&label, &plot->svg->out));
    text_free(&label);
    return true;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    size_t n = curve_count(run), series = 0;
    struct plot plot;
    svg_begin(&out->svg, 560, 478 + (double)(n + 1) * LEGEND_LINE, "ROC curves by role");
    plot_begin(&plot, &out->svg, 70, 16, 400, 400);
    plot_axes(&plot, "1 " MINUS " specificity", "Sensitivity");
    plot_line(&plot, (const double[]){0, 1}, (const double[]){0, 1}, 2, (struct pen){.stroke = GREY, .width = 1, .dash = "4 4"});
    if (n == 0)
        plot_say(&plot, "not estimable: no role has labels");
    double y = 474;
    for (size_t r = 0; r < role_count(run); r++)
        if (role_has_label(role_item(run, r))) {
            if (!draw_role(&plot, role_item(run, r), series, y, arena, err))
                return false;
            series += !flag_at(role_item(run, r), "apparent");
            y += LEGEND_LINE;
        }
    svg_circle(&out->svg, 70 + 13, y - 4, 5, (struct pen){.stroke = INK, .width = 1.5, .fill = "#ffffff"});
    svg_text(&out->svg, 70 + 34, y, LETTER_TITLE, "at the locked threshold");
    text_add(&out->caption, "ROC curves of the locked score. In brackets: 95 %% confidence interval (DeLong, cut to 0 and 1). ");
    text_add(&out->caption, "A curve marked apparent is drawn on patients the model was fitted on: it flatters, and is shown for comparison alone.");
    return true;
}

const struct figure_kind figure_roc = {"roc", one_picture, draw};
