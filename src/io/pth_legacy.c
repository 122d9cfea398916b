/* The legacy form of PyTorch files: five pickles (a magic number, the protocol's version, the writer's sizes, the object, the list of
 * storage keys), then the storages in the list's order, each as its number of values (8 bytes) and the values; see pth_file.h.
 * Format: _legacy_save() of torch/serialization.py. The types of the storages stand in the references of the object alone. */
#include "io/pth_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct place {
    struct pth_storage storage;
    const unsigned char *values; /* NULL: not in the list of keys */
};

struct inside {
    struct place *place; /* by key */
    size_t place_n;
};

struct reading {
    const unsigned char *bytes;
    size_t n, at;
};

static int compare_keys(const void *a, const void *b)
{
    const struct pth_storage *x = &((const struct place *)a)->storage, *y = &((const struct place *)b)->storage;
    int order = memcmp(x->key, y->key, x->key_n < y->key_n ? x->key_n : y->key_n);
    return order != 0 ? order : (x->key_n > y->key_n) - (x->key_n < y->key_n);
}

static struct place *find_place(const struct inside *inside, const char *key, size_t key_n)
{
    const struct place wanted = {.storage = {.key = key, .key_n = key_n}};
    return inside->place_n == 0 ? NULL : bsearch(&wanted, inside->place, inside->place_n, sizeof wanted, compare_keys);
}

static bool content(struct pth_file *file, const struct pth_storage *storage, const unsigned char **values, struct err *err)
{
    const struct place *place = find_place(file->inside, storage->key, storage->key_n);
    if (place == NULL || place->values == NULL)
        return err_set(err, ERR_INPUT, "storage %.*s is not in the file", (int)storage->key_n, storage->key);
    *values = place->values;
    return true;
}

static void close(struct pth_file *file)
{
    struct inside *inside = file->inside;
    pickle_free(&file->root);
    mem_free(inside->place);
    mem_free(inside);
    file->inside = NULL;
}

static bool next_pickle(struct reading *reading, const char *what, struct pickle *pickle, struct err *err)
{
    size_t used;
    if (!pickle_parse(reading->bytes + reading->at, reading->n - reading->at, pth_globals, pth_global_n, pickle, &used, err))
        return err_add(err, "%s", what);
    reading->at += used;
    return true;
}

static bool read_magic(struct reading *reading, struct err *err)
{
    static const unsigned char magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    struct pickle pickle;
    if (!next_pickle(reading, "magic number", &pickle, err))
        return false;
    const struct pickle_value *root = pickle_root(&pickle);
    bool fits = root->kind == PICKLE_LONG && root->n == sizeof magic && memcmp(root->bytes, magic, sizeof magic) == 0;
    pickle_free(&pickle);
    return fits || err_set(err, ERR_INPUT, "a pickle, but not one of PyTorch's weights: its magic number is another");
}

static bool read_version(struct reading *reading, struct err *err)
{
    struct pickle pickle;
    if (!next_pickle(reading, "protocol version", &pickle, err))
        return false;
    const struct pickle_value *root = pickle_root(&pickle);
    bool fits = root->kind == PICKLE_WHOLE && root->whole == 1001;
    pickle_free(&pickle);
    return fits || err_set(err, ERR_INPUT, "protocol version is not 1001");
}

static bool read_sizes(struct reading *reading, struct err *err)
{
    struct pickle pickle;
    if (!next_pickle(reading, "system information", &pickle, err))
        return false;
    const struct pickle_value *root = pickle_root(&pickle);
    bool little = true;
    for (size_t i = 0; root->kind == PICKLE_DICT && i < root->item_n; i += 2)
        if (pickle_is_text(pickle_item(&pickle, root, i), "little_endian"))
            little = pickle_item(&pickle, root, i + 1)->kind == PICKLE_BOOL && pickle_item(&pickle, root, i + 1)->whole == 1;
    pickle_free(&pickle);
    return little || err_set(err, ERR_INPUT, "its byte order is not little-endian");
}

