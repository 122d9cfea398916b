#include "nn/crop_mask.h"

#include <math.h>

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

/* The part of a crop that is measured at once: all of it, or one slice. */
static bool write_part(const struct crop_mask *mask, size_t z, size_t depth, double blank_mm, size_t lane, size_t first, size_t n, struct crop *crop,
                       struct err *err)
{
    const size_t *from = mask->grid.n, *to = crop->grid.n;
    const size_t size[3] = {from[0], from[1], depth + (depth == to[2] ? 2 * mask->more[2] : 0)};
    const double *spacing = crop->grid.spacing;
    double least = fmin(spacing[0], spacing[1]), reach;
    if (depth > 1)
        least = fmin(least, spacing[2]);
    reach = CROP_DISTANCE_REACH * least;
    bool blank = blank_mm >= 0;
    const uint8_t *inside = mask->inside + z * from[0] * from[1];
    size_t total = size[0] * size[1] * size[2];
    float *out = mem_alloc(total, sizeof *out, err), *in = out == NULL ? NULL : mem_alloc(total, sizeof *in, err);
    bool ok = in != NULL && distance_squared(inside, true, size, spacing, blank ? fmax(reach, blank_mm) : reach, out, err) &&
              distance_squared(inside, false, size, spacing, reach, in, err);
    float far = blank ? (float)(blank_mm * blank_mm * (1 + 2e-6)) : INFINITY;
    for (size_t k = 0; ok && k < depth; k++)
        for (size_t y = 0; y < to[1]; y++) {
            size_t at = mask->more[0] + from[0] * (mask->more[1] + y + from[1] * (k + (size[2] - depth) / 2));
            int16_t *voxel = crop->voxels + crop->lane_n * to[0] * (y + to[1] * (z + k));
            for (size_t x = 0; x < to[0]; x++, at++, voxel += crop->lane_n) {
                bool is_inside = inside[at] != 0;
                voxel[lane] = signed_distance(is_inside ? in[at] : out[at], least / CROP_DISTANCE_UNIT, is_inside);
                for (size_t p = first; p < first + n && out[at] > far; p++)
                    voxel[p] = (int16_t)lrint(crop->low[p]);
            }
        }
    mem_free(out);
    mem_free(in);
    return ok;
}

bool crop_mask_write(const struct crop_mask *mask, bool flat, double blank_mm, size_t number, size_t first, size_t n, struct crop *crop,
                     struct err *err)
{
    size_t depth = flat ? 1 : crop->grid.n[2], lane = crop->phase_n + number;
    for (size_t z = 0; z < crop->grid.n[2]; z += depth)
        if (!write_part(mask, z, depth, blank_mm, lane, first, n, crop, err))
            return false;
    return true;
}
