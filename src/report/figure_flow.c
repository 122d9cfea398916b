/* Flow of patients: the cases of the table, their roles, who was left out and why, who was analysed. A row a role. */
#include <math.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

enum { LINE = 16, PAD = 9, SPINE = 24, GAP = 14, HEAD = 44, REASON_MAX = 12 };
static const double ROLE_LEFT = 56, ROLE_WIDTH = 176, OUT_LEFT = 262, OUT_WIDTH = 258, USED_LEFT = 550, USED_WIDTH = 202;
static const struct pen BOX = {.stroke = GREY, .width = 1.2, .fill = "#ffffff"}, ARROW = {.stroke = GREY, .width = 1.4};

/* Lines of a box, wrapped into its width. */
struct box {
    struct svg *svg; /* NULL: measuring */
    double left, top, width;
    size_t line_n;
};

static void box_line(struct box *box, const char *text, bool bold)
{
    double room = box->width - 2 * PAD;
    struct lettering letter = LETTER_TITLE;
    letter.size = 11.5;
    letter.bold = bold;
    while (text[0] != '\0') {
        char part_of[512];
        size_t n = svg_text_break(text, letter.size * (bold ? 1.12 : 1), room);
        if (n >= sizeof part_of)
            n = sizeof part_of - 1;
        snprintf(part_of, sizeof part_of, "%.*s", (int)n, text);
        if (box->svg != NULL)
            svg_text(box->svg, box->left + PAD, box->top + PAD + 10 + LINE * (double)box->line_n, letter, part_of);
        box->line_n++;
        text += n;
        while (text[0] == ' ')
            text++;
    }
}

static double box_height(const struct box *box)
{
    return LINE * (double)box->line_n + 2 * PAD - 4;
}

static bool write_line(struct box *box, struct text *text, bool bold, struct err *err)
{
    bool done = text_ok(text, err);
    if (done)
        box_line(box, text->bytes == NULL ? "" : text->bytes, bold);
    text_free(text);
    *text = (struct text)TEXT_INIT;
    return done;
}

static bool fill_role(struct box *box, const json_t *role, struct err *err)
{
    struct text text = TEXT_INIT;
    text_add(&text, "%s", text_at(role, "role"));
    if (!write_line(box, &text, true, err))
        return false;
    add_count(&text, number_at(role, "cases"), "case", "cases");
    return write_line(box, &text, false, err);
}

static bool fill_excluded(struct box *box, const json_t *role, struct err *err)
{
    struct text text = TEXT_INIT;
    size_t n = length_at(role, "excluded");
    double out = 0;
    for (size_t i = 0; i < n; i++)
        out += number_at(item_at(role, "excluded", i), "n");
    text_add(&text, "left out: ");
    add_fixed(&text, out, 0);
    if (!write_line(box, &text, n > 0, err))
        return false;
    for (size_t i = 0; i < n && i < REASON_MAX; i++) {
        add_fixed(&text, number_at(item_at(role, "excluded", i), "n"), 0);
        text_add(&text, "  %s", text_at(item_at(role, "excluded", i), "reason"));
        if (!write_line(box, &text, false, err))
            return false;
    }
    if (n > REASON_MAX) {
        text_add(&text, "and %zu more reasons (table of failed cases)", n - REASON_MAX);
        return write_line(box, &text, false, err);
    }
    return true;
}

static bool fill_used(struct box *box, const json_t *role, struct err *err)
{
    struct text text = TEXT_INIT;
    add_fixed(&text, number_at(role, "used"), 0);
    text_add(&text, " analysed");
    if (!write_line(box, &text, true, err))
        return false;
    double known = number_at(role, "label_known"), positive = number_at(role, "positive");
    if (known > 0) {
        add_fixed(&text, known, 0);
        text_add(&text, " with label");
        if (!isnan(positive)) {
            text_add(&text, ", ");
            add_fixed(&text, positive, 0);
            text_add(&text, " positive");
        }
    } else
        text_add(&text, "no labels");
    return write_line(box, &text, false, err);
}

typedef bool fill_fn(struct box *box, const json_t *role, struct err *err);
static fill_fn *const fills[3] = {fill_role, fill_excluded, fill_used};

static bool measure(const json_t *role, double *height, struct err *err)
{
    const double width[3] = {ROLE_WIDTH, OUT_WIDTH, USED_WIDTH};
    *height = 0;
    for (size_t k = 0; k < 3; k++) {
        struct box box = {.width = width[k]};
        if (!fills[k](&box, role, err))
            return false;
        *height = fmax(*height, box_height(&box));
    }
    return true;
}

static void arrow(struct svg *svg, double x1, double x2, double y)
{
    svg_line(svg, x1, y, x2 - 6, y, ARROW);
    svg_path_begin(svg);
    svg_path_move(svg, x2, y);
    svg_path_line(svg, x2 - 8, y - 4);
    svg_path_line(svg, x2 - 8, y + 4);
    svg_path_end(svg, true, (struct pen){.fill = GREY});
}

static bool draw_row(struct svg *svg, const json_t *role, double top, double height, struct err *err)
{
    const double left[3] = {ROLE_LEFT, OUT_LEFT, USED_LEFT}, width[3] = {ROLE_WIDTH, OUT_WIDTH, USED_WIDTH};
    double middle = top + height / 2;
    arrow(svg, SPINE, ROLE_LEFT, middle);
    arrow(svg, ROLE_LEFT + ROLE_WIDTH, OUT_LEFT, middle);
    arrow(svg, OUT_LEFT + OUT_WIDTH, USED_LEFT, middle);
    for (size_t k = 0; k < 3; k++) {
        struct box box = {.width = width[k]};
        if (!fills[k](&box, role, err))
            return false;
        double inner = box_height(&box);
        struct pen pen = BOX;
        if (k == 1)
            pen.dash = "4 3";
        if (k == 2)
            pen.stroke = BLUE;
        box = (struct box){.svg = svg, .left = left[k], .top = middle - inner / 2, .width = width[k]};
        svg_rect(svg, box.left, box.top, box.width, inner, pen);
        if (!fills[k](&box, role, err))
            return false;
    }
    return true;
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    const json_t *flow = part(run->metrics, "flow");
    size_t n = length_at(flow, "roles");
    double *height = arena_alloc(arena, n, sizeof *height, err), total = HEAD + GAP, last = HEAD;
    if (height == NULL)
        return false;
    for (size_t r = 0; r < n; r++) {
        if (!measure(item_at(flow, "roles", r), &height[r], err))
            return false;
        total += height[r] + GAP;
    }
    struct text text = TEXT_INIT;
    struct box head = {.left = 8, .top = 8, .width = 260};
    svg_begin(&out->svg, 764, total, "Flow of patients");
    head.svg = &out->svg;
    svg_rect(&out->svg, head.left, head.top, head.width, 30, BOX);
    add_count(&text, number_at(flow, "cases"), "case in the table", "cases in the table");
    if (!write_line(&head, &text, true, err))
        return false;
    double top = HEAD + GAP;
    for (size_t r = 0; r < n; r++) {
        if (!draw_row(&out->svg, item_at(flow, "roles", r), top, height[r], err))
            return false;
        last = top + height[r] / 2;
        top += height[r] + GAP;
    }
    svg_line(&out->svg, SPINE, 38, SPINE, last, ARROW);
    text_add(&out->caption, "Flow of patients from the table of cases to the analysis, by role.");
    return true;
}

const struct figure_kind figure_flow = {"flow", one_picture, draw};
