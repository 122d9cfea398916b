/* Zip archives built by hand here, byte for byte as APPNOTE 6.3 says, then spoilt. Real ones stand in io_pth.c. */
#include "tap.h"

#include "base/mem.h"
#include "base/text.h"
#include "io/gzip.h"
#include "io/zip.h"

struct one {
    const char *name, *packed;
    size_t packed_n, size;
    const char *plain; /* for the checksum */
    unsigned method, flags;
    bool wide; /* sizes in the 64-bit extra field */
};

static void put(struct text *out, uint64_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        text_add_char(out, (char)(i < 8 ? value >> (8 * i) & 0xFF : 0));
}

/* The part that local and central header share, from the flags to the length of the extra field. */
static void put_common(struct text *out, const struct one *one, size_t extra_n)
{
    put(out, one->flags, 2);
    put(out, one->method, 2);
    put(out, 0, 4);
    put(out, crc32_of(one->plain, strlen(one->plain)), 4);
    put(out, one->wide ? 0xFFFFFFFF : one->packed_n, 4);
    put(out, one->wide ? 0xFFFFFFFF : one->size, 4);
    put(out, strlen(one->name), 2);
    put(out, extra_n, 2);
}

/* 64-bit end records stand before the plain one where `wide`. */
static void archive(struct text *out, const struct one *one, size_t n, bool wide)
{
    size_t begin[8];
    for (size_t i = 0; i < n; i++) {
        begin[i] = out->n;
        text_add_bytes(out, "PK\3\4\24\0", 6);
        put_common(out, &one[i], 0);
        text_add_bytes(out, one[i].name, strlen(one[i].name));
        text_add_bytes(out, one[i].packed, one[i].packed_n);
    }
    size_t directory = out->n;
    for (size_t i = 0; i < n; i++) {
        text_add_bytes(out, "PK\1\2\24\0\24\0", 8);
        put_common(out, &one[i], one[i].wide ? 20 : 0);
        put(out, 0, 10);
        put(out, begin[i], 4);
        text_add_bytes(out, one[i].name, strlen(one[i].name));
        if (one[i].wide) {
            put(out, 1, 2);
            put(out, 16, 2);
            put(out, one[i].size, 8);
            put(out, one[i].packed_n, 8);
        }
    }
    size_t end = out->n;
    if (wide) {
        text_add_bytes(out, "PK\6\6", 4);
        put(out, 44, 8);
        put(out, 0, 12);
        put(out, n, 8);
        put(out, n, 8);
        put(out, end - directory, 8);
        put(out, directory, 8);
        text_add_bytes(out, "PK\6\7", 4);
        put(out, 0, 4);
        put(out, end, 8);
        put(out, 1, 4);
    }
    text_add_bytes(out, "PK\5\6", 4);
    put(out, 0, 4);
    put(out, wide ? 0xFFFF : n, 2);
    put(out, wide ? 0xFFFF : n, 2);
    put(out, wide ? 0xFFFFFFFF : end - directory, 4);
    put(out, wide ? 0xFFFFFFFF : directory, 4);
    put(out, 3, 2);
    text_add(out, "end"); /* a comment */
}

/* "aaaaaaaaaa" by one deflate block with the fixed code: a literal and a match of 9 at distance 1. */
static const char ten[] = "aaaaaaaaaa";
static const char ten_packed[] = {0x4b, (char)0x84, 0x03, 0x00};

static void check_content(const struct text *out, const char *name, const char *expected)
{
    struct zip zip;
    struct err err = ERR_INIT;
    unsigned char *owned;
    const unsigned char *content;
    assert_done(zip_open((const unsigned char *)out->bytes, out->n, &zip, &err), err);
    const struct zip_entry *entry = zip_find(&zip, name, strlen(name));
    assert_non_null(entry);
    assert_null(zip_find(&zip, "none", 4));
    assert_done(zip_unpack(&zip, entry, &owned, &content, &err), err);
    assert_int_equal(entry->size, strlen(expected));
    assert_memory_equal(content, expected, entry->size);
    mem_free(owned);
    zip_free(&zip);
}

static void stored_and_deflated_entries_are_read(void **state)
{
    (void)state;
    const struct one entries[] = {
        {"z/last", "hello", 5, 5, "hello", 0, 0, false},
        {"a/first", ten_packed, sizeof ten_packed, 10, ten, 8, 0, false},
        {"empty", "", 0, 0, "", 0, 0, false},
    };
    for (int wide = 0; wide < 2; wide++) {
        struct text out = TEXT_INIT;
        archive(&out, entries, 3, wide != 0);
        check_content(&out, "z/last", "hello");
        check_content(&out, "a/first", ten);
        check_content(&out, "empty", "");
        text_free(&out);
    }
}

static void sizes_of_64_bits_are_read(void **state)
{
    (void)state;
    const struct one entry = {"w", "hello", 5, 5, "hello", 0, 0, true};
    struct text out = TEXT_INIT;
    archive(&out, &entry, 1, true);
    check_content(&out, "w", "hello");
    text_free(&out);
}

static void refuse_entry(const struct one *one, const char *message)
{
    struct text out = TEXT_INIT;
    struct zip zip;
    struct err err = ERR_INIT;
    unsigned char *owned;
    const unsigned char *content;
    archive(&out, one, 1, false);
    if (zip_open((const unsigned char *)out.bytes, out.n, &zip, &err)) {
        assert_false(zip_unpack(&zip, &zip.entry[0], &owned, &content, &err));
        assert_null(owned);
        zip_free(&zip);
    }
    assert_error(err, ERR_INPUT, message);
    text_free(&out);
}

