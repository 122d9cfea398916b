/* Blocks x learners side by side: AUC with interval of every model, a column a role, and the cross-validated ranking
 * in train. Four columns a picture. */
#include <math.h>
#include <string.h>

#include "report/figure.h"
#include "report/numbers.h"
#include "report/palette.h"
#include "report/plot.h"

enum { COLUMNS = 4, ROW = 22, TOP = 52, LABEL = 252, GAP = 26, RIGHT = 12 };
static const double WIDTH = 764;

/* The columns are the ranking, then every role that side_by_side names, in order of appearance. */
static size_t role_names(const struct run *run, const char **names, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < length_at(run->metrics, "side_by_side"); i++) {
        const char *role = text_at(item_at(run->metrics, "side_by_side", i), "role");
        size_t k = 0;
        while (k < n && strcmp(names[k], role) != 0)
            k++;
        if (k == n && n < room)
            names[n++] = role;
    }
    return n;
}

enum { ROLE_MAX = 64 };

static size_t count(const struct run *run)
{
    const char *names[ROLE_MAX];
    return (1 + role_names(run, names, ROLE_MAX) + COLUMNS - 1) / COLUMNS;
}

static const json_t *find_side(const struct run *run, const json_t *row, const char *role)
{
    for (size_t i = 0; i < length_at(run->metrics, "side_by_side"); i++) {
        const json_t *side = item_at(run->metrics, "side_by_side", i);
        if (strcmp(text_at(side, "role"), role) == 0 && strcmp(text_at(side, "block"), text_at(row, "block")) == 0 &&
            strcmp(text_at(side, "learner"), text_at(row, "learner")) == 0)
            return side;
    }
    return NULL;
}

static struct estimate row_estimate(const struct run *run, const json_t *row, const char *role, bool *apparent)
{
    if (role != NULL) {
        const json_t *side = find_side(run, row, role);
        *apparent = flag_at(side, "apparent");
        return estimate_at(side, "auc");
    }
    double mean = number_at(row, "auc_mean"), sd = number_at(row, "auc_sd");
    *apparent = false;
    return (struct estimate){mean, mean - sd, mean + sd};
}

static void lowest_of(const struct run *run, double *low)
{
    *low = 0.4;
    for (size_t i = 0; i < length_at(run->metrics, "side_by_side"); i++) {
        struct estimate e = estimate_at(item_at(run->metrics, "side_by_side", i), "auc");
        *low = fmin(*low, isnan(e.low) ? fmin(*low, e.value) : e.low);
    }
    *low = fmax(floor(*low * 5) / 5, 0);
}

static void draw_column(const struct run *run, struct svg *svg, double left, double width, const char *role, double low)
{
    struct plot plot;
    struct text title = TEXT_INIT;
    size_t row_n = length_at(run->metrics, "ranking.rows");
    bool apparent = false, any = false;
    if (role == NULL)
        text_add(&title, "train, in folds");
    else
        text_add(&title, "%s", role);
    plot_begin(&plot, svg, left, TOP, width, ROW * (double)row_n);
    plot_scale(&plot, low, 1, 0, (double)row_n);
    plot.x = ticks_make(low, 1, 3);
    plot_axes(&plot, "AUC", NULL);
    svg_line(svg, plot_x(&plot, 0.5), TOP, plot_x(&plot, 0.5), TOP + plot.height, (struct pen){.stroke = GREY, .width = 1, .dash = "4 4"});
    for (size_t i = 0; i < row_n; i++) {
        const json_t *row = item_at(run->metrics, "ranking.rows", i);
        struct estimate e = row_estimate(run, row, role, &apparent);
        double y = (double)row_n - (double)i - 0.5;
        bool winner = flag_at(row, "winner");
        const char *colour = winner ? VERMILION : BLUE;
        if (isnan(e.value))
            continue;
        any = true;
        plot_bar_lying(&plot, y, fmax(e.low, low), fmin(e.high, 1), colour);
        plot_mark(&plot, e.value, y, winner ? 5 : 4, (struct pen){.stroke = colour, .width = 1.6, .fill = apparent ? "#ffffff" : colour});
    }
    if (!any)
        plot_say(&plot, "not estimable");
    if (apparent)
        text_add(&title, " (apparent)");
    char fitted[128];
    struct lettering letter = LETTER_TITLE;
    letter.bold = true;
    letter.anchor = SVG_MIDDLE;
    svg_text_fit(told(&title, &svg->out), letter.size * 1.08, width + GAP, fitted, sizeof fitted);
    svg_text(svg, left + width / 2, TOP - 10, letter, fitted);
    text_free(&title);
}

static void draw_labels(const struct run *run, struct svg *svg)
{
    for (size_t i = 0; i < length_at(run->metrics, "ranking.rows"); i++) {
        const json_t *row = item_at(run->metrics, "ranking.rows", i);
        struct text label = TEXT_INIT;
        struct lettering letter = LETTER_TITLE;
        char fitted[128];
        letter.anchor = SVG_END;
        letter.bold = flag_at(row, "winner");
        letter.colour = letter.bold ? VERMILION : INK;
        text_add(&label, "%s \xC2\xB7 %s", text_at(row, "block"), text_at(row, "learner"));
        svg_text_fit(told(&label, &svg->out), letter.size * (letter.bold ? 1.08 : 1), LABEL - 18, fitted, sizeof fitted);
        svg_text(svg, LABEL - 10, TOP + ROW * ((double)i + 0.5) + 4, letter, fitted);
        text_free(&label);
    }
}

static bool draw(const struct run *run, size_t i, struct arena *arena, struct figure *out, struct err *err)
{
    (void)arena;
    (void)err;
    const char *names[ROLE_MAX];
    size_t all = 1 + role_names(run, names, ROLE_MAX), first = i * COLUMNS, n = all - first < COLUMNS ? all - first : COLUMNS;
    size_t row_n = length_at(run->metrics, "ranking.rows");
    double width = (WIDTH - LABEL - RIGHT - GAP * (double)(n - 1)) / (double)n, low;
    if (i > 0)
        text_add(&out->name, "_%zu", i + 1);
    width = fmin(width, 240);
    svg_begin(&out->svg, WIDTH, TOP + ROW * (double)row_n + 50, "Blocks and learners side by side");
    lowest_of(run, &low);
    draw_labels(run, &out->svg);
    for (size_t k = 0; k < n; k++)
        draw_column(run, &out->svg, LABEL + (double)k * (width + GAP), width, first + k == 0 ? NULL : names[first + k - 1], low);
    text_add(&out->caption, "Every block with every learner. Left: cross-validated, mean and standard deviation over the folds in train, by which the winner (red, bold) was chosen. "
                            "The others: models fitted on the whole of train, AUC with 95 %% DeLong interval; hollow marks are apparent.");
    return true;
}

const struct figure_kind figure_comparison = {"comparison", count, draw};
