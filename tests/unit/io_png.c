/* PNG and base64: bytes that another decoder takes, checked by undoing them with libdeflate and by published vectors. */
#include "tap.h"

#include <libdeflate.h>

#include "io/png.h"

static void base64_fits_the_vectors_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 1; i < sizeof cases / sizeof *cases; i++) {
        struct text out = TEXT_INIT;
        base64_add(&out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(out.bytes, cases[i][1]);
        text_free(&out);
    }
}

static size_t big_endian(const unsigned char *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static void a_picture_is_undone_chunk_by_chunk(void **state)
{
    (void)state;
    const uint8_t pixel[] = {0, 1, 2, 255, 4, 5};
    uint8_t palette[256][3] = {{0}};
    palette[255][0] = 9;
    struct text out = TEXT_INIT;
    struct err err = ERR_INIT;
    assert_done(png_format(pixel, 3, 2, palette, &out, &err), err);
    const unsigned char *at = (const unsigned char *)out.bytes + 8, *end = (const unsigned char *)out.bytes + out.n;
    assert_memory_equal(out.bytes, "\x89PNG\r\n\x1a\n", 8);
    const char *const order[] = {"IHDR", "PLTE", "IDAT", "IEND"};
    for (size_t i = 0; i < 4; i++) {
        size_t n = big_endian(at);
        assert_true((size_t)(end - at) >= n + 12);
        assert_memory_equal(at + 4, order[i], 4);
        assert_true(libdeflate_crc32(0, at + 4, n + 4) == big_endian(at + 8 + n));
        if (i == 0) {
            assert_int_equal(big_endian(at + 8), 3);
            assert_int_equal(big_endian(at + 12), 2);
            assert_memory_equal(at + 16, "\x08\x03\0\0\0", 5);
        }
        if (i == 1)
            assert_int_equal(at[8 + 3 * 255], 9);
        if (i == 2) {
            struct libdeflate_decompressor *undo = libdeflate_alloc_decompressor();
            unsigned char rows[8];
            assert_int_equal(libdeflate_zlib_decompress(undo, at + 8, n, rows, sizeof rows, NULL), LIBDEFLATE_SUCCESS);
            assert_memory_equal(rows, "\0\0\1\2\0\xFF\4\5", 8);
            libdeflate_free_decompressor(undo);
        }
        at += n + 12;
    }
    assert_ptr_equal(at, end);
    text_free(&out);
}

static void a_picture_without_pixels_is_our_bug(void **state)
{
    (void)state;
    const uint8_t palette[256][3] = {{0}};
    struct text out = TEXT_INIT;
    struct err err = ERR_INIT;
    assert_false(png_format(NULL, 0, 2, palette, &out, &err));
    assert_error(err, ERR_BUG, "a picture of 0 x 2, expected sides of 1 to 16384");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_fits_the_vectors_of_rfc_4648),
        cmocka_unit_test(a_picture_is_undone_chunk_by_chunk),
        cmocka_unit_test(a_picture_without_pixels_is_our_bug),
    };
    return tap_run(tests);
}
