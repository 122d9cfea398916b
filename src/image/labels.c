/* Finding labels; see labels.h. The common case reads each row once, comparing in the mask's own type. */
#include "image/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { LIST_MAX = 256, LIST_SHOWN = 12 };

size_t label_row(const struct volume *mask, size_t channel, size_t first, size_t n, int64_t label, uint8_t *out)
{
    size_t step = mask->channel_n, found = 0;
    switch (mask->type) {
#define ROW(name, ctype) \
    case name: { \
        const ctype *from = (const ctype *)mask->voxels + first * step + channel, want = (ctype)label; \
        if ((int64_t)want != label || (label < 0 && want > 0)) { \
            memset(out, 0, n); \
            return 0; \
        } \
        if (step == 1) \
            for (size_t i = 0; i < n; i++) \
                out[i] = from[i] == want; \
        else \
            for (size_t i = 0; i < n; i++) \
                out[i] = from[i * step] == want; \
        break; \
    }
        ROW(VOXEL_U8, uint8_t)
        ROW(VOXEL_I8, int8_t)
        ROW(VOXEL_U16, uint16_t)
        ROW(VOXEL_I16, int16_t)
        ROW(VOXEL_U32, uint32_t)
        ROW(VOXEL_I32, int32_t)
        ROW(VOXEL_U64, uint64_t)
        ROW(VOXEL_I64, int64_t)
#undef ROW
    case VOXEL_F32:
        for (size_t i = 0; i < n; i++)
            out[i] = (double)((const float *)mask->voxels)[(first + i) * step + channel] == (double)label;
        break;
    case VOXEL_F64:
        for (size_t i = 0; i < n; i++)
            out[i] = ((const double *)mask->voxels)[(first + i) * step + channel] == (double)label;
        break;
    }
    for (size_t i = 0; i < n; i++)
        found += out[i];
    return found;
}

static double float_at(const struct volume *mask, size_t at)
{
    return mask->type == VOXEL_F32 ? (double)((const float *)mask->voxels)[at] : ((const double *)mask->voxels)[at];
}

static bool check_whole(const struct volume *mask, size_t channel, struct err *err)
{
    if (mask->type != VOXEL_F32 && mask->type != VOXEL_F64)
        return true;
    size_t n = grid_voxel_n(&mask->grid);
    for (size_t i = 0; i < n; i++) {
        double value = float_at(mask, i * mask->channel_n + channel);
        if (value == floor(value) && fabs(value) <= 0x1p53)
            continue;
        size_t nx = mask->grid.n[0], ny = mask->grid.n[1];
        if (!isfinite(value))
            return err_set(err, ERR_INPUT, "the mask is not finite: %g at voxel (%zu, %zu, %zu)", value, i % nx, i / nx % ny, i / nx / ny);
        return err_set(err, ERR_INPUT, "the mask has a value that is not a whole number: %.9g at voxel (%zu, %zu, %zu), expected labels", value, i % nx,
                       i / nx % ny, i / nx / ny);
    }
    return true;
}

static int64_t value_at(const struct volume *mask, size_t at)
{
    switch (mask->type) {
#define AT(name, ctype) \
    case name: \
        return (int64_t)((const ctype *)mask->voxels)[at];
        AT(VOXEL_U8, uint8_t)
        AT(VOXEL_I8, int8_t)
        AT(VOXEL_U16, uint16_t)
        AT(VOXEL_I16, int16_t)
        AT(VOXEL_U32, uint32_t)
        AT(VOXEL_I32, int32_t)
        AT(VOXEL_U64, uint64_t)
        AT(VOXEL_I64, int64_t)
#undef AT
    default: {
        double value = float_at(mask, at);
        return fabs(value) <= 0x1p53 ? (int64_t)value : 0;
    }
    }
}

static int by_label(const void *a, const void *b)
{
    int64_t x = ((const struct label_count *)a)->label, y = ((const struct label_count *)b)->label;
    return (x > y) - (x < y);
}

size_t label_list(const struct volume *mask, size_t channel, struct label_count *list, size_t room, bool *more)
{
    size_t n = grid_voxel_n(&mask->grid), found = 0, last = 0;
    *more = false;
    for (size_t i = 0; i < n && !*more; i++) {
        int64_t value = value_at(mask, i * mask->channel_n + channel);
        if (value == 0)
            continue;
        if (found == 0 || list[last].label != value)
            for (last = 0; last < found && list[last].label != value; last++)
                ;
        if (last < found) {
            list[last].voxel_n++;
        } else if (found < room) {
            list[found++] = (struct label_count){value, 1};
        } else {
            *more = true; /* an image, not a mask: counting on would take long and say nothing */
        }
    }
    qsort(list, found, sizeof *list, by_label);
    return found;
}

static bool refuse_absent(const struct volume *mask, size_t channel, int64_t label, struct err *err)
{
    struct label_count list[LIST_MAX];
    bool more;
    size_t n = label_list(mask, channel, list, LIST_MAX, &more);
    if (n == 0)
        return err_set(err, ERR_INPUT, "the mask is empty: every voxel is 0");
    if (more)
        return err_set(err, ERR_INPUT, "label %lld is not in the mask, which has more than %d different values: is it an image?", (long long)label, LIST_MAX);
    struct text text = TEXT_INIT;
    for (size_t i = 0; i < n && i < LIST_SHOWN; i++)
        text_add(&text, "%s%lld (%zu voxels)", i == 0 ? "" : ", ", (long long)list[i].label, list[i].voxel_n);
    if (n > LIST_SHOWN)
        text_add(&text, " and %zu more", n - LIST_SHOWN);
    if (text_ok(&text, err))
        err_set(err, ERR_INPUT, "label %lld is not in the mask, which has %s", (long long)label, text.bytes);
    text_free(&text);
    return false;
}

bool label_find(const struct volume *mask, size_t channel, int64_t label, struct label_box *box, struct err *err)
{
    if (channel >= mask->channel_n)
        return err_set(err, ERR_INPUT, "channel %zu of the mask is asked for, it has %zu (counted from 0)", channel, mask->channel_n);
    if (!check_whole(mask, channel, err))
        return false;
    const size_t *n = mask->grid.n;
    size_t first[3] = {n[0], n[1], n[2]}, last[3] = {0, 0, 0}, total = 0;
    uint8_t *row = mem_alloc(n[0], 1, err);
    if (row == NULL)
        return false;
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            size_t found = label_row(mask, channel, n[0] * (y + n[1] * z), n[0], label, row);
            if (found == 0)
                continue;
            total += found;
            const size_t low[3] = {(size_t)((uint8_t *)memchr(row, 1, n[0]) - row), y, z};
            const size_t high[3] = {(size_t)((uint8_t *)memrchr(row, 1, n[0]) - row), y, z};
            for (int i = 0; i < 3; i++) {
                first[i] = low[i] < first[i] ? low[i] : first[i];
                last[i] = high[i] > last[i] ? high[i] : last[i];
            }
        }
    mem_free(row);
    if (total == 0)
        return refuse_absent(mask, channel, label, err);
    box->voxel_n = total;
    for (int i = 0; i < 3; i++) {
        box->first[i] = first[i];
        box->n[i] = last[i] - first[i] + 1;
    }
    return true;
}
