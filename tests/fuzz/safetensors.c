/* Any bytes as safetensors: read or refused; what is read and written again holds the same values. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct store store, back;
    struct text out = TEXT_INIT;
    struct err err = ERR_INIT;
    if (!safetensors_parse("fuzz", bytes, n, &store, &err))
        return 0;
    if (!safetensors_format(&store, &out, &err) || !safetensors_parse("again", out.bytes, out.n, &back, &err))
        abort();
    if (back.tensor_n != store.tensor_n || back.text_n != store.text_n)
        abort();
    for (size_t i = 0; i < store.tensor_n; i++) {
        size_t size = tensor_value_n(&store.tensor[i]) * tensor_type_size(store.tensor[i].type);
        if (strcmp(store.tensor[i].name, back.tensor[i].name) != 0 || memcmp(store.tensor[i].values, back.tensor[i].values, size) != 0)
            abort();
    }
    text_free(&out);
    store_free(&store);
    store_free(&back);
    return 0;
}
