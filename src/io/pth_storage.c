/* The names that a PyTorch file may hold, and the references to storages in its pickle; see pth_file.h and pth.h. */
#include "io/pth_file.h"

#include <string.h>

/* A storage on a graphics card is written with its own name by old versions. */
#define STORAGES(module) \
    {module, "DoubleStorage", false}, {module, "FloatStorage", false}, {module, "HalfStorage", false}, {module, "BFloat16Storage", false}, \
    {module, "LongStorage", false}, {module, "IntStorage", false}, {module, "ShortStorage", false}, {module, "CharStorage", false}, \
    {module, "ByteStorage", false}, {module, "BoolStorage", false}

enum { OTHER_N = 5, STORAGE_N = 10 };

const struct pickle_global pth_globals[] = {
    {"collections", "OrderedDict", true},
    {"torch._utils", "_rebuild_tensor", false},
    {"torch._utils", "_rebuild_tensor_v2", false},
    {"torch._utils", "_rebuild_parameter", false},
    {"torch", "Size", false},
    STORAGES("torch"),
    STORAGES("torch.cuda"),
};
const size_t pth_global_n = sizeof pth_globals / sizeof *pth_globals;

enum pth_role pth_role(uint32_t global)
{
    static const enum pth_role roles[OTHER_N] = {PTH_DICT, PTH_TENSOR, PTH_TENSOR, PTH_PARAMETER, PTH_SIZE};
    return global < OTHER_N ? roles[global] : PTH_STORAGE;
}

enum tensor_type pth_storage_type(uint32_t global)
{
    static const enum tensor_type types[STORAGE_N] = {
        TENSOR_F64, TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_I64, TENSOR_I32, TENSOR_I16, TENSOR_I8, TENSOR_U8, TENSOR_BOOL,
    };
    return types[(global - OTHER_N) % STORAGE_N];
}

static bool read_size(const struct pickle_value *value, size_t *size)
{
    *size = (size_t)value->whole;
    return value->kind == PICKLE_WHOLE && value->whole >= 0;
}

/* (key, begin, n), of old files in which a storage could be a part of another; None elsewhere. */
static bool read_view(const struct pickle *pickle, const struct pickle_value *view, struct pth_storage *storage)
{
    if (view->kind == PICKLE_NONE)
        return true;
    return view->kind == PICKLE_TUPLE && view->item_n == 3 && read_size(pickle_item(pickle, view, 1), &storage->view_begin) &&
           read_size(pickle_item(pickle, view, 2), &storage->view_n) && storage->view_n <= storage->n && storage->view_begin <= storage->n - storage->view_n;
}

bool pth_storage_read(const struct pickle *pickle, const struct pickle_value *reference, struct pth_storage *storage, struct err *err)
{
    const struct pickle_value *id = pickle_item(pickle, reference, 0);
    if (id->kind != PICKLE_TUPLE || id->item_n < 5 || id->item_n > 6 || !pickle_is_text(pickle_item(pickle, id, 0), "storage"))
        return err_set(err, ERR_INPUT, "a reference of the pickle is to no storage");
    const struct pickle_value *type = pickle_item(pickle, id, 1), *key = pickle_item(pickle, id, 2);
    if (type->kind != PICKLE_NAME || pth_role(type->global) != PTH_STORAGE || key->kind != PICKLE_TEXT || key->n > 200)
        return err_set(err, ERR_INPUT, "a storage of the pickle has no type or no key");
    *storage = (struct pth_storage){.type = pth_storage_type(type->global), .key = (const char *)key->bytes, .key_n = key->n};
    bool sized = read_size(pickle_item(pickle, id, 4), &storage->n) && storage->n <= SIZE_MAX / tensor_type_size(storage->type);
    storage->view_n = storage->n;
    if (!sized || (id->item_n == 6 && !read_view(pickle, pickle_item(pickle, id, 5), storage)))
        return err_set(err, ERR_INPUT, "storage %.*s of the pickle has no valid size", (int)key->n, storage->key);
    return true;
}
