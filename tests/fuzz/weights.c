/* Any bytes as a weights file (safetensors, PyTorch's zip and legacy form): read or refused, never more. A refusal is one line; what
 * is read stays small beside the file, and holds the same when it is written as safetensors and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/pth.h"
#include "io/safetensors.h"
#include "io/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static size_t byte_n(const struct tensor *tensor)
{
    return tensor_value_n(tensor) * tensor_type_size(tensor->type);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct store store, back;
    struct text out = TEXT_INIT;
    struct err err = ERR_INIT;
    const char *form;
    size_t total = 0;
    if (!weights_parse("fuzz", bytes, n, &store, &form, NULL, &err)) {
        if (err.kind != ERR_INPUT || strchr(err.text, '\n') != NULL)
            abort();
        return 0;
    }
    if (!safetensors_format(&store, &out, &err) || !safetensors_parse("again", out.bytes, out.n, &back, &err) || back.tensor_n != store.tensor_n)
        abort();
    for (size_t i = 0; i < store.tensor_n; i++) {
        total += byte_n(&store.tensor[i]);
        if (strcmp(store.tensor[i].name, back.tensor[i].name) != 0 || memcmp(store.tensor[i].values, back.tensor[i].values, byte_n(&store.tensor[i])) != 0)
            abort();
    }
    if (total > PTH_RATIO * n + ((size_t)1 << 20))
        abort();
    text_free(&out);
    store_free(&store);
    store_free(&back);
    return 0;
}
