/* What the score is made of: the fitted steps, the columns and their weights, its distribution, its waterfall. */
#include <math.h>

#include "report/page.h"

static void steps_list(struct page *page, const json_t *model)
{
    if (length_at(model, "steps") == 0)
        return;
    html_heading(&page->out, "Steps, as fitted on train");
    text_add(&page->out, "<ol>\n");
    for (size_t i = 0; i < length_at(model, "steps"); i++) {
        html_begin(&page->out, "li", NULL);
        html_add(&page->out, "%s", text_at(item_at(model, "steps", i), ""));
        html_end(&page->out, "li");
    }
    text_add(&page->out, "</ol>\n");
}

static void columns_table(struct page *page, const json_t *model)
{
    static const char *const header[] = {"Column", "Coefficient", "Importance", "Mean in train", "SD in train", NULL};
    size_t n = length_at(model, "columns");
    if (n == 0)
        return;
    struct html_table table = html_table_begin(&page->out, "Columns of the locked model", "lrrrr", header);
    for (size_t i = 0; i < n; i++) {
        const json_t *column = item_at(model, "columns", i);
        static const char *const paths[] = {"coefficient", "importance", "mean", "sd"};
        const char *title = text_at(column, "title");
        html_row_begin(&table, NULL);
        html_cell(&table, title[0] != '\0' ? title : text_at(column, "name"));
        for (size_t k = 0; k < 4; k++) {
            struct text number = TEXT_INIT;
            add_significant(&number, number_at(column, paths[k]), 4);
            html_cell_whole(&table, told(&number, table.out));
            text_free(&number);
        }
        html_row_end(&table);
    }
    html_table_end(&table);
    double intercept = number_at(model, "intercept");
    if (!isnan(intercept)) {
        html_begin(&page->out, "p", "small");
        html_add(&page->out, "Intercept: ");
        add_significant(&page->out, intercept, 4);
        html_end(&page->out, "p");
    }
}

void section_score(struct page *page)
{
    const json_t *model = part(page->run->metrics, "model");
    page_add_figures(page, &figure_contributions);
    steps_list(page, model);
    columns_table(page, model);
    html_heading(&page->out, "The score by role");
    page_add_figures(page, &figure_scores);
    html_heading(&page->out, "Waterfall of the score");
    html_begin(&page->out, "div", "pairs");
    page_add_figures(page, &figure_waterfall);
    html_end(&page->out, "div");
}
