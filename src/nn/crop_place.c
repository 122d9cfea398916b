#include "nn/crop_place.h"

#include <math.h>
#include <string.h>

bool crop_view_is_flat(enum crop_view view)
{
    return view == CROP_2D_LARGEST || view == CROP_2D_ALL;
}

void crop_size(const struct crop_settings *settings, size_t size[3], size_t margin[3])
{
    memcpy(size, settings->size, 3 * sizeof *size);
    memcpy(margin, settings->margin, 3 * sizeof *margin);
    if (crop_view_is_flat(settings->view))
        size[2] = 1;
    if (settings->view != CROP_3D)
        margin[2] = 0;
}

void crop_patient_axes(const struct grid *image, int axis[3], int sign[3])
{
    static const int ORDER[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double best = -1;
    for (int o = 0; o < 6; o++) {
        double sum = 0;
        for (int a = 0; a < 3; a++)
            sum += fabs(image->direction[a][ORDER[o][a]]);
        if (sum > best + 1e-9) {
            best = sum;
            memcpy(axis, ORDER[o], sizeof ORDER[o]);
        }
    }
    for (int a = 0; a < 3; a++)
        sign[a] = image->direction[a][axis[a]] < 0 ? -1 : 1;
}

/* First and last voxel, on the image's axes. */
struct extent {
    size_t first[3], last[3];
};

static struct extent extent_of(const struct roi *region)
{
    struct extent extent;
    for (int d = 0; d < 3; d++) {
        extent.first[d] = region->first[d];
        extent.last[d] = region->first[d] + region->n[d] - 1;
    }
    return extent;
}

/* The region's extent in the slice (across image axis d) with most of its voxels; of equals the one lowest along the patient's axis. */
static struct extent extent_of_largest(const struct roi *region, int d, int sign)
{
    size_t best = 0, most = 0;
    const size_t stride[3] = {1, region->n[0], region->n[0] * region->n[1]};
    int e = (d + 1) % 3, f = (d + 2) % 3;
    struct extent extent = {{0}, {0}};
    for (size_t k = 0; k < region->n[d]; k++) {
        size_t slice = sign > 0 ? k : region->n[d] - 1 - k, count = 0;
        for (size_t j = 0; j < region->n[f]; j++)
            for (size_t i = 0; i < region->n[e]; i++)
                count += region->inside[slice * stride[d] + i * stride[e] + j * stride[f]] != 0;
        if (count > most) {
            most = count;
            best = slice;
        }
    }
    extent.first[d] = extent.last[d] = region->first[d] + best;
    extent.first[e] = extent.first[f] = SIZE_MAX;
    for (size_t j = 0; j < region->n[f]; j++)
        for (size_t i = 0; i < region->n[e]; i++)
            if (region->inside[best * stride[d] + i * stride[e] + j * stride[f]] != 0) {
                const size_t at[2] = {region->first[e] + i, region->first[f] + j};
                for (int k = 0; k < 2; k++) {
                    int axis = k == 0 ? e : f;
                    extent.first[axis] = at[k] < extent.first[axis] ? at[k] : extent.first[axis];
                    extent.last[axis] = at[k] > extent.last[axis] ? at[k] : extent.last[axis];
                }
            }
    return extent;
}

/* Cubes (squares in 2-D) of one side, so that the box is `fit` times the region along its longest side. */
static void fit_spacing(const struct crop_settings *settings, struct crop_place *place)
{
    int axis_n = settings->view == CROP_3D ? 3 : 2;
    double longest = 0, most = 0;
    for (int a = 0; a < axis_n; a++) {
        longest = fmax(longest, place->region[a]);
        most = fmax(most, (double)settings->size[a]);
    }
    for (int a = 0; a < axis_n; a++)
        place->grid.spacing[a] = settings->fit * longest / most;
}

struct crop_place crop_place_find(const struct crop_settings *settings, const struct grid *image, const struct roi *region)
{
    struct crop_place place = {.flat = crop_view_is_flat(settings->view)};
    int axis[3], sign[3];
    size_t size[3], margin[3];
    crop_patient_axes(image, axis, sign);
    crop_size(settings, size, margin);
    int across = axis[2];
    bool one_slice = settings->view == CROP_2D_LARGEST || settings->view == CROP_25D;
    struct extent extent = one_slice ? extent_of_largest(region, across, sign[2]) : extent_of(region);

    struct grid *grid = &place.grid;
    for (int a = 0; a < 3; a++) {
        grid->n[a] = size[a] + 2 * margin[a];
        grid->spacing[a] = settings->spacing[a];
        for (int i = 0; i < 3; i++)
            grid->direction[i][a] = sign[a] * image->direction[i][axis[a]];
        place.region[a] = (double)(extent.last[axis[a]] - extent.first[axis[a]] + 1) * image->spacing[axis[a]];
    }
    if (settings->fit > 0)
        fit_spacing(settings, &place);
    double center[3];
    for (int d = 0; d < 3; d++)
        center[d] = ((double)extent.first[d] + (double)extent.last[d]) / 2;
    if (place.flat) {
        size_t slices = extent.last[across] - extent.first[across] + 1, step = 1;
        if (settings->view == CROP_2D_ALL)
            step = (slices + settings->slice_max - 1) / settings->slice_max;
        size_t planes = (slices + step - 1) / step;
        grid->n[2] = planes;
        grid->spacing[2] = (double)step * image->spacing[across];
        /* The planes are slices of the image: the first as far from one end of the region as the last from the other, down to a whole slice. */
        size_t before = ((slices - 1) - (planes - 1) * step) / 2;
        double half = (double)(planes - 1) * (double)step / 2;
        center[across] = sign[2] > 0 ? (double)(extent.first[across] + before) + half : (double)(extent.last[across] - before) - half;
    }
    double position[3];
    grid_position(image, center, position);
    for (int i = 0; i < 3; i++) {
        grid->origin[i] = position[i];
        for (int a = 0; a < 3; a++)
            grid->origin[i] -= grid->direction[i][a] * grid->spacing[a] * (double)(grid->n[a] - 1) / 2;
    }
    return place;
}
