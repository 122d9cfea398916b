/* Swapping, scaling and checking voxels; see voxels.h.
 *
 * Why this is fast: the buffer that was read or unpacked becomes the volume's, so an image costs one pass over its
 * bytes and no second allocation (page faults of a fresh buffer cost more than the pass). */
#include "io/voxels.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "io/gzip.h"

static const size_t SLACK = (size_t)64 << 20;

void content_free(struct content *content)
{
    mem_free(content->bytes);
    *content = (struct content){NULL, 0};
}

bool content_unpack(struct content *content, size_t at, size_t expected, struct notes *notes, struct err *err)
{
    unsigned char *bytes;
    size_t n, trailing;
    size_t limit = expected < SIZE_MAX - SLACK ? expected + SLACK : SIZE_MAX;
    if (!gzip_unpack(content->bytes + at, content->n - at, expected, limit, &bytes, &n, &trailing, err))
        return false;
    content_free(content);
    *content = (struct content){bytes, n};
    return trailing == 0 || notes_add(notes, err, "gzip_trailing", "%zu bytes behind the gzip content are left out", trailing);
}

/* Reads an element wherever it lies, turns its byte order when told to. */
#define LOADERS(bits) \
    static inline uint##bits##_t load##bits(const unsigned char *from, bool swapped) \
    { \
        uint##bits##_t raw; \
        memcpy(&raw, from, sizeof raw); \
        return swapped ? __builtin_bswap##bits(raw) : raw; \
    }
LOADERS(16)
LOADERS(32)
LOADERS(64)

void voxels_take(struct volume *volume, struct content *content, size_t offset, bool swapped)
{
    size_t size = voxel_type_size(volume->type);
    size_t n = grid_voxel_n(&volume->grid) * volume->channel_n;
    unsigned char *to = content->bytes;
    const unsigned char *from = content->bytes + offset;
    /* Forward and in place: element i is read at offset + i * size, never behind where it is written. */
    if (!swapped || size == 1)
        memmove(to, from, n * size);
    else
        for (size_t i = 0; i < n; i++, to += size, from += size)
            switch (size) {
            case 2:
                memcpy(to, &(uint16_t){load16(from, true)}, 2);
                break;
            case 4:
                memcpy(to, &(uint32_t){load32(from, true)}, 4);
                break;
            default:
                memcpy(to, &(uint64_t){load64(from, true)}, 8);
            }
    volume->voxels = content->bytes;
    *content = (struct content){NULL, 0};
}

static inline float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool voxels_scale(struct volume *volume, const struct content *content, size_t offset, bool swapped, double slope, double inter,
                  struct err *err)
{
    enum voxel_type stored = volume->type;
    struct grid grid = volume->grid;
    if (!volume_init_blank(volume, &grid, VOXEL_F64, 1, err))
        return false;
    const unsigned char *from = content->bytes + offset;
    double *to = volume->voxels;
    size_t n = grid_voxel_n(&grid);
    switch (stored) {
#define SCALE(name, size, value) \
    case name: \
        for (size_t i = 0; i < n; i++) { \
            const unsigned char *at = from + i * size; \
            to[i] = (double)(value)*slope + inter; \
        } \
        break;
        SCALE(VOXEL_U8, 1, *at)
        SCALE(VOXEL_I8, 1, (int8_t)*at)
        SCALE(VOXEL_U16, 2, load16(at, swapped))
        SCALE(VOXEL_I16, 2, (int16_t)load16(at, swapped))
        SCALE(VOXEL_U32, 4, load32(at, swapped))
        SCALE(VOXEL_I32, 4, (int32_t)load32(at, swapped))
        SCALE(VOXEL_U64, 8, load64(at, swapped))
        SCALE(VOXEL_I64, 8, (int64_t)load64(at, swapped))
        SCALE(VOXEL_F32, 4, float_of(load32(at, swapped)))
        SCALE(VOXEL_F64, 8, double_of(load64(at, swapped)))
#undef SCALE
    }
    return true;
}

/* x * 0 is NaN for what is not finite: a sum that the compiler can vectorise, then a second look only if needed. */
#define ALL_FINITE(name, ctype) \
    static bool name(const ctype *value, size_t n) \
    { \
        ctype sum[8] = {0}; \
        size_t i = 0; \
        for (; i + 8 <= n; i += 8) \
            for (size_t k = 0; k < 8; k++) \
                sum[k] += value[i + k] * 0; \
        for (; i < n; i++) \
            sum[0] += value[i] * 0; \
        for (size_t k = 1; k < 8; k++) \
            sum[0] += sum[k]; \
        return sum[0] == 0; \
    }
ALL_FINITE(all_finite_float, float)
ALL_FINITE(all_finite_double, double)

static size_t big_integer_n(const struct volume *volume, size_t n)
{
    static const uint64_t EXACT = (uint64_t)1 << 53;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t value = ((const uint64_t *)volume->voxels)[i];
        if (volume->type == VOXEL_I64 && (int64_t)value < 0)
            value = -value;
        found += value > EXACT;
    }
    return found;
}

bool voxels_note_values(const struct volume *volume, struct notes *notes, struct err *err)
{
    size_t n = grid_voxel_n(&volume->grid) * volume->channel_n, odd = 0;
    switch (volume->type) {
    case VOXEL_F32:
        if (!all_finite_float(volume->voxels, n))
            for (size_t i = 0; i < n; i++)
                odd += !isfinite(((const float *)volume->voxels)[i]);
        break;
    case VOXEL_F64:
        if (!all_finite_double(volume->voxels, n))
            for (size_t i = 0; i < n; i++)
                odd += !isfinite(((const double *)volume->voxels)[i]);
        break;
    case VOXEL_I64:
    case VOXEL_U64:
        odd = big_integer_n(volume, n);
        return odd == 0 || notes_add(notes, err, "64-bit integers lose digits", "%zu voxels are integers beyond 2^53 and are rounded", odd);
    default:
        break;
    }
    return odd == 0 || notes_add(notes, err, "non-finite voxels", "%zu of %zu voxels are not finite", odd, n);
}
