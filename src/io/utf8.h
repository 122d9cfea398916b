/* UTF-8 (RFC 3629): shortest form only, no surrogates, nothing above U+10FFFF. */
#ifndef HEPAR_IO_UTF8_H
#define HEPAR_IO_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True when all n bytes are UTF-8; else *fault is the offset of the first byte that is not. */
bool utf8_valid(const void *bytes, size_t n, size_t *fault);

/* 1-based physical line of an offset; LF, CR LF and CR end a line each. */
size_t line_of_offset(const void *bytes, size_t n, size_t offset);

#endif
