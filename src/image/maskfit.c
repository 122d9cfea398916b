/* The mask policies; see maskfit.h. */
#include "image/maskfit.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/gridmap.h"
#include "image/labels.h"

static const double STRICT_VOXELS = 1e-3, SNAP_VOXELS = 0.1;
static const double EDGE = 0.5 + 1e-6; /* a voxel reaches half a voxel from its centre; rounding is no overhang */

bool mask_policy_from_name(const char *name, enum mask_policy *policy)
{
    static const char *const NAMES[] = {"strict", "snap", "resample"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(name, NAMES[i]) == 0) {
            *policy = (enum mask_policy)i;
            return true;
        }
    return false;
}

/* What all steps look at. */
struct fit {
    const struct volume *image, *mask;
    const struct mask_choice *choice;
    struct label_box box; /* of the label, on the mask's grid */
    struct grid_map map;  /* mask index -> image index */
};

/* The box's voxels of the label, 0 and 1, x fastest. The caller frees. */
static uint8_t *label_voxels(const struct fit *fit, struct err *err)
{
    const struct label_box *box = &fit->box;
    const size_t *size = fit->mask->grid.n;
    uint8_t *inside = mem_alloc(box->n[0] * box->n[1] * box->n[2], 1, err);
    if (inside == NULL)
        return NULL;
    uint8_t *row = inside;
    for (size_t z = 0; z < box->n[2]; z++)
        for (size_t y = 0; y < box->n[1]; y++, row += box->n[0])
            label_row(fit->mask, fit->choice->channel, box->first[0] + size[0] * (box->first[1] + y + size[1] * (box->first[2] + z)), box->n[0],
                      fit->choice->label, row);
    return inside;
}

/* How many voxels of the label have their centre inside the image. */
static bool count_overlap(const struct fit *fit, size_t *overlap, struct err *err)
{
    const struct label_box *box = &fit->box;
    uint8_t *inside = label_voxels(fit, err), *at = inside;
    if (inside == NULL)
        return false;
    *overlap = 0;
    for (size_t z = 0; z < box->n[2]; z++)
        for (size_t y = 0; y < box->n[1]; y++)
            for (size_t x = 0; x < box->n[0]; x++, at++) {
                if (*at == 0)
                    continue;
                double to[3];
                grid_map_apply(&fit->map, (const double[3]){(double)(box->first[0] + x), (double)(box->first[1] + y), (double)(box->first[2] + z)}, to);
                bool there = true;
                for (int i = 0; i < 3; i++)
                    there = there && to[i] >= -EDGE && to[i] <= (double)fit->image->grid.n[i] - 1 + EDGE;
                *overlap += there;
            }
    mem_free(inside);
    return true;
}

static bool refuse_grid(const struct fit *fit, struct err *err)
{
    const struct grid *mask = &fit->mask->grid, *image = &fit->image->grid;
    struct grid_placement placement;
    struct text text = TEXT_INIT;
    size_t overlap;
    if (!count_overlap(fit, &overlap, err))
        return false;
    grid_describe_difference(mask, image, STRICT_VOXELS, &text);
    if (grid_same_size(mask, image)) {
        struct grid_gap gap = grid_corner_gap(mask, image);
        text_add(&text, "%scorners are up to %.4g mm (%.4g voxels) apart", text.n > 0 ? "; " : "", gap.mm, gap.voxels);
    }
    if (overlap == fit->box.voxel_n)
        text_add(&text, "; the region lies inside the image");
    else if (overlap > 0)
        text_add(&text, "; %zu of the region's %zu voxels lie inside the image", overlap, fit->box.voxel_n);
    else
        text_add(&text, "; the region lies outside the image");
    bool snaps = fit->choice->policy == MASK_STRICT && overlap == fit->box.voxel_n && grid_find_placement(mask, image, SNAP_VOXELS, &placement);
    if (overlap > 0)
        text_add(&text, " (mask-fit %s reads it)", snaps ? "snap" : "resample");
    if (text_ok(&text, err))
        err_set(err, ERR_INPUT, "%s: %s",
                fit->choice->policy == MASK_SNAP ? "the mask's grid cannot be placed on the image's without resampling" : "the mask's grid differs from the image's",
                text.bytes);
    text_free(&text);
    return false;
}

