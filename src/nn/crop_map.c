/* A map over a network's input, back on an image's grid; see crop.h. */
#include "nn/crop.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/gridmap.h"

/* The map as a volume over the box: planes without an input are 0; one plane serves all slices of a 2.5-D input. */
static bool spread(const struct crop *crop, const float *map, struct volume *box, struct err *err)
{
    struct grid grid = crop_box_grid(crop);
    if (!volume_init(box, &grid, VOXEL_F32, 1, err))
        return false;
    float *to = box->voxels;
    size_t slice = grid.n[0] * grid.n[1];
    if (crop->view == CROP_3D)
        memcpy(to, map, slice * grid.n[2] * sizeof *to);
    else if (crop->view == CROP_25D)
        for (size_t z = 0; z < grid.n[2]; z++)
            memcpy(to + z * slice, map, slice * sizeof *to);
    else
        for (size_t i = 0; i < crop->input_n; i++)
            memcpy(to + crop->plane[i] * slice, map + i * slice, slice * sizeof *to);
    return true;
}

/* Linear within the outer voxels' centres, the outer voxel up to half a voxel further, 0 beyond; across slices the nearest when flat. */
static float value_at(const struct volume *box, bool flat, const double at[3])
{
    size_t low[3], high[3];
    double share[3], sum = 0;
    for (int a = 0; a < 3; a++) {
        double last = (double)(box->grid.n[a] - 1);
        if (!(at[a] >= -0.5 && at[a] <= last + 0.5))
            return 0;
        double inside = fmin(fmax(a == 2 && flat ? floor(at[a] + 0.5) : at[a], 0), last);
        low[a] = (size_t)inside;
        high[a] = low[a] + (low[a] + 1 < box->grid.n[a]);
        share[a] = inside - (double)low[a];
    }
    const float *value = box->voxels;
    for (unsigned corner = 0; corner < 8; corner++) {
        double weight = 1;
        size_t index[3];
        for (int a = 0; a < 3; a++) {
            weight *= corner >> a & 1 ? share[a] : 1 - share[a];
            index[a] = corner >> a & 1 ? high[a] : low[a];
        }
        sum += weight * (double)value[index[0] + box->grid.n[0] * (index[1] + box->grid.n[1] * index[2])];
    }
    return (float)sum;
}

/* The image's voxels that can lie in the box. False: none. */
static bool find_part(const struct grid *box, const struct grid *image, size_t begin[3], size_t end[3])
{
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    struct grid_map map = grid_map_make(box, image);
    for (unsigned corner = 0; corner < 8; corner++) {
        double from[3], to[3];
        for (int a = 0; a < 3; a++)
            from[a] = corner >> a & 1 ? (double)box->n[a] - 0.5 : -0.5;
        grid_map_apply(&map, from, to);
        for (int a = 0; a < 3; a++) {
            low[a] = fmin(low[a], to[a]);
            high[a] = fmax(high[a], to[a]);
        }
    }
    for (int a = 0; a < 3; a++) {
        double first = fmax(floor(low[a]), 0), last = fmin(ceil(high[a]), (double)(image->n[a] - 1));
        if (!(first <= last))
            return false;
        begin[a] = (size_t)first;
        end[a] = (size_t)last + 1;
    }
    return true;
}

bool crop_map_to_image(const struct crop *crop, const float *map, const struct grid *image, struct volume *out, struct err *err)
{
    struct volume box;
    size_t begin[3], end[3];
    *out = (struct volume){.voxels = NULL};
    if (!spread(crop, map, &box, err))
        return false;
    bool ok = volume_init(out, image, VOXEL_F32, 1, err);
    if (ok && find_part(&box.grid, image, begin, end)) {
        struct grid_map to_box = grid_map_make(image, &box.grid);
        float *to = out->voxels;
        for (size_t z = begin[2]; z < end[2]; z++)
            for (size_t y = begin[1]; y < end[1]; y++)
                for (size_t x = begin[0]; x < end[0]; x++) {
                    double at[3];
                    grid_map_apply(&to_box, (const double[3]){(double)x, (double)y, (double)z}, at);
                    to[x + image->n[0] * (y + image->n[1] * z)] = value_at(&box, crop->view != CROP_3D, at);
                }
    }
    volume_free(&box);
    return ok;
}
