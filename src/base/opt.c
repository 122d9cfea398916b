/* Parsing by option tables; see opt.h. */
#include "base/opt.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static void *place_of(const struct opt *opt, void *settings)
{
    return (char *)settings + opt->offset;
}

static bool bounded(const struct opt *opt)
{
    return opt->least != 0 || opt->most != 0;
}

/* ---- one value ---- */

static bool refuse_bounds(const struct opt *opt, const char *value, const char *given, struct err *err)
{
    char least[32], most[32];
    return err_set(err, ERR_USAGE, "%s: %s is out of range, expected %s to %s", given, value,
                   double_to_text(opt->least, least), double_to_text(opt->most, most));
}

static bool set_number(const struct opt *opt, double *place, const char *value, const char *given, struct err *err)
{
    double number;
    if (!double_from_text(value, &number))
        return err_set(err, ERR_USAGE, "%s: '%s' is no number", given, value);
    if (bounded(opt) && (number < opt->least || number > opt->most))
        return refuse_bounds(opt, value, given, err);
    *place = number;
    return true;
}

static bool set_integer(const struct opt *opt, int64_t *place, const char *value, const char *given, struct err *err)
{
    char *end;
    errno = 0;
    int64_t number = strtoll(value, &end, 10);
    if (value[0] == '\0' || strchr("-+0123456789", value[0]) == NULL || *end != '\0')
        return err_set(err, ERR_USAGE, "%s: '%s' is no whole number", given, value);
    if (errno == ERANGE)
        return err_set(err, ERR_USAGE, "%s: %s does not fit into 64 bits", given, value);
    if (bounded(opt) && ((double)number < opt->least || (double)number > opt->most))
        return refuse_bounds(opt, value, given, err);
    *place = number;
    return true;
}

static bool set_size(uint64_t *place, const char *value, const char *given, struct err *err)
{
    static const char units[] = "KMGT";
    size_t n = strlen(value);
    char number_text[64];
    const char *unit = n > 1 && value[n - 1] != '\0' ? strchr(units, value[n - 1] & ~0x20) : NULL;
    double scale = unit == NULL ? 1.0 : ldexp(1.0, 10 * (int)(unit - units + 1)), number;
    snprintf(number_text, sizeof number_text, "%.*s", (int)(n - (unit != NULL)), value);
    if (n >= sizeof number_text || !double_from_text(number_text, &number) || number < 0)
        return err_set(err, ERR_USAGE, "%s: '%s' is no size, expected e.g. 800M or 4G", given, value);
    if (number * scale >= 0x1p63)
        return err_set(err, ERR_USAGE, "%s: %s does not fit into 63 bits", given, value);
    *place = (uint64_t)(number * scale);
    return true;
}

static bool set_choice(const struct opt *opt, int *place, const char *value, const char *given, struct err *err)
{
    size_t n = 0;
    for (; opt->choices[n] != NULL; n++)
        if (strcmp(opt->choices[n], value) == 0) {
            *place = (int)n;
            return true;
        }
    struct text words = TEXT_INIT;
    for (size_t i = 0; i < n; i++)
        text_add(&words, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", opt->choices[i]);
    const char *nearest = text_nearest(value, opt->choices, n);
    err_set(err, ERR_USAGE, "%s: '%s' is not known, expected %s", given, value, words.failed ? "another word" : words.bytes);
    text_free(&words);
    if (nearest != NULL && err != NULL) {
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, "; did you mean %s?", nearest);
    }
    return false;
}

static bool add_item(const char ***item, size_t *n, size_t *room, const char *value, struct err *err)
{
    if (*n == *room) {
        size_t more = *room == 0 ? 8 : 2 * *room;
        const char **grown = mem_grow(*item, *n, more, sizeof **item, err);
        if (grown == NULL)
            return false;
        *item = grown;
        *room = more;
    }
    (*item)[(*n)++] = value;
    return true;
}

static bool add_pair(struct opt_pairs *pairs, const char *value, const char *given, struct err *err)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return err_set(err, ERR_USAGE, "%s: '%s' found, expected KEY=VALUE", given, value);
    if (pairs->n == pairs->room) {
        size_t more = pairs->room == 0 ? 8 : 2 * pairs->room;
        struct opt_pair *grown = mem_grow(pairs->item, pairs->n, more, sizeof *grown, err);
        if (grown == NULL)
            return false;
        pairs->item = grown;
        pairs->room = more;
    }
    char *key = mem_string(value, err);
    if (key == NULL)
        return false;
    key[equals - value] = '\0';
    pairs->item[pairs->n++] = (struct opt_pair){key, equals + 1};
    return true;
}

