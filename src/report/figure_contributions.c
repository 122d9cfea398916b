/* What the score is made of: coefficients of the standardised columns, or importances where the learner has none. */
#include <math.h>
#include <stdlib.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

enum { SHOWN_MAX = 25, ROW = 22, LABEL = 330, WIDTH = 764 };

struct bar {
    const json_t *column;
    double value;
    size_t order;
};

static int by_size(const void *a, const void *b)
{
    const struct bar *p = a, *q = b;
    double x = fabs(p->value), y = fabs(q->value);
    if (x != y)
        return x > y ? -1 : 1;
    return p->order < q->order ? -1 : p->order > q->order;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    const json_t *model = part(run->metrics, "model");
    size_t n = length_at(model, "columns"), bar_n = 0;
    struct bar *bar = arena_alloc(arena, n, sizeof *bar, err);
    bool signed_values = n > 0;
    if (bar == NULL)
        return false;
    for (size_t k = 0; k < n; k++)
        signed_values &= !isnan(number_at(item_at(model, "columns", k), "coefficient"));
    for (size_t k = 0; k < n; k++) {
        const json_t *column = item_at(model, "columns", k);
        double value = number_at(column, signed_values ? "coefficient" : "importance");
        if (!isnan(value))
            bar[bar_n++] = (struct bar){column, value, k};
    }
    qsort(bar, bar_n, sizeof *bar, by_size);
    size_t shown = bar_n < SHOWN_MAX ? bar_n : SHOWN_MAX;
    double low = 0, high = 0;
    for (size_t k = 0; k < shown; k++) {
        low = fmin(low, bar[k].value);
        high = fmax(high, bar[k].value);
    }
    ticks_widen(&low, &high, 5);
    struct plot plot;
    svg_begin(&out->svg, WIDTH, 24 + ROW * (double)(shown > 0 ? shown : 3) + 46, "What the score is made of");
    plot_begin(&plot, &out->svg, LABEL, 12, WIDTH - LABEL - 24, ROW * (double)(shown > 0 ? shown : 3));
    plot_scale(&plot, low, high, 0, (double)(shown > 0 ? shown : 1));
    plot_axes(&plot, signed_values ? "Coefficient (a standard deviation of the column)" : "Importance", NULL);
    if (shown == 0)
        plot_say(&plot, "the model has no columns with a weight");
    for (size_t k = 0; k < shown; k++) {
        double top = plot.top + ROW * (double)k, from = plot_x(&plot, fmin(0, bar[k].value)), to = plot_x(&plot, fmax(0, bar[k].value));
        const char *title = text_at(bar[k].column, "title");
        char fitted[160];
        struct lettering letter = LETTER_TICK;
        letter.anchor = SVG_END;
        svg_rect(&out->svg, from, top + 4, to - from, ROW - 8, (struct pen){.fill = bar[k].value < 0 ? LOW_COLOUR : HIGH_COLOUR});
        svg_text_fit(title[0] != '\0' ? title : text_at(bar[k].column, "name"), letter.size, LABEL - 16, fitted, sizeof fitted);
        svg_text(&out->svg, LABEL - 8, top + ROW / 2 + 4, letter, fitted);
    }
    if (shown > 0)
        svg_line(&out->svg, plot_x(&plot, 0), plot.top, plot_x(&plot, 0), plot.top + plot.height, (struct pen){.stroke = INK, .width = 1});
    if (signed_values)
        text_add(&out->caption, "Coefficients of the locked model: a bar to the right raises the score, one to the left lowers it. ");
    else if (shown > 0)
        text_add(&out->caption, "Importance of the locked model's columns, which says how much a column matters but not in which direction. ");
    if (bar_n > shown)
        text_add(&out->caption, "The %zu largest of %zu are shown; all stand in the table. ", shown, bar_n);
    text_add(&out->caption, "A weight describes the model, and is no evidence of cause.");
    return true;
}

const struct figure_kind figure_contributions = {"contributions", one_picture, draw};
