/* Numbers as a report prints them: fixed decimals, a true minus sign, intervals in brackets, P values. Locale-free.
 * What is not defined (NaN) is said in words or by a dash, never left blank. */
#ifndef HEPAR_REPORT_NUMBERS_H
#define HEPAR_REPORT_NUMBERS_H

#include "base/text.h"

#define MINUS "\xE2\x88\x92"
#define EN_DASH "\xE2\x80\x93"

/* The bytes of a text that was put together for `out`; "" when it is empty. A failure on the way goes on to `out`, so that no
 * piece is lost in silence. Free it afterwards: then it may be used again. */
const char *told(const struct text *piece, struct text *out);

/* "-0.25" with a minus sign; infinities "∞"; NaN an en dash. Above 1e15 the shortest form. */
void add_fixed(struct text *out, double value, int decimals);
/* A count inside a formatted text: COUNT_TEXT(n) is a borrowed "182" until the end of the block. */
const char *count_text(double value, char out[40]);
#define COUNT_TEXT(value) count_text((value), (char[40]){0})
/* `digits` significant ones for values of unknown size: "0.0123", "12.3", "1230". */
void add_significant(struct text *out, double value, int digits);
/* "0.837 (0.746-0.928)" with an en dash, "to" where a bound is negative; "not estimable" when value is NaN; a bound that is NaN is
 * "not reached" in a survival time and an en dash elsewhere, as `missing_bound` says. */
void add_interval(struct text *out, double value, double low, double high, int decimals, const char *missing_bound);
/* "P = 0.037", "P < 0.001", "P not estimable". */
void add_p(struct text *out, double p);
/* The number alone: "0.037", "< 0.001", en dash. */
void add_p_value(struct text *out, double p);
/* "1 case", "2 cases". */
void add_count(struct text *out, double n, const char *one, const char *many);
/* A status of the statistics in words: "one_class" -> "one class". */
void add_status(struct text *out, const char *status);

#endif
