#include "nn/crop_mask.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/distance.h"
#include "nn/regrid.h"

/* The region's box as a volume of its own, its voxels borrowed. */
static struct volume volume_of(const struct roi *region)
{
    struct volume volume = {.grid = region->grid, .type = VOXEL_U8, .channel_n = 1, .voxels = region->inside};
    const double first[3] = {(double)region->first[0], (double)region->first[1], (double)region->first[2]};
    grid_position(&region->grid, first, volume.grid.origin);
    for (int d = 0; d < 3; d++)
        volume.grid.n[d] = region->n[d];
    return volume;
}

static struct grid grow_grid(const struct grid *grid, const size_t more[3])
{
    struct grid grown = *grid;
    const double first[3] = {-(double)more[0], -(double)more[1], -(double)more[2]};
    grid_position(grid, first, grown.origin);
    for (int a = 0; a < 3; a++)
        grown.n[a] += 2 * more[a];
    return grown;
}

bool crop_mask_of_region(const struct roi *region, const struct grid *grid, const size_t more[3], bool flat, struct crop_mask *mask, struct err *err)
{
    *mask = (struct crop_mask){.grid = grow_grid(grid, more), .more = {more[0], more[1], more[2]}};
    size_t n = grid_voxel_n(&mask->grid), unused, fullest = 0, inside_n = 0;
    struct volume volume = volume_of(region);
    struct regrid how = {.edge = REGRID_MASK, .smooth = {true, true, !flat}};
    float *share = mem_alloc(n, sizeof *share, err);
    mask->inside = share == NULL ? NULL : mem_alloc(n, 1, err);
    bool ok = mask->inside != NULL && regrid_volume(&volume, &mask->grid, &how, share, &unused, err);
    for (size_t i = 0; ok && i < n; i++) {
        mask->inside[i] = share[i] >= 0.5f;
        inside_n += mask->inside[i];
        fullest = share[i] > share[fullest] ? i : fullest;
    }
    if (ok && inside_n == 0) {
        mask->tiny = true;
        mask->inside[fullest] = 1;
        if (share[fullest] <= 0)
            ok = err_set(err, ERR_INPUT, "the box around the first region's middle holds no voxel of it");
    }
    mem_free(share);
    if (!ok)
        crop_mask_free(mask);
    return ok;
}

void crop_mask_free(struct crop_mask *mask)
{
    mem_free(mask->inside);
    mask->inside = NULL;
}

static int16_t signed_distance(float squared, double unit, bool inside)
{
    const int most = CROP_DISTANCE_REACH * CROP_DISTANCE_UNIT;
    double steps = sqrt((double)squared) / unit + 0.5;
    int distance = steps >= most ? most : (int)steps;
    distance = distance < 1 ? 1 : distance;
    return (int16_t)(inside ? -distance : distance);
}

/* A part of the mask: what lies within reach of the region. */
struct part {
    size_t first[3], n[3];
    uint8_t *inside;   /* owned, as the distances: n[0] * n[1] * n[2] */
    float *out, *in;   /* squared mm to the region, and to what is not in it */
};

static void part_free(struct part *part)
{
    mem_free(part->inside);
    mem_free(part->out);
    mem_free(part->in);
}

/* The box of the region's voxels among planes z..z+depth-1; false when there are none. */
static bool find_region(const struct crop_mask *mask, size_t z, size_t depth, size_t low[3], size_t high[3])
{
    const size_t *n = mask->grid.n;
    for (int a = 0; a < 3; a++) {
        low[a] = SIZE_MAX;
        high[a] = 0;
    }
    for (size_t k = z; k < z + depth; k++)
        for (size_t y = 0; y < n[1]; y++) {
            const uint8_t *row = mask->inside + n[0] * (y + n[1] * k), *first = memchr(row, 1, n[0]), *last = memrchr(row, 1, n[0]);
            if (first == NULL)
                continue;
            const size_t begin[3] = {(size_t)(first - row), y, k}, end[3] = {(size_t)(last - row), y, k};
            for (int a = 0; a < 3; a++) {
                low[a] = begin[a] < low[a] ? begin[a] : low[a];
                high[a] = end[a] > high[a] ? end[a] : high[a];
            }
        }
    return low[0] != SIZE_MAX;
}

/* Measures planes z..z+depth-1. Beyond `reach` mm of the region nothing is kept; what is nearest to an inside voxel and is not inside lies
 * at most one voxel out of the region's box. */
