/* PNG (ISO/IEC 15948) of pictures with a palette: what overlays and contact sheets need, the same bytes each time. */
#ifndef HEPAR_IO_PNG_H
#define HEPAR_IO_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

enum { PNG_SIDE_MAX = 16384 };

/* Appends the file. pixel: width * height indices into the palette, row by row from the top; palette: 256 red, green,
 * blue. Sides are 1..PNG_SIDE_MAX, else ERR_BUG. */
bool png_format(const uint8_t *pixel, size_t width, size_t height, const uint8_t palette[256][3], struct text *out, struct err *err);

/* Appends bytes as base64 (RFC 4648), for data: addresses. */
void base64_add(struct text *out, const void *bytes, size_t n);

#endif
