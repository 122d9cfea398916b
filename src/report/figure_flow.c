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
    bool failed; /* memory was short */
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

/* Writes the text and empties it; a failure stays in the box, whose measure or picture is then not used. */
static void write_line(struct box *box, struct text *text, bool bold)
{
    box->failed |= text->failed;
    box_line(box, text->bytes == NULL ? "" : text->bytes, bold);
    text_free(text);
}

static void fill_role(struct box *box, const json_t *role)
{
    struct text text = TEXT_INIT;
    text_add(&text, "%s", text_at(role, "role"));
    write_line(box, &text, true);
    add_count(&text, number_at(role, "cases"), "case", "cases");
    write_line(box, &text, false);
}

static void fill_excluded(struct box *box, const json_t *role)
{
    struct text text = TEXT_INIT;
    size_t n = length_at(role, "excluded");
    double out = 0;
    for (size_t i = 0; i < n; i++)
        out += number_at(item_at(role, "excluded", i), "n");
    text_add(&text, "left out: ");
    add_fixed(&text, out, 0);
    write_line(box, &text, n > 0);
    for (size_t i = 0; i < n && i < REASON_MAX; i++) {
        text_add(&text, "%s (n = %s)", text_at(item_at(role, "excluded", i), "reason"), COUNT_TEXT(number_at(item_at(role, "excluded", i), "n")));
        write_line(box, &text, false);
    }
    if (n > REASON_MAX) {
        text_add(&text, "and %zu more reasons (table of failed cases)", n - REASON_MAX);
        write_line(box, &text, false);
    }
}

static void fill_used(struct box *box, const json_t *role)
{
    struct text text = TEXT_INIT;
    add_fixed(&text, number_at(role, "used"), 0);
    text_add(&text, " analysed");
    write_line(box, &text, true);
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
    write_line(box, &text, false);
}

typedef void fill_fn(struct box *box, const json_t *role);
static fill_fn *const fills[3] = {fill_role, fill_excluded, fill_used};

/* The height of the tallest of a role's boxes. */
static double measure(const json_t *role, bool *failed)
{
    const double width[3] = {ROLE_WIDTH, OUT_WIDTH, USED_WIDTH};
    double height = 0;
    for (size_t k = 0; k < 3; k++) {
        struct box box = {.width = width[k]};
        fills[k](&box, role);
        height = fmax(height, box_height(&box));
        *failed |= box.failed;
    }
    return height;
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

static void draw_row(struct svg *svg, const json_t *role, double top, double height)
{
    const double left[3] = {ROLE_LEFT, OUT_LEFT, USED_LEFT}, width[3] = {ROLE_WIDTH, OUT_WIDTH, USED_WIDTH};
    const struct pen pens[3] = {BOX, {.stroke = GREY, .width = 1.2, .dash = "4 3", .fill = "#ffffff"}, {.stroke = BLUE, .width = 1.2, .fill = "#ffffff"}};
    double middle = top + height / 2;
    arrow(svg, SPINE, ROLE_LEFT, middle);
    arrow(svg, ROLE_LEFT + ROLE_WIDTH, OUT_LEFT, middle);
    arrow(svg, OUT_LEFT + OUT_WIDTH, USED_LEFT, middle);
    for (size_t k = 0; k < 3; k++) {
        struct box measured = {.width = width[k]};
        fills[k](&measured, role);
        double inner = box_height(&measured);
        struct box box = {.svg = svg, .left = left[k], .top = middle - inner / 2, .width = width[k]};
        svg_rect(svg, box.left, box.top, box.width, inner, pens[k]);
        fills[k](&box, role);
        svg->out.failed |= measured.failed || box.failed;
    }
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)i;
    const json_t *flow = part(run->metrics, "flow");
    size_t n = length_at(flow, "roles");
    double *height = arena_alloc(arena, n, sizeof *height, err), total = HEAD + GAP, last = HEAD;
    bool failed = false;
    if (height == NULL)
        return false;
    for (size_t r = 0; r < n; r++) {
        height[r] = measure(item_at(flow, "roles", r), &failed);
        total += height[r] + GAP;
    }
    struct text text = TEXT_INIT;
    struct box head = {.svg = &out->svg, .left = 8, .top = 8, .width = 260};
    svg_begin(&out->svg, 764, total, "Flow of patients");
    svg_rect(&out->svg, head.left, head.top, head.width, 30, BOX);
    add_count(&text, number_at(flow, "cases"), "case in the table", "cases in the table");
    write_line(&head, &text, true);
    double top = HEAD + GAP;
    for (size_t r = 0; r < n; r++) {
        draw_row(&out->svg, item_at(flow, "roles", r), top, height[r]);
        last = top + height[r] / 2;
        top += height[r] + GAP;
    }
    if (n > 0)
        svg_line(&out->svg, SPINE, 38, SPINE, last, ARROW);
    out->svg.out.failed |= failed || head.failed;
    text_add(&out->caption, "Flow of patients from the table of cases to the analysis, by role.");
    return true;
}

const struct figure_kind figure_flow = {"flow", one_picture, draw};
