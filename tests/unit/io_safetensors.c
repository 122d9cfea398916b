/* safetensors: there and back, the same bytes, hostile headers, and the file's own hash. */
#include "tap.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/safetensors.h"

static void fill(struct store *store)
{
    const double values[] = {0.1, -2, 1e300};
    const int8_t small[] = {-3, 4};
    const float matrix[] = {1, 2, 3, 4, 5, 6};
    const size_t pair[] = {2}, square[] = {2, 3}, none[] = {0, 4};
    assert_true(store_put(store, "b.small", TENSOR_I8, pair, 1, small, NULL));
    assert_true(store_put_f64(store, "a \"quoted\"", values, 3, NULL));
    assert_true(store_put(store, "matrix", TENSOR_F32, square, 2, matrix, NULL));
    assert_true(store_put(store, "scalar", TENSOR_F32, NULL, 0, matrix + 4, NULL));
    assert_true(store_put(store, "empty", TENSOR_F16, none, 2, NULL, NULL));
    assert_true(store_put_text(store, "pipeline", "{\"steps\": [\"z\\score\"]}\n", NULL));
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct store store = {0}, back;
    struct err err = ERR_INIT;
    fill(&store);
    assert_done(safetensors_write(tap_path("t.safetensors"), &store, &err), err);
    assert_done(safetensors_read(tap_path("t.safetensors"), &back, &err), err);
    assert_int_equal(back.tensor_n, store.tensor_n);
    for (size_t i = 0; i < store.tensor_n; i++) {
        const struct tensor *a = &store.tensor[i], *b = &back.tensor[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->dim_n, b->dim_n);
        assert_memory_equal(a->dim, b->dim, a->dim_n * sizeof *a->dim);
        assert_memory_equal(a->values, b->values, tensor_value_n(a) * tensor_type_size(a->type));
    }
    assert_string_equal(store_find_text(&back, "pipeline"), store_find_text(&store, "pipeline"));
    struct text first = TEXT_INIT, second = TEXT_INIT;
    assert_done(safetensors_format(&store, &first, &err) && safetensors_format(&back, &second, &err), err);
    assert_int_equal(first.n, second.n);
    assert_memory_equal(first.bytes, second.bytes, first.n);
    text_free(&first);
    text_free(&second);
    store_free(&store);
    store_free(&back);
}

/* A file of this header and of `value_n` zero bytes. */
static void refuse(const char *header, size_t value_n, const char *message)
{
    unsigned char bytes[1024] = {0};
    size_t n = strlen(header);
    struct store store;
    struct err err = ERR_INIT;
    assert_true(n < 900);
    bytes[0] = (unsigned char)(n & 0xFF);
    bytes[1] = (unsigned char)(n >> 8);
    memcpy(bytes + 8, header, n);
    assert_false(safetensors_parse("t", bytes, 8 + n + value_n, &store, &err));
    assert_error_has(err, ERR_INPUT, message);
    assert_int_equal(store.tensor_n, 0);
}

static void hostile_headers_are_refused_with_the_tensors_name(void **state)
{
    (void)state;
#define TENSOR(name, dtype, shape, begin, end) "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"
    refuse("{" TENSOR("a", "F64", "2", "0", "8") "}", 8, "t: tensor a: its shape needs 16 bytes, its data_offsets hold 8");
    refuse("{" TENSOR("a", "F64", "1", "0", "8") "}", 4, "t: tensor a: values end at byte 8, but the file has 4 behind its header");
    refuse("{" TENSOR("a", "F64", "1", "0", "8") "}", 9, "t: 1 bytes stand behind the last tensor");
    refuse("{" TENSOR("a", "F64", "1", "8", "0") "}", 8, "t: tensor a: data_offsets 8 to 0 are no range");
    refuse("{" TENSOR("a", "F64", "1", "0", "8") "," TENSOR("b", "U8", "4", "4", "8") "}", 8, "tensor b: values begin at byte 4, expected 8: ranges overlap");
    refuse("{" TENSOR("a", "U8", "4", "0", "4") "," TENSOR("b", "U8", "2", "6", "8") "}", 8, "tensor b: values begin at byte 6, expected 4: ranges leave a hole");
    refuse("{" TENSOR("a", "F64", "4294967296,4294967296", "0", "0") "}", 0, "t: tensor a: the size of its shape overflows");
    refuse("{" TENSOR("a", "F64", "-1", "0", "8") "}", 8, "t: tensor a: dimension 1 of the shape is no whole number of at least 0");
    refuse("{" TENSOR("a", "U8", "1,1,1,1,1,1,1,1,1", "0", "1") "}", 1, "t: tensor a: 9 dimensions, expected at most 8");
    refuse("{" TENSOR("a", "C64", "1", "0", "8") "}", 8, "t: tensor a: type C64 is not known");
    refuse("{" TENSOR("a", "U8", "0", "0", "0") "," TENSOR("a", "U8", "0", "0", "0") "}", 0, "duplicate object key");
    refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "t: tensor a: no data_offsets, expected two whole numbers");
    refuse("{\"a\":3}", 0, "t: tensor a: no dtype");
    refuse("{\"__metadata__\":{\"x\":1}}", 0, "t: __metadata__ x is no text");
    refuse("[]", 0, "t: the header is no map");
    refuse("{", 0, "t: header line 1: ");
}

static void a_header_longer_than_the_file_is_refused(void **state)
{
    (void)state;
    unsigned char bytes[16];
    struct store store;
    struct err err = ERR_INIT;
    memset(bytes, 0xFF, sizeof bytes);
    assert_false(safetensors_parse("t", bytes, 16, &store, &err));
    assert_error(err, ERR_INPUT, "t: a header of 18446744073709551615 bytes, but the file has 8 behind its length");
    assert_false(safetensors_parse("t", bytes, 5, &store, &err));
    assert_error(err, ERR_INPUT, "t: 5 bytes, expected a header length of 8 bytes");
}

static void a_changed_file_does_not_fit_its_hash(void **state)
{
    (void)state;
    struct store store = {0}, back;
    struct err err = ERR_INIT;
    char written[65], read[65];
    const char *path = tap_path("m.hepar");
    fill(&store);
    assert_true(store_put_text(&store, "other", "\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\"", NULL));
    assert_done(safetensors_write_hashed(path, &store, "sha256", written, &err), err);
    assert_done(safetensors_read_hashed(path, "sha256", &back, read, &err), err);
    assert_string_equal(written, read);
    assert_string_equal(store_find_text(&back, "sha256"), written);
    store_free(&back);
    assert_false(safetensors_read_hashed(path, "md5", &back, read, &err));
    assert_error_has(err, ERR_INPUT, "its header has no hash md5");
    unsigned char *bytes;
    size_t n;
    assert_done(file_read(path, 1 << 20, &bytes, &n, &err), err);
    bytes[n - 1] ^= 1;
    assert_done(file_write(path, bytes, n, &err), err);
    mem_free(bytes);
    assert_false(safetensors_read_hashed(path, "sha256", &back, read, &err));
    assert_error_has(err, ERR_INPUT, "the file was changed or damaged");
    store_free(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(hostile_headers_are_refused_with_the_tensors_name),
        cmocka_unit_test(a_header_longer_than_the_file_is_refused),
        cmocka_unit_test(a_changed_file_does_not_fit_its_hash),
    };
    return tap_run(tests);
}
