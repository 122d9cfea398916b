/* Maps for some cases; see maps.h. Case by case, in parallel; images are read once more for it. */
#include "study/maps.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "base/rng.h"
#include "image/distance.h"
#include "image/overlay.h"
#include "io/image.h"
#include "io/nifti.h"
#include "io/png.h"
#include "num/rank.h"
#include "study/crops.h"
#include "study/extraction.h"
#include "study/slices.h"

enum { GAP = 4 };

void maps_free(struct maps *maps)
{
    for (size_t k = 0; maps->item != NULL && k < maps->n; k++)
        mem_free(maps->item[k].failure);
    mem_free(maps->item);
    *maps = (struct maps){.made = false};
}

/* ---- which cases ---- */

struct ranked {
    size_t *row;         /* of one role, lowest probability first */
    double *probability;
    size_t *index;
    size_t n;
};

static void list_role(const struct cohort *cohort, const char *role, const double *probability, struct ranked *out)
{
    out->n = 0;
    for (size_t row = 0; row < cohort->n; row++)
        if (cohort->role_of[row] != NULL && strcmp(cohort->role_of[row], role) == 0 && !isnan(probability[row])) {
            out->row[out->n] = row;
            out->probability[out->n++] = probability[row];
        }
    sort_index(out->probability, out->n, out->index);
}

static bool choose_cases(const struct cohort *cohort, const double *probability, size_t role_n, struct maps *out, struct err *err)
{
    size_t room = role_n < cohort->n ? role_n : cohort->n;
    struct ranked ranked = {.row = mem_alloc(cohort->n, sizeof *ranked.row, err), .probability = mem_alloc(cohort->n, sizeof *ranked.probability, err),
                            .index = mem_alloc(cohort->n, sizeof *ranked.index, err)};
    out->item = mem_zero(cohort->role_n * room, sizeof *out->item, err);
    bool done = ranked.row != NULL && ranked.probability != NULL && ranked.index != NULL && out->item != NULL;
    for (size_t r = 0; done && r < cohort->role_n; r++) {
        list_role(cohort, cohort->role[r].name, probability, &ranked);
        size_t high_n = ranked.n <= role_n ? ranked.n : (role_n + 1) / 2;
        for (size_t k = ranked.n; k-- > 0;)
            if (ranked.n - k <= high_n || k < role_n - high_n)
                out->item[out->n++] = (struct case_map){.row = ranked.row[ranked.index[k]], .probability = ranked.probability[ranked.index[k]], .highest = NAN,
                                                        .share = NAN, .share_even = NAN, .sanity = NAN};
    }
    mem_free(ranked.row);
    mem_free(ranked.probability);
    mem_free(ranked.index);
    return done;
}

/* ---- where a map lies ---- */

/* The region and SCOREMAP_RIM_MM around it, as a box of bytes on the image's grid. */
struct near {
    size_t first[3], n[3];
    uint8_t *is;
};

static bool find_near(const struct roi *region, struct near *out, struct err *err)
{
    const struct grid *grid = &region->grid;
    size_t count = 1;
    for (int a = 0; a < 3; a++) {
        size_t reach = (size_t)ceil(SCOREMAP_RIM_MM / grid->spacing[a]), end = region->first[a] + region->n[a] + reach;
        out->first[a] = region->first[a] > reach ? region->first[a] - reach : 0;
        out->n[a] = (end < grid->n[a] ? end : grid->n[a]) - out->first[a];
        count *= out->n[a];
    }
    float *squared = mem_alloc(count, sizeof *squared, err);
    out->is = mem_zero(count, sizeof *out->is, err);
    bool done = squared != NULL && out->is != NULL;
    for (size_t z = 0; done && z < region->n[2]; z++)
        for (size_t y = 0; y < region->n[1]; y++) {
            size_t at[3] = {region->first[0] - out->first[0], region->first[1] - out->first[1] + y, region->first[2] - out->first[2] + z};
            memcpy(out->is + (at[2] * out->n[1] + at[1]) * out->n[0] + at[0], region->inside + (z * region->n[1] + y) * region->n[0], region->n[0]);
        }
    done = done && distance_squared(out->is, true, out->n, grid->spacing, SCOREMAP_RIM_MM, squared, err);
    for (size_t i = 0; done && i < count; i++)
        out->is[i] = isfinite(squared[i]) != 0;
    mem_free(squared);
    if (!done)
        mem_free(out->is);
    return done;
}

/* Of the sum over all voxels, the part that lies near; NaN where the sum is 0. */
static double share_near(const struct volume *map, const struct near *near, double *highest)
{
    const float *value = map->voxels;
    const size_t *n = map->grid.n;
    double all = 0, part = 0;
    *highest = 0;
    for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) {
        all += (double)value[i];
        *highest = fmax(*highest, (double)value[i]);
    }
    for (size_t z = 0; z < near->n[2]; z++)
        for (size_t y = 0; y < near->n[1]; y++)
            for (size_t x = 0; x < near->n[0]; x++)
                if (near->is[(z * near->n[1] + y) * near->n[0] + x])
                    part += (double)value[((near->first[2] + z) * n[1] + near->first[1] + y) * n[0] + near->first[0] + x];
    return all > 0 ? part / all : NAN;
}

