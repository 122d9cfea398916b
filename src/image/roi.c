#include "image/roi.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/resample.h"

/* Whole values of one row of a mask, x = 0..n-1. Strides count values. */
static void row_values(const struct volume *mask, size_t at, size_t stride, size_t n, int64_t *value)
{
#define ROW(TYPE, CTYPE)                                          \
    case TYPE: {                                                  \
        const CTYPE *from = (const CTYPE *)mask->voxels + at;     \
        for (size_t x = 0; x < n; x++)                            \
            value[x] = (int64_t)from[x * stride];                 \
        return;                                                   \
    }
#define ROW_REAL(TYPE, CTYPE)                                                                              \
    case TYPE: {                                                                                           \
        const CTYPE *from = (const CTYPE *)mask->voxels + at;                                              \
        for (size_t x = 0; x < n; x++)                                                                     \
            value[x] = fabs((double)from[x * stride]) < 4294967296.0 ? (int64_t)from[x * stride] : -1;    \
        return;                                                                                            \
    }
    switch (mask->type) {
        ROW(VOXEL_U8, uint8_t)
        ROW(VOXEL_I8, int8_t)
        ROW(VOXEL_U16, uint16_t)
        ROW(VOXEL_I16, int16_t)
        ROW(VOXEL_U32, uint32_t)
        ROW(VOXEL_I32, int32_t)
        ROW(VOXEL_U64, uint64_t)
        ROW(VOXEL_I64, int64_t)
        ROW_REAL(VOXEL_F32, float)
        ROW_REAL(VOXEL_F64, double)
    }
#undef ROW
#undef ROW_REAL
}

enum { LABELS_SHOWN = 20 };

static size_t note_label(int64_t *label, size_t n, int64_t value)
{
    size_t i = 0;
    while (i < n && label[i] < value)
        i++;
    if ((i < n && label[i] == value) || i == LABELS_SHOWN)
        return n;
    size_t last = n < LABELS_SHOWN ? n : LABELS_SHOWN - 1;
    memmove(label + i + 1, label + i, (last - i) * sizeof *label);
    label[i] = value;
    return last + 1;
}

static bool refuse_label(const struct volume *mask, size_t channel, int64_t label, int64_t *row, struct err *err)
{
    int64_t there[LABELS_SHOWN + 1];
    size_t n = 0, rows = mask->grid.n[1] * mask->grid.n[2];
    for (size_t r = 0; r < rows; r++) {
        row_values(mask, r * mask->grid.n[0] * mask->channel_n + channel, mask->channel_n, mask->grid.n[0], row);
        for (size_t x = 0; x < mask->grid.n[0]; x++)
            if (row[x] != 0 && (x == 0 || row[x] != row[x - 1]))
                n = note_label(there, n, row[x]);
    }
    if (n == 0)
        return err_set(err, ERR_INPUT, "mask: nothing is segmented (all %zu voxels are 0)", grid_voxel_n(&mask->grid));
    struct text list = TEXT_INIT;
    for (size_t i = 0; i < n; i++)
        text_add(&list, "%s%lld", i == 0 ? "" : ", ", (long long)there[i]);
    err_set(err, ERR_INPUT, "mask: label %lld is not there; it has %s%s", (long long)label, list.bytes == NULL ? "" : list.bytes,
            n == LABELS_SHOWN ? ", ..." : "");
    text_free(&list);
    return false;
}

struct bounds {
    size_t low[3], high[3]; /* inclusive; low > high: empty */
};

static void bounds_add(struct bounds *b, size_t x, size_t y, size_t z)
{
    const size_t at[3] = {x, y, z};
    for (int d = 0; d < 3; d++) {
        b->low[d] = at[d] < b->low[d] ? at[d] : b->low[d];
        b->high[d] = at[d] > b->high[d] ? at[d] : b->high[d];
    }
}

static struct bounds bounds_of(const struct volume *mask, size_t channel, int64_t label, int64_t *row)
{
    const size_t *n = mask->grid.n;
    struct bounds b = {{SIZE_MAX, SIZE_MAX, SIZE_MAX}, {0, 0, 0}};
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            size_t at = (y + n[1] * z) * n[0];
            if (mask->type == VOXEL_U8 && mask->channel_n == 1 && (label > 255 || memchr((const uint8_t *)mask->voxels + at, (int)label, n[0]) == NULL))
                continue;
            row_values(mask, at * mask->channel_n + channel, mask->channel_n, n[0], row);
            for (size_t x = 0; x < n[0]; x++)
                if (row[x] == label)
                    bounds_add(&b, x, y, z);
        }
    return b;
}

