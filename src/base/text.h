/* Growable text. A failure is remembered, so that many appends need one check at the end. */
#ifndef HEPAR_BASE_TEXT_H
#define HEPAR_BASE_TEXT_H

#include <stddef.h>

#include "base/err.h"

struct text {
    char *bytes; /* always ends in '\0' once anything was added; NULL before */
    size_t n, room;
    bool failed;
};
#define TEXT_INIT {NULL, 0, 0, false}

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *bytes, size_t n);
void text_add_char(struct text *text, char c);
/* The shortest decimal that reads back to the same double ("nan", "inf", "-inf" for the others). */
void text_add_double(struct text *text, double value);
bool text_ok(const struct text *text, struct err *err); /* false with ERR_SYSTEM when an append failed */
void text_free(struct text *text);

/* The same shortest decimal into a buffer of at least 32 bytes; locale-free. Returns `out`. Plain between 1e-4 and
 * 1e16 ("0.0001", "3", "-12.5"), else with an exponent ("1e-5", "1.25e16"). About 40 ns a number. */
char *double_to_text(double value, char out[32]);
/* Whole `text` as a correctly rounded plain decimal, e.g. "-1.5e3", ".5", "5."; false when it is none (hex, nan, inf,
 * blanks, nothing) or lies outside the range of double. What is too small becomes 0. */
bool double_from_text(const char *text, double *value);

/* Where `word` stands among names[n], case and blanks around aside; SIZE_MAX when it does not. */
size_t text_find(const char *const *names, size_t n, const char *word);
/* The member of names[n] nearest to `word` by edit distance, case ignored, for "did you mean"; NULL when none is near. */
const char *text_nearest(const char *word, const char *const *names, size_t n);

#endif
