/* Weights of networks from files, whichever form they have: safetensors (io/safetensors.h) or PyTorch's (io/pth.h), told by content. */
#ifndef HEPAR_IO_WEIGHTS_H
#define HEPAR_IO_WEIGHTS_H

#include "base/err.h"
#include "base/notes.h"
#include "table/store.h"

/* "safetensors", "PyTorch zip", "PyTorch legacy"; NULL when it is none of them. */
const char *weights_form(const unsigned char *bytes, size_t n);

/* Tensors in the file's order. `notes` (may be NULL) says what of a checkpoint was taken. ERR_INPUT names the file and what is wrong with it.
 * The caller frees with store_free(). weights_parse() reads what is in memory and says its form. */
bool weights_read(const char *path, struct store *store, struct notes *notes, struct err *err);
bool weights_parse(const char *path, const unsigned char *bytes, size_t n, struct store *store, const char **form, struct notes *notes, struct err *err);

#endif
