/* Man page (troff), Markdown and JSON from option tables; see manual.h. */
#include "base/manual.h"

#include <string.h>

/* ---- troff ---- */

/* Backslash and minus are escaped; a dot or quote that begins a line would be a request. */
static void add_troff(const char *text, size_t n, struct text *out)
{
    bool line_begins = true;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (line_begins && (c == '.' || c == '\''))
            text_add(out, "\\&");
        line_begins = c == '\n';
        if (c == '\\')
            text_add(out, "\\e");
        else if (c == '-')
            text_add(out, "\\-");
        else
            text_add_char(out, c);
    }
}

static void add_troff_paragraphs(const char *text, struct text *out)
{
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t n = end == NULL ? strlen(text) : (size_t)(end - text);
        text_add(out, text[0] == ' ' ? ".PP\n.nf\n" : ".PP\n");
        add_troff(text, n, out);
        text_add(out, text[0] == ' ' ? "\n.fi\n" : "\n");
        text += n + (text[n] == '\0' ? 0 : 2);
    }
}

static void add_troff_options(const char *title, const struct opt *opt, size_t n, struct text *out)
{
    char value[128];
    if (n > 0)
        text_add(out, ".SH %s\n", title);
    for (size_t i = 0; i < n; i++) {
        if (opt[i].hidden)
            continue;
        text_add(out, ".TP\n");
        if (opt[i].letter != 0)
            text_add(out, "\\fB\\-%c\\fR, ", opt[i].letter);
        text_add(out, "\\fB\\-\\-");
        add_troff(opt[i].name, strlen(opt[i].name), out);
        text_add(out, "\\fR");
        if (manual_value(&opt[i], value)[0] != '\0') {
            text_add(out, " \\fI");
            add_troff(value, strlen(value), out);
            text_add(out, "\\fR");
        }
        text_add_char(out, '\n');
        struct text help = TEXT_INIT;
        manual_option_help(&opt[i], &help);
        add_troff(help.failed ? "" : help.bytes, help.n, out);
        out->failed |= help.failed;
        text_free(&help);
        text_add_char(out, '\n');
    }
}

static void add_man_head(const struct manual *manual, const char *name, const char *summary, struct text *out)
{
    text_add(out, ".TH \"");
    for (const char *c = name; *c != '\0'; c++)
        text_add_char(out, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    text_add(out, "\" 1 \"\" \"%s %s\" \"%s\"\n.SH NAME\n", manual->program, manual->version, manual->program);
    add_troff(name, strlen(name), out);
    text_add(out, " \\- %s\n.SH SYNOPSIS\n", summary);
}

static void add_command_list(const struct manual *manual, struct text *out)
{
    for (size_t g = 0; g < manual->group_n; g++) {
        text_add(out, ".SS %s\n", manual->group[g]);
        for (size_t p = 0; p < manual->page_n; p++)
            if (manual->page[p]->group != NULL && strcmp(manual->page[p]->group, manual->group[g]) == 0)
                text_add(out, ".TP\n\\fB%s\\fR\n%s; see \\fB%s\\-%s\\fR(1)\n", manual->page[p]->name, manual->page[p]->summary,
                         manual->program, manual->page[p]->name);
    }
}

static void add_program_man(const struct manual *manual, struct text *out)
{
    add_man_head(manual, manual->program, manual->summary, out);
    text_add(out, "\\fB%s\\fR \\fICOMMAND\\fR [options] ...\n.SH DESCRIPTION\n", manual->program);
    add_troff_paragraphs(manual->description, out);
    text_add(out, ".SH COMMANDS\n");
    add_command_list(manual, out);
    add_troff_options("OPTIONS OF EVERY COMMAND", manual->common.opt, manual->common.n, out);
}

static void add_command_man(const struct manual *manual, const struct manual_page *page, struct text *out)
{
    struct text name = TEXT_INIT;
    text_add(&name, "%s-%s", manual->program, page->name);
    add_man_head(manual, name.failed ? page->name : name.bytes, page->summary, out);
    out->failed |= name.failed;
    text_free(&name);
    for (size_t i = 0; page->usage[i] != NULL; i++) {
        text_add(out, "%s\\fB%s %s\\fR [options] \\fI", i == 0 ? "" : ".br\n", manual->program, page->name);
        add_troff(page->usage[i], strlen(page->usage[i]), out);
        text_add(out, "\\fR\n");
    }
    text_add(out, ".SH DESCRIPTION\n");
    add_troff_paragraphs(page->description, out);
    add_troff_options("OPTIONS", page->opt, page->opt_n, out);
    add_troff_options("OPTIONS OF EVERY COMMAND", manual->common.opt, manual->common.n, out);
    if (page->example_n > 0)
        text_add(out, ".SH EXAMPLES\n");
    for (size_t i = 0; i < page->example_n; i++) {
        text_add(out, ".TP\n\\fB");
        add_troff(page->example[i].line, strlen(page->example[i].line), out);
        text_add(out, "\\fR\n");
        add_troff(page->example[i].what, strlen(page->example[i].what), out);
        text_add_char(out, '\n');
    }
    text_add(out, ".SH SEE ALSO\n\\fB%s\\fR(1)\n", manual->program);
}

void manual_man(const struct manual *manual, const struct manual_page *page, struct text *out)
{
    if (page == NULL)
        add_program_man(manual, out);
    else
        add_command_man(manual, page, out);
}

/* ---- Markdown ---- */

static void add_cell(const char *text, struct text *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '<' || *text == '*')
            text_add_char(out, '\\');
        text_add_char(out, *text);
    }
}

