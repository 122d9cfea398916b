/* gzip over libdeflate; see gzip.h.
 *
 * libdeflate wants the whole output at once, so the room is guessed: from what the caller expects, else from the
 * length field of the last member; a guess that was too small is doubled up to the limit. Deflate cannot
 * pack better than 1032 to 1 (a 258-byte match in 2 bits), so no guess goes above that: a short file that claims
 * gigabytes gets no gigabytes. The member's head and trailer are parsed here, to say what is wrong with them. */
#include "io/gzip.h"

#include <libdeflate.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum {
    HEAD_MIN = 10,
    TRAILER = 8,
    FLAG_HCRC = 2,
    FLAG_EXTRA = 4,
    FLAG_NAME = 8,
    FLAG_COMMENT = 16,
    FLAG_RESERVED = 0xe0,
    PEEK_MAX = 4096,
};

static const size_t RATIO_MAX = 1032;

static uint32_t little32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool gzip_is(const unsigned char *bytes, size_t n)
{
    return n >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* Steps over a text that ends in NUL; false when it does not end. */
static bool skip_text(const unsigned char *bytes, size_t n, size_t *at)
{
    const unsigned char *end = *at < n ? memchr(bytes + *at, 0, n - *at) : NULL;
    if (end == NULL)
        return false;
    *at = (size_t)(end - bytes) + 1;
    return true;
}

/* The length of a member's head, where the deflate stream begins. */
static bool member_head(const unsigned char *bytes, size_t n, size_t *length, struct err *err)
{
    if (n < HEAD_MIN)
        return err_set(err, ERR_INPUT, "gzip is cut short inside its header (%zu bytes)", n);
    if (bytes[2] != 8)
        return err_set(err, ERR_INPUT, "gzip compression method %u, expected 8 (deflate)", bytes[2]);
    unsigned flags = bytes[3];
    if (flags & FLAG_RESERVED)
        return err_set(err, ERR_INPUT, "gzip header has unknown flags 0x%02x", flags);
    size_t at = HEAD_MIN;
    bool whole = true;
    if (flags & FLAG_EXTRA) {
        whole = n - at >= 2;
        if (whole)
            at += 2 + ((size_t)bytes[at] | (size_t)bytes[at + 1] << 8);
    }
    if (whole && flags & FLAG_NAME)
        whole = skip_text(bytes, n, &at);
    if (whole && flags & FLAG_COMMENT)
        whole = skip_text(bytes, n, &at);
    if (flags & FLAG_HCRC)
        at += 2;
    if (!whole || at > n)
        return err_set(err, ERR_INPUT, "gzip is cut short inside its header (%zu bytes)", n);
    *length = at;
    return true;
}

size_t gzip_peek(const unsigned char *bytes, size_t n, unsigned char *out, size_t room)
{
    size_t head;
    if (!gzip_is(bytes, n) || !member_head(bytes, n, &head, NULL))
        return 0;
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    if (inflate == NULL)
        return 0;
    /* A full buffer ends the work with INSUFFICIENT_SPACE and keeps what was written so far, but for a last match
     * of up to 258 bytes that did not fit: so the buffer is that much larger than what is handed on. */
    unsigned char buffer[PEEK_MAX + 512] = {0};
    size_t got = 0, size = room < PEEK_MAX ? room : PEEK_MAX;
    switch (libdeflate_deflate_decompress(inflate, bytes + head, n - head, buffer, size + 512, &got)) {
    case LIBDEFLATE_SUCCESS:
        got = got < size ? got : size;
        break;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
        got = size;
        break;
    default:
        got = 0;
    }
    libdeflate_free_decompressor(inflate);
    memcpy(out, buffer, got);
    return got;
}

struct output {
    unsigned char *bytes;
    size_t n, room, limit; /* room without the closing NUL */
};

static bool output_grow(struct output *out, size_t room, struct err *err)
{
    if (room > out->limit)
        room = out->limit;
    unsigned char *grown = mem_grow(out->bytes, out->bytes == NULL ? 0 : out->n, room + 1, 1, err);
    if (grown == NULL)
        return false;
    out->bytes = grown;
    out->room = room;
    return true;
}

/* One member from bytes[*at]; *at moves behind its trailer. */
static bool member_unpack(struct libdeflate_decompressor *inflate, const unsigned char *bytes, size_t n, size_t *at,
                          struct output *out, struct err *err)
{
    size_t head, used, made;
    if (!member_head(bytes + *at, n - *at, &head, err))
        return false;
    const unsigned char *stream = bytes + *at + head;
    size_t left = n - *at - head;
    for (;;) {
        enum libdeflate_result result =
            libdeflate_deflate_decompress_ex(inflate, stream, left, out->bytes + out->n, out->room - out->n, &used, &made);
        if (result == LIBDEFLATE_SUCCESS)
            break;
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
            return err_set(err, ERR_INPUT, "gzip content is damaged or cut short");
        if (out->room >= out->limit)
            return err_set(err, ERR_INPUT, "gzip unpacks to more than the %zu bytes expected here", out->limit);
        if (!output_grow(out, out->room < out->limit / 2 ? 2 * out->room + 4096 : out->limit, err))
            return false;
    }
    if (left - used < TRAILER)
        return err_set(err, ERR_INPUT, "gzip is cut short: %zu of 8 bytes of its checksum and length are there", left - used);
    uint32_t crc = libdeflate_crc32(0, out->bytes + out->n, made);
    if (crc != little32(stream + used))
        return err_set(err, ERR_INPUT, "gzip checksum is %08x, expected %08x: the content is damaged", (unsigned)crc,
                       (unsigned)little32(stream + used));
    if ((uint32_t)made != little32(stream + used + 4))
        return err_set(err, ERR_INPUT, "gzip length field says %u bytes, the content has %zu",
                       (unsigned)little32(stream + used + 4), made);
    out->n += made;
    *at += head + used + TRAILER;
    return true;
}

bool gzip_unpack(const unsigned char *bytes, size_t n, size_t expected, size_t limit, unsigned char **out, size_t *out_n,
                 size_t *trailing, struct err *err)
{
    *out = NULL;
    *out_n = 0;
    *trailing = 0;
    if (!gzip_is(bytes, n))
        return err_set(err, ERR_INPUT, "gzip content begins with 1f 8b, which is not there");
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    if (inflate == NULL)
        return err_set(err, ERR_SYSTEM, "out of memory");
    struct output output = {.limit = limit < SIZE_MAX - 1 ? limit : SIZE_MAX - 1};
    size_t claimed = n >= HEAD_MIN + TRAILER ? little32(bytes + n - 4) : 0;
    size_t most = n < SIZE_MAX / RATIO_MAX ? n * RATIO_MAX : SIZE_MAX - 1;
    size_t guess = expected > claimed ? expected : claimed;
    bool done = output_grow(&output, guess < most ? guess : most, err);
    size_t at = 0;
    while (done && gzip_is(bytes + at, n - at))
        done = member_unpack(inflate, bytes, n, &at, &output, err);
    libdeflate_free_decompressor(inflate);
    if (!done) {
        mem_free(output.bytes);
        return false;
    }
    for (size_t i = at; i < n && *trailing == 0; i++)
        if (bytes[i] != 0)
            *trailing = n - at;
    output.bytes[output.n] = '\0';
    *out = output.bytes;
    *out_n = output.n;
    return true;
}

bool gzip_pack(const void *bytes, size_t n, int level, unsigned char **out, size_t *out_n, struct err *err)
{
    struct libdeflate_compressor *deflate = libdeflate_alloc_compressor(level);
    if (deflate == NULL)
        return err_set(err, ERR_SYSTEM, "out of memory");
    size_t room = libdeflate_gzip_compress_bound(deflate, n);
    *out = mem_alloc(room, 1, err);
    if (*out != NULL)
        *out_n = libdeflate_gzip_compress(deflate, bytes, n, *out, room);
    libdeflate_free_compressor(deflate);
    if (*out == NULL)
        return false;
    if (*out_n == 0)
        return err_set(err, ERR_BUG, "gzip output did not fit its own bound");
    return true;
}

bool deflate_unpack(const void *bytes, size_t n, void *out, size_t out_n, struct err *err)
{
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    if (inflate == NULL)
        return err_set(err, ERR_SYSTEM, "out of memory");
    enum libdeflate_result result = libdeflate_deflate_decompress(inflate, bytes, n, out, out_n, NULL);
    libdeflate_free_decompressor(inflate);
    if (result != LIBDEFLATE_SUCCESS)
        return err_set(err, ERR_INPUT, "deflate content is damaged, cut short or not of %zu bytes", out_n);
    return true;
}

uint32_t crc32_of(const void *bytes, size_t n)
{
    return libdeflate_crc32(0, bytes, n);
}

bool gzip_read_file(const char *path, size_t limit, unsigned char **bytes, size_t *n, struct notes *notes, struct err *err)
{
    unsigned char *packed;
    size_t packed_n, trailing;
    if (!file_read(path, limit, &packed, &packed_n, err))
        return false;
    if (!gzip_is(packed, packed_n)) {
        *bytes = packed;
        *n = packed_n;
        return true;
    }
    bool done = gzip_unpack(packed, packed_n, 0, limit, bytes, n, &trailing, err);
    mem_free(packed);
    if (!done)
        return err_add(err, "%s", path);
    if (trailing > 0 &&
        !notes_add(notes, err, "gzip_trailing", "%s: %zu bytes behind the gzip content are left out", path, trailing)) {
        mem_free(*bytes);
        *bytes = NULL;
        return false;
    }
    return true;
}
