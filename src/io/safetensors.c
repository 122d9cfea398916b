/* Reading and writing safetensors; see safetensors.h. Layout: 8 bytes of header length (little-endian), the header,
 * the values without gaps. data_offsets count from the end of the header. */
#include "io/safetensors.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/json.h"

static const struct {
    const char *name;
    enum tensor_type type;
} types[] = {
    {"F64", TENSOR_F64}, {"F32", TENSOR_F32}, {"F16", TENSOR_F16}, {"BF16", TENSOR_BF16}, {"I64", TENSOR_I64},
    {"I32", TENSOR_I32}, {"I16", TENSOR_I16}, {"I8", TENSOR_I8},   {"U8", TENSOR_U8},     {"BOOL", TENSOR_BOOL},
};
enum { TYPE_N = sizeof types / sizeof *types };

struct range {
    size_t begin, end;
    const char *name;
};

static bool read_shape(const json_t *shape, size_t *dim, size_t *dim_n, size_t *bytes, struct err *err)
{
    *dim_n = json_array_size(shape);
    if (!json_is_array(shape))
        return err_set(err, ERR_INPUT, "no shape, expected a list of whole numbers");
    if (*dim_n > TENSOR_DIM_MAX)
        return err_set(err, ERR_INPUT, "%zu dimensions, expected at most %d", *dim_n, TENSOR_DIM_MAX);
    for (size_t i = 0; i < *dim_n; i++) {
        const json_t *length = json_array_get(shape, i);
        if (!json_is_integer(length) || json_integer_value(length) < 0)
            return err_set(err, ERR_INPUT, "dimension %zu of the shape is no whole number of at least 0", i + 1);
        dim[i] = (size_t)json_integer_value(length);
        if (__builtin_mul_overflow(*bytes, dim[i], bytes))
            return err_set(err, ERR_INPUT, "the size of its shape overflows");
    }
    return true;
}

static bool read_range(const json_t *offsets, size_t have, struct range *range, struct err *err)
{
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return err_set(err, ERR_INPUT, "no data_offsets, expected two whole numbers");
    if (json_integer_value(begin) < 0 || json_integer_value(end) < json_integer_value(begin))
        return err_set(err, ERR_INPUT, "data_offsets %lld to %lld are no range", (long long)json_integer_value(begin), (long long)json_integer_value(end));
    range->begin = (size_t)json_integer_value(begin);
    range->end = (size_t)json_integer_value(end);
    if (range->end > have)
        return err_set(err, ERR_INPUT, "values end at byte %zu, but the file has %zu behind its header", range->end, have);
    return true;
}

static bool read_tensor(const char *name, const json_t *entry, const unsigned char *values, size_t have, struct range *range, struct store *store, struct err *err)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    size_t t = 0, dim[TENSOR_DIM_MAX], dim_n;
    if (!json_is_object(entry) || dtype == NULL)
        return err_set(err, ERR_INPUT, "no dtype");
    while (t < TYPE_N && strcmp(types[t].name, dtype) != 0)
        t++;
    if (t == TYPE_N)
        return err_set(err, ERR_INPUT, "type %s is not known", dtype);
    size_t bytes = tensor_type_size(types[t].type);
    if (!read_shape(json_object_get(entry, "shape"), dim, &dim_n, &bytes, err) || !read_range(json_object_get(entry, "data_offsets"), have, range, err))
        return false;
    if (bytes != range->end - range->begin)
        return err_set(err, ERR_INPUT, "its shape needs %zu bytes, its data_offsets hold %zu", bytes, range->end - range->begin);
    range->name = name;
    return store_put(store, name, types[t].type, dim, dim_n, values + range->begin, err);
}

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static bool check_cover(struct range *range, size_t n, size_t have, struct err *err)
{
    size_t at = 0;
    qsort(range, n, sizeof *range, compare_ranges);
    for (size_t i = 0; i < n; i++) {
        if (range[i].begin != at)
            return err_set(err, ERR_INPUT, "tensor %s: values begin at byte %zu, expected %zu: ranges %s", range[i].name, range[i].begin, at,
                           range[i].begin < at ? "overlap" : "leave a hole");
        at = range[i].end;
    }
    if (at != have)
        return err_set(err, ERR_INPUT, "%zu bytes stand behind the last tensor", have - at);
    return true;
}

static bool read_texts(const json_t *metadata, struct store *store, struct err *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(metadata))
        return err_set(err, ERR_INPUT, "__metadata__ is no map of texts");
    json_object_foreach((json_t *)metadata, name, value) {
        if (!json_is_string(value))
            return err_set(err, ERR_INPUT, "__metadata__ %s is no text", name);
        if (!store_put_text(store, name, json_string_value(value), err))
            return false;
    }
    return true;
}

static bool read_header(json_t *header, const unsigned char *values, size_t have, struct store *store, struct err *err)
{
    const char *name;
    json_t *entry;
    size_t n = 0;
    if (!json_is_object(header))
        return err_set(err, ERR_INPUT, "the header is no map");
    struct range *range = mem_alloc(json_object_size(header), sizeof *range, err);
    bool done = range != NULL;
    if (done)
        json_object_foreach(header, name, entry) {
            bool texts = strcmp(name, "__metadata__") == 0;
            done = texts ? read_texts(entry, store, err) : read_tensor(name, entry, values, have, &range[n], store, err) || err_add(err, "tensor %s", name);
            if (!done)
                break;
            n += !texts;
        }
    done = done && check_cover(range, n, have, err);
    mem_free(range);
    return done;
}