static void add_markdown_options(const char *title, const struct opt *opt, size_t n, struct text *out)
{
    char value[128], bounds[128];
    if (n == 0)
        return;
    text_add(out, "\n## %s\n\n| option | what | range | default |\n|---|---|---|---|\n", title);
    for (size_t i = 0; i < n; i++) {
        if (opt[i].hidden)
            continue;
        text_add(out, "| ");
        if (opt[i].letter != 0)
            text_add(out, "`-%c`, ", opt[i].letter);
        text_add(out, "`--%s`", opt[i].name);
        if (manual_value(&opt[i], value)[0] != '\0' && opt[i].kind != OPT_CHOICE)
            text_add(out, " *%s*", value);
        text_add(out, " | ");
        add_cell(opt[i].help, out);
        text_add(out, "%s%s | ", opt[i].required ? " (needed)" : "", opt[i].kind == OPT_LIST || opt[i].kind == OPT_PAIRS ? " (may be repeated)" : "");
        if (opt[i].kind == OPT_CHOICE)
            for (size_t c = 0; opt[i].choices[c] != NULL; c++)
                text_add(out, "%s`%s`", c == 0 ? "" : ", ", opt[i].choices[c]);
        else
            text_add(out, "%s", manual_bounds(&opt[i], bounds));
        text_add(out, opt[i].initial == NULL ? " | |\n" : " | `%s` |\n", opt[i].initial);
    }
}

void manual_markdown(const struct manual *manual, const struct manual_page *page, struct text *out)
{
    text_add(out, "# %s %s\n\n<!-- made by '%s docs' from the command's table; change it there -->\n\n%s.\n\n```\n", manual->program,
             page->name, manual->program, page->summary);
    for (size_t i = 0; page->usage[i] != NULL; i++)
        text_add(out, "%s %s [options]%s%s\n", manual->program, page->name, page->usage[i][0] == '\0' ? "" : " ", page->usage[i]);
    text_add(out, "```\n\n%s\n", page->description);
    add_markdown_options("Options", page->opt, page->opt_n, out);
    add_markdown_options("Options of every command", manual->common.opt, manual->common.n, out);
    if (page->example_n > 0)
        text_add(out, "\n## Examples\n");
    for (size_t i = 0; i < page->example_n; i++)
        text_add(out, "\n%s\n\n```\n%s\n```\n", page->example[i].what, page->example[i].line);
}

void manual_markdown_index(const struct manual *manual, struct text *out)
{
    text_add(out, "# Commands\n\n<!-- made by '%s docs' from the commands' tables; change them there -->\n", manual->program);
    for (size_t g = 0; g < manual->group_n; g++) {
        text_add(out, "\n## %s\n\n| command | what it does |\n|---|---|\n", manual->group[g]);
        for (size_t p = 0; p < manual->page_n; p++)
            if (manual->page[p]->group != NULL && strcmp(manual->page[p]->group, manual->group[g]) == 0)
                text_add(out, "| [%s](%s.md) | %s |\n", manual->page[p]->name, manual->page[p]->name, manual->page[p]->summary);
    }
}

