/* The pieces of an HTML page. Every text goes out escaped; only the tags written here and the SVG of our own figures are
 * markup. Failed appends are remembered in the text. */
#ifndef HEPAR_REPORT_HTML_H
#define HEPAR_REPORT_HTML_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

void html_heading(struct text *out, const char *text); /* h3 */
/* A paragraph made of pieces: begin, add, end. */
void html_begin(struct text *out, const char *tag, const char *class_or_null);
void html_end(struct text *out, const char *tag);
/* Formatted, then escaped. */
void html_add(struct text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_paragraph(struct text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A table: begin with the header cells (NULL behind the last), rows of cells, end. The first column is text, the others are
 * set to the right unless `left` has their letter: 'l' a left column, 'r' a right one, by position. */
struct html_table {
    struct text *out;
    const char *align;
    size_t column;
};
struct html_table html_table_begin(struct text *out, const char *caption, const char *align, const char *const *header);
void html_row_begin(struct html_table *table, const char *class_or_null);
void html_cell(struct html_table *table, const char *text);
void html_cell_whole(struct html_table *table, const char *text); /* kept on one line */
void html_cell_fixed(struct html_table *table, double value, int decimals);
void html_cell_interval(struct html_table *table, double value, double low, double high, int decimals);
void html_cell_p(struct html_table *table, double p);
void html_row_end(struct html_table *table);
void html_table_end(struct html_table *table);

#endif
