/* Named tensors and texts in the order they were put; see store.h. */
#include "table/store.h"

#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [TENSOR_F64] = {"float64", 8}, [TENSOR_F32] = {"float32", 4}, [TENSOR_F16] = {"float16", 2}, [TENSOR_BF16] = {"bfloat16", 2},
    [TENSOR_I64] = {"int64", 8},   [TENSOR_I32] = {"int32", 4},   [TENSOR_I16] = {"int16", 2},   [TENSOR_I8] = {"int8", 1},
    [TENSOR_U8] = {"uint8", 1},    [TENSOR_BOOL] = {"bool", 1},
};

size_t tensor_type_size(enum tensor_type type)
{
    return types[type].size;
}

const char *tensor_type_name(enum tensor_type type)
{
    return types[type].name;
}

size_t tensor_value_n(const struct tensor *tensor)
{
    size_t n = 1;
    for (size_t i = 0; i < tensor->dim_n; i++)
        n *= tensor->dim[i];
    return n;
}

const struct tensor *store_find(const struct store *store, const char *name)
{
    for (size_t i = 0; i < store->tensor_n; i++)
        if (strcmp(store->tensor[i].name, name) == 0)
            return &store->tensor[i];
    return NULL;
}

const char *store_find_text(const struct store *store, const char *name)
{
    for (size_t i = 0; i < store->text_n; i++)
        if (strcmp(store->text[i].name, name) == 0)
            return store->text[i].value;
    return NULL;
}

/* Bytes of a tensor of that shape; false when the product overflows. */
static bool shape_bytes(enum tensor_type type, const size_t *dim, size_t dim_n, size_t *bytes)
{
    *bytes = types[type].size;
    for (size_t i = 0; i < dim_n; i++)
        if (__builtin_mul_overflow(*bytes, dim[i], bytes))
            return false;
    return true;
}

bool store_put(struct store *store, const char *name, enum tensor_type type, const size_t *dim, size_t dim_n, const void *values, struct err *err)
{
    size_t bytes;
    if (store_find(store, name) != NULL)
        return err_set(err, ERR_BUG, "tensor %s is stored twice", name);
    if (dim_n > TENSOR_DIM_MAX)
        return err_set(err, ERR_BUG, "tensor %s has %zu dimensions, expected at most %d", name, dim_n, TENSOR_DIM_MAX);
    if (!shape_bytes(type, dim, dim_n, &bytes))
        return err_set(err, ERR_BUG, "tensor %s: its size overflows", name);
    if (store->tensor_n == store->tensor_room) {
        size_t room = store->tensor_room < 8 ? 16 : 2 * store->tensor_room;
        struct tensor *grown = mem_grow(store->tensor, store->tensor_n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        store->tensor = grown;
        store->tensor_room = room;
    }
    struct tensor tensor = {.type = type, .dim_n = dim_n};
    for (size_t i = 0; i < dim_n; i++)
        tensor.dim[i] = dim[i];
    tensor.name = mem_string(name, err);
    tensor.values = mem_alloc(bytes, 1, err);
    if (tensor.name == NULL || tensor.values == NULL) {
        mem_free(tensor.name);
        mem_free(tensor.values);
        return false;
    }
    if (bytes > 0)
        memcpy(tensor.values, values, bytes);
    store->tensor[store->tensor_n++] = tensor;
    return true;
}

bool store_put_f64(struct store *store, const char *name, const double *values, size_t n, struct err *err)
{
    return store_put(store, name, TENSOR_F64, &n, 1, values, err);
}

bool store_put_i64(struct store *store, const char *name, const int64_t *values, size_t n, struct err *err)
{
    return store_put(store, name, TENSOR_I64, &n, 1, values, err);
}

bool store_put_text(struct store *store, const char *name, const char *value, struct err *err)
{
    if (store_find_text(store, name) != NULL)
        return err_set(err, ERR_BUG, "text %s is stored twice", name);
    if (store->text_n == store->text_room) {
        size_t room = store->text_room < 8 ? 16 : 2 * store->text_room;
        struct store_text *grown = mem_grow(store->text, store->text_n, room, sizeof *grown, err);
        if (grown == NULL)
            return false;
        store->text = grown;
        store->text_room = room;
    }
    struct store_text text = {mem_string(name, err), NULL};
    if (text.name != NULL)
        text.value = mem_string(value, err);
    if (text.value == NULL) {
        mem_free(text.name);
        return false;
    }
    store->text[store->text_n++] = text;
    return true;
}

static bool get_vector(const struct store *store, const char *name, enum tensor_type type, size_t n, const void **values, size_t *got, struct err *err)
{
    const struct tensor *tensor = store_find(store, name);
    if (tensor == NULL)
        return err_set(err, ERR_INPUT, "tensor %s is missing", name);
    if (tensor->type != type)
        return err_set(err, ERR_INPUT, "tensor %s is of type %s, expected %s", name, types[tensor->type].name, types[type].name);
    if (tensor->dim_n != 1)
        return err_set(err, ERR_INPUT, "tensor %s has %zu dimensions, expected 1", name, tensor->dim_n);
    if (n != SIZE_MAX && tensor->dim[0] != n)
        return err_set(err, ERR_INPUT, "tensor %s has %zu values, expected %zu", name, tensor->dim[0], n);
    *values = tensor->values;
    if (got != NULL)
        *got = tensor->dim[0];
    return true;
}

bool store_get_f64(const struct store *store, const char *name, size_t n, const double **values, size_t *got, struct err *err)
{
    const void *found = NULL;
    if (!get_vector(store, name, TENSOR_F64, n, &found, got, err))
        return false;
    *values = found;
    return true;
}

bool store_get_i64(const struct store *store, const char *name, size_t n, const int64_t **values, size_t *got, struct err *err)
{
    const void *found = NULL;
    if (!get_vector(store, name, TENSOR_I64, n, &found, got, err))
        return false;
    *values = found;
    return true;
}

bool store_get_text(const struct store *store, const char *name, const char **value, struct err *err)
{
    const char *found = store_find_text(store, name);
    if (found == NULL)
        return err_set(err, ERR_INPUT, "text %s is missing", name);
    *value = found;
    return true;
}

void store_free(struct store *store)
{
    for (size_t i = 0; i < store->tensor_n; i++) {
        mem_free(store->tensor[i].name);
        mem_free(store->tensor[i].values);
    }
    for (size_t i = 0; i < store->text_n; i++) {
        mem_free(store->text[i].name);
        mem_free(store->text[i].value);
    }
    mem_free(store->tensor);
    mem_free(store->text);
    *store = (struct store){0};
}
