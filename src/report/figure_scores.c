/* The score's distribution by role: a dot a patient, spread evenly by rank, and the quartiles' box; the locked threshold. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

enum { COLUMN = 130, LEFT = 64, TOP = 16, HEIGHT = 300 };

/* Dots spread over the column by the fractional parts of the golden ratio's multiples: even, and the same each time. */
static double spread(size_t i)
{
    double whole, share = modf((double)(i + 1) * 0.6180339887498949, &whole);
    return share - 0.5;
}

static const char *label_colour(double label)
{
    return isnan(label) ? GREY : label > 0.5 ? HIGH_COLOUR : LOW_COLOUR;
}

static bool draw_role(const struct plot *plot, const json_t *role, double centre, struct arena *arena, struct err *err)
{
    struct numbers score, label, quantile;
    if (!numbers_at(role, "waterfall.score", arena, &score, err) || !numbers_at(role, "waterfall.label", arena, &label, err) ||
        !numbers_at(role, "score.quantiles", arena, &quantile, err))
        return false;
    for (size_t i = 0; i < score.n; i++)
        if (!isnan(score.v[i]))
            svg_circle(plot->svg, centre + 44 * 2 * spread(i), plot_y(plot, score.v[i]), 2.4,
                       (struct pen){.fill = label_colour(i < label.n ? label.v[i] : NAN), .opacity = 0.7});
    if (quantile.n == 5 && !isnan(quantile.v[1]) && !isnan(quantile.v[3])) {
        double top = plot_y(plot, quantile.v[3]), middle = plot_y(plot, quantile.v[2]);
        svg_rect(plot->svg, centre - 30, top, 60, plot_y(plot, quantile.v[1]) - top, (struct pen){.stroke = INK, .width = 1.4});
        svg_line(plot->svg, centre - 30, middle, centre + 30, middle, (struct pen){.stroke = INK, .width = 2.4});
    }
    struct text count = TEXT_INIT;
    struct lettering letter = LETTER_TITLE;
    char fitted[80];
    letter.anchor = SVG_MIDDLE;
    svg_text_fit(text_at(role, "role"), letter.size, COLUMN - 6, fitted, sizeof fitted);
    svg_text(plot->svg, centre, TOP + HEIGHT + 20, letter, fitted);
    text_add(&count, "n = %s", COUNT_TEXT(number_at(role, "n")));
    svg_text(plot->svg, centre, TOP + HEIGHT + 36, (struct lettering){.size = 11, .anchor = SVG_MIDDLE, .colour = GREY}, told(&count, &plot->svg->out));
    text_free(&count);
    return true;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    size_t n = role_count(run);
    double threshold = number_at(run->metrics, "model.threshold.value"), low = 0, high = 1;
    struct plot plot;
    svg_begin(&out->svg, LEFT + (double)COLUMN * (double)(n > 2 ? n : 2) + 16, TOP + HEIGHT + 90, "Distribution of the score by role");
    plot_begin(&plot, &out->svg, LEFT, TOP, (double)COLUMN * (double)(n > 2 ? n : 2), HEIGHT);
    for (size_t r = 0; r < n; r++) { /* a score may be a risk, outside 0 to 1 */
        low = fmin(low, number_at(item_at(role_item(run, r), "score.quantiles", 0), ""));
        high = fmax(high, number_at(item_at(role_item(run, r), "score.quantiles", 4), ""));
    }
    plot_scale(&plot, 0, 1, low, high);
    plot.x.n = 0;
    plot_axes(&plot, NULL, "Score");
    if (!isnan(threshold))
        svg_line(&out->svg, LEFT, plot_y(&plot, threshold), LEFT + plot.width, plot_y(&plot, threshold), (struct pen){.stroke = INK, .width = 1.2, .dash = "6 3"});
    for (size_t r = 0; r < n; r++)
        if (!draw_role(&plot, role_item(run, r), LEFT + COLUMN * ((double)r + 0.5), arena, err))
            return false;
    double y = TOP + HEIGHT + 64, x = LEFT;
    static const struct {
        const char *colour, *text;
    } keys[] = {{HIGH_COLOUR, "positive"}, {LOW_COLOUR, "negative"}, {GREY, "no label"}};
    for (size_t k = 0; k < 3; k++, x += 88) {
        svg_circle(&out->svg, x + 6, y - 4, 4, (struct pen){.fill = keys[k].colour});
        svg_text(&out->svg, x + 15, y, LETTER_TICK, keys[k].text);
    }
    svg_line(&out->svg, LEFT, y + 14, LEFT + 26, y + 14, (struct pen){.stroke = INK, .width = 1.2, .dash = "6 3"});
    svg_text(&out->svg, LEFT + 34, y + 18, LETTER_TICK, "locked threshold");
    text_add(&out->caption, "The score by role: a dot a patient; boxes are quartiles, the thick line the median. The threshold was locked on train.");
    return true;
}

const struct figure_kind figure_scores = {"scores", one_picture, draw};
