/* Completion for bash and zsh, from option tables; see manual.h. */
#include "base/manual.h"

#include <string.h>

static void add_words(const struct opt *opt, size_t n, struct text *out)
{
    for (size_t i = 0; i < n; i++)
        if (!opt[i].hidden)
            text_add(out, " --%s", opt[i].name);
}

/* A case of the previous word: options with choices complete to these. */
static void add_choice_cases(const struct opt *opt, size_t n, const char *command, struct text *out)
{
    for (size_t i = 0; i < n; i++) {
        if (opt[i].kind != OPT_CHOICE || opt[i].hidden)
            continue;
        text_add(out, "    %s:--%s) words='", command, opt[i].name);
        for (size_t c = 0; opt[i].choices[c] != NULL; c++)
            text_add(out, "%s%s", c == 0 ? "" : " ", opt[i].choices[c]);
        text_add(out, "' ;;\n");
    }
}

void manual_bash(const struct manual *manual, struct text *out)
{
    const char *program = manual->program;
    text_add(out, "# bash completion for %s; made by '%s docs' from the commands' tables\n_%s()\n{\n", program, program, program);
    text_add(out, "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n  COMPREPLY=()\n"
                  "  if [[ $COMP_CWORD -eq 1 ]]; then\n    COMPREPLY=($(compgen -W 'help --version --help");
    for (size_t p = 0; p < manual->page_n; p++)
        if (manual->page[p]->group != NULL && strcmp(manual->page[p]->name, "help") != 0)
            text_add(out, " %s", manual->page[p]->name);
    text_add(out, "' -- \"$word\"))\n    return\n  fi\n  case ${COMP_WORDS[1]}:$before in\n");
    for (size_t p = 0; p < manual->page_n; p++)
        add_choice_cases(manual->page[p]->opt, manual->page[p]->opt_n, manual->page[p]->name, out);
    text_add(out, "  esac\n  if [[ -z $words && $word == -* ]]; then\n    case ${COMP_WORDS[1]} in\n");
    for (size_t p = 0; p < manual->page_n; p++) {
        const struct manual_page *page = manual->page[p];
        if (page->group == NULL)
            continue;
        text_add(out, "      %s) words='", page->name);
        add_words(page->opt, page->opt_n, out);
        add_words(manual->common.opt, manual->common.n, out);
        text_add(out, "' ;;\n");
    }
    text_add(out, "    esac\n  fi\n  if [[ -n $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                  "  else COMPREPLY=($(compgen -f -- \"$word\")); fi\n}\ncomplete -o filenames -F _%s %s\n", program, program);
}

/* Inside zsh's single-quoted specs: quotes end the text, brackets and colons divide it. */
static void add_zsh_text(const char *text, struct text *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            text_add(out, "'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            text_add(out, "\\%c", *text);
        else
            text_add_char(out, *text);
    }
}

static void add_zsh_option(const struct opt *opt, struct text *out)
{
    char value[128];
    bool repeats = opt->kind == OPT_LIST || opt->kind == OPT_PAIRS;
    text_add(out, "        '%s--%s%s[", repeats ? "*" : "", opt->name, opt->kind == OPT_FLAG ? "" : "=");
    add_zsh_text(opt->help, out);
    text_add_char(out, ']');
    if (opt->kind == OPT_CHOICE) {
        text_add(out, ":word:(");
        for (size_t c = 0; opt->choices[c] != NULL; c++)
            text_add(out, "%s%s", c == 0 ? "" : " ", opt->choices[c]);
        text_add_char(out, ')');
    } else if (opt->kind != OPT_FLAG) {
        text_add_char(out, ':');
        add_zsh_text(manual_value(opt, value), out);
        text_add(out, opt->kind == OPT_TEXT || opt->kind == OPT_LIST ? ":_files" : ": ");
    }
    text_add(out, "' \\\n");
}

static void add_zsh_options(const struct opt *opt, size_t n, struct text *out)
{
    for (size_t i = 0; i < n; i++)
        if (!opt[i].hidden)
            add_zsh_option(&opt[i], out);
}

void manual_zsh(const struct manual *manual, struct text *out)
{
    const char *program = manual->program;
    text_add(out, "#compdef %s\n# made by '%s docs' from the commands' tables\n_%s()\n{\n  local -a commands=(\n", program, program, program);
    for (size_t p = 0; p < manual->page_n; p++) {
        if (manual->page[p]->group == NULL)
            continue;
        text_add(out, "    '%s:", manual->page[p]->name);
        add_zsh_text(manual->page[p]->summary, out);
        text_add(out, "'\n");
    }
    text_add(out, "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n");
    for (size_t p = 0; p < manual->page_n; p++) {
        const struct manual_page *page = manual->page[p];
        if (page->group == NULL)
            continue;
        text_add(out, "    %s)\n      _arguments \\\n", page->name);
        add_zsh_options(page->opt, page->opt_n, out);
        add_zsh_options(manual->common.opt, manual->common.n, out);
        text_add(out, "        '*:file:_files' ;;\n");
    }
    text_add(out, "  esac\n}\n_%s \"$@\"\n", program);
}