bool opt_set(const struct opt *opt, void *settings, const char *value, const char *given, struct err *err)
{
    void *place = place_of(opt, settings);
    struct opt_list *list = place;
    switch (opt->kind) {
    case OPT_FLAG:
        *(bool *)place = true;
        return true;
    case OPT_TEXT:
        *(const char **)place = value;
        return true;
    case OPT_NUMBER:
        return set_number(opt, place, value, given, err);
    case OPT_INTEGER:
        return set_integer(opt, place, value, given, err);
    case OPT_SIZE:
        return set_size(place, value, given, err);
    case OPT_CHOICE:
        return set_choice(opt, place, value, given, err);
    case OPT_LIST:
        return add_item(&list->item, &list->n, &list->room, value, err);
    case OPT_PAIRS:
        return add_pair(place, value, given, err);
    }
    return err_set(err, ERR_BUG, "%s has the unknown kind %d", given, (int)opt->kind);
}

/* ---- all values ---- */

struct parse {
    const struct opt_table *tables;
    size_t table_n;
    int argc, at;
    char *const *argv;
    bool *given; /* a mark an option, over all tables in order */
};

static bool set_defaults(const struct opt_table *tables, size_t table_n, struct err *err)
{
    for (size_t t = 0; t < table_n; t++)
        for (size_t i = 0; i < tables[t].n; i++) {
            const struct opt *opt = &tables[t].opt[i];
            if (opt->initial == NULL && opt->kind == OPT_NUMBER)
                *(double *)place_of(opt, tables[t].settings) = NAN;
            if (opt->initial != NULL && !opt_set(opt, tables[t].settings, opt->initial, opt->name, err)) {
                err->kind = ERR_BUG;
                return err_add(err, "default of an option");
            }
        }
    return true;
}

static bool refuse_unknown(const struct parse *parse, const char *word, struct err *err)
{
    const char *names[256], *nearest = NULL;
    size_t n = 0;
    for (size_t t = 0; t < parse->table_n; t++)
        for (size_t i = 0; i < parse->tables[t].n && n < 256; i++)
            if (!parse->tables[t].opt[i].hidden)
                names[n++] = parse->tables[t].opt[i].name;
    nearest = text_nearest(word, names, n);
    if (nearest == NULL)
        return err_set(err, ERR_USAGE, "unknown option --%s; --help lists those there are", word);
    return err_set(err, ERR_USAGE, "unknown option --%s; did you mean --%s?", word, nearest);
}

/* Applies option i of table t; value NULL: none was joined to it, so the next argument is taken where one is needed. */
static bool apply(struct parse *parse, size_t t, size_t i, const char *value, const char *given, struct err *err)
{
    const struct opt *opt = &parse->tables[t].opt[i];
    bool repeats = opt->kind == OPT_LIST || opt->kind == OPT_PAIRS || opt->kind == OPT_FLAG;
    size_t mark = i;
    for (size_t before = 0; before < t; before++)
        mark += parse->tables[before].n;
    if (opt->kind == OPT_FLAG && value != NULL)
        return err_set(err, ERR_USAGE, "%s takes no value, '%s' found", given, value);
    if (opt->kind != OPT_FLAG && value == NULL) {
        if (parse->at == parse->argc)
            return err_set(err, ERR_USAGE, "%s needs a value%s%s", given, opt->value == NULL ? "" : ": ",
                           opt->value == NULL ? "" : opt->value);
        value = parse->argv[parse->at++];
    }
    if (parse->given[mark] && !repeats)
        return err_set(err, ERR_USAGE, "%s is given twice", given);
    parse->given[mark] = true;
    return opt_set(opt, parse->tables[t].settings, value, given, err);
}

static bool take_long(struct parse *parse, const char *word, struct err *err)
{
    size_t n = strcspn(word, "=");
    const char *value = word[n] == '=' ? word + n + 1 : NULL;
    char name[80], given[100];
    snprintf(name, sizeof name, "%.*s", (int)(n < 79 ? n : 79), word);
    snprintf(given, sizeof given, "option --%s", name);
    for (size_t t = 0; t < parse->table_n; t++)
        for (size_t i = 0; i < parse->tables[t].n; i++)
            if (strcmp(parse->tables[t].opt[i].name, name) == 0)
                return apply(parse, t, i, value, given, err);
    return refuse_unknown(parse, name, err);
}

