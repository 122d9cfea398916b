/* Patients: their flow, the splits, Table 1, and the cases that failed. */
#include <math.h>
#include <string.h>

#include "report/page.h"

enum { ROLE_MAX = 32 };

void section_patients(struct page *page)
{
    const json_t *flow = part(page->run->metrics, "flow");
    page_add_figures(page, &figure_flow);
    if (length_at(flow, "split") == 0)
        return;
    html_heading(&page->out, "How the roles came about");
    text_add(&page->out, "<ul>\n");
    for (size_t i = 0; i < length_at(flow, "split"); i++) {
        html_begin(&page->out, "li", NULL);
        html_add(&page->out, "%s", text_at(item_at(flow, "split", i), "text"));
        html_end(&page->out, "li");
    }
    text_add(&page->out, "</ul>\n");
}

static void table1_cells(struct html_table *table, const json_t *row, size_t role_n)
{
    for (size_t r = 0; r < role_n; r++) {
        const json_t *cell = item_at(row, "cells", r);
        struct text text = TEXT_INIT;
        double missing = number_at(cell, "missing");
        text_add(&text, "%s", text_at(cell, "text"));
        if (missing > 0)
            text_add(&text, "%s%.0f missing", text.n > 0 ? "; " : "", missing);
        if (text.failed)
            table->out->failed = true;
        html_cell(table, text.bytes == NULL ? "" : text.bytes);
        text_free(&text);
    }
}

void section_baseline(struct page *page)
{
    const json_t *table1 = part(page->run->metrics, "table1");
    size_t role_n = length_at(table1, "roles"), row_n = length_at(table1, "rows");
    const char *header[ROLE_MAX + 5] = {"Variable"};
    char align[ROLE_MAX + 5];
    if (row_n == 0 || role_n == 0) {
        html_paragraph(&page->out, "The study names no clinical columns, so there is no table of patients.");
        return;
    }
    role_n = role_n > ROLE_MAX ? ROLE_MAX : role_n;
    for (size_t r = 0; r < role_n; r++)
        header[1 + r] = text_at(item_at(table1, "roles", r), "");
    header[1 + role_n] = "Test";
    header[2 + role_n] = "P";
    header[3 + role_n] = "SMD";
    memset(align, 'r', sizeof align);
    align[0] = align[1 + role_n] = 'l';
    align[sizeof align - 1] = '\0';
    struct html_table table = html_table_begin(&page->out, "Table 1. Patients used, by role", align, header);
    for (size_t i = 0; i < row_n; i++) {
        const json_t *row = item_at(table1, "rows", i);
        bool level = text_at(row, "level")[0] != '\0';
        html_row_begin(&table, level ? "level" : NULL);
        html_cell(&table, level ? text_at(row, "level") : text_at(row, "variable"));
        table1_cells(&table, row, role_n);
        html_cell(&table, text_at(row, "test"));
        if (level && isnan(number_at(row, "p")))
            html_cell(&table, "");
        else
            html_cell_p(&table, number_at(row, "p"));
        if (level && isnan(number_at(row, "smd")))
            html_cell(&table, "");
        else
            html_cell_fixed(&table, number_at(row, "smd"), 2);
        html_row_end(&table);
    }
    html_table_end(&table);
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "Numbers: mean (standard deviation) or median [quartiles]; categories: n (share). P over all roles; SMD: largest standardised mean difference "
                         "between two roles. A small P says that the roles differ, and is no fault of the model.");
    html_end(&page->out, "p");
}

void section_failed(struct page *page)
{
    static const char *const header[] = {"ID", "Role", "Reason", NULL};
    size_t n = length_at(page->run->metrics, "flow.failed");
    if (n == 0) {
        html_paragraph(&page->out, "No case failed.");
        return;
    }
    struct html_table table = html_table_begin(&page->out, "Cases without a row of features", "lll", header);
    for (size_t i = 0; i < n; i++) {
        const json_t *failed = item_at(page->run->metrics, "flow.failed", i);
        html_row_begin(&table, NULL);
        html_cell(&table, text_at(failed, "id"));
        html_cell(&table, text_at(failed, "role"));
        html_cell(&table, text_at(failed, "reason"));
        html_row_end(&table);
    }
    html_table_end(&table);
}
