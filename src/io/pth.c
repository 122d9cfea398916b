/* PyTorch's weights files: the container by content, then its tensors; see pth.h. */
#include "io/pth.h"

#include "io/pth_file.h"
#include "io/zip.h"

bool pth_is(const unsigned char *bytes, size_t n)
{
    return zip_is(bytes, n) || (n >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5);
}

static bool parse(const unsigned char *bytes, size_t n, struct store *store, struct notes *notes, struct err *err)
{
    struct pth_file file = {.budget = ((size_t)1 << 20) + (n < SIZE_MAX / 2 / PTH_RATIO ? n * PTH_RATIO : SIZE_MAX / 2)};
    if (!(zip_is(bytes, n) ? pth_zip_open(bytes, n, &file, err) : pth_legacy_open(bytes, n, &file, notes, err)))
        return false;
    bool done = pth_collect(&file, store, notes, err);
    file.close(&file);
    return done;
}

bool pth_parse(const char *name, const unsigned char *bytes, size_t n, struct store *store, struct notes *notes, struct err *err)
{
    *store = (struct store){0};
    if (parse(bytes, n, store, notes, err))
        return true;
    store_free(store);
    return err_add(err, "%s", name);
}
