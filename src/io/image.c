/* The image formats, in one table; see image.h. A format is told by how the (unpacked) content begins; when no format
 * knows it, the name says which reader explains what is wrong. */
#include "io/image.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/gzip.h"
#include "io/nifti.h"
#include "io/nrrd.h"
#include "io/voxels.h"

static const size_t FILE_LIMIT = (size_t)1 << 36;
enum { HEAD = 600 };

struct format {
    const char *name;
    const char *const ends[8]; /* of file names, lower case */
    bool (*is)(const unsigned char *head, size_t n);
    bool (*read)(const char *path, struct content *content, struct volume *volume, const char **form, struct notes *notes, struct err *err);
};

static const struct format FORMATS[] = {
    {"NIfTI", {".nii", ".nii.gz", ".hdr", ".hdr.gz"}, nifti_is, nifti_read},
    {"NRRD", {".nrrd", ".nhdr"}, nrrd_is, nrrd_read},
};
enum { FORMAT_N = sizeof FORMATS / sizeof FORMATS[0] };

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), end_n = strlen(end);
    return n >= end_n && strcasecmp(text + n - end_n, end) == 0;
}

static const struct format *find_format(const char *path, const struct content *content)
{
    unsigned char peeked[HEAD];
    const unsigned char *head = content->bytes;
    size_t n = content->n;
    if (gzip_is(head, n)) {
        n = gzip_peek(content->bytes, content->n, peeked, sizeof peeked);
        head = peeked;
    }
    for (size_t i = 0; i < FORMAT_N; i++)
        if (FORMATS[i].is(head, n))
            return &FORMATS[i];
    for (size_t i = 0; i < FORMAT_N; i++)
        for (size_t k = 0; FORMATS[i].ends[k] != NULL; k++)
            if (ends_in(path, FORMATS[i].ends[k]))
                return &FORMATS[i];
    return NULL;
}

static bool read_any(const char *path, struct volume *volume, struct image_origin *origin, struct notes *notes, struct err *err)
{
    struct content content;
    *volume = (struct volume){.voxels = NULL};
    if (!file_read(path, FILE_LIMIT, &content.bytes, &content.n, err))
        return false;
    const struct format *format = find_format(path, &content);
    if (format == NULL) {
        content_free(&content);
        if (ends_in(path, ".img") || ends_in(path, ".img.gz"))
            return err_set(err, ERR_INPUT, "%s: holds voxels alone; name the .hdr file beside it", path);
        return err_set(err, ERR_INPUT, "%s: no image format that is known here, expected NIfTI or NRRD", path);
    }
    origin->format = format->name;
    if (!format->read(path, &content, volume, &origin->form, notes, err))
        return err_add(err, "%s", path);
    if (voxels_note_values(volume, notes, err))
        return true;
    volume_free(volume);
    return false;
}

bool image_read_origin(const char *path, struct volume *volume, struct image_origin *origin, struct notes *notes, struct err *err)
{
    *origin = (struct image_origin){"unknown", "none"};
    if (!read_any(path, volume, origin, notes, err))
        return false;
    if (volume->channel_n == 1)
        return true;
    size_t channel_n = volume->channel_n;
    volume_free(volume);
    return err_set(err, ERR_INPUT, "%s: more than 3 dimensions: %zu numbers a voxel, expected 1", path, channel_n);
}

bool image_read(const char *path, struct volume *volume, struct notes *notes, struct err *err)
{
    struct image_origin origin;
    return image_read_origin(path, volume, &origin, notes, err);
}

bool image_read_mask(const char *path, struct volume *volume, struct notes *notes, struct err *err)
{
    struct image_origin origin = {"unknown", "none"};
    return read_any(path, volume, &origin, notes, err);
}

uint64_t image_memory(const char *path)
{
    enum { COPIES = 3 }; /* the content, its voxels, and as much again for 16-bit voxels with a scale that become doubles */
    uint64_t size, whole;
    unsigned char head[2], tail[4];
    if (!file_ends(path, &size, head, tail))
        return 0;
    whole = size;
    if (head[0] == 0x1f && head[1] == 0x8b) { /* gzip: the size modulo 2^32, little-endian */
        whole = (uint64_t)tail[0] | (uint64_t)tail[1] << 8 | (uint64_t)tail[2] << 16 | (uint64_t)tail[3] << 24;
        whole = whole < size ? size : whole;
    }
    return size + COPIES * whole;
}
