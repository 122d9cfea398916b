/* From a pickle's values to tensors and texts under their names; see pth_file.h and pth.h. */
#include "io/pth_file.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/pth.h"

enum { NEST_MAX = 8, TEXT_MAX = 4096, NAME_MAX_N = 512, SAID_MAX = 8, ENTRY_MAX = 1 << 20 };

struct gathering {
    struct pth_file *file;
    struct store *store;
    size_t entry_n;   /* looked at so far: a dict may stand in many places */
    size_t left_n;    /* entries left out */
    struct text left; /* the names of the first of them */
    struct err *err;
};

/* What a tensor sees of its storage. */
struct view {
    size_t dim_n, dim[TENSOR_DIM_MAX], stride[TENSOR_DIM_MAX];
    size_t begin, value_n;
};

bool pth_spend(struct pth_file *file, size_t n, struct err *err)
{
    if (n > file->budget)
        return err_set(err, ERR_INPUT, "it needs %zu bytes, more than a file of this length can mean", n);
    file->budget -= n;
    return true;
}

/* A tuple of whole numbers of at least 0, or torch.Size of one. */
static bool read_sizes(const struct pickle *pickle, const struct pickle_value *value, size_t *size, size_t *n)
{
    if (value->kind == PICKLE_CALL && pth_role(value->global) == PTH_SIZE && pickle_item(pickle, value, 0)->item_n == 1)
        value = pickle_item(pickle, pickle_item(pickle, value, 0), 0);
    *n = value->item_n;
    if (value->kind != PICKLE_TUPLE || value->item_n > TENSOR_DIM_MAX)
        return false;
    for (size_t i = 0; i < value->item_n; i++) {
        const struct pickle_value *one = pickle_item(pickle, value, i);
        if (one->kind != PICKLE_WHOLE || one->whole < 0)
            return false;
        size[i] = (size_t)one->whole;
    }
    return true;
}

/* Counts the values and sees that the last one lies in the storage; nothing overflows. */
static bool check_view(const struct pth_storage *storage, struct view *view, struct err *err)
{
    size_t last = view->begin, reach, bytes = tensor_type_size(storage->type);
    view->value_n = 1;
    for (size_t i = 0; i < view->dim_n; i++)
        if (__builtin_mul_overflow(bytes, view->dim[i], &bytes))
            return err_set(err, ERR_INPUT, "the size of its shape overflows");
    for (size_t i = 0; i < view->dim_n; i++)
        view->value_n *= view->dim[i];
    if (view->value_n == 0)
        return true;
    for (size_t i = 0; i < view->dim_n; i++)
        if (__builtin_mul_overflow(view->dim[i] - 1, view->stride[i], &reach) || __builtin_add_overflow(last, reach, &last))
            return err_set(err, ERR_INPUT, "its strides overflow");
    if (last >= storage->view_n)
        return err_set(err, ERR_INPUT, "its last value is number %zu of its storage, which has %zu", last, storage->view_n);
    return true;
}

static bool read_view(const struct pickle *pickle, const struct pickle_value *arguments, struct pth_storage *storage, struct view *view, struct err *err)
{
    if (arguments->item_n < 4 || pickle_item(pickle, arguments, 0)->kind != PICKLE_REFERENCE)
        return err_set(err, ERR_INPUT, "no storage, offset, shape and strides");
    const struct pickle_value *begin = pickle_item(pickle, arguments, 1);
    size_t stride_n;
    if (!pth_storage_read(pickle, pickle_item(pickle, arguments, 0), storage, err))
        return false;
    if (begin->kind != PICKLE_WHOLE || begin->whole < 0 || !read_sizes(pickle, pickle_item(pickle, arguments, 2), view->dim, &view->dim_n) ||
        !read_sizes(pickle, pickle_item(pickle, arguments, 3), view->stride, &stride_n) || stride_n != view->dim_n)
        return err_set(err, ERR_INPUT, "offset, shape or strides are no whole numbers, or there are more than %d dimensions", TENSOR_DIM_MAX);
    view->begin = (size_t)begin->whole;
    return check_view(storage, view, err);
}

