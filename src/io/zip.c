/* Reading zip archives; see zip.h. Numbers are little-endian. */
#include "io/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/gzip.h"

enum {
    LOCAL = 30,    /* bytes of a local header before its name */
    CENTRAL = 46,  /* of a directory entry before its name */
    END = 22,      /* of the end record before its comment */
    END64 = 56,
    LOCATOR64 = 20,
    COMMENT_MAX = 65535,
    FLAG_ENCRYPTED = 1,
    EXTRA64 = 1,
    RATIO_MAX = 1032, /* of deflate */
};

static const uint64_t FULL32 = 0xFFFFFFFF, FULL16 = 0xFFFF; /* "look into the 64-bit record" */

static uint64_t little(const unsigned char *p, unsigned n)
{
    uint64_t value = 0;
    for (unsigned i = n; i > 0; i--)
        value = value << 8 | p[i - 1];
    return value;
}

static bool has_mark(const unsigned char *p, unsigned char third, unsigned char fourth)
{
    return p[0] == 'P' && p[1] == 'K' && p[2] == third && p[3] == fourth;
}

bool zip_is(const unsigned char *bytes, size_t n)
{
    return n >= 4 && has_mark(bytes, 3, 4);
}

struct directory {
    uint64_t begin, size, entry_n;
};

/* The end record is searched from behind, since a comment of any content may follow it. */
static bool find_end(const unsigned char *bytes, size_t n, size_t *at, struct err *err)
{
    size_t lowest = n > END + COMMENT_MAX ? n - END - COMMENT_MAX : 0;
    for (size_t i = n < END ? 0 : n - END + 1; i > lowest; i--)
        if (has_mark(bytes + i - 1, 5, 6) && i - 1 + END + little(bytes + i - 1 + 20, 2) == n) {
            *at = i - 1;
            return true;
        }
    return err_set(err, ERR_INPUT, "the zip archive has no end record: cut short, or no zip archive");
}

static bool find_directory64(const unsigned char *bytes, size_t end, struct directory *directory, struct err *err)
{
    if (end < LOCATOR64 || !has_mark(bytes + end - LOCATOR64, 6, 7))
        return err_set(err, ERR_INPUT, "the zip archive has no 64-bit end record, though its end record points to one");
    uint64_t at = little(bytes + end - LOCATOR64 + 8, 8);
    if (end - LOCATOR64 < END64 || at > end - LOCATOR64 - END64 || !has_mark(bytes + at, 6, 6))
        return err_set(err, ERR_INPUT, "the zip archive's 64-bit end record is not where its locator says");
    *directory = (struct directory){little(bytes + at + 48, 8), little(bytes + at + 40, 8), little(bytes + at + 32, 8)};
    return true;
}

static bool find_directory(const unsigned char *bytes, size_t n, struct directory *directory, struct err *err)
{
    size_t end = 0;
    if (!find_end(bytes, n, &end, err))
        return false;
    const unsigned char *p = bytes + end;
    if ((little(p + 4, 2) != 0 && little(p + 4, 2) != FULL16) || little(p + 8, 2) != little(p + 10, 2))
        return err_set(err, ERR_INPUT, "the zip archive lies on several disks");
    *directory = (struct directory){little(p + 16, 4), little(p + 12, 4), little(p + 10, 2)};
    if ((directory->begin == FULL32 || directory->size == FULL32 || directory->entry_n == FULL16) && !find_directory64(bytes, end, directory, err))
        return false;
    if (directory->size > end || directory->begin > end - directory->size)
        return err_set(err, ERR_INPUT, "the zip archive's directory lies outside the file");
    if (directory->entry_n > directory->size / CENTRAL)
        return err_set(err, ERR_INPUT, "the zip archive's directory of %llu bytes cannot hold %llu entries", (unsigned long long)directory->size,
                       (unsigned long long)directory->entry_n);
    return true;
}

/* Sizes that did not fit into 32 bits stand in an extra field, in this order, each only if it did not fit. */
static bool read_extra64(const unsigned char *extra, size_t n, uint64_t *size, uint64_t *packed, uint64_t *begin)
{
    uint64_t *const wanted[] = {size, packed, begin};
    for (size_t at = 0; n - at >= 4;) {
        size_t field = (size_t)little(extra + at + 2, 2), from = at + 4;
        if (field > n - from)
            return false;
        if (little(extra + at, 2) == EXTRA64) {
            size_t end = from + field;
            for (size_t i = 0; i < 3; i++)
                if (*wanted[i] == FULL32) {
                    if (end - from < 8)
                        return false;
                    *wanted[i] = little(extra + from, 8);
                    from += 8;
                }
            return true;
        }
        at = from + field;
    }
    return *size != FULL32 && *packed != FULL32 && *begin != FULL32;
}

