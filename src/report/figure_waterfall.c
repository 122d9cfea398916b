/* Waterfall: each patient's score above or below the locked threshold, in rising order, coloured by the label; a picture
 * a role. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

static const char *label_colour(double label)
{
    return isnan(label) ? GREY : label > 0.5 ? HIGH_COLOUR : LOW_COLOUR;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    const json_t *role = role_item(run, i);
    double threshold = number_at(run->metrics, "model.threshold.value"), low = 0, high = 0;
    struct numbers score, label;
    struct plot plot;
    struct text title = TEXT_INIT;
    if (!numbers_at(role, "waterfall.score", arena, &score, err) || !numbers_at(role, "waterfall.label", arena, &label, err))
        return false;
    text_add(&out->name, "_%s", text_at(role, "role"));
    text_add(&out->caption, "Score above or below the locked threshold, a bar a patient, role %s%s.", text_at(role, "role"),
             flag_at(role, "apparent") ? " (apparent: the model was fitted on these patients)" : "");
    for (size_t k = 0; k < score.n; k++)
        if (!isnan(score.v[k] - threshold)) {
            low = fmin(low, score.v[k] - threshold);
            high = fmax(high, score.v[k] - threshold);
        }
    ticks_widen(&low, &high, 5);
    svg_begin(&out->svg, 470, 320, "Waterfall of the score");
    plot_begin(&plot, &out->svg, 66, 34, 394, 220);
    plot_scale(&plot, 0, score.n > 0 ? (double)score.n : 1, low, high);
    plot.x.n = 0;
    add_role_name(&title, role);
    plot_title(&plot, told(&title, &out->svg.out));
    text_free(&title);
    plot_axes(&plot, NULL, "Score " MINUS " threshold");
    if (score.n == 0 || isnan(threshold))
        plot_say(&plot, "nothing to draw: no scores or no threshold");
    double width = plot.width / (double)(score.n > 0 ? score.n : 1), zero = plot_y(&plot, 0);
    bool seen[3] = {false};
    for (size_t k = 0; k < score.n && !isnan(threshold); k++) {
        double y = plot_y(&plot, score.v[k] - threshold), of = k < label.n ? label.v[k] : NAN;
        seen[isnan(of) ? 2 : of > 0.5 ? 0 : 1] = true;
        if (!isnan(score.v[k]))
            svg_rect(&out->svg, plot.left + width * (double)k, fmin(y, zero), width * 0.9, fmax(fabs(y - zero), 0.6), (struct pen){.fill = label_colour(of)});
    }
    svg_line(&out->svg, plot.left, zero, plot.left + plot.width, zero, (struct pen){.stroke = INK, .width = 1});
    static const char *const names[] = {"positive", "negative", "no label"}, *const colours[] = {HIGH_COLOUR, LOW_COLOUR, GREY};
    svg_text(&out->svg, plot.left, 276, LETTER_TICK, "patients by rising score");
    double x = plot.left;
    for (size_t k = 0; k < 3; k++)
        if (seen[k]) {
            svg_rect(&out->svg, x, 291, 12, 12, (struct pen){.fill = colours[k]});
            svg_text(&out->svg, x + 18, 301, LETTER_TICK, names[k]);
            x += 100;
        }
    return true;
}

const struct figure_kind figure_waterfall = {"waterfall", role_count, draw};