static void spoilt_entries_are_refused_with_their_name(void **state)
{
    (void)state;
    refuse_entry(&(struct one){"w", "hellO", 5, 5, "hello", 0, 0, false}, "zip entry w: checksum is 0d7e864e, expected 3610a686: the content is damaged");
    refuse_entry(&(struct one){"w", "hello", 5, 6, "hello", 0, 0, false}, "zip entry w: stored with 5 bytes, but its size is 6");
    refuse_entry(&(struct one){"w", "hello", 5, 5, "hello", 12, 0, false}, "zip entry w: compression method 12, expected 0 (stored) or 8 (deflate)");
    refuse_entry(&(struct one){"w", "hello", 5, 5, "hello", 0, 1, false}, "zip entry w is encrypted");
    refuse_entry(&(struct one){"w", ten_packed, 3, 10, ten, 8, 0, false}, "zip entry w: deflate content is damaged, cut short or not of 10 bytes");
    refuse_entry(&(struct one){"w", ten_packed, 4, 11, ten, 8, 0, false}, "zip entry w: deflate content is damaged, cut short or not of 11 bytes");
    refuse_entry(&(struct one){"w", ten_packed, 4, 4000000000, ten, 8, 0, false}, "zip entry w: 4 bytes cannot unpack to 4000000000");
}

/* The archive of one stored entry, with `n` bytes at `at` (from the end when negative) written over. */
static void refuse_patched(long at, const char *bytes, size_t n, const char *message)
{
    const struct one one = {"w", "hello", 5, 5, "hello", 0, 0, false};
    struct text out = TEXT_INIT;
    struct zip zip;
    struct err err = ERR_INIT;
    unsigned char *owned;
    const unsigned char *content;
    archive(&out, &one, 1, false);
    memcpy(out.bytes + (at < 0 ? (long)out.n + at : at), bytes, n);
    if (zip_open((const unsigned char *)out.bytes, out.n, &zip, &err)) {
        assert_false(zip_unpack(&zip, &zip.entry[0], &owned, &content, &err));
        zip_free(&zip);
    }
    assert_error(err, ERR_INPUT, message);
    text_free(&out);
}

/* Bytes: 36 of the local entry, 47 of the directory, 22 of the end record, 3 of the comment. */
static void spoilt_archives_are_refused(void **state)
{
    (void)state;
    refuse_patched(-25, "XX", 2, "the zip archive has no end record: cut short, or no zip archive");
    refuse_patched(-21, "\1", 1, "the zip archive lies on several disks");
    refuse_patched(-9, "\xff", 1, "the zip archive's directory lies outside the file");
    refuse_patched(-17, "\2\0\2", 3, "the zip archive's directory of 47 bytes cannot hold 2 entries");
    refuse_patched(-17, "\xff\xff\xff\xff", 4, "the zip archive has no 64-bit end record, though its end record points to one");
    refuse_patched(36, "X", 1, "entry 1 of the zip archive's directory is damaged");
    refuse_patched(36 + 28, "\x77", 1, "entry 1 of the zip archive's directory is cut short");
    refuse_patched(36 + 24, "\xff\xff\xff\xff", 4, "entry 1 of the zip archive's directory lacks its 64-bit sizes");
    refuse_patched(36 + 42, "\x7f\x7f", 2, "zip entry w lies outside the file");
    refuse_patched(36 + 42, "\4", 1, "zip entry w: its header is not where the directory says");
    refuse_patched(26, "\xff\xff", 2, "zip entry w: 5 bytes are not there behind its header: cut short");
}

static void two_entries_of_one_name_are_refused(void **state)
{
    (void)state;
    const struct one twice[] = {{"w", "hello", 5, 5, "hello", 0, 0, false}, {"w", "other", 5, 5, "other", 0, 0, false}};
    struct text out = TEXT_INIT;
    struct zip zip;
    struct err err = ERR_INIT;
    archive(&out, twice, 2, false);
    assert_false(zip_open((const unsigned char *)out.bytes, out.n, &zip, &err));
    assert_error(err, ERR_INPUT, "zip entry w stands twice");
    text_free(&out);
}

static void a_wrong_64_bit_locator_is_refused(void **state)
{
    (void)state;
    const struct one one = {"w", "hello", 5, 5, "hello", 0, 0, false};
    struct text out = TEXT_INIT;
    struct zip zip;
    struct err err = ERR_INIT;
    archive(&out, &one, 1, true);
    memset(out.bytes + out.n - 25 - 12, 0xFF, 8);
    assert_false(zip_open((const unsigned char *)out.bytes, out.n, &zip, &err));
    assert_error(err, ERR_INPUT, "the zip archive's 64-bit end record is not where its locator says");
    text_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_and_deflated_entries_are_read),
        cmocka_unit_test(sizes_of_64_bits_are_read),
        cmocka_unit_test(spoilt_entries_are_refused_with_their_name),
        cmocka_unit_test(spoilt_archives_are_refused),
        cmocka_unit_test(two_entries_of_one_name_are_refused),
        cmocka_unit_test(a_wrong_64_bit_locator_is_refused),
    };
    return tap_run(tests);
}