static bool is_contiguous(const struct view *view)
{
    size_t step = 1;
    for (size_t i = view->dim_n; i > 0; i--) {
        if (view->dim[i - 1] > 1 && view->stride[i - 1] != step)
            return false;
        step *= view->dim[i - 1];
    }
    return true;
}

/* The view's values in row-major order. */
static void copy_view(const struct view *view, const unsigned char *from, size_t size, unsigned char *to)
{
    size_t at[TENSOR_DIM_MAX] = {0}, place = 0;
    for (size_t i = 0; i < view->value_n; i++) {
        memcpy(to + i * size, from + place * size, size);
        for (size_t d = view->dim_n; d > 0; d--) {
            place += view->stride[d - 1];
            if (++at[d - 1] < view->dim[d - 1])
                break;
            place -= at[d - 1] * view->stride[d - 1];
            at[d - 1] = 0;
        }
    }
}

static bool put_tensor(struct gathering *g, const char *name, const struct pickle_value *arguments)
{
    struct pth_storage storage;
    struct view view;
    const unsigned char *values;
    if (!read_view(&g->file->root, arguments, &storage, &view, g->err) || !g->file->content(g->file, &storage, &values, g->err))
        return false;
    size_t size = tensor_type_size(storage.type);
    if (!pth_spend(g->file, view.value_n * size, g->err))
        return false;
    if (store_find(g->store, name) != NULL)
        return err_set(g->err, ERR_INPUT, "the name stands twice");
    if (g->store->tensor_n == PTH_TENSOR_MAX)
        return err_set(g->err, ERR_INPUT, "more than %zu tensors", PTH_TENSOR_MAX);
    if (view.value_n == 0)
        return store_put(g->store, name, storage.type, view.dim, view.dim_n, NULL, g->err);
    const unsigned char *from = values + (storage.view_begin + view.begin) * size;
    if (is_contiguous(&view))
        return store_put(g->store, name, storage.type, view.dim, view.dim_n, from, g->err);
    unsigned char *copy = mem_alloc(view.value_n, size, g->err);
    if (copy == NULL)
        return false;
    copy_view(&view, from, size, copy);
    bool done = store_put(g->store, name, storage.type, view.dim, view.dim_n, copy, g->err);
    mem_free(copy);
    return done;
}

/* The arguments of a tensor, also of one inside a parameter; NULL when it is neither. */
static const struct pickle_value *tensor_arguments(const struct pickle *pickle, const struct pickle_value *value)
{
    if (value->kind == PICKLE_CALL && pth_role(value->global) == PTH_PARAMETER && pickle_item(pickle, value, 0)->item_n > 0)
        value = pickle_item(pickle, pickle_item(pickle, value, 0), 0);
    return value->kind == PICKLE_CALL && pth_role(value->global) == PTH_TENSOR ? pickle_item(pickle, value, 0) : NULL;
}

static void leave_out(struct gathering *g, const char *name)
{
    if (g->left_n++ < SAID_MAX)
        text_add(&g->left, "%s%s", g->left.n == 0 ? "" : ", ", name);
}

static bool put_scalar(struct gathering *g, const char *name, const struct pickle_value *value)
{
    struct text text = TEXT_INIT;
    if (value->kind == PICKLE_TEXT)
        text_add_bytes(&text, value->bytes, value->n);
    else if (value->kind == PICKLE_FLOAT)
        text_add_double(&text, value->number);
    else if (value->kind == PICKLE_BOOL)
        text_add(&text, "%s", value->whole != 0 ? "true" : "false");
    else
        text_add(&text, "%lld", (long long)value->whole);
    bool done = text_ok(&text, g->err);
    if (done && g->store->text_n < TEXT_MAX && store_find_text(g->store, name) == NULL)
        done = store_put_text(g->store, name, text.bytes == NULL ? "" : text.bytes, g->err);
    else if (done)
        leave_out(g, name);
    text_free(&text);
    return done;
}