static size_t little_endian(const unsigned char *bytes)
{
    size_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static bool parse(const unsigned char *bytes, size_t n, struct store *store, struct err *err)
{
    if (n < 8)
        return err_set(err, ERR_INPUT, "%zu bytes, expected a header length of 8 bytes", n);
    size_t length = little_endian(bytes);
    if (length > n - 8 || length > SAFETENSORS_HEADER_MAX)
        return err_set(err, ERR_INPUT, "a header of %zu bytes, but the file has %zu behind its length", length, n - 8);
    struct err inner = ERR_INIT;
    json_t *header = json_parse(bytes + 8, length, "header", &inner);
    if (header == NULL)
        return err_set(err, inner.kind, "%s", inner.text);
    bool done = read_header(header, bytes + 8 + length, n - 8 - length, store, err);
    json_decref(header);
    return done;
}

bool safetensors_parse(const char *path, const void *bytes, size_t n, struct store *store, struct err *err)
{
    *store = (struct store){0};
    if (parse(bytes, n, store, err))
        return true;
    store_free(store);
    return err_add(err, "%s", path);
}

bool safetensors_read(const char *path, struct store *store, struct err *err)
{
    unsigned char *bytes;
    size_t n;
    *store = (struct store){0};
    if (!file_read(path, SAFETENSORS_BYTE_MAX, &bytes, &n, err))
        return false;
    bool done = safetensors_parse(path, bytes, n, store, err);
    mem_free(bytes);
    return done;
}

static const char *type_name(enum tensor_type type)
{
    size_t t = 0;
    while (types[t].type != type)
        t++;
    return types[t].name;
}

static size_t tensor_bytes(const struct tensor *tensor)
{
    return tensor_value_n(tensor) * tensor_type_size(tensor->type);
}

/* Where each tensor's values begin: wide types first, so that all are aligned, else in the store's order. */
static void lay_out(const struct store *store, size_t *begin)
{
    size_t at = 0;
    for (size_t size = 8; size >= 1; size /= 2)
        for (size_t i = 0; i < store->tensor_n; i++)
            if (tensor_type_size(store->tensor[i].type) == size) {
                begin[i] = at;
                at += tensor_bytes(&store->tensor[i]);
            }
}

static void add_entry(struct text *header, const struct tensor *tensor, size_t begin)
{
    json_add_quoted(header, tensor->name);
    text_add(header, ":{\"dtype\":\"%s\",\"shape\":[", type_name(tensor->type));
    for (size_t d = 0; d < tensor->dim_n; d++)
        text_add(header, "%s%zu", d == 0 ? "" : ",", tensor->dim[d]);
    text_add(header, "],\"data_offsets\":[%zu,%zu]}", begin, begin + tensor_bytes(tensor));
}

static void add_header(struct text *header, const struct store *store, const size_t *begin)
{
    text_add_char(header, '{');
    if (store->text_n > 0) {
        text_add(header, "\"__metadata__\":{");
        for (size_t i = 0; i < store->text_n; i++) {
            if (i > 0)
                text_add_char(header, ',');
            json_add_quoted(header, store->text[i].name);
            text_add_char(header, ':');
            json_add_quoted(header, store->text[i].value);
        }
        text_add_char(header, '}');
    }
    for (size_t i = 0; i < store->tensor_n; i++) {
        if (i > 0 || store->text_n > 0)
            text_add_char(header, ',');
        add_entry(header, &store->tensor[i], begin[i]);
    }
    text_add_char(header, '}');
    for (size_t i = header->n; i % 8 != 0; i++) /* header->n stands still once memory is short */
        text_add_char(header, ' ');
}

/* Where the file's bytes go, piece by piece: a text, or a file, so that large tensors are not copied on their way out. */
typedef bool put_fn(void *to, const void *bytes, size_t n, struct err *err);

static bool put_all(const struct store *store, put_fn *put, void *to, struct err *err)
{
    struct text header = TEXT_INIT;
    unsigned char length[8];
    size_t *begin = mem_alloc(store->tensor_n, sizeof *begin, err);
    if (begin == NULL)
        return false;
    lay_out(store, begin);
    add_header(&header, store, begin);
    mem_free(begin);
    for (size_t i = 0; i < 8; i++)
        length[i] = (unsigned char)(header.n >> (8 * i) & 0xFF);
    bool done = text_ok(&header, err) && put(to, length, sizeof length, err) && put(to, header.bytes, header.n, err);
    for (size_t size = 8; size >= 1; size /= 2)
        for (size_t i = 0; done && i < store->tensor_n; i++)
            if (tensor_type_size(store->tensor[i].type) == size)
                done = put(to, store->tensor[i].values, tensor_bytes(&store->tensor[i]), err);
    text_free(&header);
    return done;
}

static bool put_text(void *to, const void *bytes, size_t n, struct err *err)
{
    (void)err;
    text_add_bytes(to, bytes, n);
    return true;
}

static bool put_file(void *to, const void *bytes, size_t n, struct err *err)
{
    return outfile_write(to, bytes, n, err);
}

bool safetensors_format(const struct store *store, struct text *out, struct err *err)
{
    return put_all(store, put_text, out, err) && text_ok(out, err);
}

bool safetensors_write(const char *path, const struct store *store, struct err *err)
{
    struct outfile *out = outfile_open(path, err);
    if (out == NULL)
        return false;
    if (put_all(store, put_file, out, err))
        return outfile_commit(out, err);
    outfile_abort(out);
    return false;
}
