/* Help on the screen, from option tables; see manual.h. */
#include "base/manual.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 100, LEFT = 28 }; /* columns of the screen; where the help of an option begins */

const char *manual_value(const struct opt *opt, char out[128])
{
    out[0] = '\0';
    if (opt->kind == OPT_CHOICE) {
        size_t n = 0;
        for (size_t i = 0; opt->choices[i] != NULL && n < 128; i++) {
            int more = snprintf(out + n, 128 - n, "%s%s", i == 0 ? "" : "|", opt->choices[i]);
            n += more < 0 ? 0 : (size_t)more;
        }
    } else if (opt->kind != OPT_FLAG) {
        static const char *const names[] = {[OPT_TEXT] = "TEXT", [OPT_NUMBER] = "X", [OPT_INTEGER] = "N", [OPT_SIZE] = "SIZE",
                                            [OPT_LIST] = "TEXT", [OPT_PAIRS] = "KEY=VALUE"};
        snprintf(out, 128, "%s", opt->value == NULL ? names[opt->kind] : opt->value);
    }
    return out;
}

const char *manual_bounds(const struct opt *opt, char out[128])
{
    char least[32], most[32];
    out[0] = '\0';
    if (opt->least != 0 || opt->most != 0)
        snprintf(out, 128, "%s to %s", double_to_text(opt->least, least), double_to_text(opt->most, most));
    return out;
}

void manual_option_help(const struct opt *opt, struct text *out)
{
    char bounds[128];
    const char *parts[4];
    char initial[128];
    size_t n = 0;
    if (manual_bounds(opt, bounds)[0] != '\0')
        parts[n++] = bounds;
    if (opt->initial != NULL) {
        snprintf(initial, sizeof initial, "default %s", opt->initial);
        parts[n++] = initial;
    }
    if (opt->required)
        parts[n++] = "needed";
    if (opt->kind == OPT_LIST || opt->kind == OPT_PAIRS)
        parts[n++] = "may be repeated";
    text_add(out, "%s", opt->help);
    for (size_t i = 0; i < n; i++)
        text_add(out, "%s%s", i == 0 ? " (" : "; ", parts[i]);
    if (n > 0)
        text_add_char(out, ')');
}

/* Words of one paragraph, lines broken at WIDTH; `at` columns of the first line are used already. */
static void add_wrapped(const char *text, size_t n, size_t indent, size_t at, struct text *out)
{
    const char *end = text + n;
    bool first = true;
    while (text < end) {
        while (text < end && (*text == ' ' || *text == '\n'))
            text++;
        const char *word = text;
        while (text < end && *text != ' ' && *text != '\n')
            text++;
        size_t word_n = (size_t)(text - word);
        if (word_n == 0)
            break;
        if (!first && at + 1 + word_n > WIDTH) {
            text_add(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            text_add_char(out, ' ');
            at++;
        }
        text_add_bytes(out, word, word_n);
        at += word_n;
        first = false;
    }
    text_add_char(out, '\n');
}

static void add_paragraphs(const char *text, struct text *out)
{
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t n = end == NULL ? strlen(text) : (size_t)(end - text);
        if (text[0] == ' ')
            text_add(out, "%.*s\n", (int)n, text);
        else
            add_wrapped(text, n, 0, 0, out);
        text += n;
        if (*text == '\0')
            break;
        text_add_char(out, '\n');
        text += 2;
    }
}

static void add_option(const struct opt *opt, struct text *out)
{
    char value[128];
    struct text left = TEXT_INIT, help = TEXT_INIT;
    if (opt->letter != 0)
        text_add(&left, "  -%c, --%s", opt->letter, opt->name);
    else
        text_add(&left, "      --%s", opt->name);
    if (manual_value(opt, value)[0] != '\0')
        text_add(&left, " %s", value);
    manual_option_help(opt, &help);
    if (!left.failed && !help.failed) {
        text_add_bytes(out, left.bytes, left.n);
        if (left.n + 2 > LEFT)
            text_add(out, "\n%*s", LEFT, "");
        else
            text_add(out, "%*s", (int)(LEFT - left.n), "");
        add_wrapped(help.bytes, help.n, LEFT, LEFT, out);
    } else
        out->failed = true;
    text_free(&left);
    text_free(&help);
}

static void add_options(const char *title, const struct opt *opt, size_t n, struct text *out)
{
    if (n == 0)
        return;
    text_add(out, "\n%s:\n", title);
    for (size_t i = 0; i < n; i++)
        if (!opt[i].hidden)
            add_option(&opt[i], out);
}

void manual_help(const struct manual *manual, const struct manual_page *page, struct text *out)
{
    text_add(out, "%s %s - %s\n\n", manual->program, page->name, page->summary);
    for (size_t i = 0; page->usage[i] != NULL; i++)
        text_add(out, "%s %s %s%s[options]%s%s\n", i == 0 ? "usage:" : "      ", manual->program, page->name, " ",
                 page->usage[i][0] == '\0' ? "" : " ", page->usage[i]);
    text_add_char(out, '\n');
    add_paragraphs(page->description, out);
    add_options("Options", page->opt, page->opt_n, out);
    add_options("Options of every command", manual->common.opt, manual->common.n, out);
    if (page->example_n > 0)
        text_add(out, "\nExamples:\n");
    for (size_t i = 0; i < page->example_n; i++)
        text_add(out, "  %s\n      %s\n", page->example[i].line, page->example[i].what);
}

void manual_usage(const struct manual *manual, struct text *out)
{
    text_add(out, "%s %s - %s\n\nusage: %s COMMAND [options] ...\n", manual->program, manual->version, manual->summary, manual->program);
    for (size_t g = 0; g < manual->group_n; g++) {
        bool any = false;
        for (size_t p = 0; p < manual->page_n; p++) {
            const struct manual_page *page = manual->page[p];
            if (page->group == NULL || strcmp(page->group, manual->group[g]) != 0)
                continue;
            if (!any)
                text_add(out, "\n%s:\n", manual->group[g]);
            any = true;
            text_add(out, "  %-12s %s\n", page->name, page->summary);
        }
    }
    text_add(out, "\n'%s help COMMAND' says more about one. Research use only, not a medical device.\n", manual->program);
}
