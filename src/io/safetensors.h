/* safetensors (https://github.com/huggingface/safetensors, format of version 0.4): named tensors behind a JSON header,
 * with texts under `__metadata__`. Any other reader opens what is written here.
 *
 * Refused, as ERR_INPUT that names the file and the tensor: a header longer than the file or than
 * SAFETENSORS_HEADER_MAX, broken JSON, duplicate names, unknown types, shapes whose size overflows or is not that of
 * the values, more than TENSOR_DIM_MAX dimensions, ranges that overlap, leave holes or end before or behind the file. */
#ifndef HEPAR_IO_SAFETENSORS_H
#define HEPAR_IO_SAFETENSORS_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "table/store.h"

#define SAFETENSORS_HEADER_MAX ((size_t)100 << 20)
#define SAFETENSORS_BYTE_MAX ((size_t)16 << 30)

/* Tensors stand in the store in the header's order. The caller frees with store_free(). */
bool safetensors_read(const char *path, struct store *store, struct err *err);
bool safetensors_parse(const char *path, const void *bytes, size_t n, struct store *store, struct err *err);

/* The same store gives the same bytes. Values begin at multiples of their size. */
bool safetensors_write(const char *path, const struct store *store, struct err *err);
bool safetensors_format(const struct store *store, struct text *out, struct err *err);

/* A file that knows its own hash: the text `key` in `__metadata__` is the SHA-256, in lower-case hex, of the whole file
 * with those 64 digits replaced by '0'. Writing gives the hash back; the store must not have the text yet. Reading
 * refuses a file without the field, or with another content than the hash says. */
bool safetensors_write_hashed(const char *path, const struct store *store, const char *key, char hex[65], struct err *err);
bool safetensors_read_hashed(const char *path, const char *key, struct store *store, char hex[65], struct err *err);

#endif
