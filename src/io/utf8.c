/* UTF-8 by the table of well-formed byte sequences (Unicode 15, table 3-7); see utf8.h. */
#include "io/utf8.h"

#include <stdint.h>
#include <string.h>

/* Length of the sequence that starts at `at`, 0 when it is not well formed. */
static size_t sequence(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first, last, low, high; /* range of the first byte, and of the second */
        unsigned char length;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (at[0] < forms[f].first || at[0] > forms[f].last)
            continue;
        if (left < forms[f].length || at[1] < forms[f].low || at[1] > forms[f].high)
            return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if ((at[i] & 0xC0) != 0x80)
                return 0;
        return forms[f].length;
    }
    return 0;
}

bool utf8_valid(const void *bytes, size_t n, size_t *fault)
{
    const unsigned char *at = bytes;
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (n - i >= 8) { /* plain ASCII in steps of eight */
            memcpy(&eight, at + i, 8);
            if ((eight & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        size_t length = at[i] < 0x80 ? 1 : sequence(at + i, n - i);
        if (length == 0) {
            *fault = i;
            return false;
        }
        i += length;
    }
    return true;
}

size_t line_of_offset(const void *bytes, size_t n, size_t offset)
{
    const unsigned char *at = bytes;
    size_t line = 1;
    for (size_t i = 0; i < offset && i < n; i++)
        line += at[i] == '\n' || (at[i] == '\r' && !(i + 1 < n && at[i + 1] == '\n'));
    return line;
}
