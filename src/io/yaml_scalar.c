/* What a plain YAML 1.1 scalar is, by the patterns of PyYAML's resolver (https://yaml.org/type/); see yaml.h.
 * Without a regular-expression library each pattern is a small walk over the text. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "io/yaml.h"

static bool among(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}
#define AMONG(text, words) among((text), (words), sizeof(words) / sizeof *(words))

static size_t span(const char *text, const char *set)
{
    return strspn(text, set);
}

/* The text without underscores, for reading as a number; false when it does not fit. */
static bool without_marks(const char *text, char *out, size_t room)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '_')
            continue;
        if (n + 1 >= room)
            return false;
        out[n++] = *text;
    }
    out[n] = '\0';
    return true;
}

/* Sexagesimal groups (":59") behind the first number; how many characters they take, 0 when there are none. */
static size_t sixties(const char *text)
{
    size_t at = 0;
    while (text[at] == ':' && isdigit((unsigned char)text[at + 1])) {
        size_t digits = isdigit((unsigned char)text[at + 2]) ? 2 : 1;
        if (digits == 2 && text[at + 1] > '5')
            return at;
        at += 1 + digits;
    }
    return at;
}

enum integer { INTEGER_NONE, INTEGER_BINARY, INTEGER_OCTAL, INTEGER_DECIMAL, INTEGER_HEX, INTEGER_SIXTIES };

static enum integer integer_form(const char *text)
{
    text += *text == '-' || *text == '+';
    if (text[0] == '0' && text[1] == '\0')
        return INTEGER_DECIMAL;
    if (text[0] == '0' && text[1] == 'b')
        return text[2] != '\0' && text[2 + span(text + 2, "01_")] == '\0' ? INTEGER_BINARY : INTEGER_NONE;
    if (text[0] == '0' && text[1] == 'x')
        return text[2] != '\0' && text[2 + span(text + 2, "0123456789abcdefABCDEF_")] == '\0' ? INTEGER_HEX : INTEGER_NONE;
    if (text[0] == '0')
        return text[1 + span(text + 1, "01234567_")] == '\0' ? INTEGER_OCTAL : INTEGER_NONE;
    if (text[0] < '1' || text[0] > '9')
        return INTEGER_NONE;
    text += span(text, "0123456789_");
    if (*text == '\0')
        return INTEGER_DECIMAL;
    size_t groups = sixties(text);
    return groups > 0 && text[groups] == '\0' ? INTEGER_SIXTIES : INTEGER_NONE;
}

/* Digits in a base, colons multiplying by 60; false beyond 64 bits (the double then holds the nearest). */
static bool integer_value(const char *text, enum integer form, int64_t *whole, double *number)
{
    bool negative = *text == '-', fits = true;
    text += *text == '-' || *text == '+';
    const char *text_start = negative ? text - 1 : text;
    int base = form == INTEGER_BINARY ? 2 : form == INTEGER_OCTAL ? 8 : form == INTEGER_HEX ? 16 : 10;
    if (form == INTEGER_BINARY || form == INTEGER_HEX)
        text += 2;
    /* `before` are the finished groups times 60, `group` the one being read; the sum stays below zero, where
     * there is one value more. */
    int64_t before = 0, group = 0;
    double near_before = 0, near_group = 0;
    for (; *text != '\0'; text++) {
        if (*text == '_')
            continue;
        if (*text == ':') {
            fits = fits && !__builtin_add_overflow(before, group, &before) && !__builtin_mul_overflow(before, 60, &before);
            near_before = (near_before + near_group) * 60;
            group = 0;
            near_group = 0;
            continue;
        }
        int digit = isdigit((unsigned char)*text) ? *text - '0' : tolower((unsigned char)*text) - 'a' + 10;
        fits = fits && !__builtin_mul_overflow(group, base, &group) && !__builtin_sub_overflow(group, digit, &group);
        near_group = near_group * base - digit;
    }
    fits = fits && !__builtin_add_overflow(before, group, whole);
    *number = near_before + near_group;
    if (!negative) {
        fits = fits && !__builtin_sub_overflow(0, *whole, whole);
        *number = -*number;
    }
    char plain[512];
    if (fits)
        *number = (double)*whole;
    else if (form == INTEGER_DECIMAL && without_marks(text_start, plain, sizeof plain) && !double_from_text(plain, number))
        *number = negative ? -INFINITY : INFINITY;
    return fits;
}

