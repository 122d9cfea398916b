/* gzip (RFC 1952), whole content in memory, by libdeflate.
 *
 * Told by content, never by name. All members are read, and each one's checksum and length are checked. Zeros
 * behind the last member are padding; other bytes there are counted for the caller to say. */
#ifndef HEPAR_IO_GZIP_H
#define HEPAR_IO_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"

bool gzip_is(const unsigned char *bytes, size_t n);

/* The first bytes of the content, as many as can be had cheaply, into out[room]; returns how many (0: none).
 * Good for telling what a file is; nothing here is checked against the checksum. room <= 4096. */
size_t gzip_peek(const unsigned char *bytes, size_t n, unsigned char *out, size_t room);

/* The content: *out with one '\0' behind it that is not counted; the caller frees with mem_free().
 * `expected` (0: unknown) is how many bytes the caller thinks there are; it saves work, nothing else. ERR_INPUT above `limit` bytes,
 * and for what is damaged or cut short. *trailing: bytes other than padding behind the last member. */
bool gzip_unpack(const unsigned char *bytes, size_t n, size_t expected, size_t limit, unsigned char **out, size_t *out_n,
                 size_t *trailing, struct err *err);

/* One member without name or time, so that the same content gives the same bytes. level 1..12. */
bool gzip_pack(const void *bytes, size_t n, int level, unsigned char **out, size_t *out_n, struct err *err);

/* A bare deflate stream (RFC 1951) of exactly out_n bytes into out; ERR_INPUT when it is damaged or of another length. */
bool deflate_unpack(const void *bytes, size_t n, void *out, size_t out_n, struct err *err);
uint32_t crc32_of(const void *bytes, size_t n); /* the CRC-32 of gzip and zip */

/* A file's content, unpacked when it is gzip; both sizes are held under `limit`. As file_read() otherwise. */
bool gzip_read_file(const char *path, size_t limit, unsigned char **bytes, size_t *n, struct notes *notes, struct err *err);

#endif
