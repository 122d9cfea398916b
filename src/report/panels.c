/* Panels by role; see panels.h. */
#include "report/panels.h"

#include "report/numbers.h"

enum { COLUMNS = 3, WIDTH = 250, LEFT = 62, INSIDE = 176, TOP = 34 };

static bool draw_titled(struct svg *svg, size_t k, const json_t *role, struct panel_form form, panel_fn *draw, struct arena *arena, struct err *err)
{
    struct plot plot;
    struct text title = TEXT_INIT;
    double height = TOP + INSIDE + form.room_below;
    plot_begin(&plot, svg, (double)(k % COLUMNS) * WIDTH + LEFT, (double)(k / COLUMNS) * height + TOP, INSIDE, INSIDE);
    add_role_name(&title, role);
    text_add(&title, ", n = %s", COUNT_TEXT(number_at(role, form.wanted == role_has_label ? "label_n" : "n")));
    plot_title(&plot, told(&title, &svg->out));
    text_free(&title);
    return draw(&plot, role, arena, err);
}

bool panels_draw(const struct run *run, const char *title, struct panel_form form, panel_fn *draw, struct arena *arena, struct figure *out,
                 struct err *err)
{
    size_t n = 0, k = 0;
    for (size_t r = 0; r < role_count(run); r++)
        n += form.wanted(role_item(run, r));
    size_t shown = n == 0 ? 1 : n, columns = shown < COLUMNS ? shown : COLUMNS, rows = (shown + COLUMNS - 1) / COLUMNS;
    svg_begin(&out->svg, (double)columns * WIDTH, (double)rows * (TOP + INSIDE + form.room_below), title);
    if (n == 0) {
        struct plot plot;
        plot_begin(&plot, &out->svg, 12, TOP, WIDTH - 24, INSIDE);
        plot_say(&plot, form.nobody);
    }
    for (size_t r = 0; r < role_count(run); r++)
        if (form.wanted(role_item(run, r)) && !draw_titled(&out->svg, k++, role_item(run, r), form, draw, arena, err))
            return false;
    return true;
}
