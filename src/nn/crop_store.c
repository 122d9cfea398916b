/* Crops in a store; see crop.h. */
#include "nn/crop.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { GRID_VALUES = 15, COUNT_VALUES = 9 };

static bool put(struct store *store, const char *prefix, const char *key, enum tensor_type type, const size_t *dim, size_t dim_n, const void *values,
                struct err *err)
{
    struct text name = TEXT_INIT;
    text_add(&name, "%s.%s", prefix, key);
    bool ok = text_ok(&name, err) && store_put(store, name.bytes, type, dim, dim_n, values, err);
    text_free(&name);
    return ok;
}

bool crop_save(const struct crop *crop, struct store *store, const char *prefix, struct err *err)
{
    const struct grid *g = &crop->grid;
    double grid[GRID_VALUES], window[2 * CROP_PHASE_MAX];
    int64_t count[COUNT_VALUES] = {crop->view, (int64_t)crop->phase_n, (int64_t)crop->mask_n}, plane[CROP_SLICE_MAX];
    for (int a = 0; a < 3; a++) {
        count[3 + a] = (int64_t)crop->size[a];
        count[6 + a] = (int64_t)crop->margin[a];
        grid[a] = g->spacing[a];
        grid[3 + a] = g->origin[a];
        for (int i = 0; i < 3; i++)
            grid[6 + 3 * i + a] = g->direction[i][a];
    }
    for (size_t p = 0; p < crop->phase_n; p++) {
        window[2 * p] = crop->low[p];
        window[2 * p + 1] = crop->high[p];
    }
    for (size_t i = 0; i < crop->input_n; i++)
        plane[i] = (int64_t)crop->plane[i];
    const size_t voxels[4] = {g->n[2], g->n[1], g->n[0], crop->lane_n}, grid_n = GRID_VALUES, count_n = COUNT_VALUES, window_n = 2 * crop->phase_n;
    return put(store, prefix, "count", TENSOR_I64, &count_n, 1, count, err) && put(store, prefix, "grid", TENSOR_F64, &grid_n, 1, grid, err) &&
           put(store, prefix, "window", TENSOR_F64, &window_n, 1, window, err) && put(store, prefix, "plane", TENSOR_I64, &crop->input_n, 1, plane, err) &&
           put(store, prefix, "voxels", TENSOR_I16, voxels, 4, crop->voxels, err);
}

static const struct tensor *find(const struct store *store, const char *prefix, const char *key, enum tensor_type type, size_t dim_n, size_t least,
                                 size_t most, struct err *err)
{
    struct text name = TEXT_INIT;
    text_add(&name, "%s.%s", prefix, key);
    const struct tensor *tensor = NULL;
    if (text_ok(&name, err)) {
        tensor = store_find(store, name.bytes);
        if (tensor == NULL)
            err_set(err, ERR_INPUT, "tensor %s is missing", name.bytes);
        else if (tensor->type != type || tensor->dim_n != dim_n || (dim_n == 1 && (tensor->dim[0] < least || tensor->dim[0] > most))) {
            err_set(err, ERR_INPUT, "tensor %s has another type or shape than a crop's", name.bytes);
            tensor = NULL;
        }
    }
    text_free(&name);
    return tensor;
}

/* The counts as the settings that would make them, so that one check holds for both. */
static bool read_counts(const struct tensor *count, const struct tensor *grid, const struct tensor *window, struct crop_settings *settings, struct err *err)
{
    const int64_t *value = count->values;
    const double *spacing = grid->values, *hu = window->values;
    for (int i = 0; i < COUNT_VALUES; i++)
        if (value[i] < 0 || value[i] > 4096)
            return err_set(err, ERR_INPUT, "count %d of the crop is %lld, expected 0 to 4096", i + 1, (long long)value[i]);
    if (value[0] > CROP_25D || 2 * (size_t)value[1] != window->dim[0])
        return err_set(err, ERR_INPUT, "view %lld and %lld phases with %zu window values make no crop", (long long)value[0], (long long)value[1], window->dim[0]);
    *settings = (struct crop_settings){.view = (enum crop_view)value[0], .phase_n = (size_t)value[1], .mask_n = (size_t)value[2], .slice_max = CROP_SLICE_MAX};
    for (int a = 0; a < 3; a++) {
        settings->size[a] = (size_t)value[3 + a];
        settings->margin[a] = (size_t)value[6 + a];
        settings->spacing[a] = spacing[a];
    }
    for (size_t p = 0; p < settings->phase_n && p < CROP_PHASE_MAX; p++) {
        settings->low[p] = hu[2 * p];
        settings->high[p] = hu[2 * p + 1];
    }
    if (!crop_settings_check(settings, err)) {
        if (err != NULL)
            err->kind = ERR_INPUT; /* a file's content, not the user's settings */
        return false;
    }
    return true;
}

