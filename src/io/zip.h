/* Reading zip archives (PKWARE APPNOTE 6.3, with the 64-bit extension) out of memory.
 *
 * The central directory is what counts; the local headers are looked at for where the content begins. Entries are stored or
 * deflated; each one's length and CRC-32 are checked when it is unpacked.
 * Refused, as ERR_INPUT: an archive cut short, on several disks, encrypted entries, other methods than these two, entries
 * that leave the file, and two entries of one name. */
#ifndef HEPAR_IO_ZIP_H
#define HEPAR_IO_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct zip_entry {
    const char *name; /* points into the archive; name_n bytes, no '\0' behind them */
    size_t name_n;
    size_t begin;            /* of the local header */
    size_t packed_n, size;   /* bytes in the archive and unpacked */
    uint32_t crc;
    unsigned method;         /* 0 stored, 8 deflated */
};

struct zip {
    const unsigned char *bytes; /* borrowed */
    size_t n;
    struct zip_entry *entry; /* owned; by name */
    size_t entry_n;
};

bool zip_is(const unsigned char *bytes, size_t n); /* begins as one: "PK\3\4" */
bool zip_open(const unsigned char *bytes, size_t n, struct zip *zip, struct err *err);
void zip_free(struct zip *zip);
const struct zip_entry *zip_find(const struct zip *zip, const char *name, size_t name_n); /* NULL when absent */
/* *content: entry->size bytes, in the archive itself, or in *owned (else NULL), which the caller frees with mem_free(). The
 * message names the entry. The caller looks at entry->size first: that much is allocated, at most 1032 times packed_n. */
bool zip_unpack(const struct zip *zip, const struct zip_entry *entry, unsigned char **owned, const unsigned char **content, struct err *err);

#endif
