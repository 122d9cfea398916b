/* Parsing the NIfTI header; see nifti_header.h. Every number is read at its offset of the standard, byte by byte,
 * so that neither struct padding nor alignment matters. */
#include "io/nifti_header.h"

#include <math.h>
#include <string.h>

struct cursor {
    const unsigned char *bytes;
    bool big;
};

static uint64_t unsigned_at(const struct cursor *c, size_t at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | c->bytes[at + (c->big ? i : size - 1 - i)];
    return value;
}

static int16_t short_at(const struct cursor *c, size_t at)
{
    return (int16_t)unsigned_at(c, at, 2);
}

static int32_t int_at(const struct cursor *c, size_t at)
{
    return (int32_t)unsigned_at(c, at, 4);
}

static double float_at(const struct cursor *c, size_t at)
{
    uint32_t bits = (uint32_t)unsigned_at(c, at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double double_at(const struct cursor *c, size_t at)
{
    uint64_t bits = unsigned_at(c, at, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The header's size field tells version and byte order. */
static bool size_field(const unsigned char *bytes, size_t n, int *version, bool *big)
{
    if (n < 4)
        return false;
    for (int order = 0; order < 2; order++) {
        struct cursor c = {bytes, order == 1};
        int32_t size = int_at(&c, 0);
        if (size == NIFTI1_SIZE || size == NIFTI2_SIZE) {
            *version = size == NIFTI1_SIZE ? 1 : 2;
            *big = order == 1;
            return true;
        }
    }
    return false;
}

bool nifti_header_is(const unsigned char *bytes, size_t n)
{
    int version;
    bool big;
    return size_field(bytes, n, &version, &big);
}

static void parse1(const struct cursor *c, struct nifti_header *h)
{
    for (size_t i = 0; i < 8; i++) {
        h->dim[i] = short_at(c, 40 + 2 * i);
        h->pixdim[i] = float_at(c, 76 + 4 * i);
    }
    h->datatype = short_at(c, 70);
    h->bitpix = short_at(c, 72);
    h->vox_offset = float_at(c, 108);
    h->slope = float_at(c, 112);
    h->inter = float_at(c, 116);
    h->units = c->bytes[123];
    h->qform_code = short_at(c, 252);
    h->sform_code = short_at(c, 254);
    for (size_t i = 0; i < 3; i++) {
        h->quatern[i] = float_at(c, 256 + 4 * i);
        h->qoffset[i] = float_at(c, 268 + 4 * i);
        for (size_t j = 0; j < 4; j++)
            h->srow[i][j] = float_at(c, 280 + 16 * i + 4 * j);
    }
}

static void parse2(const struct cursor *c, struct nifti_header *h)
{
    for (size_t i = 0; i < 8; i++) {
        h->dim[i] = (int64_t)unsigned_at(c, 16 + 8 * i, 8);
        h->pixdim[i] = double_at(c, 104 + 8 * i);
    }
    h->datatype = short_at(c, 12);
    h->bitpix = short_at(c, 14);
    h->vox_offset2 = unsigned_at(c, 168, 8);
    h->vox_offset = (double)(int64_t)h->vox_offset2;
    h->slope = double_at(c, 176);
    h->inter = double_at(c, 184);
    h->units = int_at(c, 500);
    h->qform_code = int_at(c, 344);
    h->sform_code = int_at(c, 348);
    for (size_t i = 0; i < 3; i++) {
        h->quatern[i] = double_at(c, 352 + 8 * i);
        h->qoffset[i] = double_at(c, 376 + 8 * i);
        for (size_t j = 0; j < 4; j++)
            h->srow[i][j] = double_at(c, 400 + 32 * i + 8 * j);
    }
}

bool nifti_header_parse(const unsigned char *bytes, size_t n, struct nifti_header *header, struct err *err)
{
    bool big;
    *header = (struct nifti_header){0};
    if (n == 0)
        return err_set(err, ERR_INPUT, "empty file, expected a NIfTI header of 348 or 540 bytes");
    if (n < 4)
        return err_set(err, ERR_INPUT, "%zu bytes, expected a NIfTI header of 348 or 540 bytes", n);
    if (!size_field(bytes, n, &header->version, &big)) {
        struct cursor c = {bytes, false};
        return err_set(err, ERR_INPUT, "not NIfTI: the header size field is %d, expected 348 or 540", int_at(&c, 0));
    }
    size_t size = header->version == 1 ? NIFTI1_SIZE : NIFTI2_SIZE;
    if (n < size)
        return err_set(err, ERR_INPUT, "header cut short: %zu of %zu bytes", n, size);
    struct cursor c = {bytes, big};
    header->swapped = big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    if (header->version == 1) {
        const char *magic = (const char *)bytes + 344;
        static const char NONE[4] = {0};
        header->pair = memcmp(magic, "ni1", 4) == 0;
        if (memcmp(magic, NONE, 4) == 0)
            return err_set(err, ERR_INPUT, "Analyze 7.5 (no NIfTI magic): it stores no orientation; convert it to NIfTI with a "
                                           "program that knows how the images were made");
        if (!header->pair && memcmp(magic, "n+1", 4) != 0)
            return err_set(err, ERR_INPUT, "NIfTI-1 magic is \"%.4s\", expected \"n+1\" or \"ni1\"", magic);
        parse1(&c, header);
    } else {
        const char *magic = (const char *)bytes + 4;
        header->pair = memcmp(magic, "ni2\0\r\n\032\n", 8) == 0;
        if (!header->pair && memcmp(magic, "n+2\0\r\n\032\n", 8) != 0) {
            bool text_mode = magic[0] == 'n' && magic[2] == '2';
            return err_set(err, ERR_INPUT, "NIfTI-2 magic is \"%.4s\"%s, expected \"n+2\" or \"ni2\"", magic,
                           text_mode ? " with changed line ends (a transfer in text mode)" : "");
        }
        parse2(&c, header);
    }
    return true;
}

static const struct {
    int code, bits;
    enum voxel_type type;
} DATATYPES[] = {
    {2, 8, VOXEL_U8},     {4, 16, VOXEL_I16},   {8, 32, VOXEL_I32},   {16, 32, VOXEL_F32},   {64, 64, VOXEL_F64},
    {256, 8, VOXEL_I8},   {512, 16, VOXEL_U16}, {768, 32, VOXEL_U32}, {1024, 64, VOXEL_I64}, {1280, 64, VOXEL_U64},
};

static bool layout_dims(const struct nifti_header *h, struct nifti_layout *layout, struct err *err)
{
    if (h->dim[0] < 1 || h->dim[0] > 7)
        return err_set(err, ERR_INPUT, "dim[0] is %lld, expected 1 to 7", (long long)h->dim[0]);
    for (int i = 1; i <= h->dim[0]; i++)
        if (h->dim[i] < 1)
            return err_set(err, ERR_INPUT, "dim[%d] is %lld, expected at least 1", i, (long long)h->dim[i]);
    for (int i = 4; i <= h->dim[0]; i++)
        if (h->dim[i] > 1)
            return err_set(err, ERR_INPUT, "more than 3 dimensions: dim[%d] is %lld, expected 1", i, (long long)h->dim[i]);
    for (int i = 0; i < 3; i++)
        layout->n[i] = i < h->dim[0] ? (size_t)h->dim[i + 1] : 1;
    return true;
}

static bool layout_type(const struct nifti_header *h, struct nifti_layout *layout, struct notes *notes, struct err *err)
{
    for (size_t i = 0; i < sizeof DATATYPES / sizeof DATATYPES[0]; i++)
        if (DATATYPES[i].code == h->datatype) {
            layout->type = DATATYPES[i].type;
            return h->bitpix == DATATYPES[i].bits ||
                   notes_add(notes, err, "bitpix", "bitpix is %d, datatype %d has %d bits: datatype is taken", h->bitpix, h->datatype,
                             DATATYPES[i].bits);
        }
    return err_set(err, ERR_INPUT, "datatype %d is not supported, expected one number a voxel (2 4 8 16 64 256 512 768 1024 1280)",
                   h->datatype);
}

static bool layout_offset(const struct nifti_header *h, struct nifti_layout *layout, struct err *err)
{
    size_t least = h->pair ? 0 : h->version == 1 ? 352 : 544;
    if (h->version == 2) {
        if ((int64_t)h->vox_offset2 < 0 || h->vox_offset2 < least)
            return err_set(err, ERR_INPUT, "vox_offset is %lld, expected at least %zu", (long long)h->vox_offset2, least);
        layout->offset = (size_t)h->vox_offset2;
        return true;
    }
    /* float32: whole numbers above 2^62 would not fit the sums below. */
    if (!isfinite(h->vox_offset) || h->vox_offset != floor(h->vox_offset) || h->vox_offset < (double)least || h->vox_offset > 0x1p62)
        return err_set(err, ERR_INPUT, "vox_offset is %g, expected a whole number of at least %zu", h->vox_offset, least);
    layout->offset = (size_t)h->vox_offset;
    return true;
}

bool nifti_header_layout(const struct nifti_header *h, struct nifti_layout *layout, struct notes *notes, struct err *err)
{
    size_t end;
    *layout = (struct nifti_layout){0};
    if (!layout_dims(h, layout, err) || !layout_type(h, layout, notes, err) || !layout_offset(h, layout, err))
        return false;
    if (!volume_byte_n(layout->n, layout->type, 1, &layout->bytes))
        return err_set(err, ERR_INPUT, "size %zu x %zu x %zu overflows", layout->n[0], layout->n[1], layout->n[2]);
    if (__builtin_add_overflow(layout->offset, layout->bytes, &end) || end > PTRDIFF_MAX)
        return err_set(err, ERR_INPUT, "vox_offset %zu plus %zu bytes of voxels overflows", layout->offset, layout->bytes);
    if (!isfinite(h->slope))
        return notes_add(notes, err, "scl_slope", "scl_slope is %g: the stored values are taken as they are", h->slope);
    if (h->slope == 0)
        return true;
    if (!isfinite(h->inter))
        return err_set(err, ERR_INPUT, "scl_inter is %g with scl_slope %g, expected a finite number", h->inter, h->slope);
    layout->scaled = h->slope != 1 || h->inter != 0;
    return true;
}
