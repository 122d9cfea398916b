/* Crops: settings, making, memory; see crop.h. */
#include "nn/crop.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/crop_mask.h"
#include "nn/crop_place.h"
#include "nn/regrid.h"

static const char *const VIEWS[] = {[CROP_3D] = "3d", [CROP_2D_LARGEST] = "2d", [CROP_2D_ALL] = "2d-all", [CROP_25D] = "2.5d"};
enum { VIEW_N = sizeof VIEWS / sizeof VIEWS[0], SIZE_MOST = 512 };
static const size_t VOXELS_MOST = INT32_MAX / (2 * CROP_PHASE_MAX); /* places in a crop are int32 */
static const double SPACING_LEAST = 0.01, SPACING_MOST = 100, FIT_LEAST = 0.5, FIT_MOST = 10, HU_MOST = 32000;
static const char AXIS[] = "xyz";

const struct crop_settings CROP_DEFAULT = {
    .view = CROP_3D,
    .phase_n = 1,
    .mask_n = 1,
    .size = {32, 32, 32},
    .spacing = {2, 2, 2},
    .low = {-100, -100, -100, -100},
    .high = {200, 200, 200, 200},
    .blank_mm = -1,
    .slice_max = 32,
};

const char *crop_view_name(enum crop_view view)
{
    return VIEWS[view];
}

bool crop_view_from_name(const char *name, enum crop_view *view)
{
    for (int v = 0; v < VIEW_N; v++)
        if (strcmp(VIEWS[v], name) == 0) {
            *view = (enum crop_view)v;
            return true;
        }
    return false;
}

bool crop_settings_check(const struct crop_settings *s, struct err *err)
{
    if (s->phase_n < 1 || s->phase_n > CROP_PHASE_MAX)
        return err_set(err, ERR_USAGE, "%zu phases, expected 1 to %d", s->phase_n, CROP_PHASE_MAX);
    if (s->mask_n > 1 && s->mask_n != s->phase_n)
        return err_set(err, ERR_USAGE, "%zu masks for %zu phases, expected one for all or one for each", s->mask_n, s->phase_n);
    bool flat = crop_view_is_flat(s->view);
    for (int a = 0; a < (flat ? 2 : 3); a++) {
        if (s->size[a] < 1 || s->size[a] > SIZE_MOST)
            return err_set(err, ERR_USAGE, "size %c is %zu voxels, expected 1 to %d", AXIS[a], s->size[a], SIZE_MOST);
        if (!(s->spacing[a] >= SPACING_LEAST && s->spacing[a] <= SPACING_MOST))
            return err_set(err, ERR_USAGE, "spacing %c is %g mm, expected %g to %g", AXIS[a], s->spacing[a], SPACING_LEAST, SPACING_MOST);
        if (s->margin[a] > SIZE_MOST)
            return err_set(err, ERR_USAGE, "margin %c is %zu voxels, expected 0 to %d", AXIS[a], s->margin[a], SIZE_MOST);
    }
    if (!(s->fit == 0 || (s->fit >= FIT_LEAST && s->fit <= FIT_MOST)))
        return err_set(err, ERR_USAGE, "fit is %g times the region, expected 0 (off) or %g to %g", s->fit, FIT_LEAST, FIT_MOST);
    for (size_t p = 0; p < s->phase_n; p++)
        if (!(s->low[p] >= -HU_MOST && s->high[p] <= HU_MOST && s->low[p] < s->high[p]))
            return err_set(err, ERR_USAGE, "the window of phase %zu is %g to %g HU, expected low < high within +-%g", p + 1, s->low[p], s->high[p], HU_MOST);
    size_t size[3], margin[3], n = s->view == CROP_2D_ALL ? CROP_SLICE_MAX : 1;
    crop_size(s, size, margin);
    for (int a = 0; a < 3; a++)
        n *= size[a] + 2 * margin[a];
    if (n > VOXELS_MOST)
        return err_set(err, ERR_USAGE, "%zu voxels with the margin, expected at most %zu", n, VOXELS_MOST);
    if (s->view == CROP_2D_ALL && (s->slice_max < 1 || s->slice_max > CROP_SLICE_MAX))
        return err_set(err, ERR_USAGE, "at most %zu slices, expected 1 to %d", s->slice_max, CROP_SLICE_MAX);
    return true;
}

static size_t lane_n(const struct crop_settings *settings)
{
    return (settings->phase_n + settings->mask_n + 3) / 4 * 4;
}

size_t crop_settings_bytes(const struct crop_settings *settings)
{
    size_t size[3], margin[3], n = lane_n(settings) * sizeof(int16_t);
    crop_size(settings, size, margin);
    for (int a = 0; a < 3; a++)
        n *= size[a] + 2 * margin[a];
    return n * (settings->view == CROP_2D_ALL ? settings->slice_max : 1) + sizeof(struct crop);
}

size_t crop_bytes(const struct crop *crop)
{
    return grid_voxel_n(&crop->grid) * crop->lane_n * sizeof(int16_t) + sizeof *crop;
}

void crop_free(struct crop *crop)
{
    mem_free(crop->voxels);
    *crop = (struct crop){.voxels = NULL};
}

