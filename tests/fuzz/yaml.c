/* Any bytes as YAML: read or refused as configuration, never more. */
#include <stdint.h>
#include <stdlib.h>

#include "io/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct yaml yaml;
    struct err err = ERR_INIT;
    if (yaml_parse("fuzz.yaml", bytes, n, &yaml, &err)) {
        if (yaml.root == NULL || yaml.root->size > YAML_NODE_MAX)
            abort();
        yaml_drop(&yaml);
    } else if (err.kind != ERR_USAGE) {
        abort();
    }
    return 0;
}