static bool is_scalar(const struct pickle_value *value)
{
    return value->kind == PICKLE_TEXT || value->kind == PICKLE_WHOLE || value->kind == PICKLE_FLOAT || value->kind == PICKLE_BOOL;
}

/* All entries of a dict, but that of the value `but`. `name` is the path so far, name_n bytes of it; it is used as room for longer ones. */
static bool gather(struct gathering *g, const struct pickle_value *dict, const struct pickle_value *but, char name[NAME_MAX_N], size_t name_n, size_t depth)
{
    const struct pickle *pickle = &g->file->root;
    for (size_t i = 0; i < dict->item_n; i += 2) {
        const struct pickle_value *key = pickle_item(pickle, dict, i), *value = pickle_item(pickle, dict, i + 1);
        if (value == but)
            continue;
        if (++g->entry_n > ENTRY_MAX)
            return err_set(g->err, ERR_INPUT, "its dicts have more than %d entries", ENTRY_MAX);
        if (key->kind != PICKLE_TEXT) {
            leave_out(g, "a key that is no text");
            continue;
        }
        if (key->n + 2 > NAME_MAX_N - name_n)
            return err_set(g->err, ERR_INPUT, "a name of more than %d bytes", NAME_MAX_N - 2);
        memcpy(name + name_n, key->bytes, key->n);
        size_t n = name_n + key->n;
        name[n] = '\0';
        const struct pickle_value *arguments = tensor_arguments(pickle, value);
        bool done = true;
        if (arguments != NULL && but == NULL)
            done = put_tensor(g, name, arguments) || err_add(g->err, "tensor %s", name);
        else if (is_scalar(value))
            done = put_scalar(g, name, value);
        else if (value->kind == PICKLE_DICT && value->item_n > 0 && but == NULL && depth < NEST_MAX) {
            name[n] = '.';
            done = gather(g, value, NULL, name, n + 1, depth + 1);
        } else
            leave_out(g, name);
        if (!done)
            return false;
    }
    return true;
}

/* The dict of tensors in a checkpoint, and its key; NULL when the dict itself is all there is. */
static const struct pickle_value *find_inner(const struct pickle *pickle, const struct pickle_value *root, const char **key)
{
    static const char *const keys[] = {"state_dict", "model_state_dict", "model", "net"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (size_t i = 0; i < root->item_n; i += 2)
            if (pickle_is_text(pickle_item(pickle, root, i), keys[k]) && pickle_item(pickle, root, i + 1)->kind == PICKLE_DICT) {
                *key = keys[k];
                return pickle_item(pickle, root, i + 1);
            }
    return NULL;
}

static bool say(const struct gathering *g, const char *key, struct notes *notes)
{
    if (!text_ok(&g->left, g->err))
        return false;
    if (key != NULL && !notes_add(notes, g->err, "checkpoint", "a checkpoint, of which `%s` is taken", key))
        return false;
    return g->left_n == 0 || notes_add(notes, g->err, "checkpoint", "%zu %s left out: %s%s", g->left_n, g->left_n == 1 ? "entry is" : "entries are", g->left.bytes,
                                       g->left_n > SAID_MAX ? ", ..." : "");
}

bool pth_collect(struct pth_file *file, struct store *store, struct notes *notes, struct err *err)
{
    struct gathering g = {.file = file, .store = store, .left = TEXT_INIT, .err = err};
    const struct pickle_value *root = pickle_root(&file->root);
    const char *key = NULL;
    char name[NAME_MAX_N];
    if (root->kind != PICKLE_DICT)
        return err_set(err, ERR_INPUT, "it holds no dict of tensors");
    const struct pickle_value *inner = find_inner(&file->root, root, &key);
    bool done = gather(&g, inner != NULL ? inner : root, NULL, name, 0, 0) && (inner == NULL || gather(&g, root, inner, name, 0, 0));
    if (done && store->tensor_n == 0)
        done = err_set(err, ERR_INPUT, "no tensor is in its dict%s%s", key == NULL ? "" : " ", key == NULL ? "" : key);
    done = done && say(&g, key, notes);
    text_free(&g.left);
    return done;
}
