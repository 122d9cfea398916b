/* PyTorch's weights files: state dicts as torch.save() writes them, in the zip form (since PyTorch 1.6) and the older ("legacy")
 * form of pickles followed by values.
 *
 * The pickle in them is read as data by a machine that calls nothing (io/pickle.h). The names it may hold are those of a state dict:
 * collections.OrderedDict, torch._utils._rebuild_tensor, _rebuild_tensor_v2, _rebuild_parameter, torch.Size and the storages of the types that
 * table/store.h knows. Anything else is refused by its name, and nothing is run.
 *
 * Read: tensors of any strides, offsets and shared storages, as contiguous copies under their names; nested dicts under
 * "outer.inner". Of a checkpoint (a dict that holds a dict under `state_dict`, `model_state_dict`, `model` or `net`) that dict is taken.
 * Numbers and texts (epoch, arch) become the store's texts; what else there is (the optimiser's state) is left out. Both are
 * said in the notes, topic "checkpoint".
 *
 * Refused, as ERR_INPUT that names the file and the tensor: files cut short, damaged checksums, tensors that reach outside their
 * storage, more than TENSOR_DIM_MAX dimensions, more than PTH_TENSOR_MAX tensors, tensors that together need more than PTH_RATIO times the file, big-endian
 * files, other files than dicts of tensors. */
#ifndef HEPAR_IO_PTH_H
#define HEPAR_IO_PTH_H

#include <stddef.h>

#include "base/err.h"
#include "base/notes.h"
#include "table/store.h"

#define PTH_TENSOR_MAX ((size_t)16384)
#define PTH_RATIO ((size_t)16) /* and 1 MiB */

bool pth_is(const unsigned char *bytes, size_t n); /* begins as a zip archive or as a pickle */
/* `name` stands in messages. The caller frees with store_free(). `notes` may be NULL. */
bool pth_parse(const char *name, const unsigned char *bytes, size_t n, struct store *store, struct notes *notes, struct err *err);

#endif
