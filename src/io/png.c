/* Pictures with a palette as PNG: signature, IHDR, PLTE, one IDAT (zlib by libdeflate, rows unfiltered, as the
 * standard advises for palettes), IEND; see png.h. */
#include "io/png.h"

#include <libdeflate.h>
#include <string.h>

#include "base/mem.h"

enum { LEVEL = 9, PALETTE_BYTES = 3 * 256 };

static void add_u32(struct text *out, size_t value)
{
    const unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16), (unsigned char)(value >> 8), (unsigned char)value};
    text_add_bytes(out, bytes, sizeof bytes);
}

static void add_chunk(struct text *out, const char type[5], const void *bytes, size_t n)
{
    uint32_t crc = libdeflate_crc32(libdeflate_crc32(0, type, 4), bytes, n);
    add_u32(out, n);
    text_add_bytes(out, type, 4);
    text_add_bytes(out, bytes, n);
    add_u32(out, crc);
}

/* Rows, each behind a zero (no filter), as a zlib stream. */
static bool pack_rows(const uint8_t *pixel, size_t width, size_t height, struct text *out, struct err *err)
{
    size_t raw_n = (width + 1) * height, packed_n = 0;
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    size_t room = compressor == NULL ? 0 : libdeflate_zlib_compress_bound(compressor, raw_n);
    uint8_t *raw = mem_alloc(raw_n, 1, err), *packed = mem_alloc(room, 1, err);
    bool done = compressor != NULL && raw != NULL && packed != NULL;
    if (done) {
        for (size_t y = 0; y < height; y++) {
            raw[y * (width + 1)] = 0;
            memcpy(raw + y * (width + 1) + 1, pixel + y * width, width);
        }
        packed_n = libdeflate_zlib_compress(compressor, raw, raw_n, packed, room);
        add_chunk(out, "IDAT", packed, packed_n);
    } else if (compressor == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory: a PNG compressor");
    }
    libdeflate_free_compressor(compressor);
    mem_free(raw);
    mem_free(packed);
    return done;
}

bool png_format(const uint8_t *pixel, size_t width, size_t height, const uint8_t palette[256][3], struct text *out, struct err *err)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    struct text head = TEXT_INIT;
    if (width < 1 || width > PNG_SIDE_MAX || height < 1 || height > PNG_SIDE_MAX)
        return err_set(err, ERR_BUG, "a picture of %zu x %zu, expected sides of 1 to %d", width, height, PNG_SIDE_MAX);
    text_add_bytes(out, signature, sizeof signature);
    add_u32(&head, width);
    add_u32(&head, height);
    text_add_bytes(&head, "\x08\x03\0\0\0", 5); /* 8 bits, palette, deflate, no filter, not interlaced */
    add_chunk(out, "IHDR", head.bytes, head.n);
    add_chunk(out, "PLTE", palette, PALETTE_BYTES);
    bool done = text_ok(&head, err) && pack_rows(pixel, width, height, out, err);
    add_chunk(out, "IEND", "", 0);
    text_free(&head);
    return done && text_ok(out, err);
}

void base64_add(struct text *out, const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = bytes;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned three = (unsigned)at[i] << 16 | (left > 1 ? (unsigned)at[i + 1] << 8 : 0) | (left > 2 ? at[i + 2] : 0);
        const char four[4] = {digits[three >> 18], digits[three >> 12 & 63], left > 1 ? digits[three >> 6 & 63] : '=', left > 2 ? digits[three & 63] : '='};
        text_add_bytes(out, four, 4);
    }
}
