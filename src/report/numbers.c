/* Numbers as a report prints them; see numbers.h. */
#include "report/numbers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *told(const struct text *piece, struct text *out)
{
    out->failed |= piece->failed;
    return piece->bytes == NULL ? "" : piece->bytes;
}

void add_fixed(struct text *out, double value, int decimals)
{
    if (isnan(value)) {
        text_add(out, EN_DASH);
        return;
    }
    if (isinf(value)) {
        text_add(out, value < 0 ? MINUS "\xE2\x88\x9E" : "\xE2\x88\x9E");
        return;
    }
    double power = pow(10, decimals), scaled = round(fabs(value) * power);
    if (!(scaled < 1e15)) {
        text_add_double(out, value);
        return;
    }
    unsigned long long whole = (unsigned long long)scaled, unit = (unsigned long long)power;
    if (value < 0 && whole > 0)
        text_add(out, MINUS);
    text_add(out, "%llu", whole / unit);
    if (decimals > 0)
        text_add(out, ".%0*llu", decimals, whole % unit);
}

const char *count_text(double value, char out[40])
{
    if (isnan(value))
        return strcpy(out, EN_DASH);
    if (!(fabs(value) < 1e15))
        return double_to_text(value, out);
    snprintf(out, 40, "%s%llu", value < 0 ? MINUS : "", (unsigned long long)round(fabs(value)));
    return out;
}

void add_significant(struct text *out, double value, int digits)
{
    if (!isfinite(value) || value == 0) {
        add_fixed(out, value, 0);
        return;
    }
    int before = (int)floor(log10(fabs(value))) + 1, decimals = digits - before;
    if (decimals > 9)
        text_add_double(out, value);
    else
        add_fixed(out, value, decimals < 0 ? 0 : decimals);
}

static void add_bound(struct text *out, double bound, int decimals, const char *missing)
{
    if (isnan(bound))
        text_add(out, "%s", missing);
    else
        add_fixed(out, bound, decimals);
}

void add_interval(struct text *out, double value, double low, double high, int decimals, const char *missing_bound)
{
    if (isnan(value)) {
        text_add(out, "not estimable");
        return;
    }
    add_fixed(out, value, decimals);
    if (isnan(low) && isnan(high))
        return;
    text_add(out, " (");
    add_bound(out, low, decimals, missing_bound);
    text_add(out, low < 0 || isnan(low) || isnan(high) ? " to " : EN_DASH);
    add_bound(out, high, decimals, missing_bound);
    text_add_char(out, ')');
}

void add_p_value(struct text *out, double p)
{
    if (isnan(p))
        text_add(out, EN_DASH);
    else if (p < 0.001)
        text_add(out, "< 0.001");
    else
        add_fixed(out, p, p < 0.1 ? 3 : 2);
}

void add_p(struct text *out, double p)
{
    if (isnan(p)) {
        text_add(out, "P not estimable");
        return;
    }
    text_add(out, p < 0.001 ? "P " : "P = ");
    add_p_value(out, p);
}

void add_count(struct text *out, double n, const char *one, const char *many)
{
    add_fixed(out, n, 0);
    text_add(out, " %s", n == 1 ? one : many);
}

void add_status(struct text *out, const char *status)
{
    for (const char *c = status; *c != '\0'; c++)
        text_add_char(out, *c == '_' ? ' ' : *c);
}
