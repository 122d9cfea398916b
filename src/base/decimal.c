/* Doubles as decimal text and back, without a locale; declared in text.h.
 *
 * Out: the shortest digits that read back to the same double, by R. Giulietti, "The Schubfach way to render
 * doubles" (2021), in the paper's letters: the double is c 2^q; of the decimals in its rounding interval the
 * shortest, then the nearest, is s 10^k. The products with 10^-k need 128-bit powers of ten; they are computed
 * exactly at first use instead of being a table of 617 constants to trust.
 *
 * Back: up to 19 digits and a power of ten up to 22 are one exact multiplication or division (W. Clinger, 1990);
 * the rest goes to strtod in the C locale, which is correctly rounded in glibc. */
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- powers of ten ---- */

enum { POWER_LEAST = -292, POWER_MOST = 324, BIG_WORDS = 48 }; /* 48 words hold 10^324 and 2^1500 */

struct power {
    uint64_t high, low; /* 10^k scaled into [2^127, 2^128), rounded up */
};

static struct power powers[POWER_MOST - POWER_LEAST + 1];
static pthread_once_t powers_once = PTHREAD_ONCE_INIT;

struct big {
    uint32_t word[BIG_WORDS]; /* least first */
};

static void big_times_ten(struct big *big)
{
    uint64_t carry = 0;
    for (int i = 0; i < BIG_WORDS; i++) {
        carry += (uint64_t)big->word[i] * 10;
        big->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* Returns the remainder. Quotients of quotients are exact: floor(floor(x / 10) / 10) = floor(x / 100). */
static uint32_t big_over_ten(struct big *big)
{
    uint64_t rest = 0;
    for (int i = BIG_WORDS - 1; i >= 0; i--) {
        rest = rest << 32 | big->word[i];
        big->word[i] = (uint32_t)(rest / 10);
        rest %= 10;
    }
    return (uint32_t)rest;
}

static int big_bit(const struct big *big, int bit)
{
    return bit < 0 ? 0 : (int)(big->word[bit / 32] >> (bit % 32) & 1);
}

static struct power top_bits(const struct big *big, bool inexact)
{
    int top = BIG_WORDS * 32 - 1;
    while (!big_bit(big, top))
        top--;
    unsigned __int128 bits = 0;
    for (int bit = top; bit > top - 128; bit--)
        bits = bits << 1 | (unsigned)big_bit(big, bit);
    for (int bit = top - 128; bit >= 0 && !inexact; bit--)
        inexact = big_bit(big, bit);
    bits += inexact;
    return (struct power){(uint64_t)(bits >> 64), (uint64_t)bits};
}

static void compute_powers(void)
{
    struct big big = {{1}};
    for (int k = 0; k <= POWER_MOST; k++) {
        powers[k - POWER_LEAST] = top_bits(&big, false);
        big_times_ten(&big);
    }
    big = (struct big){{0}};
    big.word[1500 / 32] = 1u << 1500 % 32;
    bool inexact = false;
    for (int k = -1; k >= POWER_LEAST; k--) {
        inexact |= big_over_ten(&big) != 0;
        powers[k - POWER_LEAST] = top_bits(&big, inexact);
    }
}

/* ---- shortest digits ---- */

struct decimal {
    uint64_t s;
    int k; /* s * 10^k */
};

/* floor(q log10(2)), and floor(log10(3/4 * 2^q)) at a power of two, where the lower neighbour is closer. */
static int floor_log10_power2(int q, bool lower_is_closer)
{
    return (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
}

static int floor_log2_power10(int k)
{
    return (k * 1741647) >> 19;
}

/* The product's upper bits, with the lowest bit set when bits below were lost ("round to odd"). */
static uint64_t round_to_odd(struct power g, uint64_t c)
{
    unsigned __int128 x = (unsigned __int128)g.low * c;
    unsigned __int128 y = (unsigned __int128)g.high * c + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

static struct decimal shortest(uint64_t fraction, int exponent)
{
    uint64_t c = exponent == 0 ? fraction : fraction | (uint64_t)1 << 52;
    int q = exponent == 0 ? -1074 : exponent - 1075;
    if (q <= 0 && q > -53 && (c & (((uint64_t)1 << -q) - 1)) == 0)
        return (struct decimal){c >> -q, 0}; /* a whole number below 2^53 */
    bool lower_is_closer = fraction == 0 && exponent > 1;
    uint64_t open = c & 1; /* ties read back to even: the interval's ends belong to an even c alone */
    int k = floor_log10_power2(q, lower_is_closer);
    int h = q + floor_log2_power10(-k) + 1;
    struct power g = powers[-k - POWER_LEAST];
    uint64_t lower = round_to_odd(g, (4 * c - 2 + lower_is_closer) << h) + open;
    uint64_t middle = round_to_odd(g, (4 * c) << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - open;
    uint64_t s = middle / 4;
    if (s >= 10) { /* one digit less, if exactly one such decimal lies inside */
        uint64_t t = s / 10;
        bool below = lower <= 40 * t, above = 40 * t + 40 <= upper;
        if (below != above)
            return (struct decimal){t + above, k + 1};
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, k};
    bool up = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1) != 0);
    return (struct decimal){s + up, k};
}

static size_t digits_of(uint64_t s, char digits[20])
{
    char reversed[20];
    size_t n = 0;
    do
        reversed[n++] = (char)('0' + s % 10);
    while ((s /= 10) != 0);
    for (size_t i = 0; i < n; i++)
        digits[i] = reversed[n - 1 - i];
    return n;
}

static char *put_exponent(char *out, int exponent)
{
    *out++ = 'e';
    if (exponent < 0)
        *out++ = '-';
    char digits[20];
    size_t n = digits_of((uint64_t)(exponent < 0 ? -exponent : exponent), digits);
    memcpy(out, digits, n);
    return out + n;
}

/* point: how many digits stand before the decimal point; plain from 1e-4 to below 1e16, as Python's repr. */
static char *put_decimal(char *out, const char *digits, size_t n, int point)
{
    if (point > 16 || point < -3) {
        *out++ = digits[0];
        if (n > 1) {
            *out++ = '.';
            memcpy(out, digits + 1, n - 1);
            out += n - 1;
        }
        return put_exponent(out, point - 1);
    }
    if (point <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = point; i < 0; i++)
            *out++ = '0';
        memcpy(out, digits, n);
        return out + n;
    }
    for (int i = 0; i < point; i++)
        *out++ = (size_t)i < n ? digits[i] : '0';
    if ((size_t)point < n) {
        *out++ = '.';
        memcpy(out, digits + point, n - (size_t)point);
        out += n - (size_t)point;
    }
    return out;
}

char *double_to_text(double value, char out[32])
{
    if (isnan(value))
        return strcpy(out, "nan");
    char *end = out;
    if (signbit(value))
        *end++ = '-';
    if (isinf(value)) {
        strcpy(end, "inf");
        return out;
    }
    if (value == 0) {
        strcpy(end, "0");
        return out;
    }
    pthread_once(&powers_once, compute_powers);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct decimal decimal = shortest(bits & (((uint64_t)1 << 52) - 1), (int)(bits >> 52 & 0x7ff));
    char digits[20];
    size_t n = digits_of(decimal.s, digits);
    int point = (int)n + decimal.k;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    *put_decimal(end, digits, n, point) = '\0';
    return out;
}

/* ---- back ---- */

struct parts {
    uint64_t digits; /* the first 19 significant ones */
    int exponent;    /* value = digits * 10^exponent when no digit was left out */
    bool negative, complete;
};

static locale_t c_locale;
static pthread_once_t locale_once = PTHREAD_ONCE_INIT;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void take_digit(struct parts *parts, char c, bool behind_point)
{
    if (parts->digits < 1000000000000000000u) {
        parts->digits = parts->digits * 10 + (uint64_t)(c - '0');
        parts->exponent -= behind_point;
    } else {
        parts->complete &= c == '0';
        parts->exponent += !behind_point;
    }
}

/* [+-] digits [. digits] [e [+-] digits], a digit on one side of the point at least. */
static bool split(const char *text, struct parts *parts)
{
    *parts = (struct parts){.complete = true};
    const char *c = text;
    if (*c == '-' || *c == '+')
        parts->negative = *c++ == '-';
    bool any = false, behind_point = false;
    for (;; c++) {
        if (is_digit(*c)) {
            take_digit(parts, *c, behind_point);
            any = true;
        } else if (*c == '.' && !behind_point)
            behind_point = true;
        else
            break;
    }
    if (!any)
        return false;
    if (*c == 'e' || *c == 'E') {
        bool negative = *++c == '-';
        c += *c == '-' || *c == '+';
        if (!is_digit(*c))
            return false;
        int exponent = 0;
        for (; is_digit(*c); c++)
            exponent = exponent < 100000 ? exponent * 10 + (*c - '0') : exponent;
        parts->exponent += negative ? -exponent : exponent;
    }
    return *c == '\0';
}

bool double_from_text(const char *text, double *value)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct parts parts;
    if (!split(text, &parts))
        return false;
    double result;
    if (parts.complete && parts.digits <= (uint64_t)1 << 53 && parts.exponent >= -22 && parts.exponent <= 22) {
        result = (double)parts.digits;
        result = parts.exponent < 0 ? result / exact[-parts.exponent] : result * exact[parts.exponent];
        *value = parts.negative ? -result : result;
        return true;
    }
    pthread_once(&locale_once, make_locale);
    result = c_locale == (locale_t)0 ? strtod(text, NULL) : strtod_l(text, NULL, c_locale);
    if (!isfinite(result))
        return false;
    *value = result;
    return true;
}