/* ---- JSON ---- */

static void add_json_text(const char *text, struct text *out)
{
    text_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            text_add(out, "\\%c", *text);
        else if (*text == '\n')
            text_add(out, "\\n");
        else if ((unsigned char)*text < 0x20)
            text_add(out, "\\u%04x", (unsigned)*text);
        else
            text_add_char(out, *text);
    }
    text_add_char(out, '"');
}

static void add_json_member(const char *name, const char *text, struct text *out)
{
    text_add(out, ", \"%s\": ", name);
    if (text == NULL)
        text_add(out, "null");
    else
        add_json_text(text, out);
}

static void add_json_option(const struct opt *opt, struct text *out)
{
    static const char *const kinds[] = {[OPT_FLAG] = "flag", [OPT_TEXT] = "text", [OPT_NUMBER] = "number", [OPT_INTEGER] = "integer",
                                        [OPT_SIZE] = "size", [OPT_CHOICE] = "choice", [OPT_LIST] = "list", [OPT_PAIRS] = "pairs"};
    text_add(out, "{\"name\": ");
    add_json_text(opt->name, out);
    if (opt->letter != 0)
        text_add(out, ", \"letter\": \"%c\"", opt->letter);
    add_json_member("kind", kinds[opt->kind], out);
    add_json_member("help", opt->help, out);
    add_json_member("default", opt->initial, out);
    if (opt->kind == OPT_CHOICE) {
        text_add(out, ", \"choices\": [");
        for (size_t i = 0; opt->choices[i] != NULL; i++) {
            text_add(out, i == 0 ? "" : ", ");
            add_json_text(opt->choices[i], out);
        }
        text_add_char(out, ']');
    }
    if (opt->least != 0 || opt->most != 0) {
        text_add(out, ", \"least\": ");
        text_add_double(out, opt->least);
        text_add(out, ", \"most\": ");
        text_add_double(out, opt->most);
    }
    text_add(out, ", \"required\": %s}", opt->required ? "true" : "false");
}

static void add_json_options(const struct opt *opt, size_t n, bool *first, struct text *out)
{
    for (size_t i = 0; i < n; i++) {
        if (opt[i].hidden)
            continue;
        text_add(out, *first ? "\n      " : ",\n      ");
        add_json_option(&opt[i], out);
        *first = false;
    }
}

static void add_json_page(const struct manual *manual, const struct manual_page *page, struct text *out)
{
    text_add(out, "  {\"name\": ");
    add_json_text(page->name, out);
    add_json_member("group", page->group, out);
    add_json_member("summary", page->summary, out);
    add_json_member("description", page->description, out);
    text_add(out, ", \"usage\": [");
    for (size_t i = 0; page->usage[i] != NULL; i++) {
        text_add(out, i == 0 ? "" : ", ");
        add_json_text(page->usage[i], out);
    }
    text_add(out, "],\n    \"options\": [");
    bool first = true;
    add_json_options(page->opt, page->opt_n, &first, out);
    add_json_options(manual->common.opt, manual->common.n, &first, out);
    text_add(out, "],\n    \"examples\": [");
    for (size_t i = 0; i < page->example_n; i++) {
        text_add(out, i == 0 ? "{\"line\": " : ", {\"line\": ");
        add_json_text(page->example[i].line, out);
        add_json_member("what", page->example[i].what, out);
        text_add_char(out, '}');
    }
    text_add(out, "]}");
}

void manual_json(const struct manual *manual, const struct manual_page *page, struct text *out)
{
    text_add(out, "[\n");
    bool first = true;
    for (size_t p = 0; p < manual->page_n; p++) {
        if (page != NULL ? manual->page[p] != page : manual->page[p]->group == NULL)
            continue;
        text_add(out, first ? "" : ",\n");
        add_json_page(manual, manual->page[p], out);
        first = false;
    }
    text_add(out, "\n]\n");
}
