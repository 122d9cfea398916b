/* The zip form of PyTorch files: NAME/data.pkl, the values of storage KEY in NAME/data/KEY, and NAME/byteorder; see pth_file.h.
 * Format: torch/serialization.py and caffe2/serialize/inline_container.h of PyTorch. */
#include "io/pth_file.h"

#include <string.h>

#include "base/mem.h"
#include "io/zip.h"

enum { FOLDER_MAX = 512 };

struct inside {
    struct zip zip;
    const char *folder; /* "NAME/" of all entries; folder_n bytes, in the archive */
    size_t folder_n;
    unsigned char *pickle;   /* owned where it was deflated */
    unsigned char **owned;   /* zip.entry_n: what was deflated, by entry */
    const unsigned char **content; /* zip.entry_n: NULL where not yet unpacked */
};

static bool find_folder(struct inside *inside, struct err *err)
{
    static const char pickle[] = "data.pkl";
    const size_t pickle_n = sizeof pickle - 1;
    for (size_t i = 0; i < inside->zip.entry_n; i++) {
        const struct zip_entry *entry = &inside->zip.entry[i];
        if (entry->name_n < pickle_n || memcmp(entry->name + entry->name_n - pickle_n, pickle, pickle_n) != 0)
            continue;
        size_t folder_n = entry->name_n - pickle_n;
        if (folder_n > FOLDER_MAX || (folder_n > 0 && memchr(entry->name, '/', folder_n) != entry->name + folder_n - 1))
            continue;
        inside->folder = entry->name;
        inside->folder_n = folder_n;
        return true;
    }
    return err_set(err, ERR_INPUT, "a zip archive without data.pkl: no weights of PyTorch");
}

static const struct zip_entry *find_entry(const struct inside *inside, const char *part, const char *key, size_t key_n)
{
    char name[1024];
    size_t part_n = strlen(part), n = inside->folder_n + part_n + key_n;
    if (n > sizeof name)
        return NULL;
    memcpy(name, inside->folder, inside->folder_n);
    memcpy(name + inside->folder_n, part, part_n);
    memcpy(name + inside->folder_n + part_n, key, key_n);
    return zip_find(&inside->zip, name, n);
}

static bool unpack(struct pth_file *file, const struct zip_entry *entry, unsigned char **owned, const unsigned char **content, struct err *err)
{
    const struct inside *inside = file->inside;
    if (entry->method != 0 && !pth_spend(file, entry->size, err))
        return err_add(err, "zip entry %.*s", (int)entry->name_n, entry->name);
    return zip_unpack(&inside->zip, entry, owned, content, err);
}

static bool content(struct pth_file *file, const struct pth_storage *storage, const unsigned char **values, struct err *err)
{
    struct inside *inside = file->inside;
    const struct zip_entry *entry = find_entry(inside, "data/", storage->key, storage->key_n);
    size_t bytes = storage->n * tensor_type_size(storage->type);
    if (entry == NULL)
        return err_set(err, ERR_INPUT, "the archive has no data/%.*s", (int)storage->key_n, storage->key);
    if (entry->size != bytes)
        return err_set(err, ERR_INPUT, "data/%.*s has %zu bytes, expected %zu (%zu values of %s)", (int)storage->key_n, storage->key, entry->size, bytes, storage->n,
                       tensor_type_name(storage->type));
    size_t i = (size_t)(entry - inside->zip.entry);
    if (inside->content[i] == NULL && !unpack(file, entry, &inside->owned[i], &inside->content[i], err))
        return false;
    *values = inside->content[i];
    return true;
}

static void close(struct pth_file *file)
{
    struct inside *inside = file->inside;
    pickle_free(&file->root);
    for (size_t i = 0; inside->owned != NULL && i < inside->zip.entry_n; i++)
        mem_free(inside->owned[i]);
    mem_free(inside->owned);
    mem_free(inside->content);
    mem_free(inside->pickle);
    zip_free(&inside->zip);
    mem_free(inside);
    file->inside = NULL;
}

/* Files of versions that wrote no byteorder are little-endian. */
static bool check_order(struct pth_file *file, struct err *err)
{
    const struct zip_entry *entry = find_entry(file->inside, "byteorder", "", 0);
    const unsigned char *order;
    unsigned char *owned;
    if (entry == NULL)
        return true;
    if (!unpack(file, entry, &owned, &order, err))
        return false;
    bool little = entry->size == 6 && memcmp(order, "little", 6) == 0;
    mem_free(owned);
    return little || err_set(err, ERR_INPUT, "its byteorder is not little");
}

static bool read_pickle(struct pth_file *file, struct err *err)
{
    struct inside *inside = file->inside;
    const struct zip_entry *entry = find_entry(inside, "data.pkl", "", 0);
    const unsigned char *bytes;
    size_t used;
    if (entry->size > PICKLE_BYTE_MAX)
        return err_set(err, ERR_INPUT, "data.pkl has %zu bytes, expected at most %zu", entry->size, PICKLE_BYTE_MAX);
    return unpack(file, entry, &inside->pickle, &bytes, err) &&
           (pickle_parse(bytes, entry->size, pth_globals, pth_global_n, &file->root, &used, err) || err_add(err, "data.pkl"));
}

bool pth_zip_open(const unsigned char *bytes, size_t n, struct pth_file *file, struct err *err)
{
    struct inside *inside = mem_zero(1, sizeof *inside, err);
    if (inside == NULL)
        return false;
    file->inside = inside;
    file->content = content;
    file->close = close;
    bool done = zip_open(bytes, n, &inside->zip, err);
    if (done) {
        inside->owned = mem_zero(inside->zip.entry_n, sizeof *inside->owned, err);
        inside->content = inside->owned == NULL ? NULL : mem_zero(inside->zip.entry_n, sizeof *inside->content, err);
        done = inside->content != NULL;
    }
    done = done && find_folder(inside, err) && check_order(file, err) && read_pickle(file, err);
    if (!done)
        close(file);
    return done;
}