static bool refuse_outside(const struct fit *fit, struct err *err)
{
    size_t overlap;
    if (!count_overlap(fit, &overlap, err))
        return false;
    double furthest = 0;
    for (int c = 0; c < 8; c++) {
        double from[3], to[3];
        for (int i = 0; i < 3; i++)
            from[i] = (double)(fit->box.first[i] + (c >> i & 1 ? fit->box.n[i] - 1 : 0));
        grid_map_apply(&fit->map, from, to);
        for (int i = 0; i < 3; i++) {
            double beyond = fmax(-to[i], to[i] - (double)(fit->image->grid.n[i] - 1));
            furthest = fmax(furthest, beyond * fit->image->grid.spacing[i]);
        }
    }
    return err_set(err, ERR_INPUT, "%s lies outside the image: %zu of its %zu voxels are inside, its box reaches %.4g mm beyond the image's last voxel",
                   overlap > 0 ? "part of the region" : "the region", overlap, fit->box.voxel_n, furthest);
}

static bool take_same(const struct fit *fit, struct roi *region, struct err *err)
{
    memcpy(region->first, fit->box.first, sizeof region->first);
    memcpy(region->n, fit->box.n, sizeof region->n);
    region->count = fit->box.voxel_n;
    region->inside = label_voxels(fit, err);
    return region->inside != NULL;
}

static bool place(const struct fit *fit, const struct grid_placement *placement, struct roi *region, struct notes *notes, struct err *err)
{
    const struct label_box *box = &fit->box;
    /* Along image axis i: where the box's first voxel goes, and the step in the region for a step in the box. */
    double start[3];
    for (int j = 0; j < 3; j++) {
        int i = placement->axis[j];
        double low = placement->shift[i] + placement->sign[j] * (double)box->first[j];
        double high = low + placement->sign[j] * (double)(box->n[j] - 1);
        start[i] = fmin(low, high);
        if (!(start[i] >= 0 && fmax(low, high) < (double)fit->image->grid.n[i]))
            return refuse_outside(fit, err);
        region->first[i] = (size_t)start[i];
        region->n[i] = box->n[j];
    }
    const size_t stride[3] = {1, region->n[0], region->n[0] * region->n[1]};
    uint8_t *from = label_voxels(fit, err), *read = from;
    region->inside = from == NULL ? NULL : mem_alloc(box->n[0] * box->n[1] * box->n[2], 1, err);
    region->count = box->voxel_n;
    if (region->inside != NULL) {
        size_t index[3];
        for (index[2] = 0; index[2] < box->n[2]; index[2]++)
            for (index[1] = 0; index[1] < box->n[1]; index[1]++)
                for (index[0] = 0; index[0] < box->n[0]; index[0]++) {
                    size_t at = 0;
                    for (int j = 0; j < 3; j++)
                        at += stride[placement->axis[j]] * (placement->sign[j] > 0 ? index[j] : box->n[j] - 1 - index[j]);
                    region->inside[at] = *read++;
                }
    }
    mem_free(from);
    if (region->inside == NULL)
        return false;
    if (grid_placement_is_identity(placement) && grid_same_size(&fit->mask->grid, &fit->image->grid))
        return true;
    struct text text = TEXT_INIT;
    grid_describe_difference(&fit->mask->grid, &fit->image->grid, SNAP_VOXELS, &text);
    bool done = text_ok(&text, err) && notes_add(notes, err, "mask grid placed on image grid", "the mask is placed on the image's grid by position: %s", text.bytes);
    text_free(&text);
    return done;
}

/* Keeps the smallest box around what is inside; `all` covers the image's voxels first..first+n-1. */
static bool tighten(const uint8_t *all, const size_t first[3], const size_t n[3], struct roi *region, struct err *err)
{
    size_t low[3] = {n[0], n[1], n[2]}, high[3] = {0, 0, 0}, index[3], at = 0;
    for (index[2] = 0; index[2] < n[2]; index[2]++)
        for (index[1] = 0; index[1] < n[1]; index[1]++)
            for (index[0] = 0; index[0] < n[0]; index[0]++)
                if (all[at++] != 0)
                    for (int i = 0; i < 3; i++) {
                        low[i] = index[i] < low[i] ? index[i] : low[i];
                        high[i] = index[i] > high[i] ? index[i] : high[i];
                    }
    for (int i = 0; i < 3; i++) {
        region->first[i] = first[i] + low[i];
        region->n[i] = high[i] - low[i] + 1;
    }
    region->inside = mem_alloc(region->n[0] * region->n[1] * region->n[2], 1, err);
    if (region->inside == NULL)
        return false;
    uint8_t *to = region->inside;
    for (size_t z = 0; z < region->n[2]; z++)
        for (size_t y = 0; y < region->n[1]; y++, to += region->n[0])
            memcpy(to, all + low[0] + n[0] * (low[1] + y + n[1] * (low[2] + z)), region->n[0]);
    return true;
}

