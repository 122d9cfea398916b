/* Reading NIfTI; see nifti.h. */
#include "io/nifti.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/gzip.h"
#include "io/nifti_header.h"

static const size_t FILE_LIMIT = (size_t)1 << 36;

bool nifti_is(const unsigned char *head, size_t n)
{
    return nifti_header_is(head, n);
}

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), end_n = strlen(end);
    return n >= end_n && strcasecmp(text + n - end_n, end) == 0;
}

/* Unpacks a gzip file to as many bytes as its own header asks for. */
static bool unpack_by_header(struct content *content, struct notes *notes, struct err *err)
{
    unsigned char head[NIFTI2_SIZE];
    struct nifti_header header;
    struct nifti_layout layout;
    size_t head_n = gzip_peek(content->bytes, content->n, head, sizeof head), expected = 0;
    /* Less than a header means that the first member is smaller than that: nothing is known yet. */
    bool known = head_n == sizeof head || (head_n >= 4 && !nifti_header_is(head, head_n));
    if (known) {
        if (!nifti_header_parse(head, head_n, &header, err) || !nifti_header_layout(&header, &layout, NULL, err))
            return false;
        expected = header.pair ? 0 : layout.offset + layout.bytes;
    }
    return content_unpack(content, 0, expected, notes, err);
}

/* Extensions lie between header and voxels; vox_offset skips them, so a broken chain costs a note, no more. */
static bool note_extensions(const struct content *content, const struct nifti_header *header, size_t end, struct notes *notes, struct err *err)
{
    size_t at = header->version == 1 ? NIFTI1_SIZE : NIFTI2_SIZE;
    if (end > content->n)
        end = content->n;
    if (end < at + 4 || content->bytes[at] == 0)
        return true;
    at += 4;
    while (end - at >= 8) {
        uint32_t size;
        memcpy(&size, content->bytes + at, 4);
        if (header->swapped)
            size = __builtin_bswap32(size);
        if (size < 8 || size > end - at)
            return notes_add(notes, err, "extension", "header extension at byte %zu says it has %d bytes, %zu are there: extensions are skipped", at,
                             (int)size, end - at);
        at += size;
    }
    return true;
}

/* The .img beside a .hdr: the same name, in the same case, plain or gzip. The caller frees. */
static char *image_path(const char *path, struct err *err)
{
    static const char *const HEADER[] = {".hdr", ".hdr.gz"};
    static const char *const IMAGE[] = {".img", ".img.gz"};
    for (size_t i = 0; i < 2; i++) {
        if (!ends_in(path, HEADER[i]))
            continue;
        size_t stem = strlen(path) - strlen(HEADER[i]);
        bool upper = isupper((unsigned char)path[stem + 1]) != 0;
        char *image = mem_alloc(stem + 8, 1, err);
        if (image == NULL)
            return NULL;
        memcpy(image, path, stem);
        for (size_t k = 0; k < 2; k++) {
            const char *end = IMAGE[(i + k) % 2];
            size_t at = stem;
            for (const char *c = end; *c != '\0'; c++)
                image[at++] = (char)(upper ? toupper((unsigned char)*c) : *c);
            image[at] = '\0';
            if (file_exists(image))
                return image;
        }
        mem_free(image);
        err_set(err, ERR_INPUT, "the header's magic asks for voxels in an .img file beside it, which is missing");
        return NULL;
    }
    err_set(err, ERR_INPUT, "the header's magic asks for voxels in an .img file, but the name does not end in .hdr");
    return NULL;
}

static bool read_image_file(const char *path, struct content *content, const struct nifti_layout *layout, struct notes *notes, struct err *err)
{
    char *image = image_path(path, err);
    if (image == NULL)
        return false;
    content_free(content);
    bool done = file_read(image, FILE_LIMIT, &content->bytes, &content->n, err);
    if (done && gzip_is(content->bytes, content->n))
        done = content_unpack(content, 0, layout->offset + layout->bytes, notes, err);
    mem_free(image);
    return done || err_add(err, "its .img file");
}

static bool read_voxels(struct content *content, const struct nifti_header *header, const struct nifti_layout *layout, struct volume *volume,
                        struct notes *notes, struct err *err)
{
    size_t end = layout->offset + layout->bytes;
    if (content->n < end)
        return err_set(err, ERR_INPUT, "cut short: %zu bytes, expected %zu (%zu x %zu x %zu voxels of type %s from byte %zu on)", content->n, end,
                       layout->n[0], layout->n[1], layout->n[2], voxel_type_name(layout->type), layout->offset);
    if (content->n > end && !notes_add(notes, err, "trailing", "%zu bytes behind the last voxel are left out", content->n - end))
        return false;
    if (layout->scaled)
        return voxels_scale(volume, content, layout->offset, header->swapped, header->slope, header->inter, err);
    voxels_take(volume, content, layout->offset, header->swapped);
    return true;
}

static bool read_content(const char *path, struct content *content, struct volume *volume, const char **form, struct notes *notes, struct err *err)
{
    struct nifti_header header;
    struct nifti_layout layout;
    if (gzip_is(content->bytes, content->n) && !unpack_by_header(content, notes, err))
        return false;
    if (!nifti_header_parse(content->bytes, content->n, &header, err) || !nifti_header_layout(&header, &layout, notes, err) ||
        !nifti_header_grid(&header, &volume->grid, form, notes, err) ||
        !note_extensions(content, &header, header.pair ? content->n : layout.offset, notes, err))
        return false;
    memcpy(volume->grid.n, layout.n, sizeof layout.n);
    volume->type = layout.type;
    volume->channel_n = 1;
    if (header.pair && !read_image_file(path, content, &layout, notes, err))
        return false;
    return read_voxels(content, &header, &layout, volume, notes, err);
}

bool nifti_read(const char *path, struct content *content, struct volume *volume, const char **form, struct notes *notes, struct err *err)
{
    *volume = (struct volume){.voxels = NULL};
    bool done = read_content(path, content, volume, form, notes, err);
    content_free(content);
    if (!done)
        volume_free(volume);
    return done;
}