static bool measure(const struct crop *crop, const struct scoremap *map, const struct roi *region, const struct volume *on_image, struct case_map *item,
                    struct err *err)
{
    struct near near;
    struct volume even = {.voxels = NULL};
    double one;
    float *ones = mem_alloc(map->n, sizeof *ones, err);
    if (ones == NULL || !find_near(region, &near, err)) {
        mem_free(ones);
        return false;
    }
    for (size_t i = 0; i < map->n; i++)
        ones[i] = 1;
    item->share = share_near(on_image, &near, &item->highest);
    bool done = crop_map_to_image(crop, ones, &on_image->grid, &even, err);
    if (done)
        item->share_even = share_near(&even, &near, &one);
    volume_free(&even);
    mem_free(near.is);
    mem_free(ones);
    return done;
}

/* ---- a case ---- */

struct stage {
    const struct model *model;
    const struct cohort *cohort;
    const struct table *inputs;
    const struct maps_settings *settings;
    const char *map_folder, *slice_folder;
    struct maps *maps;
    uint8_t palette[256][3];
    struct progress *progress;
};

/* A case's row of pictures, a cell of OVERLAY_SIDE x OVERLAY_SIDE a phase. */
struct strip {
    size_t width;
    uint8_t *pixel;
};

static void paste(const struct overlay *overlay, size_t cell, struct strip *strip)
{
    size_t left = cell * (OVERLAY_SIDE + GAP) + (OVERLAY_SIDE - overlay->width) / 2, top = (OVERLAY_SIDE - overlay->height) / 2;
    for (size_t y = 0; y < overlay->height; y++)
        memcpy(strip->pixel + (top + y) * strip->width + left, overlay->pixel + y * overlay->width, overlay->width);
}

static bool read_phase(const struct stage *stage, size_t row, size_t p, struct volume *image, struct roi *region, struct err *err)
{
    const struct phase *phase = &stage->cohort->phase[p];
    struct volume mask = {.voxels = NULL};
    struct notes notes = NOTES_INIT;
    char *image_path = extraction_path(stage->cohort, phase->image_column, row, err);
    char *mask_path = image_path == NULL ? NULL : extraction_path(stage->cohort, phase->mask_column, row, err);
    bool done = mask_path != NULL && image_read(image_path, image, &notes, err) && image_read_mask(mask_path, &mask, &notes, err) &&
                mask_fit(image, &mask, &stage->settings->masks, region, &notes, err);
    volume_free(&mask);
    notes_free(&notes);
    mem_free(image_path);
    mem_free(mask_path);
    return done;
}

static char *case_path(const struct stage *stage, const char *folder, const char *ending, size_t row, struct err *err)
{
    char name[SLICES_NAME_ROOM];
    slices_name(stage->cohort->table.id[row], ending, name);
    return path_join(folder, name, err);
}

static bool write_map(const struct stage *stage, size_t row, const struct volume *map, struct err *err)
{
    char *path = case_path(stage, stage->map_folder, ".nii.gz", row, err);
    bool done = path != NULL && nifti_write(path, map, err);
    mem_free(path);
    return done;
}

/* The first phase's map is measured and written; every phase gets its picture. */
static bool lay_over_phase(const struct stage *stage, const struct crop *crop, const struct scoremap *map, size_t p, struct case_map *item, struct strip *strip,
                           struct err *err)
{
    struct volume image = {.voxels = NULL}, on_image = {.voxels = NULL};
    struct roi region = {.inside = NULL};
    struct overlay overlay = {0};
    bool done = read_phase(stage, item->row, p, &image, &region, err) && crop_map_to_image(crop, map->map, &image.grid, &on_image, err);
    if (done && p == 0)
        done = measure(crop, map, &region, &on_image, item, err) && (strip == NULL || write_map(stage, item->row, &on_image, err));
    if (done && strip != NULL) {
        done = overlay_draw_map(&image, &region, &on_image, item->highest > 0 ? item->highest : 1, &overlay, err);
        if (done)
            paste(&overlay, p, strip);
    }
    overlay_free(&overlay);
    roi_free(&region);
    volume_free(&on_image);
    volume_free(&image);
    return done;
}

static bool write_strip(const struct stage *stage, size_t row, const struct strip *strip, struct err *err)
{
    struct text png = TEXT_INIT;
    char *path = case_path(stage, stage->slice_folder, "~map.png", row, err);
    bool done = path != NULL && png_format(strip->pixel, strip->width, OVERLAY_SIDE, (const uint8_t(*)[3])stage->palette, &png, err) &&
                file_write(path, png.bytes, png.n, err);
    text_free(&png);
    mem_free(path);
    return done;
}