bool roi_of_label(const struct volume *mask, int64_t channel, int64_t label, struct roi *roi, struct err *err)
{
    *roi = (struct roi){.grid = mask->grid};
    if (mask->channel_n == 1)
        channel = 0;
    if (channel >= (int64_t)mask->channel_n)
        return err_set(err, ERR_INPUT, "mask: label_channel %lld, but it has %zu channels", (long long)channel, mask->channel_n);
    int64_t *row = mem_alloc(mask->grid.n[0], sizeof *row, err);
    if (row == NULL)
        return false;
    struct bounds b = bounds_of(mask, (size_t)channel, label, row);
    bool ok = b.low[0] != SIZE_MAX || refuse_label(mask, (size_t)channel, label, row, err);
    for (int d = 0; ok && d < 3; d++) {
        roi->first[d] = b.low[d];
        roi->n[d] = b.high[d] - b.low[d] + 1;
    }
    roi->inside = ok ? mem_zero(roi->n[0] * roi->n[1] * roi->n[2], 1, err) : NULL;
    uint8_t *to = roi->inside;
    for (size_t z = 0; to != NULL && z < roi->n[2]; z++)
        for (size_t y = 0; y < roi->n[1]; y++) {
            size_t at = roi->first[0] + mask->grid.n[0] * (roi->first[1] + y + mask->grid.n[1] * (roi->first[2] + z));
            row_values(mask, at * mask->channel_n + (size_t)channel, mask->channel_n, roi->n[0], row);
            for (size_t x = 0; x < roi->n[0]; x++, to++) {
                *to = row[x] == label;
                roi->count += *to;
            }
        }
    mem_free(row);
    return roi->inside != NULL;
}

void roi_free(struct roi *roi)
{
    mem_free(roi->inside);
    roi->inside = NULL;
}

bool roi_from_box(const struct grid *grid, const size_t first[3], const size_t n[3], const uint8_t *inside, struct roi *out, struct err *err)
{
    struct bounds b = {{SIZE_MAX, SIZE_MAX, SIZE_MAX}, {0, 0, 0}};
    const uint8_t *from = inside;
    *out = (struct roi){.grid = *grid};
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++)
            for (size_t x = 0; x < n[0]; x++)
                if (*from++ != 0) {
                    bounds_add(&b, x, y, z);
                    out->count++;
                }
    if (out->count == 0)
        return err_set(err, ERR_INPUT, "mask: no voxel of the region is left");
    for (int d = 0; d < 3; d++) {
        out->first[d] = first[d] + b.low[d];
        out->n[d] = b.high[d] - b.low[d] + 1;
    }
    out->inside = mem_alloc(out->n[0] * out->n[1] * out->n[2], 1, err);
    if (out->inside == NULL)
        return false;
    for (size_t z = 0; z < out->n[2]; z++)
        for (size_t y = 0; y < out->n[1]; y++)
            memcpy(out->inside + out->n[0] * (y + out->n[1] * z), inside + b.low[0] + n[0] * (b.low[1] + y + n[1] * (b.low[2] + z)), out->n[0]);
    return true;
}

bool roi_has(const struct roi *roi, const double index[3])
{
    size_t at[3];
    for (int d = 0; d < 3; d++) {
        double nearest = floor(index[d] + 0.5) - (double)roi->first[d];
        if (!(nearest >= 0 && nearest < (double)roi->n[d]))
            return false;
        at[d] = (size_t)nearest;
    }
    return roi->inside[at[0] + roi->n[0] * (at[1] + roi->n[1] * at[2])] != 0;
}

/* The box of `grid` that can hold voxels nearest to the region: its box's corners there, and one voxel more. */
static bool box_on(const struct roi *roi, const struct grid *grid, size_t first[3], size_t n[3])
{
    struct index_map map = index_map_make(&roi->grid, grid);
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (unsigned corner = 0; corner < 8; corner++) {
        double from[3], to[3];
        for (int d = 0; d < 3; d++)
            from[d] = (double)roi->first[d] - 0.5 + (corner >> d & 1 ? (double)roi->n[d] : 0);
        index_map_apply(&map, from, to);
        for (int d = 0; d < 3; d++) {
            low[d] = fmin(low[d], to[d]);
            high[d] = fmax(high[d], to[d]);
        }
    }
    for (int d = 0; d < 3; d++) {
        double begin = fmax(floor(low[d]) - 1, 0), end = fmin(ceil(high[d]) + 2, (double)grid->n[d]);
        if (!(begin < end))
            return false;
        first[d] = (size_t)begin;
        n[d] = (size_t)(end - begin);
    }
    return true;
}