static bool find_letter(const struct parse *parse, char letter, size_t *t, size_t *i)
{
    for (*t = 0; *t < parse->table_n; ++*t)
        for (*i = 0; *i < parse->tables[*t].n; ++*i)
            if (parse->tables[*t].opt[*i].letter == letter)
                return true;
    return false;
}

static bool take_letters(struct parse *parse, const char *letters, struct err *err)
{
    for (const char *c = letters; *c != '\0'; c++) {
        size_t t, i;
        char given[16];
        snprintf(given, sizeof given, "option -%c", *c);
        if (!find_letter(parse, *c, &t, &i))
            return err_set(err, ERR_USAGE, "unknown option -%c; --help lists those there are", *c);
        bool flag = parse->tables[t].opt[i].kind == OPT_FLAG;
        const char *value = flag || c[1] == '\0' ? NULL : c + 1;
        if (!apply(parse, t, i, value, given, err))
            return false;
        if (!flag)
            return true;
    }
    return true;
}

static bool take_all(struct parse *parse, struct operands *operands, struct err *err)
{
    bool only_operands = false;
    while (parse->at < parse->argc) {
        const char *word = parse->argv[parse->at++];
        bool done = true;
        if (!only_operands && strcmp(word, "--") == 0)
            only_operands = true;
        else if (!only_operands && word[0] == '-' && word[1] == '-')
            done = take_long(parse, word + 2, err);
        else if (!only_operands && word[0] == '-' && word[1] != '\0')
            done = take_letters(parse, word + 1, err);
        else
            done = add_item(&operands->item, &operands->n, &operands->room, word, err);
        if (!done)
            return false;
    }
    return true;
}

bool opt_parse(const struct opt_table *tables, size_t table_n, int argc, char *const *argv, struct operands *operands, struct err *err)
{
    struct err own = ERR_INIT;
    if (err == NULL)
        err = &own;
    size_t opt_n = 0;
    for (size_t t = 0; t < table_n; t++)
        opt_n += tables[t].n;
    struct parse parse = {tables, table_n, argc, 0, argv, mem_zero(opt_n, sizeof(bool), err)};
    bool done = parse.given != NULL && set_defaults(tables, table_n, err) && take_all(&parse, operands, err);
    mem_free(parse.given);
    return done;
}

bool opt_check_required(const struct opt_table *tables, size_t table_n, struct err *err)
{
    for (size_t t = 0; t < table_n; t++)
        for (size_t i = 0; i < tables[t].n; i++) {
            const struct opt *opt = &tables[t].opt[i];
            const void *place = place_of(opt, tables[t].settings);
            bool missing = (opt->kind == OPT_TEXT && *(const char *const *)place == NULL) ||
                           (opt->kind == OPT_NUMBER && isnan(*(const double *)place)) ||
                           (opt->kind == OPT_LIST && ((const struct opt_list *)place)->n == 0) ||
                           (opt->kind == OPT_PAIRS && ((const struct opt_pairs *)place)->n == 0);
            if (opt->required && missing)
                return err_set(err, ERR_USAGE, "option --%s %s is needed: %s", opt->name, opt->value == NULL ? "" : opt->value, opt->help);
        }
    return true;
}

static void free_values(const struct opt *opt, void *place)
{
    if (opt->kind == OPT_LIST) {
        struct opt_list *list = place;
        mem_free(list->item);
        *list = (struct opt_list){NULL, 0, 0};
    } else if (opt->kind == OPT_PAIRS) {
        struct opt_pairs *pairs = place;
        for (size_t i = 0; i < pairs->n; i++)
            mem_free((void *)(uintptr_t)pairs->item[i].key);
        mem_free(pairs->item);
        *pairs = (struct opt_pairs){NULL, 0, 0};
    }
}

void opt_free(const struct opt_table *tables, size_t table_n, struct operands *operands)
{
    for (size_t t = 0; t < table_n; t++)
        for (size_t i = 0; i < tables[t].n; i++)
            free_values(&tables[t].opt[i], place_of(&tables[t].opt[i], tables[t].settings));
    mem_free(operands->item);
    *operands = (struct operands){NULL, 0, 0};
}