static bool measure(const struct crop_mask *mask, size_t z, size_t depth, double reach, double in_reach, struct part *part, struct err *err)
{
    const size_t *n = mask->grid.n;
    const double *spacing = mask->grid.spacing;
    size_t low[3], high[3];
    *part = (struct part){.inside = NULL};
    if (!find_region(mask, z, depth, low, high))
        return true;
    for (int a = 0; a < 3; a++) {
        size_t begin = a == 2 ? z : 0, end = a == 2 ? z + depth : n[a];
        double grow = fmin(floor(reach / spacing[a]) + 1, (double)n[a]);
        part->first[a] = low[a] - begin > (size_t)grow ? low[a] - (size_t)grow : begin;
        part->n[a] = (end - high[a] > (size_t)grow + 1 ? high[a] + (size_t)grow + 1 : end) - part->first[a];
    }
    const size_t *p = part->n;
    part->inside = mem_alloc(p[0] * p[1], p[2], err);
    part->out = part->inside == NULL ? NULL : mem_alloc(p[0] * p[1] * p[2], sizeof *part->out, err);
    part->in = part->out == NULL ? NULL : mem_alloc(p[0] * p[1] * p[2], sizeof *part->in, err);
    for (size_t r = 0; part->in != NULL && r < p[1] * p[2]; r++)
        memcpy(part->inside + r * p[0], mask->inside + part->first[0] + n[0] * (part->first[1] + r % p[1] + n[1] * (part->first[2] + r / p[1])), p[0]);
    bool ok = part->in != NULL && distance_squared(part->inside, true, p, spacing, reach, part->out, err) &&
              distance_squared(part->inside, false, p, spacing, in_reach, part->in, err);
    if (!ok)
        part_free(part);
    return ok;
}

/* One row of the crop: x counts from the row's first voxel on the mask's grid. */
static void write_row(const struct part *part, const struct crop_mask *mask, size_t y, size_t z, double unit, float far, size_t lane, size_t first,
                      size_t n, struct crop *crop, int16_t *voxel)
{
    bool near = part->n[0] > 0 && y >= part->first[1] && y < part->first[1] + part->n[1] && z >= part->first[2] && z < part->first[2] + part->n[2];
    size_t row = near ? part->n[0] * (y - part->first[1] + part->n[1] * (z - part->first[2])) : 0;
    for (size_t x = mask->more[0]; x < mask->more[0] + crop->grid.n[0]; x++, voxel += crop->lane_n) {
        float squared = INFINITY;
        voxel[lane] = CROP_DISTANCE_REACH * CROP_DISTANCE_UNIT;
        if (near && x >= part->first[0] && x < part->first[0] + part->n[0]) {
            size_t at = row + x - part->first[0];
            squared = part->out[at];
            voxel[lane] = signed_distance(part->inside[at] != 0 ? part->in[at] : squared, unit, part->inside[at] != 0);
        }
        for (size_t p = first; p < first + n && squared > far; p++)
            voxel[p] = (int16_t)lrint(crop->low[p]);
    }
}

bool crop_mask_write(const struct crop_mask *mask, bool flat, double blank_mm, size_t number, size_t first, size_t n, struct crop *crop,
                     struct err *err)
{
    const double *spacing = crop->grid.spacing;
    double least = fmin(spacing[0], spacing[1]);
    if (!flat && crop->grid.n[2] > 1)
        least = fmin(least, spacing[2]);
    bool blank = blank_mm >= 0;
    double in_reach = CROP_DISTANCE_REACH * least, reach = blank ? fmax(in_reach, blank_mm) : in_reach;
    float far = blank ? (float)(blank_mm * blank_mm * (1 + 2e-6)) : INFINITY; /* the reach itself, rounded, is not far */
    size_t depth = flat ? 1 : mask->grid.n[2];
    for (size_t begin = 0; begin < mask->grid.n[2]; begin += depth) {
        struct part part;
        if (!measure(mask, begin, depth, reach, in_reach, &part, err))
            return false;
        size_t z_first = flat ? begin : mask->more[2], z_n = flat ? 1 : crop->grid.n[2];
        for (size_t z = z_first; z < z_first + z_n; z++)
            for (size_t y = 0; y < crop->grid.n[1]; y++)
                write_row(&part, mask, y + mask->more[1], z, least / CROP_DISTANCE_UNIT, far, crop->phase_n + number, first, n, crop,
                          crop->voxels + crop->lane_n * crop->grid.n[0] * (y + crop->grid.n[1] * (z - mask->more[2])));
        part_free(&part);
    }
    return true;
}