/* The image voxels that the label's box can reach: first..first+n-1; false when there are none. */
static bool reach(const struct fit *fit, size_t first[3], size_t n[3])
{
    double low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (int c = 0; c < 8; c++) {
        double from[3], to[3];
        for (int i = 0; i < 3; i++)
            from[i] = (double)fit->box.first[i] - 1 + (c >> i & 1 ? (double)fit->box.n[i] + 1 : 0);
        grid_map_apply(&fit->map, from, to);
        for (int i = 0; i < 3; i++) {
            low[i] = fmin(low[i], to[i]);
            high[i] = fmax(high[i], to[i]);
        }
    }
    for (int i = 0; i < 3; i++) {
        double last = (double)(fit->image->grid.n[i] - 1);
        low[i] = fmax(0, floor(low[i]));
        high[i] = fmin(last, ceil(high[i]));
        if (!(low[i] <= high[i]))
            return false;
        first[i] = (size_t)low[i];
        n[i] = (size_t)(high[i] - low[i]) + 1;
    }
    return true;
}

static bool resample(const struct fit *fit, struct roi *region, struct notes *notes, struct err *err)
{
    size_t first[3], n[3], overlap, voxel[3], index[3], at = 0;
    if (!reach(fit, first, n))
        return refuse_outside(fit, err);
    uint8_t *all = mem_alloc(n[0] * n[1] * n[2], 1, err);
    if (all == NULL)
        return false;
    struct grid_map back = grid_map_make(&fit->image->grid, &fit->mask->grid);
    const size_t *size = fit->mask->grid.n;
    for (index[2] = 0; index[2] < n[2]; index[2]++)
        for (index[1] = 0; index[1] < n[1]; index[1]++)
            for (index[0] = 0; index[0] < n[0]; index[0]++, at++) {
                double from[3];
                grid_map_apply(&back, (const double[3]){(double)(first[0] + index[0]), (double)(first[1] + index[1]), (double)(first[2] + index[2])}, from);
                all[at] = 0;
                if (grid_nearest(&fit->mask->grid, from, voxel))
                    label_row(fit->mask, fit->choice->channel, voxel[0] + size[0] * (voxel[1] + size[1] * voxel[2]), 1, fit->choice->label, all + at);
                region->count += all[at];
            }
    bool done = region->count > 0 ? tighten(all, first, n, region, err) : refuse_outside(fit, err);
    mem_free(all);
    struct text text = TEXT_INIT;
    if (done) {
        grid_describe_difference(&fit->mask->grid, &fit->image->grid, STRICT_VOXELS, &text);
        done = text_ok(&text, err) && notes_add(notes, err, "mask resampled", "the mask is resampled to the image's grid (nearest voxel): %s", text.n > 0 ? text.bytes : "corners differ");
    }
    text_free(&text);
    if (!done || !count_overlap(fit, &overlap, err))
        return false;
    return overlap == fit->box.voxel_n || notes_add(notes, err, "part of the mask lies outside the image", "%zu of the region's %zu voxels lie outside the image",
                                                    fit->box.voxel_n - overlap, fit->box.voxel_n);
}

static bool note_region(const struct fit *fit, bool same, const struct roi *region, struct notes *notes, struct err *err)
{
    const struct volume *image = fit->image, *mask = fit->mask;
    size_t total = grid_voxel_n(&image->grid);
    if (same && image->type == mask->type && mask->channel_n == 1 && memcmp(image->voxels, mask->voxels, total * voxel_type_size(image->type)) == 0 &&
        !notes_add(notes, err, "image and mask are the same", "image and mask have the same voxels"))
        return false;
    if (region->count == 1)
        return notes_add(notes, err, "one voxel", "the region is a single voxel");
    return region->count < total || notes_add(notes, err, "mask fills the image", "the region fills the whole image");
}

bool mask_fit(const struct volume *image, const struct volume *mask, const struct mask_choice *choice, struct roi *region, struct notes *notes,
              struct err *err)
{
    struct fit fit = {.image = image, .mask = mask, .choice = choice};
    struct grid_placement placement;
    assert(choice->policy != MASK_PYRADIOMICS);
    *region = (struct roi){.grid = image->grid};
    if (!label_find(mask, choice->channel, choice->label, &fit.box, err))
        return false;
    fit.map = grid_map_make(&mask->grid, &image->grid);
    bool same = grid_same_size(&mask->grid, &image->grid) && grid_corner_gap(&mask->grid, &image->grid).voxels <= STRICT_VOXELS, done;
    if (same)
        done = take_same(&fit, region, err);
    else if (choice->policy == MASK_STRICT)
        done = refuse_grid(&fit, err);
    else if (choice->policy == MASK_RESAMPLE)
        done = resample(&fit, region, notes, err);
    else if (grid_find_placement(&mask->grid, &image->grid, SNAP_VOXELS, &placement))
        done = place(&fit, &placement, region, notes, err);
    else
        done = refuse_grid(&fit, err);
    if (done && note_region(&fit, same, region, notes, err))
        return true;
    roi_free(region);
    return false;
}
