#include "radiomics/prepare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/maskfit.h"
#include "num/sum.h"
#include "radiomics/discretise.h"

void view_box(const struct view *view, const size_t first[3], const size_t n[3], double *out)
{
    volume_box(view->image, first, n, out);
    if (!view->mapped)
        return;
    for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) {
        double x = (out[i] + view->shift) * view->scale;
        out[i] = fmin(fmax(x, -view->clip), view->clip) * view->factor;
    }
}

/* Mean and standard deviation (divisor n - 1) of all voxels, plane by plane (ITK's NormalizeImageFilter). */
static bool normalise(const struct settings *settings, const struct volume *image, struct view *view, struct err *err)
{
    const size_t *n = image->grid.n, plane[3] = {n[0], n[1], 1};
    double *value = mem_alloc(n[0] * n[1], sizeof *value, err), count = (double)grid_voxel_n(&image->grid);
    struct sum sum = SUM_INIT, square = SUM_INIT;
    if (value == NULL)
        return false;
    for (int pass = 0; pass < 2; pass++) {
        double mean = sum_value(&sum) / count;
        for (size_t z = 0; z < n[2]; z++) {
            volume_box(image, (const size_t[3]){0, 0, z}, plane, value);
            if (pass == 1)
                for (size_t i = 0; i < n[0] * n[1]; i++)
                    value[i] = (value[i] - mean) * (value[i] - mean);
            sum_add(pass == 0 ? &sum : &square, sum_of(value, n[0] * n[1]));
        }
    }
    mem_free(value);
    double deviation = sqrt(sum_value(&square) / (count - 1));
    if (!(deviation > 0) || !isfinite(deviation))
        return err_set(err, ERR_INPUT, "image: normalize: the standard deviation of all voxels is %g", deviation);
    *view = (struct view){
        .image = image,
        .mapped = true,
        .shift = -sum_value(&sum) / count,
        .scale = 1 / deviation,
        .clip = settings->remove_outliers > 0 ? settings->remove_outliers : INFINITY,
        .factor = settings->normalize_scale,
    };
    return true;
}

/* The view as a volume of its own type, of the box that resampling onto `grid` reads. Mapped views become float64. */
static bool view_volume(const struct view *view, struct volume *out, struct err *err)
{
    static const size_t origin[3] = {0, 0, 0};
    if (!volume_init(out, &view->image->grid, VOXEL_F64, 1, err))
        return false;
    view_box(view, origin, view->image->grid.n, out->voxels);
    return true;
}

bool grids_match(const struct grid *image, const struct grid *mask, double tolerance, struct err *why)
{
    double within = fabs((tolerance > 0 ? tolerance : 1e-6) * image->spacing[0]);
    for (int i = 0; i < 3; i++)
        if (image->n[i] != mask->n[i])
            return err_set(why, ERR_INPUT, "mask: size %zu x %zu x %zu, but the image has %zu x %zu x %zu (correctMask resamples the mask)", mask->n[0], mask->n[1], mask->n[2], image->n[0], image->n[1], image->n[2]);
    for (int i = 0; i < 3; i++) {
        if (!(fabs(image->origin[i] - mask->origin[i]) <= within))
            return err_set(why, ERR_INPUT, "mask: origin differs from the image's by %g mm on axis %c, expected at most %g (geometryTolerance)", fabs(image->origin[i] - mask->origin[i]), "xyz"[i], within);
        if (!(fabs(image->spacing[i] - mask->spacing[i]) <= within))
            return err_set(why, ERR_INPUT, "mask: spacing %c is %g mm, but the image has %g, expected within %g (geometryTolerance)", "xyz"[i], mask->spacing[i], image->spacing[i], within);
        for (int j = 0; j < 3; j++)
            if (!(fabs(image->direction[i][j] - mask->direction[i][j]) <= (tolerance > 0 ? tolerance : 1e-6)))
                return err_set(why, ERR_INPUT, "mask: direction of axis %c differs from the image's by %g (geometryTolerance)", "xyz"[j], fabs(image->direction[i][j] - mask->direction[i][j]));
    }
    return true;
}

/* The region's box must lie within the image (PyRadiomics' _checkROI, 1e-3 voxel). */
static bool check_within(const struct grid *image, const struct roi *roi, struct err *err)
{
    struct index_map map = index_map_make(&roi->grid, image);
    double low[3], high[3], from[3], to[3];
    for (int d = 0; d < 3; d++) {
        from[d] = (double)roi->first[d] - 0.5;
        to[d] = (double)(roi->first[d] + roi->n[d]) - 0.5;
    }
    index_map_apply(&map, from, low);
    index_map_apply(&map, to, high);
    for (int d = 0; d < 3; d++) {
        double begin = fmin(low[d], high[d]), end = fmax(low[d], high[d]);
        if (begin < -0.5 - 1e-3 || end > (double)image->n[d] - 0.5 + 1e-3)
            return err_set(err, ERR_INPUT, "mask: the region reaches outside the image: voxels %g to %g on axis %c, expected -0.5 to %g", begin, end, "xyz"[d], (double)image->n[d] - 0.5);
    }
    return true;
}