/* [-+]?([0-9][0-9_]*)\.[0-9_]*([eE][-+][0-9]+)?  or  \.[0-9][0-9_]*([eE][-+][0-9]+)? */
static bool is_float(const char *text)
{
    const char *at = text;
    if (*at == '.') {
        if (!isdigit((unsigned char)at[1]))
            return false;
        at++;
    } else {
        at += *at == '-' || *at == '+';
        if (!isdigit((unsigned char)*at))
            return false;
        at += span(at, "0123456789_");
        if (*at++ != '.')
            return false;
    }
    at += span(at, "0123456789_");
    if (*at == '\0')
        return true;
    if ((*at != 'e' && *at != 'E') || (at[1] != '-' && at[1] != '+') || !isdigit((unsigned char)at[2]))
        return false;
    at += 2;
    return at[span(at, "0123456789")] == '\0';
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]* */
static bool is_sixties_float(const char *text)
{
    text += *text == '-' || *text == '+';
    if (!isdigit((unsigned char)*text))
        return false;
    text += span(text, "0123456789_");
    size_t groups = sixties(text);
    return groups > 0 && text[groups] == '.' && text[groups + 1 + span(text + groups + 1, "0123456789_")] == '\0';
}

static double sixties_value(char *text)
{
    double sign = *text == '-' ? -1 : 1, value = 0;
    text += *text == '-' || *text == '+';
    while (*text != '\0') {
        size_t n = strcspn(text, ":");
        bool last = text[n] == '\0';
        double group = 0;
        text[n] = '\0';
        double_from_text(text, &group);
        value = value * 60 + group;
        text += last ? n : n + 1;
    }
    return sign * value;
}

static bool resolve_float(struct yaml_node *node, const char *text)
{
    static const char *const endless[] = {".inf", ".Inf", ".INF"};
    static const char *const undefined[] = {".nan", ".NaN", ".NAN"};
    char plain[512];
    if (AMONG(text + (*text == '-' || *text == '+'), endless)) {
        node->number = *text == '-' ? -INFINITY : INFINITY;
    } else if (AMONG(text, undefined)) {
        node->number = NAN;
    } else if (is_float(text) && without_marks(text, plain, sizeof plain)) {
        if (!double_from_text(plain[0] == '+' ? plain + 1 : plain, &node->number)) /* beyond the range */
            node->number = plain[0] == '-' ? -INFINITY : INFINITY;
    } else if (is_sixties_float(text) && without_marks(text, plain, sizeof plain)) {
        node->number = sixties_value(plain);
        node->ambiguous = true;
    } else {
        return false;
    }
    node->kind = YAML_FLOAT;
    return true;
}

void yaml_resolve(struct yaml_node *node, const char *text)
{
    static const char *const nothing[] = {"", "~", "null", "Null", "NULL"};
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"};
    node->kind = YAML_TEXT;
    if (AMONG(text, nothing)) {
        node->kind = YAML_NULL;
        return;
    }
    if (AMONG(text, yes) || AMONG(text, no)) {
        node->kind = YAML_BOOL;
        node->boolean = AMONG(text, yes);
        node->ambiguous = tolower((unsigned char)text[0]) != 't' && tolower((unsigned char)text[0]) != 'f';
        return;
    }
    enum integer form = integer_form(text);
    if (form != INTEGER_NONE) {
        node->kind = integer_value(text, form, &node->whole, &node->number) ? YAML_INT : YAML_FLOAT;
        node->ambiguous = form == INTEGER_OCTAL || form == INTEGER_SIXTIES || form == INTEGER_BINARY;
        return;
    }
    resolve_float(node, text);
}
