/* Any bytes as a decimal: no crash, and what is taken is what strtod makes of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char text[256], back[32];
    double value, again;
    if (n >= sizeof text)
        return 0;
    memcpy(text, bytes, n);
    text[n] = '\0';
    if (!double_from_text(text, &value))
        return 0;
    if (value != strtod(text, NULL))
        abort();
    if (!double_from_text(double_to_text(value, back), &again) || again != value)
        abort();
    return 0;
}
