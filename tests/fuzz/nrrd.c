/* Any bytes as a NRRD file: read or refused, never more. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "io/nrrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct content content = {mem_alloc(n, 1, NULL), n};
    struct volume volume;
    struct notes notes = NOTES_INIT;
    struct err err = ERR_INIT;
    const char *form = NULL;
    memcpy(content.bytes, bytes, n);
    if (nrrd_read("fuzz.nrrd", &content, &volume, &form, &notes, &err)) {
        voxels_note_values(&volume, &notes, NULL);
        volume_free(&volume);
    }
    notes_free(&notes);
    return 0;
}