/* One directory entry at p, of which `left` bytes are there; *length: how many it takes. */
static bool read_entry(const struct zip *zip, const unsigned char *p, size_t left, struct zip_entry *entry, size_t *length, struct err *err)
{
    if (left < CENTRAL || !has_mark(p, 1, 2))
        return err_set(err, ERR_INPUT, "entry %zu of the zip archive's directory is damaged", zip->entry_n + 1);
    size_t name_n = (size_t)little(p + 28, 2), extra_n = (size_t)little(p + 30, 2), comment_n = (size_t)little(p + 32, 2);
    *length = CENTRAL + name_n + extra_n + comment_n;
    if (*length > left)
        return err_set(err, ERR_INPUT, "entry %zu of the zip archive's directory is cut short", zip->entry_n + 1);
    uint64_t packed = little(p + 20, 4), size = little(p + 24, 4), begin = little(p + 42, 4);
    *entry = (struct zip_entry){.name = (const char *)p + CENTRAL, .name_n = name_n, .crc = (uint32_t)little(p + 16, 4), .method = (unsigned)little(p + 10, 2)};
    bool wide = packed == FULL32 || size == FULL32 || begin == FULL32;
    if (wide && !read_extra64(p + CENTRAL + name_n, extra_n, &size, &packed, &begin))
        return err_set(err, ERR_INPUT, "entry %zu of the zip archive's directory lacks its 64-bit sizes", zip->entry_n + 1);
    if (little(p + 8, 2) & FLAG_ENCRYPTED)
        return err_set(err, ERR_INPUT, "zip entry %.*s is encrypted", (int)name_n, entry->name);
    if (packed > zip->n || begin > zip->n - packed)
        return err_set(err, ERR_INPUT, "zip entry %.*s lies outside the file", (int)name_n, entry->name);
    entry->begin = (size_t)begin;
    entry->packed_n = (size_t)packed;
    entry->size = (size_t)size;
    return true;
}

static int compare_names(const char *a, size_t a_n, const char *b, size_t b_n)
{
    int order = memcmp(a, b, a_n < b_n ? a_n : b_n);
    return order != 0 ? order : (a_n > b_n) - (a_n < b_n);
}

static int compare_entries(const void *a, const void *b)
{
    const struct zip_entry *x = a, *y = b;
    return compare_names(x->name, x->name_n, y->name, y->name_n);
}

static bool read_entries(struct zip *zip, const struct directory *directory, struct err *err)
{
    const unsigned char *p = zip->bytes + directory->begin;
    size_t left = (size_t)directory->size, length = 0;
    for (; zip->entry_n < directory->entry_n; zip->entry_n++, p += length, left -= length)
        if (!read_entry(zip, p, left, &zip->entry[zip->entry_n], &length, err))
            return false;
    qsort(zip->entry, zip->entry_n, sizeof *zip->entry, compare_entries);
    for (size_t i = 1; i < zip->entry_n; i++)
        if (compare_entries(&zip->entry[i - 1], &zip->entry[i]) == 0)
            return err_set(err, ERR_INPUT, "zip entry %.*s stands twice", (int)zip->entry[i].name_n, zip->entry[i].name);
    return true;
}

bool zip_open(const unsigned char *bytes, size_t n, struct zip *zip, struct err *err)
{
    struct directory directory = {0};
    *zip = (struct zip){.bytes = bytes, .n = n};
    if (!find_directory(bytes, n, &directory, err))
        return false;
    zip->entry = mem_zero((size_t)directory.entry_n, sizeof *zip->entry, err);
    if (zip->entry == NULL)
        return false;
    if (read_entries(zip, &directory, err))
        return true;
    zip_free(zip);
    return false;
}

void zip_free(struct zip *zip)
{
    mem_free(zip->entry);
    *zip = (struct zip){0};
}

const struct zip_entry *zip_find(const struct zip *zip, const char *name, size_t name_n)
{
    const struct zip_entry wanted = {.name = name, .name_n = name_n};
    return zip->entry_n == 0 ? NULL : bsearch(&wanted, zip->entry, zip->entry_n, sizeof *zip->entry, compare_entries);
}

static bool find_content(const struct zip *zip, const struct zip_entry *entry, const unsigned char **content, struct err *err)
{
    const unsigned char *p = zip->bytes + entry->begin;
    size_t left = zip->n - entry->begin;
    if (left < LOCAL || !has_mark(p, 3, 4))
        return err_set(err, ERR_INPUT, "its header is not where the directory says");
    size_t head = LOCAL + (size_t)little(p + 26, 2) + (size_t)little(p + 28, 2);
    if (head > left || entry->packed_n > left - head)
        return err_set(err, ERR_INPUT, "%zu bytes are not there behind its header: cut short", entry->packed_n);
    *content = p + head;
    return true;
}

static bool inflate_content(const struct zip_entry *entry, unsigned char **owned, const unsigned char **content, struct err *err)
{
    if (entry->size / RATIO_MAX > entry->packed_n)
        return err_set(err, ERR_INPUT, "%zu bytes cannot unpack to %zu", entry->packed_n, entry->size);
    *owned = mem_alloc(entry->size, 1, err);
    if (*owned == NULL || !deflate_unpack(*content, entry->packed_n, *owned, entry->size, err))
        return false;
    *content = *owned;
    return true;
}

static bool unpack(const struct zip *zip, const struct zip_entry *entry, unsigned char **owned, const unsigned char **content, struct err *err)
{
    if (!find_content(zip, entry, content, err))
        return false;
    if (entry->method == 0 && entry->packed_n != entry->size)
        return err_set(err, ERR_INPUT, "stored with %zu bytes, but its size is %zu", entry->packed_n, entry->size);
    if (entry->method != 0 && entry->method != 8)
        return err_set(err, ERR_INPUT, "compression method %u, expected 0 (stored) or 8 (deflate)", entry->method);
    if (entry->method == 8 && !inflate_content(entry, owned, content, err))
        return false;
    uint32_t crc = crc32_of(*content, entry->size);
    if (crc != entry->crc)
        return err_set(err, ERR_INPUT, "checksum is %08x, expected %08x: the content is damaged", (unsigned)crc, (unsigned)entry->crc);
    return true;
}

bool zip_unpack(const struct zip *zip, const struct zip_entry *entry, unsigned char **owned, const unsigned char **content, struct err *err)
{
    *owned = NULL;
    if (unpack(zip, entry, owned, content, err))
        return true;
    mem_free(*owned);
    *owned = NULL;
    return err_add(err, "zip entry %.*s", (int)entry->name_n, entry->name);
}
