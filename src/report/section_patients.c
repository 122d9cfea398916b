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

/* "59.0 (9.86); 60.0 [53.0-66.0]" from the numbers where they are there, else the cell's own text. */
static void add_cell(struct text *out, const json_t *cell)
{
    if (isnan(number_at(cell, "mean"))) {
        const char *text = text_at(cell, "text");
        text_add(out, "%s", strcmp(text, "-") == 0 ? EN_DASH : text);
        return;
    }
    add_significant(out, number_at(cell, "mean"), 3);
    text_add(out, " (");
    add_significant(out, number_at(cell, "sd"), 3);
    text_add(out, "); ");
    add_significant(out, number_at(item_at(cell, "quartiles", 1), ""), 3);
    text_add(out, " [");
    add_significant(out, number_at(item_at(cell, "quartiles", 0), ""), 3);
    text_add(out, EN_DASH);
    add_significant(out, number_at(item_at(cell, "quartiles", 2), ""), 3);
    text_add(out, "]");
}

/* A category says what is missing beside its name, and not with every level. */
enum shown { ALL, MISSING_ALONE, LEVEL_ALONE };

static void table1_cells(struct html_table *table, const json_t *row, size_t role_n, enum shown shown)
{
    for (size_t r = 0; r < role_n; r++) {
        const json_t *cell = item_at(row, "cells", r);
        struct text text = TEXT_INIT;
        double missing = number_at(cell, "missing");
        if (shown != MISSING_ALONE && (number_at(cell, "n") > 0 || text_at(cell, "text")[0] != '\0'))
            add_cell(&text, cell);
        if (shown != LEVEL_ALONE && missing > 0)
            text_add(&text, "%s%s missing", text.n > 0 ? "; " : "", COUNT_TEXT(missing));
        html_cell(table, told(&text, table->out));
        text_free(&text);
    }
}

/* The tests of a category stand beside its name, above its levels. */
static void table1_row(struct html_table *table, const char *name, const json_t *row, enum shown shown, size_t role_n)
{
    const json_t *tests = shown == LEVEL_ALONE ? NULL : row;
    html_row_begin(table, shown == LEVEL_ALONE ? "level" : NULL);
    html_cell(table, name);
    table1_cells(table, row, role_n, shown);
    html_cell(table, text_at(tests, "test"));
    if (tests == NULL || text_at(tests, "test")[0] == '\0')
        html_cell(table, "");
    else
        html_cell_p(table, number_at(tests, "p"));
    if (tests == NULL || isnan(number_at(tests, "smd")))
        html_cell(table, "");
    else
        html_cell_fixed(table, number_at(tests, "smd"), 2);
    html_row_end(table);
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
    const char *variable = "";
    for (size_t i = 0; i < row_n; i++) {
        const json_t *row = item_at(table1, "rows", i);
        bool level = text_at(row, "level")[0] != '\0', first = strcmp(variable, text_at(row, "variable")) != 0;
        variable = text_at(row, "variable");
        if (level && first)
            table1_row(&table, variable, row, MISSING_ALONE, role_n);
        table1_row(&table, level ? text_at(row, "level") : variable, row, level ? LEVEL_ALONE : ALL, role_n);
    }
    html_table_end(&table);
    html_begin(&page->out, "p", "small");
    html_add(&page->out, "Numbers: mean (standard deviation); median [quartiles]. Categories: n (share). P over all roles; SMD: largest standardised mean difference "
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
