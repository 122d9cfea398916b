#include "radiomics/diagnostics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "num/sum.h"

#define MASK_NAMES(stage) "diagnostics_Mask-" stage "_Spacing", "diagnostics_Mask-" stage "_Size", "diagnostics_Mask-" stage "_BoundingBox", \
    "diagnostics_Mask-" stage "_VoxelNum", "diagnostics_Mask-" stage "_VolumeNum", "diagnostics_Mask-" stage "_CenterOfMassIndex", "diagnostics_Mask-" stage "_CenterOfMass"
#define IMAGE_NAMES(stage) "diagnostics_Image-" stage "_Spacing", "diagnostics_Image-" stage "_Size", "diagnostics_Image-" stage "_Mean", \
    "diagnostics_Image-" stage "_Minimum", "diagnostics_Image-" stage "_Maximum"
#define INTENSITY_NAMES(stage) "diagnostics_Mask-" stage "_Mean", "diagnostics_Mask-" stage "_Minimum", "diagnostics_Mask-" stage "_Maximum"

static const char *const original_names[] = {
    "diagnostics_Versions_PyRadiomics", "diagnostics_Versions_Numpy", "diagnostics_Versions_SimpleITK", "diagnostics_Versions_PyWavelet",
    "diagnostics_Versions_Python", "diagnostics_Configuration_Settings", "diagnostics_Configuration_EnabledImageTypes",
    "diagnostics_Image-original_Hash", "diagnostics_Image-original_Dimensionality", IMAGE_NAMES("original"),
    "diagnostics_Mask-original_Hash", MASK_NAMES("original"),
};
static const char *const interpolated_names[] = {IMAGE_NAMES("interpolated"), MASK_NAMES("interpolated"), INTENSITY_NAMES("interpolated")};
static const char *const corrected_names[] = {MASK_NAMES("corrected"), INTENSITY_NAMES("corrected")};
static const char *const resegmented_names[] = {MASK_NAMES("resegmented"), INTENSITY_NAMES("resegmented")};