static bool lay_over(const struct stage *stage, const struct crop *crop, const struct scoremap *map, struct case_map *item, struct err *err)
{
    size_t phase_n = stage->settings->pictures ? stage->cohort->phase_n : 1;
    struct strip strip = {.width = phase_n * (OVERLAY_SIDE + GAP) - GAP};
    bool done = !stage->settings->pictures || (strip.pixel = mem_zero(strip.width * OVERLAY_SIDE, sizeof *strip.pixel, err)) != NULL;
    for (size_t p = 0; done && p < phase_n; p++)
        done = lay_over_phase(stage, crop, map, p, item, stage->settings->pictures ? &strip : NULL, err);
    item->drawn = done && stage->settings->pictures && write_strip(stage, item->row, &strip, err);
    mem_free(strip.pixel);
    return done && item->drawn == stage->settings->pictures;
}

static bool map_case(const struct stage *stage, struct case_map *item, struct err *err)
{
    struct scoremap map = {.map = NULL};
    const struct column *crops = table_find(stage->inputs, CROPS_COLUMN);
    item->high = item->probability >= stage->model->threshold;
    uint64_t seed = rng_seed(stage->settings->seed, "study.maps", item->row, 0);
    bool done = scoremap_make(stage->model, stage->inputs, item->row, item->high ? SCOREMAP_RAISES : SCOREMAP_LOWERS, seed, &map, err);
    if (done) {
        item->method = map.method;
        item->empty = map.empty;
        item->sanity = map.empty ? NAN : map.sanity;
        done = lay_over(stage, crops->object[item->row], &map, item, err);
    }
    scoremap_free(&map);
    return done;
}

static bool map_cases(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    struct stage *stage = ctx;
    for (size_t k = begin; k < end; k++) {
        struct case_map *item = &stage->maps->item[k];
        const char *id = stage->cohort->table.id[item->row];
        struct err why = ERR_INIT;
        if (!map_case(stage, item, &why)) {
            if (why.kind != ERR_INPUT)
                return err_set(err, why.kind, "case %s: %s", id, why.text);
            log_note("case %s: no map: %s", id, why.text);
            if ((item->failure = mem_string(why.text, err)) == NULL)
                return false;
        }
        progress_step(stage->progress, 1);
    }
    return true;
}

/* ---- all of them ---- */

/* The median of what is a number; NaN when nothing is. */
static double median_of(double *value, size_t n)
{
    sort_doubles(value, n);
    return quantile_sorted(value, n, 0.5);
}

static bool summarise(struct maps *maps, struct err *err)
{
    double *value = mem_alloc(3 * maps->n, sizeof *value, err);
    if (value == NULL)
        return false;
    double *share = value, *even = value + maps->n, *sanity = even + maps->n;
    for (size_t k = 0; k < maps->n; k++) {
        const struct case_map *item = &maps->item[k];
        if (!isnan(item->share)) {
            share[maps->share_n] = item->share;
            even[maps->share_n++] = item->share_even;
        }
        if (!isnan(item->sanity))
            sanity[maps->sanity_n++] = item->sanity;
    }
    maps->share = median_of(share, maps->share_n);
    maps->share_even = median_of(even, maps->share_n);
    maps->sanity = median_of(sanity, maps->sanity_n);
    mem_free(value);
    return true;
}

static bool make_folders(const struct maps_settings *settings, char **maps, char **slices, struct err *err)
{
    *maps = path_join(settings->folder, "maps", err);
    *slices = path_join(settings->folder, "slices", err);
    return *maps != NULL && *slices != NULL && (!settings->pictures || (folder_make(*maps, err) && folder_make(*slices, err)));
}

bool maps_make(const struct model *model, const struct cohort *cohort, const struct table *inputs, const double *probability,
               const struct maps_settings *settings, struct maps *out, struct err *err)
{
    char *map_folder = NULL, *slice_folder = NULL;
    *out = (struct maps){.share = NAN, .share_even = NAN, .sanity = NAN};
    if (settings->role_n == 0 || !scoremap_has_networks(model))
        return true;
    bool done = make_folders(settings, &map_folder, &slice_folder, err) && choose_cases(cohort, probability, settings->role_n, out, err);
    if (done) {
        struct stage stage = {.model = model, .cohort = cohort, .inputs = inputs, .settings = settings, .map_folder = map_folder, .slice_folder = slice_folder,
                              .maps = out, .progress = progress_start("mapping the score", out->n)};
        overlay_map_palette(stage.palette);
        done = par_for(out->n, 1, map_cases, &stage, err) && summarise(out, err);
        progress_end(stage.progress);
        out->made = done;
    }
    mem_free(map_folder);
    mem_free(slice_folder);
    if (!done)
        maps_free(out);
    return done || err_add(err, "maps");
}
