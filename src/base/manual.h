/* Pages about commands, made from their option tables: help on the screen, man page, Markdown, JSON, completion.
 * All texts are plain UTF-8; a page's description is paragraphs with an empty line between them; a line that
 * begins with two blanks stands as it is. Each function appends to `out` (check text_ok at the end). */
#ifndef HEPAR_BASE_MANUAL_H
#define HEPAR_BASE_MANUAL_H

#include <stddef.h>

#include "base/opt.h"
#include "base/text.h"

struct manual_example {
    const char *line; /* "hepar extract cohort.csv -o features.csv" */
    const char *what; /* one sentence */
};

struct manual_page {
    const char *name;           /* "extract" */
    const char *group;          /* heading in the list of commands; NULL: listed nowhere */
    const char *summary;        /* one line, no full stop */
    const char *const *usage;   /* operand forms, "COHORT" and "IMAGE MASK"; NULL behind the last */
    const char *description;
    const struct opt *opt;      /* opt_n rows */
    size_t opt_n;
    const struct manual_example *example; /* example_n */
    size_t example_n;
};

struct manual {
    const char *program, *version, *summary, *description;
    const struct manual_page *const *page; /* page_n */
    size_t page_n;
    const char *const *group; /* group_n headings, in the order they are shown */
    size_t group_n;
    struct opt_table common; /* options of every command; settings NULL */
};

void manual_usage(const struct manual *manual, struct text *out);                                 /* all commands, grouped */
void manual_help(const struct manual *manual, const struct manual_page *page, struct text *out);  /* 100 columns */
void manual_man(const struct manual *manual, const struct manual_page *page, struct text *out);   /* troff; page NULL: the program's */
void manual_markdown(const struct manual *manual, const struct manual_page *page, struct text *out);
void manual_markdown_index(const struct manual *manual, struct text *out);
void manual_json(const struct manual *manual, const struct manual_page *page, struct text *out);  /* page NULL: all */
void manual_bash(const struct manual *manual, struct text *out);
void manual_zsh(const struct manual *manual, struct text *out);

/* "mask value of the region (0 to 65535; default 1)". */
void manual_option_help(const struct opt *opt, struct text *out);
/* "strict|snap|resample" or the value's name; "" for flags. The buffer holds at least 128 bytes. */
const char *manual_value(const struct opt *opt, char out[128]);
/* "0 to 64", "at least ..." or "" where a row has no bounds. */
const char *manual_bounds(const struct opt *opt, char out[128]);

#endif