/* An empty crop on a grid, its one input plane 0. */
static bool start(const struct crop_settings *settings, const struct grid *grid, struct crop *crop, struct err *err)
{
    *crop = (struct crop){.view = settings->view, .grid = *grid, .phase_n = settings->phase_n, .mask_n = settings->mask_n,
                          .lane_n = lane_n(settings), .input_n = 1};
    crop_size(settings, crop->size, crop->margin);
    memcpy(crop->low, settings->low, sizeof crop->low);
    memcpy(crop->high, settings->high, sizeof crop->high);
    crop->voxels = mem_zero(grid_voxel_n(grid) * crop->lane_n, sizeof *crop->voxels, err);
    return crop->voxels != NULL;
}

static int16_t rounded(float hu)
{
    double cut = hu < -32000.0f ? -32000 : hu > 32000.0f ? 32000 : (double)hu;
    return (int16_t)((int)(cut + 32768.5) - 32768); /* halves up */
}

/* How far (mm) the box, margin left out, reaches beyond the image. */
static double beyond(const struct grid *box, const struct grid *image)
{
    double most = 0;
    for (unsigned corner = 0; corner < 8; corner++) {
        double at[3], position[3], index[3];
        for (int a = 0; a < 3; a++)
            at[a] = corner >> a & 1 ? (double)(box->n[a] - 1) : 0;
        grid_position(box, at, position);
        grid_index(image, position, index);
        for (int d = 0; d < 3; d++)
            most = fmax(most, fmax(-0.5 - index[d], index[d] - ((double)image->n[d] - 0.5)) * image->spacing[d]);
    }
    return most;
}

static bool add_phase(const struct volume *image, size_t phase, bool flat, float *scratch, struct crop *crop, struct notes *notes, struct err *err)
{
    size_t inside_n, n = grid_voxel_n(&crop->grid);
    struct regrid how = {.edge = REGRID_IMAGE, .smooth = {true, true, !flat}, .outside = (float)lrint(crop->low[phase])};
    if (!regrid_volume(image, &crop->grid, &how, scratch, &inside_n, err))
        return false;
    if (inside_n == 0)
        return err_set(err, ERR_INPUT, "phase %zu: the image does not reach the box around the region", phase + 1);
    for (size_t i = 0; i < n; i++)
        crop->voxels[i * crop->lane_n + phase] = rounded(scratch[i]);
    struct grid box = crop_box_grid(crop);
    double mm = beyond(&box, &image->grid);
    return mm <= 1e-6 || notes_add(notes, err, "box beyond image", "phase %zu: the box reaches up to %.3g mm beyond the image; there it is %g HU", phase + 1,
                                   mm, (double)how.outside);
}

/* Voxels to look at beyond the crop, so that blanking knows the region's parts out there. */
static void mask_more(const struct crop *crop, const struct roi *region, double blank_mm, bool flat, size_t more[3])
{
    for (int a = 0; a < 3; a++)
        more[a] = 0;
    if (!(blank_mm >= 0))
        return;
    for (unsigned corner = 0; corner < 8; corner++) {
        double at[3], position[3], index[3];
        for (int d = 0; d < 3; d++)
            at[d] = (double)region->first[d] + (corner >> d & 1 ? (double)region->n[d] - 0.5 : -0.5);
        grid_position(&region->grid, at, position);
        grid_index(&crop->grid, position, index);
        for (int a = 0; a < (flat ? 2 : 3); a++) {
            double over = ceil(fmax(-index[a], index[a] - (double)(crop->grid.n[a] - 1)));
            double enough = ceil(blank_mm / crop->grid.spacing[a]);
            over = fmin(over, enough);
            more[a] = over > (double)more[a] ? (size_t)over : more[a];
        }
    }
}

/* The planes that hold the first region: the inputs. */
static void find_inputs(const struct crop_mask *mask, struct crop *crop)
{
    const size_t *n = mask->grid.n;
    size_t plane_n = n[0] * n[1];
    crop->input_n = 0;
    for (size_t z = 0; z < n[2]; z++)
        if (memchr(mask->inside + z * plane_n, 1, plane_n) != NULL)
            crop->plane[crop->input_n++] = z;
}

static bool add_mask(const struct crop_settings *settings, const struct roi *region, size_t number, struct crop *crop, struct notes *notes, struct err *err)
{
    bool flat = crop_view_is_flat(settings->view), ok;
    size_t more[3];
    struct crop_mask mask = {.inside = NULL};
    mask_more(crop, region, settings->blank_mm, flat, more);
    ok = crop_mask_of_region(region, &crop->grid, more, flat, &mask, err);
    if (ok && mask.tiny)
        ok = notes_add(notes, err, "tiny region", "mask %zu: the region fills no sample voxel by half; the fullest one stands for it", number + 1);
    if (ok && number == 0 && settings->view == CROP_2D_ALL)
        find_inputs(&mask, crop);
    size_t first = settings->mask_n == 1 ? 0 : number, n = settings->mask_n == 1 ? settings->phase_n : 1;
    ok = ok && crop_mask_write(&mask, flat, settings->blank_mm, number, first, n, crop, err);
    crop_mask_free(&mask);
    return ok || err_add(err, "mask %zu", number + 1);
}