static size_t take(const char *name[], size_t n, const char *const *from, size_t from_n)
{
    for (size_t i = 0; i < from_n; i++)
        name[n + i] = from[i];
    return n + from_n;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool resamples(const struct settings *settings)
{
    return settings->resample && settings->interpolator != INTERPOLATE_NONE;
}

size_t diagnostics_names(const struct settings *settings, const char *name[DIAGNOSTICS_MAX])
{
    size_t n = 0;
    if (!settings->additional_info)
        return 0;
    n = take(name, n, original_names, COUNT(original_names));
    if (resamples(settings))
        n = take(name, n, interpolated_names, COUNT(interpolated_names));
    if (settings->correct_mask)
        n = take(name, n, corrected_names, COUNT(corrected_names));
    if (settings->resegment_n > 0)
        n = take(name, n, resegmented_names, COUNT(resegmented_names));
    return n;
}

/* Values in the order of the names. */
struct list {
    char **value;
    size_t n;
    struct arena *arena;
    struct err *err;
    bool failed;
};

static void put(struct list *list, const char *text)
{
    char *copy = list->failed ? NULL : arena_string(list->arena, text, list->err);
    list->failed = copy == NULL;
    list->value[list->n++] = copy;
}

/* repr() of a Python float. */
static void add_float(struct text *text, double value)
{
    char digits[32];
    double_to_text(value, digits);
    text_add(text, "%s", digits);
    if (isfinite(value) && strpbrk(digits, ".e") == NULL)
        text_add(text, ".0");
}

static void put_text(struct list *list, struct text *text)
{
    list->failed = list->failed || !text_ok(text, list->err);
    put(list, text->bytes == NULL ? "" : text->bytes);
    text_free(text);
}

static void put_float(struct list *list, double value)
{
    struct text text = TEXT_INIT;
    add_float(&text, value);
    put_text(list, &text);
}

static void put_floats(struct list *list, const double value[3])
{
    struct text text = TEXT_INIT;
    for (int d = 0; d < 3; d++) {
        text_add(&text, "%s", d == 0 ? "(" : ", ");
        add_float(&text, value[d]);
    }
    text_add(&text, ")");
    put_text(list, &text);
}

static void put_counts(struct list *list, const size_t *value, size_t n)
{
    struct text text = TEXT_INIT;
    for (size_t i = 0; i < n; i++)
        text_add(&text, "%s%zu", i == 0 ? "(" : ", ", value[i]);
    text_add(&text, ")");
    put_text(list, &text);
}

static void put_count(struct list *list, size_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", value);
    put(list, text);
}

struct extent {
    double sum, least, most;
};

/* Of integer voxels, whose sum is a whole number: exact, and in one pass. */
#define EXTENT_OF(NAME, CTYPE)                                                  \
    static struct extent NAME(const CTYPE *value, size_t n)                     \
    {                                                                           \
        int64_t sum = 0;                                                        \
        CTYPE least = value[0], most = value[0];                                \
        for (size_t i = 0; i < n; i++) {                                        \
            sum += value[i];                                                    \
            least = value[i] < least ? value[i] : least;                        \
            most = value[i] > most ? value[i] : most;                           \
        }                                                                       \
        return (struct extent){(double)sum, (double)least, (double)most};       \
    }
EXTENT_OF(extent_of_u8, uint8_t)
EXTENT_OF(extent_of_u16, uint16_t)
EXTENT_OF(extent_of_i16, int16_t)
EXTENT_OF(extent_of_i32, int32_t)

/* Plane by plane. */
static struct extent extent_of_view(struct list *list, const struct view *view)
{
    const size_t *n = view->image->grid.n, plane[3] = {n[0], n[1], 1};
    double *value = mem_alloc(n[0] * n[1], sizeof *value, list->err);
    struct extent extent = {0, INFINITY, -INFINITY};
    struct sum sum = SUM_INIT;
    list->failed = list->failed || value == NULL;
    for (size_t z = 0; value != NULL && z < n[2]; z++) {
        view_box(view, (const size_t[3]){0, 0, z}, plane, value);
        sum_add(&sum, sum_of(value, n[0] * n[1]));
        for (size_t i = 0; i < n[0] * n[1]; i++) {
            extent.least = value[i] < extent.least ? value[i] : extent.least;
            extent.most = value[i] > extent.most ? value[i] : extent.most;
        }
    }
    mem_free(value);
    extent.sum = sum_value(&sum);
    return extent;
}

static struct extent extent_of(struct list *list, const struct view *view)
{
    const struct volume *image = view->image;
    size_t n = grid_voxel_n(&image->grid);
    if (view->mapped || n > (size_t)1 << 31)
        return extent_of_view(list, view);
    switch (image->type) {
    case VOXEL_U8: return extent_of_u8(image->voxels, n);
    case VOXEL_U16: return extent_of_u16(image->voxels, n);
    case VOXEL_I16: return extent_of_i16(image->voxels, n);
    case VOXEL_I32: return extent_of_i32(image->voxels, n);
    default: return extent_of_view(list, view);
    }
}

/* Spacing, size, mean, minimum, maximum of a whole image. */
static void put_image(struct list *list, const struct view *view)
{
    struct extent extent = extent_of(list, view);
    put_floats(list, view->image->grid.spacing);
    put_counts(list, view->image->grid.n, 3);
    put_float(list, extent.sum / (double)grid_voxel_n(&view->image->grid));
    put_float(list, extent.least);
    put_float(list, extent.most);
}

static void put_roi(struct list *list, const struct roi *roi)
{
    const size_t box[6] = {roi->first[0], roi->first[1], roi->first[2], roi->n[0], roi->n[1], roi->n[2]};
    double center[3], position[3];
    size_t parts = roi_components(roi, list->err);
    list->failed = list->failed || parts == SIZE_MAX;
    roi_center(roi, center);
    grid_position(&roi->grid, center, position);
    put_floats(list, roi->grid.spacing);
    put_counts(list, roi->grid.n, 3);
    put_counts(list, box, 6);
    put_count(list, roi->count);
    put_count(list, parts);
    put_floats(list, center);
    put_floats(list, position);
}

static void put_roi_intensity(struct list *list, const struct roi *roi, const struct view *view)
{
    size_t box_n = roi->n[0] * roi->n[1] * roi->n[2];
    double *box = mem_alloc(box_n, sizeof *box, list->err), least = INFINITY, most = -INFINITY;
    struct sum sum = SUM_INIT;
    list->failed = list->failed || box == NULL;
    if (box != NULL)
        view_box(view, roi->first, roi->n, box);
    for (size_t v = 0; box != NULL && v < box_n; v++)
        if (roi->inside[v]) {
            sum_add(&sum, box[v]);
            least = fmin(least, box[v]);
            most = fmax(most, box[v]);
        }
    mem_free(box);
    put_float(list, sum_value(&sum) / (double)roi->count);
    put_float(list, least);
    put_float(list, most);
}

/* SHA-1 of the voxels' bytes, as SimpleITK's Hash. */
static void put_image_hash(struct list *list, const struct volume *image)
{
    char hex[41];
    sha1_hex(image->voxels, grid_voxel_n(&image->grid) * voxel_type_size(image->type), hex);
    put(list, hex);
}

/* The same of the mask's channel cast to uint32, which PyRadiomics hashes. */
static void put_mask_hash(struct list *list, const struct volume *mask, int64_t channel)
{
    size_t n = grid_voxel_n(&mask->grid);
    char hex[41];
    uint32_t *cast = mem_alloc(n, sizeof *cast, list->err);
    list->failed = list->failed || cast == NULL;
    if (cast == NULL)
        return;
    if (mask->channel_n == 1 && mask->type == VOXEL_U8)
        for (size_t v = 0; v < n; v++)
            cast[v] = ((const uint8_t *)mask->voxels)[v];
    else if (mask->channel_n == 1)
        for (size_t v = 0; v < n; v++)
            cast[v] = (uint32_t)(int64_t)volume_at(mask, v);
    else
        for (size_t v = 0; v < n; v++) {
            struct volume one = *mask; /* channel c of voxel v is channel 0, c values further on */
            one.voxels = (char *)mask->voxels + (size_t)channel * voxel_type_size(mask->type);
            cast[v] = (uint32_t)(int64_t)volume_at(&one, v);
        }
    sha1_hex(cast, n * sizeof *cast, hex);
    mem_free(cast);
    put(list, hex);
}

static void put_stage(struct list *list, const struct roi *roi, const struct view *view)
{
    if (roi->inside == NULL) {
        for (size_t i = 0; i < COUNT(corrected_names); i++)
            list->value[list->n++] = NULL;
        return;
    }
    put_roi(list, roi);
    put_roi_intensity(list, roi, view);
}

bool diagnostics_values(const struct params *params, const struct settings *settings, const struct volume *image, const struct volume *mask, const struct prepared *prepared, char *value[DIAGNOSTICS_MAX], struct arena *arena, struct err *err)
{
    struct list list = {.value = value, .arena = arena, .err = err};
    if (!settings->additional_info)
        return true;
    put(&list, "hepar");
    for (int i = 0; i < 4; i++) /* the packages that PyRadiomics stands on, and hepar does not */
        put(&list, "none");
    put(&list, params->settings_text);
    put(&list, params->image_types_text);
    put_image_hash(&list, image);
    put(&list, "3D");
    put_image(&list, &(struct view){.image = image});
    put_mask_hash(&list, mask, settings->label_channel);
    put_roi(&list, &prepared->original);
    if (resamples(settings)) {
        put_image(&list, &prepared->view);
        put_roi(&list, &prepared->interpolated);
        put_roi_intensity(&list, &prepared->interpolated, &prepared->view);
    }
    if (settings->correct_mask)
        put_stage(&list, &prepared->corrected, &prepared->view);
    if (settings->resegment_n > 0)
        put_stage(&list, &prepared->resegmented, &prepared->view);
    return !list.failed;
}
