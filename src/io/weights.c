/* Weights files by content; see weights.h. A safetensors file begins with the length of its header (8 bytes) and the
 * header's '{', which neither a zip archive ("PK\3\4") nor a pickle (0x80, its protocol) does at these places for any honest length. */
#include "io/weights.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/pth.h"
#include "io/safetensors.h"
#include "io/zip.h"

static bool is_safetensors(const unsigned char *bytes, size_t n)
{
    return n > 8 && bytes[8] == '{';
}

const char *weights_form(const unsigned char *bytes, size_t n)
{
    if (is_safetensors(bytes, n))
        return "safetensors";
    if (zip_is(bytes, n))
        return "PyTorch zip";
    return pth_is(bytes, n) ? "PyTorch legacy" : NULL;
}

bool weights_parse(const char *path, const unsigned char *bytes, size_t n, struct store *store, const char **form, struct notes *notes, struct err *err)
{
    *store = (struct store){0};
    *form = weights_form(bytes, n);
    if (*form == NULL)
        return err_set(err, ERR_INPUT, "%s: no weights file: neither safetensors nor PyTorch's (zip or legacy)", path);
    if (is_safetensors(bytes, n))
        return safetensors_parse(path, bytes, n, store, err);
    return pth_parse(path, bytes, n, store, notes, err);
}

bool weights_read(const char *path, struct store *store, struct notes *notes, struct err *err)
{
    unsigned char *bytes;
    const char *form;
    size_t n;
    *store = (struct store){0};
    if (!file_read(path, SAFETENSORS_BYTE_MAX, &bytes, &n, err))
        return false;
    bool done = weights_parse(path, bytes, n, store, &form, notes, err);
    mem_free(bytes);
    return done;
}
