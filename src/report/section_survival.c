/* Risk groups against follow-up: Kaplan-Meier, log-rank, Cox, concordance. */
#include <math.h>

#include "report/page.h"

static size_t endpoint_count(const struct run *run)
{
    size_t n = 0;
    for (size_t r = 0; r < role_count(run); r++)
        n += length_at(role_item(run, r), "endpoints");
    return n;
}

static void cell_test(struct html_table *table, const json_t *test)
{
    if (isnan(number_at(test, "p"))) {
        struct text why = TEXT_INIT;
        text_add(&why, "not estimable");
        if (text_at(test, "status")[0] != '\0') {
            text_add(&why, ": ");
            add_status(&why, text_at(test, "status"));
        }
        html_cell(table, told(&why, table->out));
        text_free(&why);
    } else
        html_cell_p(table, number_at(test, "p"));
}

static void tests_table(struct page *page)
{
    static const char *const header[] = {"Role", "Endpoint", "Log-rank P", "HR, high to low (95 % CI)", "P", "HR, one SD of the score (95 % CI)", "P", "C index (95 % CI)", NULL};
    struct html_table table = html_table_begin(&page->out, "Risk groups and score against endpoints", "llrrrrrr", header);
    for (size_t r = 0; r < role_count(page->run); r++) {
        const json_t *role = role_item(page->run, r);
        for (size_t e = 0; e < length_at(role, "endpoints"); e++) {
            const json_t *endpoint = item_at(role, "endpoints", e);
            struct estimate group = estimate_at(endpoint, "cox_group.hr"), score = estimate_at(endpoint, "cox_score.hr"), c = estimate_at(endpoint, "c_index");
            struct text name = TEXT_INIT;
            add_role_name(&name, role);
            html_row_begin(&table, flag_at(role, "apparent") ? "apparent" : NULL);
            html_cell(&table, told(&name, table.out));
            html_cell(&table, text_at(endpoint, "title"));
            cell_test(&table, part(endpoint, "logrank"));
            html_cell_interval(&table, group.value, group.low, group.high, 2);
            cell_test(&table, part(endpoint, "cox_group"));
            html_cell_interval(&table, score.value, score.low, score.high, 2);
            cell_test(&table, part(endpoint, "cox_score"));
            html_cell_interval(&table, c.value, c.low, c.high, 3);
            html_row_end(&table);
            text_free(&name);
        }
    }
    html_table_end(&table);
}

void section_survival(struct page *page)
{
    if (endpoint_count(page->run) == 0) {
        html_paragraph(&page->out, "The study names no endpoints.");
        return;
    }
    html_paragraph(&page->out, "The locked threshold divides the patients of every role into low and high risk. It was chosen without any follow-up.");
    tests_table(page);
    page_add_figures(page, &figure_survival);
}