static bool read_planes(const struct tensor *plane, struct crop *crop, struct err *err)
{
    const int64_t *value = plane->values;
    crop->input_n = plane->dim[0];
    if (crop->view != CROP_2D_ALL && (crop->input_n != 1 || value[0] != 0))
        return err_set(err, ERR_INPUT, "the first of %zu inputs is plane %lld, expected one input of plane 0 for view %s", crop->input_n, (long long)value[0],
                       crop_view_name(crop->view));
    for (size_t i = 0; i < crop->input_n; i++) {
        if (value[i] < (i == 0 ? 0 : value[i - 1] + 1) || value[i] >= (int64_t)crop->grid.n[2])
            return err_set(err, ERR_INPUT, "plane %lld of input %zu, expected rising ones below %zu", (long long)value[i], i + 1, crop->grid.n[2]);
        crop->plane[i] = (size_t)value[i];
    }
    return true;
}

static bool read_grid(const struct tensor *grid, const struct tensor *voxels, struct crop *crop, struct err *err)
{
    const double *value = grid->values;
    for (int i = 0; i < GRID_VALUES; i++)
        if (!isfinite(value[i]) || (i < 3 && value[i] <= 0))
            return err_set(err, ERR_INPUT, "the grid's value %d is %g, expected a finite one", i + 1, value[i]);
    for (int a = 0; a < 3; a++) {
        size_t n = crop->size[a] + 2 * crop->margin[a];
        bool planes = a == 2 && crop->view == CROP_2D_ALL;
        crop->grid.n[a] = voxels->dim[2 - a];
        if (planes ? crop->grid.n[a] < 1 || crop->grid.n[a] > CROP_SLICE_MAX : crop->grid.n[a] != n)
            return err_set(err, ERR_INPUT, "%zu voxels along axis %c, expected %s%zu", crop->grid.n[a], "xyz"[a], planes ? "1 to " : "",
                           planes ? (size_t)CROP_SLICE_MAX : n);
        crop->grid.spacing[a] = value[a];
        crop->grid.origin[a] = value[3 + a];
        for (int i = 0; i < 3; i++)
            crop->grid.direction[i][a] = value[6 + 3 * i + a];
    }
    if (voxels->dim[3] != crop->lane_n)
        return err_set(err, ERR_INPUT, "%zu values a voxel, expected %zu", voxels->dim[3], crop->lane_n);
    return true;
}

bool crop_load(const struct store *store, const char *prefix, struct crop *crop, struct err *err)
{
    struct crop_settings settings;
    *crop = (struct crop){.voxels = NULL};
    const struct tensor *count = find(store, prefix, "count", TENSOR_I64, 1, COUNT_VALUES, COUNT_VALUES, err), *grid = NULL, *window = NULL, *plane = NULL,
                        *voxels = NULL;
    bool ok = count != NULL && (grid = find(store, prefix, "grid", TENSOR_F64, 1, GRID_VALUES, GRID_VALUES, err)) != NULL &&
              (window = find(store, prefix, "window", TENSOR_F64, 1, 2, 2 * CROP_PHASE_MAX, err)) != NULL &&
              (plane = find(store, prefix, "plane", TENSOR_I64, 1, 1, CROP_SLICE_MAX, err)) != NULL &&
              (voxels = find(store, prefix, "voxels", TENSOR_I16, 4, 0, 0, err)) != NULL;
    if (!ok)
        return false;
    ok = read_counts(count, grid, window, &settings, err);
    if (ok) {
        crop->view = settings.view;
        crop->phase_n = settings.phase_n;
        crop->mask_n = settings.mask_n;
        crop->lane_n = (settings.phase_n + settings.mask_n + 3) / 4 * 4;
        memcpy(crop->size, settings.size, sizeof crop->size);
        memcpy(crop->margin, settings.margin, sizeof crop->margin);
        memcpy(crop->low, settings.low, sizeof crop->low);
        memcpy(crop->high, settings.high, sizeof crop->high);
        ok = read_grid(grid, voxels, crop, err) && read_planes(plane, crop, err);
    }
    if (ok) {
        size_t n = tensor_value_n(voxels);
        crop->voxels = mem_alloc(n, sizeof *crop->voxels, err);
        ok = crop->voxels != NULL;
        if (ok)
            memcpy(crop->voxels, voxels->values, n * sizeof *crop->voxels);
    }
    if (!ok) {
        crop_free(crop);
        return err_add(err, "crop %s", prefix);
    }
    return true;
}