bool roi_resample(const struct roi *roi, const struct grid *grid, struct roi *out, struct err *err)
{
    size_t first[3], n[3];
    *out = (struct roi){.grid = *grid};
    if (!box_on(roi, grid, first, n))
        return err_set(err, ERR_INPUT, "mask: no voxel of the region is left on the image's grid");
    uint8_t *inside = mem_alloc(n[0] * n[1], n[2], err), *to = inside;
    if (inside == NULL)
        return false;
    struct index_map map = index_map_make(grid, &roi->grid);
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            double start[3], end[3]; /* of the grid's whole line, as volume_resample() walks it */
            index_map_apply(&map, (const double[3]){0, (double)(first[1] + y), (double)(first[2] + z)}, start);
            index_map_apply(&map, (const double[3]){(double)grid->n[0], (double)(first[1] + y), (double)(first[2] + z)}, end);
            for (size_t x = 0; x < n[0]; x++) {
                double along = (double)(first[0] + x) / (double)grid->n[0], index[3];
                for (int d = 0; d < 3; d++)
                    index[d] = start[d] + along * (end[d] - start[d]);
                *to++ = roi_has(roi, index);
            }
        }
    bool ok = roi_from_box(grid, first, n, inside, out, err);
    mem_free(inside);
    return ok;
}

void roi_center(const struct roi *roi, double index[3])
{
    int64_t sum[3] = {0};
    const uint8_t *at = roi->inside;
    for (size_t z = 0; z < roi->n[2]; z++)
        for (size_t y = 0; y < roi->n[1]; y++)
            for (size_t x = 0; x < roi->n[0]; x++)
                if (*at++ != 0) {
                    sum[0] += (int64_t)(roi->first[0] + x);
                    sum[1] += (int64_t)(roi->first[1] + y);
                    sum[2] += (int64_t)(roi->first[2] + z);
                }
    for (int d = 0; d < 3; d++)
        index[d] = (double)sum[d] / (double)roi->count;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Runs of voxels along x: [begin, end) in one row. */
struct run {
    uint32_t begin, end;
};

/* Runs of row r are run[row[r]] up to run[row[r + 1]]; returns their number. */
static size_t find_runs(const struct roi *roi, struct run *run, size_t *row)
{
    size_t nx = roi->n[0], rows = roi->n[1] * roi->n[2], n = 0;
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *inside = roi->inside + r * nx;
        row[r] = n;
        for (size_t x = 0; x < nx;) {
            while (x < nx && !inside[x])
                x++;
            if (x == nx)
                break;
            run[n].begin = (uint32_t)x;
            while (x < nx && inside[x])
                x++;
            run[n++].end = (uint32_t)x;
        }
    }
    row[rows] = n;
    return n;
}

/* Joins runs of two neighbouring rows that touch, corners included; returns how many parts fewer there are. */
static size_t join_rows(const struct run *run, size_t a, size_t a_end, size_t b, size_t b_end, uint32_t *parent)
{
    size_t joined = 0;
    while (a < a_end && b < b_end) {
        if (run[a].begin <= run[b].end && run[b].begin <= run[a].end) {
            uint32_t p = root_of(parent, (uint32_t)a), q = root_of(parent, (uint32_t)b);
            joined += p != q;
            parent[p > q ? p : q] = p > q ? q : p;
        }
        if (run[a].end < run[b].end)
            a++;
        else
            b++;
    }
    return joined;
}

size_t roi_components(const struct roi *roi, struct err *err)
{
    size_t nx = roi->n[0], ny = roi->n[1], rows = ny * roi->n[2], parts = SIZE_MAX;
    if (nx * rows > UINT32_MAX) {
        err_set(err, ERR_INPUT, "mask: a box of %zu voxels is too large to count its parts", nx * rows);
        return SIZE_MAX;
    }
    struct run *run = mem_alloc((nx + 1) / 2 * rows, sizeof *run, err);
    size_t *row = run == NULL ? NULL : mem_alloc(rows + 1, sizeof *row, err);
    uint32_t *parent = row == NULL ? NULL : mem_alloc((nx + 1) / 2 * rows, sizeof *parent, err);
    if (parent != NULL) {
        parts = find_runs(roi, run, row);
        for (size_t k = 0; k < parts; k++)
            parent[k] = (uint32_t)k;
        for (size_t r = 0; r < rows; r++) {
            size_t y = r % ny;
            /* the rows (y - 1, z), (y - 1, z - 1), (y, z - 1), (y + 1, z - 1) */
            const bool there[4] = {y > 0, y > 0 && r >= ny, r >= ny, y + 1 < ny && r >= ny};
            const size_t back[4] = {1, ny + 1, ny, ny - 1};
            for (int k = 0; k < 4; k++)
                if (there[k])
                    parts -= join_rows(run, row[r], row[r + 1], row[r - back[k]], row[r - back[k] + 1], parent);
        }
    }
    mem_free(run);
    mem_free(row);
    mem_free(parent);
    return parts;
}