static bool note_large(const struct crop_place *place, const struct crop *crop, struct notes *notes, struct err *err)
{
    const double *spacing = place->grid.spacing, *mm = place->region;
    bool large = false;
    for (int a = 0; a < (crop->view == CROP_3D ? 3 : 2); a++)
        large |= mm[a] > spacing[a] * ((double)crop->size[a] + 1);
    return !large || notes_add(notes, err, "region beyond box", "the region's box of %.3g x %.3g x %.3g mm is larger than the network's of %g x %g x %g mm",
                               mm[0], mm[1], mm[2], spacing[0] * (double)crop->size[0], spacing[1] * (double)crop->size[1],
                               spacing[2] * (double)(crop->view == CROP_3D ? crop->size[2] : crop->grid.n[2]));
}

bool crop_make(const struct crop_settings *settings, const struct volume *const *phase, const struct roi *const *mask, struct crop *crop,
               struct notes *notes, struct err *err)
{
    *crop = (struct crop){.voxels = NULL};
    if (!crop_settings_check(settings, err))
        return false;
    if (settings->mask_n == 0)
        return err_set(err, ERR_BUG, "a crop of images needs a mask");
    for (size_t p = 0; p < settings->phase_n; p++)
        if (phase[p]->channel_n != 1)
            return err_set(err, ERR_INPUT, "phase %zu: the image has %zu channels, expected 1", p + 1, phase[p]->channel_n);
    for (size_t m = 0; m < settings->mask_n; m++)
        if (mask[m]->count == 0)
            return err_set(err, ERR_INPUT, "mask %zu: the region is empty", m + 1);

    const struct grid *image = &phase[0]->grid;
    struct roi moved = {.inside = NULL};
    const struct roi *region = mask[0];
    if (memcmp(&region->grid, image, sizeof *image) != 0) {
        if (!roi_resample(region, image, &moved, err))
            return err_add(err, "mask 1");
        region = &moved;
    }
    struct crop_place place = crop_place_find(settings, image, region);
    bool ok = start(settings, &place.grid, crop, err);
    float *scratch = ok ? mem_alloc(grid_voxel_n(&place.grid), sizeof *scratch, err) : NULL;
    ok = scratch != NULL;
    for (size_t p = 0; ok && p < settings->phase_n; p++)
        ok = add_phase(phase[p], p, place.flat, scratch, crop, notes, err);
    for (size_t m = 0; ok && m < settings->mask_n; m++)
        ok = add_mask(settings, m == 0 ? region : mask[m], m, crop, notes, err);
    ok = ok && note_large(&place, crop, notes, err);
    mem_free(scratch);
    roi_free(&moved);
    if (!ok)
        crop_free(crop);
    return ok;
}

bool crop_of_values(const struct crop_settings *settings, const int16_t *const *hu, const uint8_t *const *inside, struct crop *crop, struct err *err)
{
    *crop = (struct crop){.voxels = NULL};
    if (!crop_settings_check(settings, err))
        return false;
    if (settings->view == CROP_2D_ALL)
        return err_set(err, ERR_BUG, "arrays of a case's slices are cases of their own");
    struct grid grid = {.direction = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    size_t size[3], margin[3];
    crop_size(settings, size, margin);
    for (int a = 0; a < 3; a++) {
        grid.n[a] = size[a] + 2 * margin[a];
        grid.spacing[a] = a == 2 && crop_view_is_flat(settings->view) ? 1 : settings->spacing[a];
    }
    bool ok = start(settings, &grid, crop, err);
    size_t n = grid_voxel_n(&grid);
    for (size_t p = 0; ok && p < settings->phase_n; p++)
        for (size_t i = 0; i < n; i++)
            crop->voxels[i * crop->lane_n + p] = hu[p][i];
    for (size_t m = 0; ok && m < settings->mask_n; m++) {
        struct crop_mask mask = {.grid = grid, .inside = mem_alloc(n, 1, err)};
        size_t count = 0;
        for (size_t i = 0; mask.inside != NULL && i < n; i++)
            count += mask.inside[i] = inside[m][i] != 0;
        ok = mask.inside != NULL && (count > 0 || err_set(err, ERR_INPUT, "mask %zu: the region is empty", m + 1));
        size_t first = settings->mask_n == 1 ? 0 : m, phase_n = settings->mask_n == 1 ? settings->phase_n : 1;
        ok = ok && crop_mask_write(&mask, crop_view_is_flat(settings->view), settings->blank_mm, m, first, phase_n, crop, err);
        crop_mask_free(&mask);
    }
    if (!ok)
        crop_free(crop);
    return ok;
}

struct grid crop_box_grid(const struct crop *crop)
{
    struct grid box = crop->grid;
    const double first[3] = {(double)crop->margin[0], (double)crop->margin[1], (double)crop->margin[2]};
    grid_position(&crop->grid, first, box.origin);
    for (int a = 0; a < 3; a++)
        box.n[a] -= 2 * crop->margin[a];
    return box;
}
