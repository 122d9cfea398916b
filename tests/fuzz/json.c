/* Any bytes as JSON: read or refused, never more; a refusal is one line. */
#include <stdint.h>
#include <stdlib.h>

#include "io/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct err err = ERR_INIT;
    json_t *root = json_parse(bytes, n, "fuzz.json", &err);
    if (root == NULL && err.kind != ERR_INPUT)
        abort();
    json_decref(root);
    return 0;
}
