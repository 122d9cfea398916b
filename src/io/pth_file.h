/* Between the two containers of PyTorch files (pth_zip.c, pth_legacy.c) and what reads tensors out of them (pth_tree.c). */
#ifndef HEPAR_IO_PTH_FILE_H
#define HEPAR_IO_PTH_FILE_H

#include "base/notes.h"
#include "io/pickle.h"
#include "table/store.h"

/* What a name of the pickle is for. */
enum pth_role { PTH_DICT, PTH_TENSOR, PTH_PARAMETER, PTH_SIZE, PTH_STORAGE };

extern const struct pickle_global pth_globals[];
extern const size_t pth_global_n;
enum pth_role pth_role(uint32_t global);
enum tensor_type pth_storage_type(uint32_t global); /* of a PTH_STORAGE */

/* A storage: a run of values of one type outside the pickle, of which a tensor sees a view. */
struct pth_storage {
    enum tensor_type type;
    const char *key; /* key_n bytes, no '\0' behind them */
    size_t key_n;
    size_t n;                  /* values of the whole storage */
    size_t view_begin, view_n; /* the part that this reference names */
};
/* From the persistent id of a PICKLE_REFERENCE: ("storage", type, key, place, n[, view]). ERR_INPUT when it is none. */
bool pth_storage_read(const struct pickle *pickle, const struct pickle_value *reference, struct pth_storage *storage, struct err *err);

struct pth_file {
    struct pickle root;
    size_t budget; /* bytes that may still be taken for values */
    void *inside;  /* the container's own */
    /* The storage's n values, valid until close(). The message names the storage. */
    bool (*content)(struct pth_file *file, const struct pth_storage *storage, const unsigned char **values, struct err *err);
    void (*close)(struct pth_file *file); /* frees `root` as well */
};
/* Takes n bytes off the budget; ERR_INPUT when they are not there. */
bool pth_spend(struct pth_file *file, size_t n, struct err *err);

/* The bytes must outlive the file. file->budget is set by the caller beforehand. After a failure there is nothing to close. */
bool pth_zip_open(const unsigned char *bytes, size_t n, struct pth_file *file, struct err *err);
bool pth_legacy_open(const unsigned char *bytes, size_t n, struct pth_file *file, struct notes *notes, struct err *err);

/* The tensors and texts of an opened file. */
bool pth_collect(struct pth_file *file, struct store *store, struct notes *notes, struct err *err);

#endif
