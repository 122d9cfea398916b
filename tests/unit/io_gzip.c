#include "tap.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/gzip.h"

/* Compressible, but not to nothing. */
static unsigned char *sample(size_t n)
{
    unsigned char *bytes = mem_alloc(n, 1, NULL);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * i / 7 % 251);
    return bytes;
}

static void refuse(const unsigned char *packed, size_t n, size_t limit, const char *text)
{
    unsigned char *out;
    size_t out_n, trailing;
    struct err err = ERR_INIT;
    assert_false(gzip_unpack(packed, n, 0, limit, &out, &out_n, &trailing, &err));
    assert_error_has(err, ERR_INPUT, text);
    assert_null(out);
}

static void what_is_packed_comes_back(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 4095, 70000};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        unsigned char *bytes = sample(SIZES[i]), *packed, *out, *again;
        size_t packed_n, out_n, again_n, trailing;
        struct err err = ERR_INIT;
        assert_done(gzip_pack(bytes, SIZES[i], 6, &packed, &packed_n, &err), err);
        assert_done(gzip_pack(bytes, SIZES[i], 6, &again, &again_n, &err), err);
        assert_int_equal(packed_n, again_n);
        assert_memory_equal(packed, again, packed_n);
        assert_done(gzip_unpack(packed, packed_n, 0, SIZE_MAX, &out, &out_n, &trailing, &err), err);
        assert_int_equal(out_n, SIZES[i]);
        assert_memory_equal(out, bytes, out_n);
        assert_int_equal(out[out_n], 0);
        assert_int_equal(trailing, 0);
        mem_free(bytes), mem_free(packed), mem_free(out), mem_free(again);
    }
}

static void members_are_joined_padding_is_silent_and_other_bytes_are_counted(void **state)
{
    (void)state;
    unsigned char *bytes = sample(5000), *packed, *out;
    unsigned char file[20000] = {0};
    size_t packed_n, out_n, trailing;
    struct err err = ERR_INIT;
    assert_done(gzip_pack(bytes, 5000, 6, &packed, &packed_n, &err), err);
    memcpy(file, packed, packed_n);
    memcpy(file + packed_n, packed, packed_n);
    size_t n = 2 * packed_n;
    assert_done(gzip_unpack(file, n + 512, 0, SIZE_MAX, &out, &out_n, &trailing, &err), err);
    assert_int_equal(out_n, 10000);
    assert_memory_equal(out, bytes, 5000);
    assert_memory_equal(out + 5000, bytes, 5000);
    assert_int_equal(trailing, 0);
    mem_free(out);
    memcpy(file + n, "garbage", 7);
    assert_done(gzip_unpack(file, n + 7, 0, SIZE_MAX, &out, &out_n, &trailing, &err), err);
    assert_int_equal(trailing, 7);
    mem_free(bytes), mem_free(packed), mem_free(out);
}

static void damage_is_refused_with_its_reason(void **state)
{
    (void)state;
    unsigned char *bytes = sample(5000), *packed;
    size_t n;
    struct err err = ERR_INIT;
    assert_done(gzip_pack(bytes, 5000, 6, &packed, &n, &err), err);
    refuse(packed, 7, SIZE_MAX, "gzip is cut short inside its header (7 bytes)");
    refuse(packed, n / 2, SIZE_MAX, "gzip content is damaged or cut short");
    refuse(packed, n - 3, SIZE_MAX, "gzip is cut short: 5 of 8 bytes of its checksum and length are there");
    refuse(packed, n, 4000, "gzip unpacks to more than the 4000 bytes expected here");
    refuse((const unsigned char *)"plain text", 10, SIZE_MAX, "gzip content begins with 1f 8b, which is not there");
    packed[n - 1]++;
    refuse(packed, n, SIZE_MAX, "gzip length field says 16782216 bytes, the content has 5000");
    packed[n - 1]--;
    packed[n - 8]++;
    refuse(packed, n, SIZE_MAX, "gzip checksum is ");
    packed[n - 8]--;
    packed[2] = 7;
    refuse(packed, n, SIZE_MAX, "gzip compression method 7, expected 8 (deflate)");
    packed[2] = 8;
    packed[3] = 0x80;
    refuse(packed, n, SIZE_MAX, "gzip header has unknown flags 0x80");
    packed[3] = 8; /* a name that never ends would run over the file */
    memset(packed + 10, 'x', n - 10);
    refuse(packed, n, SIZE_MAX, "gzip is cut short inside its header");
    mem_free(bytes), mem_free(packed);
}

static void the_first_bytes_can_be_had_alone(void **state)
{
    (void)state;
    unsigned char *bytes = sample(70000), *packed, head[600];
    size_t n;
    struct err err = ERR_INIT;
    assert_done(gzip_pack(bytes, 70000, 6, &packed, &n, &err), err);
    assert_int_equal(gzip_peek(packed, n, head, sizeof head), sizeof head);
    assert_memory_equal(head, bytes, sizeof head);
    mem_free(packed);
    assert_done(gzip_pack(bytes, 100, 6, &packed, &n, &err), err);
    assert_int_equal(gzip_peek(packed, n, head, sizeof head), 100);
    assert_int_equal(gzip_peek((const unsigned char *)"plain", 5, head, sizeof head), 0);
    mem_free(packed), mem_free(bytes);
}

static void a_file_is_read_packed_or_not(void **state)
{
    (void)state;
    unsigned char *packed, *bytes;
    size_t packed_n, n;
    struct err err = ERR_INIT;
    struct notes notes = NOTES_INIT;
    assert_done(gzip_pack("a,b\n", 4, 6, &packed, &packed_n, &err), err);
    packed = mem_grow(packed, packed_n, packed_n + 1, 1, &err);
    packed[packed_n] = 'x';
    assert_done(file_write(tap_path("a"), packed, packed_n + 1, &err), err);
    assert_done(file_write(tap_path("b"), "a,b\n", 4, &err), err);
    assert_done(gzip_read_file(tap_path("a"), 1000, &bytes, &n, &notes, &err), err);
    assert_string_equal((char *)bytes, "a,b\n");
    assert_true(notes_has(&notes, "gzip_trailing"));
    mem_free(bytes);
    assert_done(gzip_read_file(tap_path("b"), 1000, &bytes, &n, &notes, &err), err);
    assert_string_equal((char *)bytes, "a,b\n");
    assert_int_equal(notes.n, 1);
    mem_free(bytes), mem_free(packed);
    notes_free(&notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(members_are_joined_padding_is_silent_and_other_bytes_are_counted),
        cmocka_unit_test(damage_is_refused_with_its_reason),
        cmocka_unit_test(the_first_bytes_can_be_had_alone),
        cmocka_unit_test(a_file_is_read_packed_or_not),
    };
    return tap_run(tests);
}
