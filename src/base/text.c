/* Growable text, and the nearest of some words; numbers are in base/decimal.c. See text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static bool make_room(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    if (text->bytes != NULL && more < text->room - text->n)
        return true;
    size_t need, room = text->room < 64 ? 128 : text->room;
    if (__builtin_add_overflow(text->n + 1, more, &need)) {
        text->failed = true;
        return false;
    }
    while (room < need)
        room = room > SIZE_MAX / 2 ? need : 2 * room;
    char *bytes = mem_grow(text->bytes, text->n, room, 1, NULL);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    text->bytes[text->n] = '\0';
    return true;
}

void text_add_bytes(struct text *text, const void *bytes, size_t n)
{
    if (!make_room(text, n))
        return;
    if (n > 0)
        memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
    text->bytes[text->n] = '\0';
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char small[256];
    int n = vsnprintf(small, sizeof small, format, args);
    if (n < 0)
        text->failed = true;
    else if ((size_t)n < sizeof small)
        text_add_bytes(text, small, (size_t)n);
    else if (make_room(text, (size_t)n)) {
        vsnprintf(text->bytes + text->n, (size_t)n + 1, format, again);
        text->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void text_add_double(struct text *text, double value)
{
    char number[32];
    double_to_text(value, number);
    text_add_bytes(text, number, strlen(number));
}

bool text_ok(const struct text *text, struct err *err)
{
    return !text->failed || err_set(err, ERR_SYSTEM, "out of memory: text of more than %zu bytes", text->n);
}

void text_free(struct text *text)
{
    mem_free(text->bytes);
    *text = (struct text)TEXT_INIT;
}

/* Optimal string alignment distance (insert, delete, replace, swap of neighbours), case ignored. */
enum { LONGEST_WORD = 64 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_n, const char *b, size_t b_n)
{
    size_t table[3][LONGEST_WORD + 1];
    for (size_t j = 0; j <= b_n; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= a_n; i++) {
        size_t *row = table[i % 3], *above = table[(i + 2) % 3], *two_above = table[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_n; j++) {
            char x = lower(a[i - 1]), y = lower(b[j - 1]);
            row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return table[a_n % 3][b_n];
}

size_t text_find(const char *const *names, size_t n, const char *word)
{
    word += strspn(word, " \t");
    size_t word_n = strlen(word);
    while (word_n > 0 && (word[word_n - 1] == ' ' || word[word_n - 1] == '\t'))
        word_n--;
    for (size_t i = 0; i < n; i++) {
        const char *name = names[i] + strspn(names[i], " \t");
        if (strncasecmp(name, word, word_n) == 0 && name[word_n + strspn(name + word_n, " \t")] == '\0')
            return i;
    }
    return SIZE_MAX;
}

/* Near: at most a third of the longer word differs, one letter at least being allowed; the first of equals wins. */
const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    size_t word_n = strlen(word), best = SIZE_MAX;
    const char *nearest = NULL;
    if (word_n == 0 || word_n > LONGEST_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_n = strlen(names[i]);
        if (name_n == 0 || name_n > LONGEST_WORD)
            continue;
        size_t distance = edit_distance(word, word_n, names[i], name_n);
        size_t longer = word_n > name_n ? word_n : name_n;
        size_t allowed = longer < 3 ? 0 : longer < 6 ? 1 : longer / 3;
        if (distance <= allowed && distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
