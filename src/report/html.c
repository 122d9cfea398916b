/* HTML pieces; see html.h. */
#include "report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/numbers.h"
#include "report/svg.h"

static void add_formatted(struct text *out, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *formatted = n < 0 ? NULL : mem_alloc((size_t)n + 1, 1, NULL);
    if (formatted == NULL) {
        out->failed = true;
        return;
    }
    vsnprintf(formatted, (size_t)n + 1, format, arguments);
    add_escaped(out, formatted);
    mem_free(formatted);
}

void html_add(struct text *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_formatted(out, format, arguments);
    va_end(arguments);
}

void html_begin(struct text *out, const char *tag, const char *class_or_null)
{
    if (class_or_null == NULL)
        text_add(out, "<%s>", tag);
    else
        text_add(out, "<%s class=\"%s\">", tag, class_or_null);
}

void html_end(struct text *out, const char *tag)
{
    text_add(out, "</%s>\n", tag);
}

void html_paragraph(struct text *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    html_begin(out, "p", NULL);
    add_formatted(out, format, arguments);
    html_end(out, "p");
    va_end(arguments);
}

void html_heading(struct text *out, const char *text)
{
    html_begin(out, "h3", NULL);
    add_escaped(out, text);
    html_end(out, "h3");
}

struct html_table html_table_begin(struct text *out, const char *caption, const char *align, const char *const *header)
{
    struct html_table table = {out, align, 0};
    text_add(out, "<div class=\"wide\"><table>\n<caption>");
    add_escaped(out, caption);
    text_add(out, "</caption>\n<thead><tr>");
    for (size_t i = 0; header[i] != NULL; i++) {
        text_add(out, "<th scope=\"col\"%s>", i < strlen(align) && align[i] == 'l' ? " class=\"l\"" : "");
        add_escaped(out, header[i]);
        text_add(out, "</th>");
    }
    text_add(out, "</tr></thead>\n<tbody>\n");
    return table;
}

void html_row_begin(struct html_table *table, const char *class_or_null)
{
    html_begin(table->out, "tr", class_or_null);
    table->column = 0;
}

static void cell_begin(struct html_table *table, bool number)
{
    bool left = table->column < strlen(table->align) && table->align[table->column] == 'l';
    text_add(table->out, left ? "<td class=\"l\">" : number ? "<td class=\"n\">" : "<td>");
    table->column++;
}

static void cell_end(struct html_table *table)
{
    text_add(table->out, "</td>");
}

void html_cell(struct html_table *table, const char *text)
{
    cell_begin(table, false);
    add_escaped(table->out, text);
    cell_end(table);
}

void html_cell_whole(struct html_table *table, const char *text)
{
    cell_begin(table, true);
    add_escaped(table->out, text);
    cell_end(table);
}

void html_cell_fixed(struct html_table *table, double value, int decimals)
{
    cell_begin(table, true);
    add_fixed(table->out, value, decimals);
    cell_end(table);
}

void html_cell_interval(struct html_table *table, double value, double low, double high, int decimals)
{
    cell_begin(table, true);
    add_interval(table->out, value, low, high, decimals, EN_DASH);
    cell_end(table);
}

void html_cell_p(struct html_table *table, double p)
{
    struct text text = TEXT_INIT;
    add_p_value(&text, p);
    html_cell_whole(table, told(&text, table->out));
    text_free(&text);
}

void html_row_end(struct html_table *table)
{
    html_end(table->out, "tr");
}

void html_table_end(struct html_table *table)
{
    text_add(table->out, "</tbody></table></div>\n");
}