static bool check_size(const struct settings *settings, const struct roi *roi, struct err *err)
{
    int dimensions = (roi->n[0] > 1) + (roi->n[1] > 1) + (roi->n[2] > 1);
    if (dimensions == 0)
        return err_set(err, ERR_INPUT, "mask: the region has 1 voxel, expected more");
    if (dimensions < settings->minimum_dimensions)
        return err_set(err, ERR_INPUT, "mask: the region has %d dimension%s, expected at least %d (minimumROIDimensions)", dimensions, dimensions == 1 ? "" : "s", (int)settings->minimum_dimensions);
    if (settings->minimum_size > 0 && (int64_t)roi->count <= settings->minimum_size)
        return err_set(err, ERR_INPUT, "mask: the region has %zu voxels, expected more than %lld (minimumROISize)", roi->count, (long long)settings->minimum_size);
    return true;
}

/* PyRadiomics' checkMask: geometry, mended with correctMask, then sizes. *roi may move on to prepared->corrected. */
static bool check_mask(const struct settings *settings, const struct grid *image, struct prepared *prepared, const struct roi **roi, struct err *err)
{
    struct err why = ERR_INIT;
    if (!grids_match(image, &(*roi)->grid, settings->geometry_tolerance, &why)) {
        if (!settings->correct_mask)
            return err_set(err, ERR_INPUT, "%s", why.text);
        if (!check_within(image, *roi, err) || !roi_resample(*roi, image, &prepared->corrected, err))
            return false;
        *roi = &prepared->corrected;
    }
    return check_size(settings, *roi, err);
}

/* The new grid: aligned with the mask's corner, its box padded, inside the mask's extent (resampleImage()). */
static bool resampled_grid(const struct settings *settings, const struct roi *roi, const double spacing[3], struct grid *grid, struct err *err)
{
    double index[3], total = 1;
    *grid = roi->grid;
    for (int d = 0; d < 3; d++) {
        double old = roi->grid.spacing[d], ratio = old / spacing[d];
        double low = floor(((double)roi->first[d] - 0.5) * ratio - settings->pad);
        double high = ceil(((double)(roi->first[d] + roi->n[d]) - 0.5) * ratio + settings->pad);
        double most = ceil((double)roi->grid.n[d] * ratio) - 1;
        low = low < 0 ? 0 : low;
        high = high > most ? most : high;
        total *= high - low + 1;
        if (!(total < 2147483647.0))
            return err_set(err, ERR_INPUT, "resampledPixelSpacing: a region of %g voxels, expected less than 2^31", total);
        grid->n[d] = (size_t)(high - low + 1);
        grid->spacing[d] = spacing[d];
        index[d] = 0.5 * (spacing[d] - old) / old + low / ratio;
    }
    for (int i = 0; i < 3; i++) {
        double position = 0;
        for (int j = 0; j < 3; j++)
            position += roi->grid.direction[i][j] * roi->grid.spacing[j] * index[j];
        grid->origin[i] = position + roi->grid.origin[i];
    }
    return true;
}

static bool near_spacing(const double a[3], const double b[3]) /* numpy.allclose */
{
    for (int d = 0; d < 3; d++)
        if (!(fabs(a[d] - b[d]) <= 1e-8 + 1e-5 * fabs(b[d])))
            return false;
    return true;
}

/* Cuts a view to a box, as a grid and volume of its own; the voxels keep their type. */
static bool crop(const struct volume *in, const size_t first[3], const size_t n[3], struct volume *out, struct err *err)
{
    struct grid grid = in->grid;
    for (int i = 0; i < 3; i++) {
        grid.n[i] = n[i];
        for (int j = 0; j < 3; j++)
            grid.origin[i] += in->grid.direction[i][j] * in->grid.spacing[j] * (double)first[j];
    }
    if (!volume_init(out, &grid, in->type, 1, err))
        return false;
    size_t size = voxel_type_size(in->type);
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++)
            memcpy((char *)out->voxels + size * n[0] * (y + n[1] * z),
                   (const char *)in->voxels + size * (first[0] + in->grid.n[0] * (first[1] + y + in->grid.n[1] * (first[2] + z))), size * n[0]);
    return true;
}