/* All references of the object, one place a key. */
static bool gather_places(struct inside *inside, const struct pickle *root, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < root->value_n; i++)
        n += root->value[i].kind == PICKLE_REFERENCE;
    inside->place = mem_zero(n, sizeof *inside->place, err);
    if (inside->place == NULL)
        return false;
    for (size_t i = 0, made = 0; i < root->value_n; i++)
        if (root->value[i].kind == PICKLE_REFERENCE && !pth_storage_read(root, &root->value[i], &inside->place[made++].storage, err))
            return false;
    qsort(inside->place, n, sizeof *inside->place, compare_keys);
    for (size_t i = 0; i < n; i++) {
        struct place *last = inside->place_n == 0 ? NULL : &inside->place[inside->place_n - 1];
        if (last == NULL || compare_keys(last, &inside->place[i]) != 0)
            inside->place[inside->place_n++] = inside->place[i];
        else if (last->storage.type != inside->place[i].storage.type || last->storage.n != inside->place[i].storage.n)
            return err_set(err, ERR_INPUT, "storage %.*s has two types or sizes", (int)last->storage.key_n, last->storage.key);
    }
    return true;
}

static bool read_storage(struct reading *reading, struct place *place, struct err *err)
{
    uint64_t n = 0;
    size_t left = reading->n - reading->at;
    if (left < 8)
        return err_set(err, ERR_INPUT, "the file ends before its number of values: cut short");
    for (size_t i = 8; i > 0; i--)
        n = n << 8 | reading->bytes[reading->at + i - 1];
    if (n != place->storage.n)
        return err_set(err, ERR_INPUT, "%llu values stand there, expected %zu", (unsigned long long)n, place->storage.n);
    size_t bytes = place->storage.n * tensor_type_size(place->storage.type);
    if (bytes > left - 8)
        return err_set(err, ERR_INPUT, "it needs %zu bytes, but the file has %zu: cut short", bytes, left - 8);
    place->values = reading->bytes + reading->at + 8;
    reading->at += 8 + bytes;
    return true;
}

static bool read_storages(struct reading *reading, const struct inside *inside, const struct pickle *keys, struct err *err)
{
    const struct pickle_value *list = pickle_root(keys);
    if (list->kind != PICKLE_LIST)
        return err_set(err, ERR_INPUT, "the list of storages is no list");
    for (size_t i = 0; i < list->item_n; i++) {
        const struct pickle_value *key = pickle_item(keys, list, i);
        struct place *place = key->kind == PICKLE_TEXT ? find_place(inside, (const char *)key->bytes, key->n) : NULL;
        if (place == NULL || place->values != NULL)
            return err_set(err, ERR_INPUT, "entry %zu of the list of storages is %s", i + 1, place == NULL ? "used by no tensor" : "there twice");
        if (!read_storage(reading, place, err))
            return err_add(err, "storage %.*s", (int)key->n, (const char *)key->bytes);
    }
    return true;
}

bool pth_legacy_open(const unsigned char *bytes, size_t n, struct pth_file *file, struct notes *notes, struct err *err)
{
    struct reading reading = {bytes, n, 0};
    struct pickle keys = {0};
    struct inside *inside = mem_zero(1, sizeof *inside, err);
    if (inside == NULL)
        return false;
    file->inside = inside;
    file->content = content;
    file->close = close;
    bool done = read_magic(&reading, err) && read_version(&reading, err) && read_sizes(&reading, err) && next_pickle(&reading, "object", &file->root, err) &&
                next_pickle(&reading, "list of storages", &keys, err) && gather_places(inside, &file->root, err) && read_storages(&reading, inside, &keys, err);
    pickle_free(&keys);
    if (done && reading.at < n)
        done = notes_add(notes, err, "trailing bytes", "%zu bytes behind the last storage are left out", n - reading.at);
    if (!done)
        close(file);
    return done;
}