/* The region's box with padDistance around it, within the image: what preCrop and "spacing is as wanted" keep. */
static bool crop_padded(const struct settings *settings, struct prepared *prepared, const struct roi *roi, struct roi *cropped, struct err *err)
{
    size_t first[3], n[3], inner[3];
    struct volume box;
    for (int d = 0; d < 3; d++) {
        size_t pad = (size_t)settings->pad, end = roi->first[d] + roi->n[d] + pad;
        first[d] = roi->first[d] > pad ? roi->first[d] - pad : 0;
        end = end > prepared->view.image->grid.n[d] ? prepared->view.image->grid.n[d] : end;
        n[d] = end - first[d];
        inner[d] = roi->first[d] - first[d];
    }
    if (!crop(prepared->view.image, first, n, &box, err))
        return false;
    prepared->resampled = box;
    prepared->view.image = &prepared->resampled;
    return roi_from_box(&prepared->resampled.grid, inner, roi->n, roi->inside, cropped, err);
}

static bool resample(const struct settings *settings, struct prepared *prepared, const struct roi **roi, struct err *err)
{
    const struct volume *image = prepared->view.image;
    const struct roi *mask = *roi;
    double spacing[3];
    for (int d = 0; d < 3; d++)
        spacing[d] = settings->spacing[d] == 0 || mask->n[d] == 1 ? mask->grid.spacing[d] : settings->spacing[d];
    if (!check_within(&image->grid, mask, err))
        return false;
    if (near_spacing(image->grid.spacing, spacing)) {
        struct roi on_image;
        bool ok = roi_resample(mask, &image->grid, &on_image, err) && crop_padded(settings, prepared, &on_image, &prepared->interpolated, err);
        roi_free(&on_image);
        *roi = &prepared->interpolated;
        return ok;
    }
    struct grid grid;
    struct volume mapped = {0};
    bool ok = resampled_grid(settings, mask, spacing, &grid, err);
    if (ok && prepared->view.mapped)
        ok = view_volume(&prepared->view, &mapped, err);
    ok = ok && volume_resample(prepared->view.mapped ? &mapped : image, &grid, settings->interpolator, &prepared->resampled, err);
    volume_free(&mapped);
    if (!ok)
        return false;
    prepared->view = (struct view){.image = &prepared->resampled};
    *roi = &prepared->interpolated;
    return roi_resample(mask, &grid, &prepared->interpolated, err);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void thresholds(const struct settings *settings, const double *x, size_t n, double limit[2])
{
    double scale = 1, shift = 0;
    if (settings->resegment_mode == RESEGMENT_RELATIVE) {
        scale = -INFINITY;
        for (size_t i = 0; i < n; i++)
            scale = fmax(scale, x[i]);
    } else if (settings->resegment_mode == RESEGMENT_SIGMA) {
        shift = mean_of(x, n);
        scale = n > 1 ? sqrt(variance_of(x, n) * (double)(n - 1) / (double)n) : 0;
    }
    limit[0] = settings->resegment[0];
    limit[1] = settings->resegment_n == 2 ? settings->resegment[1] : INFINITY;
    if (settings->resegment_n == 2)
        qsort(limit, 2, sizeof *limit, ascending);
    for (size_t i = 0; i < settings->resegment_n; i++)
        limit[i] = settings->resegment_mode == RESEGMENT_ABSOLUTE ? limit[i] : shift + scale * limit[i];
}

static bool resegment(const struct settings *settings, struct prepared *prepared, const struct roi *roi, struct err *err)
{
    size_t box_n = roi->n[0] * roi->n[1] * roi->n[2], got = 0, kept = 0;
    struct arena arena = ARENA_INIT;
    double *box = arena_alloc(&arena, box_n, sizeof *box, err), *x = arena_alloc(&arena, roi->count, sizeof *x, err), limit[2];
    uint8_t *inside = arena_alloc(&arena, box_n, 1, err);
    bool ok = box != NULL && x != NULL && inside != NULL;
    if (ok) {
        view_box(&prepared->view, roi->first, roi->n, box);
        for (size_t v = 0; v < box_n; v++)
            if (roi->inside[v])
                x[got++] = box[v];
        thresholds(settings, x, got, limit);
        for (size_t v = 0; v < box_n; v++) {
            inside[v] = roi->inside[v] && box[v] >= limit[0] && box[v] <= limit[1];
            kept += inside[v];
        }
        ok = kept > 1 || err_set(err, ERR_INPUT, "resegmentRange: %zu of %zu voxels lie between %g and %g, expected at least 2", kept, roi->count, limit[0], limit[1]);
    }
    ok = ok && roi_from_box(&roi->grid, roi->first, roi->n, inside, &prepared->resegmented, err);
    arena_free(&arena);
    return ok;
}

/* The part of a region that lies in another one's box. */
static bool cut_to_box(const struct roi *roi, const struct roi *box, struct roi *out, struct err *err)
{
    size_t n = box->n[0] * box->n[1] * box->n[2], inner[3];
    uint8_t *inside = mem_alloc(n, 1, err);
    if (inside == NULL)
        return false;
    for (int d = 0; d < 3; d++)
        inner[d] = box->first[d] - roi->first[d];
    for (size_t z = 0; z < box->n[2]; z++)
        for (size_t y = 0; y < box->n[1]; y++)
            memcpy(inside + box->n[0] * (y + box->n[1] * z), roi->inside + inner[0] + roi->n[0] * (inner[1] + y + roi->n[1] * (inner[2] + z)), box->n[0]);
    bool ok = roi_from_box(&roi->grid, box->first, box->n, inside, out, err);
    mem_free(inside);
    return ok;
}

/* The label's region: on the mask's own grid, or under a policy of hepar's own on the image's. */
static bool find_region(const struct settings *settings, const struct volume *image, const struct volume *mask, struct prepared *prepared, const struct roi **roi, struct err *err)
{
    *roi = &prepared->original;
    if (settings->mask_policy == MASK_PYRADIOMICS)
        return roi_of_label(mask, settings->label_channel, settings->label, &prepared->original, err);
    struct mask_choice choice = {.label = settings->label, .channel = (size_t)settings->label_channel, .policy = settings->mask_policy};
    *roi = &prepared->fitted;
    return mask_fit(image, mask, &choice, &prepared->fitted, &prepared->notes, err) &&
           (!settings->additional_info || roi_of_label(mask, settings->label_channel, settings->label, &prepared->original, err));
}

bool prepare(const struct settings *settings, const struct volume *image, const struct volume *mask, struct prepared *prepared, struct err *err)
{
    *prepared = (struct prepared){.view = {.image = image}};
    if (image->channel_n != 1)
        return err_set(err, ERR_INPUT, "image: %zu channels, expected 1", image->channel_n);
    const struct roi *roi;
    if (!find_region(settings, image, mask, prepared, &roi, err))
        return false;
    if (settings->normalize && !normalise(settings, image, &prepared->view, err))
        return false;
    if (settings->resample && settings->interpolator != INTERPOLATE_NONE) {
        if (!resample(settings, prepared, &roi, err))
            return false;
    } else if (settings->pre_crop) {
        if (!check_mask(settings, &image->grid, prepared, &roi, err) || !crop_padded(settings, prepared, roi, &prepared->interpolated, err))
            return false;
        roi = &prepared->interpolated;
    }
    if (!check_mask(settings, &prepared->view.image->grid, prepared, &roi, err))
        return false;
    prepared->shape = prepared->roi = roi;
    if (settings->resegment_n == 0)
        return true;
    if (!resegment(settings, prepared, roi, err) || !check_size(settings, &prepared->resegmented, err))
        return false;
    prepared->roi = &prepared->resegmented;
    if (settings->resegment_shape) {
        prepared->shape = prepared->roi;
        return true;
    }
    prepared->shape = &prepared->cut;
    return cut_to_box(roi, &prepared->resegmented, &prepared->cut, err);
}

void prepared_free(struct prepared *prepared)
{
    volume_free(&prepared->resampled);
    roi_free(&prepared->original);
    roi_free(&prepared->fitted);
    roi_free(&prepared->interpolated);
    roi_free(&prepared->corrected);
    roi_free(&prepared->resegmented);
    roi_free(&prepared->cut);
    notes_free(&prepared->notes);
}

struct region region_of_mask(const struct roi *roi)
{
    struct region region = {.grid = roi->grid, .voxel_n = roi->n[0] * roi->n[1] * roi->n[2], .inside_n = roi->count, .mask = roi->inside};
    for (int i = 0; i < 3; i++) {
        region.grid.n[i] = roi->n[i];
        for (int j = 0; j < 3; j++)
            region.grid.origin[i] += roi->grid.direction[i][j] * roi->grid.spacing[j] * (double)roi->first[j];
    }
    return region;
}

bool region_of_image(const struct settings *settings, const struct prepared *prepared, struct region *region, struct arena *arena, struct err *err)
{
    *region = region_of_mask(prepared->roi);
    double *intensity = arena_alloc(arena, region->voxel_n, sizeof *intensity, err);
    int32_t *level = arena_alloc(arena, region->voxel_n, sizeof *level, err);
    if (intensity == NULL || level == NULL)
        return false;
    view_box(&prepared->view, prepared->roi->first, prepared->roi->n, intensity);
    region->intensity = intensity;
    bool single = prepared->view.image->type == VOXEL_F32 && !prepared->view.mapped;
    return discretise(settings, single, region, level, arena, err);
}
