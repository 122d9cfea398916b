/* Settings are rows of one table (name, kind, bounds, place); sections and classes are checked by the same walk that
 * applies them, so that what is refused and what is read cannot part ways. Refusals name file, line and column, what
 * was found, what is expected, and the nearest known key. */
#include "radiomics/params.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/yaml.h"
#include "radiomics/class.h"

enum setting_kind { SET_BOOL, SET_INT, SET_REAL, SET_REALS, SET_INTS, SET_WORD, SET_OWN };

struct setting_row {
    const char *name;
    enum setting_kind kind;
    bool least_open;          /* the bound itself is not allowed */
    double least, most;       /* NaN: none */
    size_t offset;            /* SIZE_MAX: checked, kept for filters, not used yet */
    const char *const *word;  /* SET_WORD */
    bool (*own)(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err);
};

static const char *const resegment_words[] = {"absolute", "relative", "sigma", NULL};
static const char *const policies[] = {
    [MASK_STRICT] = "strict", [MASK_SNAP] = "snap", [MASK_RESAMPLE] = "resample", [MASK_PYRADIOMICS] = "pyradiomics", NULL,
};
static const char *const lbp_words[] = {"default", "ror", "uniform", "var", NULL};

static bool own_spacing(const struct yaml *, const struct yaml_node *, struct settings *, struct params *, struct err *);
static bool own_interpolator(const struct yaml *, const struct yaml_node *, struct settings *, struct params *, struct err *);
static bool own_distances(const struct yaml *, const struct yaml_node *, struct settings *, struct params *, struct err *);
static bool own_range(const struct yaml *, const struct yaml_node *, struct settings *, struct params *, struct err *);
static bool own_weighting(const struct yaml *, const struct yaml_node *, struct settings *, struct params *, struct err *);
static bool own_wavelet(const struct yaml *, const struct yaml_node *, struct settings *, struct params *, struct err *);

#define AT(member) offsetof(struct settings, member)
#define UNUSED SIZE_MAX
#define ABOVE_0 true, 0, NAN
#define FROM(low) false, (low), NAN
#define BETWEEN(low, high) false, (low), (high)
#define ANY false, NAN, NAN

static const struct setting_row rows[] = {
    {"additionalInfo", SET_BOOL, ANY, AT(additional_info), NULL, NULL},
    {"binCount", SET_INT, ABOVE_0, AT(bin_count), NULL, NULL},
    {"binWidth", SET_REAL, ABOVE_0, AT(bin_width), NULL, NULL},
    {"correctMask", SET_BOOL, ANY, AT(correct_mask), NULL, NULL},
    {"distances", SET_OWN, ANY, UNUSED, NULL, own_distances},
    {"force2D", SET_BOOL, ANY, AT(force_2d), NULL, NULL},
    {"force2Ddimension", SET_INT, BETWEEN(0, 2), AT(force_2d_axis), NULL, NULL},
    {"geometryTolerance", SET_REAL, ABOVE_0, AT(geometry_tolerance), NULL, NULL},
    {"gldm_a", SET_INT, FROM(0), AT(gldm_alpha), NULL, NULL},
    {"gradientUseSpacing", SET_BOOL, ANY, UNUSED, NULL, NULL},
    {"interpolator", SET_OWN, ANY, UNUSED, NULL, own_interpolator},
    {"label", SET_INT, ABOVE_0, AT(label), NULL, NULL},
    {"label_channel", SET_INT, FROM(0), AT(label_channel), NULL, NULL},
    {"lbp2DMethod", SET_WORD, ANY, UNUSED, lbp_words, NULL},
    {"lbp2DRadius", SET_REAL, ABOVE_0, UNUSED, NULL, NULL},
    {"lbp2DSamples", SET_INT, FROM(1), UNUSED, NULL, NULL},
    {"lbp3DIcosphereRadius", SET_REAL, ABOVE_0, UNUSED, NULL, NULL},
    {"lbp3DIcosphereSubdivision", SET_INT, FROM(0), UNUSED, NULL, NULL},
    {"lbp3DLevels", SET_INT, FROM(1), UNUSED, NULL, NULL},
    {"level", SET_INT, ABOVE_0, UNUSED, NULL, NULL},
    {"minimumROIDimensions", SET_INT, BETWEEN(1, 3), AT(minimum_dimensions), NULL, NULL},
    {"minimumROISize", SET_INT, ABOVE_0, AT(minimum_size), NULL, NULL},
    {"normalize", SET_BOOL, ANY, AT(normalize), NULL, NULL},
    {"normalizeScale", SET_REAL, ABOVE_0, AT(normalize_scale), NULL, NULL},
    {"padDistance", SET_INT, BETWEEN(0, 1000000), AT(pad), NULL, NULL},
    {"preCrop", SET_BOOL, ANY, AT(pre_crop), NULL, NULL},
    {"removeOutliers", SET_REAL, ABOVE_0, AT(remove_outliers), NULL, NULL},
    {"resampledPixelSpacing", SET_OWN, ANY, UNUSED, NULL, own_spacing},
    {"resegmentMode", SET_WORD, ANY, AT(resegment_mode), resegment_words, NULL},
    {"resegmentRange", SET_OWN, ANY, UNUSED, NULL, own_range},
    {"resegmentShape", SET_BOOL, ANY, AT(resegment_shape), NULL, NULL},
    {"sigma", SET_REALS, ABOVE_0, UNUSED, NULL, NULL},
    {"start_level", SET_INT, FROM(0), UNUSED, NULL, NULL},
    {"symmetricalGLCM", SET_BOOL, ANY, AT(symmetrical_glcm), NULL, NULL},
    {"voxelArrayShift", SET_INT, ANY, AT(voxel_array_shift), NULL, NULL},
    {"wavelet", SET_OWN, ANY, UNUSED, NULL, own_wavelet},
    {"weightingNorm", SET_OWN, ANY, UNUSED, NULL, own_weighting},
};
enum { ROW_N = sizeof rows / sizeof rows[0] };

static const struct setting_row voxel_rows[] = {
    {"initValue", SET_REAL, ANY, UNUSED, NULL, NULL},
    {"kernelRadius", SET_INT, ABOVE_0, UNUSED, NULL, NULL},
    {"maskedKernel", SET_BOOL, ANY, UNUSED, NULL, NULL},
    {"voxelBatch", SET_INT, ANY, UNUSED, NULL, NULL},
};
enum { VOXEL_ROW_N = sizeof voxel_rows / sizeof voxel_rows[0] };

/* 32-bit members of struct settings: enums and int32_t; the other whole numbers are int64_t. */
static bool is_wide(size_t offset)
{
    return offset == AT(label) || offset == AT(label_channel) || offset == AT(minimum_size) || offset == AT(bin_count) || offset == AT(voxel_array_shift);
}

static bool wrong_kind(const struct yaml *yaml, const struct yaml_node *value, const char *key, const char *expected, struct err *err)
{
    return yaml_fault(err, yaml, value, "%s: found %s%s%s, expected %s", key, yaml_kind_name(value->kind), value->text != NULL ? " " : "", value->text != NULL ? value->text : "", expected);
}

static bool check_bounds(const struct yaml *yaml, const struct yaml_node *value, const struct setting_row *row, struct err *err)
{
    if (!isfinite(value->number) || (row->least_open ? value->number <= row->least : value->number < row->least) || value->number > row->most) {
        char low[32], high[32];
        bool bounded = !isnan(row->most);
        return yaml_fault(err, yaml, value, "%s: found %s, expected %s%s%s%s", row->name, value->text,
                          isnan(row->least) ? "a finite number" : row->least_open ? "more than " : bounded ? "" : "at least ",
                          isnan(row->least) ? "" : double_to_text(row->least, low), bounded ? " to " : "", bounded ? double_to_text(row->most, high) : "");
    }
    return true;
}

static bool check_number(const struct yaml *yaml, const struct yaml_node *value, const struct setting_row *row, bool whole, struct err *err)
{
    const char *expected = whole ? "a whole number" : "a number";
    if (value->kind != YAML_INT && (whole || value->kind != YAML_FLOAT)) {
        if (value->kind == YAML_FLOAT && fabs(value->number) >= 9e15)
            return yaml_fault(err, yaml, value, "%s: found %s, expected a whole number within 64 bits", row->name, value->text);
        return wrong_kind(yaml, value, row->name, expected, err);
    }
    if (value->ambiguous)
        return yaml_fault(err, yaml, value, "%s: found %s, which YAML 1.1 and 1.2 read differently, expected a plain decimal", row->name, value->text);
    return check_bounds(yaml, value, row, err);
}

static bool set_word(const struct yaml *yaml, const struct yaml_node *value, const struct setting_row *row, void *place, struct err *err)
{
    struct text words = TEXT_INIT;
    for (int i = 0; row->word[i] != NULL; i++) {
        if (value->kind == YAML_TEXT && strcmp(value->text, row->word[i]) == 0) {
            text_free(&words);
            if (place != NULL)
                *(int *)place = i;
            return true;
        }
        text_add(&words, "%s%s", i == 0 ? "" : ", ", row->word[i]);
    }
    yaml_fault(err, yaml, value, "%s: found %s, expected one of %s", row->name, value->text == NULL ? yaml_kind_name(value->kind) : value->text, words.bytes == NULL ? "" : words.bytes);
    text_free(&words);
    return false;
}

static bool set_one(const struct yaml *yaml, const struct yaml_node *value, const struct setting_row *row, struct settings *settings, struct params *params, struct err *err)
{
    void *place = row->offset == UNUSED ? NULL : (char *)settings + row->offset;
    if (value->kind == YAML_NULL && row->kind != SET_OWN)
        return yaml_fault(err, yaml, value, "%s: no value; leave the key out for the default", row->name);
    switch (row->kind) {
    case SET_BOOL:
        if (value->kind != YAML_BOOL)
            return wrong_kind(yaml, value, row->name, "true or false", err);
        if (place != NULL)
            *(bool *)place = value->boolean;
        return true;
    case SET_INT:
        if (!check_number(yaml, value, row, true, err))
            return false;
        if (place == NULL)
            return true;
        if (is_wide(row->offset) ? llabs(value->whole) > (int64_t)1 << 53 : llabs(value->whole) > INT32_MAX)
            return yaml_fault(err, yaml, value, "%s: found %s, which is too large", row->name, value->text);
        if (is_wide(row->offset))
            *(int64_t *)place = value->whole;
        else
            *(int32_t *)place = (int32_t)value->whole;
        return true;
    case SET_REAL:
        if (row->offset == UNUSED && isnan(row->least) && value->kind == YAML_FLOAT)
            return true; /* initValue may be .nan */
        if (!check_number(yaml, value, row, false, err))
            return false;
        if (place != NULL)
            *(double *)place = value->number;
        return true;
    case SET_REALS:
    case SET_INTS:
        if (value->kind != YAML_LIST)
            return wrong_kind(yaml, value, row->name, "a list of numbers", err);
        for (size_t i = 0; i < value->n; i++)
            if (!check_number(yaml, value->item[i], row, row->kind == SET_INTS, err))
                return false;
        return true;
    case SET_WORD:
        return set_word(yaml, value, row, place, err);
    case SET_OWN:
        return row->own(yaml, value, settings, params, err);
    }
    return false;
}

static bool own_spacing(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err)
{
    static const struct setting_row row = {"resampledPixelSpacing", SET_REALS, FROM(0), UNUSED, NULL, NULL};
    settings->resample = value->kind != YAML_NULL;
    if (!settings->resample)
        return true;
    if (!set_one(yaml, value, &row, settings, params, err))
        return false;
    if (value->n != 3)
        return yaml_fault(err, yaml, value, "resampledPixelSpacing: found %zu numbers, expected 3 (x, y, z in mm; 0 keeps an axis)", value->n);
    for (int d = 0; d < 3; d++)
        settings->spacing[d] = value->item[d]->number;
    return true;
}

static const char *const interpolators[] = {
    "sitkNearestNeighbor", "sitkLinear", "sitkBSpline", "sitkGaussian", "sitkLabelGaussian", "sitkHammingWindowedSinc",
    "sitkCosineWindowedSinc", "sitkWelchWindowedSinc", "sitkLanczosWindowedSinc", "sitkBlackmanWindowedSinc",
};

static bool own_interpolator(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err)
{
    size_t n = sizeof interpolators / sizeof interpolators[0], found = n;
    (void)params;
    if (value->kind == YAML_NULL) {
        settings->interpolator = INTERPOLATE_NONE;
        return true;
    }
    if (value->kind == YAML_INT && value->whole >= 1 && value->whole <= 10)
        found = (size_t)value->whole - 1; /* SimpleITK's own numbers, in this order */
    else if (value->kind == YAML_TEXT)
        for (size_t i = 0; i < n; i++)
            if (strcmp(value->text, interpolators[i]) == 0)
                found = i;
    if (found == n) {
        const char *nearest = value->text == NULL ? NULL : text_nearest(value->text, interpolators, n);
        return yaml_fault(err, yaml, value, "interpolator: found %s, expected sitkBSpline, sitkLinear, sitkNearestNeighbor or another of SimpleITK's%s%s%s",
                          value->text == NULL ? yaml_kind_name(value->kind) : value->text, nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
    }
    settings->interpolator = found < 3 ? INTERPOLATE_NEAREST + (enum interpolator)found : INTERPOLATE_BSPLINE;
    settings->interpolator_unbuilt = found < 3 ? NULL : interpolators[found];
    return true;
}

static bool own_distances(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err)
{
    static const struct setting_row row = {"distances", SET_INTS, true, 0, 1000000, UNUSED, NULL, NULL};
    if (value->kind == YAML_NULL || !set_one(yaml, value, &row, settings, params, err))
        return value->kind != YAML_NULL ? false : yaml_fault(err, yaml, value, "distances: no value; leave the key out for the default");
    if (value->n == 0)
        return yaml_fault(err, yaml, value, "distances: the list is empty, expected at least one distance");
    settings->distance = arena_alloc(&params->arena, value->n, sizeof *settings->distance, err);
    if (settings->distance == NULL)
        return false;
    settings->distance_n = value->n;
    for (size_t i = 0; i < value->n; i++)
        settings->distance[i] = (int32_t)value->item[i]->whole;
    return true;
}

static bool own_range(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err)
{
    static const struct setting_row row = {"resegmentRange", SET_REALS, ANY, UNUSED, NULL, NULL};
    settings->resegment_n = 0;
    if (value->kind == YAML_NULL)
        return true;
    if (!set_one(yaml, value, &row, settings, params, err))
        return false;
    if (value->n != 1 && value->n != 2)
        return yaml_fault(err, yaml, value, "resegmentRange: found %zu numbers, expected 1 (lower) or 2 (lower, upper)", value->n);
    settings->resegment_n = value->n;
    for (size_t i = 0; i < value->n; i++)
        settings->resegment[i] = value->item[i]->number;
    if (value->n == 2 && settings->resegment[0] > settings->resegment[1])
        return yaml_fault(err, yaml, value, "resegmentRange: the lower limit %s is above the upper one, %s", value->item[0]->text, value->item[1]->text);
    return true;
}

static bool own_weighting(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err)
{
    static const char *const words[] = {"euclidean", "manhattan", "infinity", "no_weighting", NULL};
    static const struct setting_row row = {"weightingNorm", SET_WORD, ANY, UNUSED, words, NULL};
    int word = 0;
    (void)params;
    if (value->kind == YAML_NULL) {
        settings->weighting = WEIGHT_EACH_ANGLE;
        return true;
    }
    if (!set_word(yaml, value, &row, &word, err))
        return false;
    settings->weighting = WEIGHT_EUCLIDEAN + (enum weighting)word;
    return true;
}

/* PyWavelets' discrete wavelets: families with whole orders, and the biorthogonal pairs. */
static bool is_wavelet(const char *name)
{
    static const struct { const char *family; int least, most; } orders[] = {{"db", 1, 38}, {"sym", 2, 20}, {"coif", 1, 17}};
    static const char *const pairs = " 1.1 1.3 1.5 2.2 2.4 2.6 2.8 3.1 3.3 3.5 3.7 3.9 4.4 5.5 6.8 ";
    if (strcmp(name, "haar") == 0 || strcmp(name, "dmey") == 0)
        return true;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        size_t n = strlen(orders[i].family);
        double order;
        if (strncmp(name, orders[i].family, n) == 0 && strlen(name + n) <= 2 && double_from_text(name + n, &order))
            return order == floor(order) && order >= orders[i].least && order <= orders[i].most && name[n] != '0';
    }
    char padded[8];
    if ((strncmp(name, "bior", 4) != 0 && strncmp(name, "rbio", 4) != 0) || strlen(name) != 7)
        return false;
    snprintf(padded, sizeof padded, " %.3s ", name + 4);
    return strstr(pairs, padded) != NULL;
}

static bool own_wavelet(const struct yaml *yaml, const struct yaml_node *value, struct settings *settings, struct params *params, struct err *err)
{
    (void)settings;
    (void)params;
    if (value->kind != YAML_TEXT || !is_wavelet(value->text))
        return yaml_fault(err, yaml, value, "wavelet: found %s, expected a discrete wavelet of PyWavelets (haar, db1-38, sym2-20, coif1-17, bior, rbio, dmey)", value->text == NULL ? yaml_kind_name(value->kind) : value->text);
    return true;
}

static bool unknown_key(const struct yaml *yaml, const struct yaml_node *key, const char *where, const char *const *names, size_t n, struct err *err)
{
    const char *nearest = text_nearest(key->text, names, n);
    return yaml_fault(err, yaml, key, "%s: unknown key %.60s%s%s%s", where, key->text, nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

static bool expect_map(const struct yaml *yaml, const struct yaml_node *node, const char *where, struct err *err)
{
    return node->kind == YAML_MAP || wrong_kind(yaml, node, where, "a map of keys and values", err);
}

static bool apply_settings(const struct yaml *yaml, const struct yaml_node *map, const char *where, const struct setting_row *table, size_t table_n, struct settings *settings, struct params *params, struct err *err)
{
    const char *names[ROW_N];
    if (!expect_map(yaml, map, where, err))
        return false;
    for (size_t i = 0; i < table_n; i++)
        names[i] = table[i].name;
    for (size_t k = 0; k < map->n; k++) {
        const struct setting_row *row = NULL;
        for (size_t i = 0; i < table_n; i++)
            if (strcmp(map->key[k]->text, table[i].name) == 0)
                row = &table[i];
        if (row == NULL)
            return unknown_key(yaml, map->key[k], where, names, table_n, err);
        if (!set_one(yaml, map->item[k], row, settings, params, err))
            return false;
    }
    return true;
}

static const char *const image_types[] = {"Original", "Wavelet", "LoG", "Square", "SquareRoot", "Logarithm", "Exponential", "Gradient", "LBP2D", "LBP3D"};
enum { IMAGE_TYPE_N = sizeof image_types / sizeof image_types[0] };

static bool apply_image_types(const struct yaml *yaml, const struct yaml_node *map, struct params *params, struct err *err)
{
    if (!expect_map(yaml, map, "imageType", err))
        return false;
    params->original = map->n == 0;
    for (size_t k = 0; k < map->n; k++) {
        const struct yaml_node *key = map->key[k], *value = map->item[k];
        const char *known = NULL;
        for (size_t i = 0; i < IMAGE_TYPE_N; i++)
            if (strcmp(key->text, image_types[i]) == 0)
                known = image_types[i];
        if (known == NULL)
            return unknown_key(yaml, key, "imageType", image_types, IMAGE_TYPE_N, err);
        struct settings ignored = params->settings;
        bool original = strcmp(known, "Original") == 0;
        if (value->kind != YAML_NULL && !apply_settings(yaml, value, known, rows, ROW_N, original ? &params->settings : &ignored, params, err))
            return false;
        if (original)
            params->original = true;
        else
            params->unbuilt[params->unbuilt_n++] = known;
    }
    return true;
}

/* Makes a choice of all features but the deprecated ones, or of those that `list` names. */
static bool choose(const struct yaml *yaml, const struct yaml_node *list, const struct feature_class *kind, struct params *params, struct err *err)
{
    struct class_choice *choice = &params->class_choice[params->class_n];
    size_t room = kind->feature_n;
    *choice = (struct class_choice){.kind = kind, .feature = arena_alloc(&params->arena, room, sizeof(size_t), err), .wanted = arena_alloc(&params->arena, room, sizeof(bool), err)};
    if (choice->feature == NULL || choice->wanted == NULL)
        return false;
    bool all = list == NULL || list->kind == YAML_NULL || list->n == 0;
    for (size_t i = 0; all && i < kind->feature_n; i++)
        if (!kind->feature[i].deprecated && !kind->feature[i].gone) {
            choice->feature[choice->feature_n++] = i;
            choice->wanted[i] = true;
        }
    for (size_t k = 0; !all && k < list->n; k++) {
        const struct yaml_node *item = list->item[k];
        size_t i = item->text == NULL ? SIZE_MAX : feature_find(kind, item->text);
        if (i == SIZE_MAX) {
            const char *names[128];
            size_t n = 0;
            for (; n < kind->feature_n && n < 128; n++)
                names[n] = kind->feature[n].name;
            const char *nearest = item->text == NULL ? NULL : text_nearest(item->text, names, n);
            return yaml_fault(err, yaml, item, "featureClass %s: unknown feature %s%s%s%s", kind->name, item->text == NULL ? yaml_kind_name(item->kind) : item->text, nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
        }
        if (kind->feature[i].gone || choice->wanted[i])
            continue;
        choice->feature[choice->feature_n++] = i;
        choice->wanted[i] = true;
    }
    params->class_n++;
    return true;
}

static bool apply_classes(const struct yaml *yaml, const struct yaml_node *map, struct params *params, struct err *err)
{
    if (!expect_map(yaml, map, "featureClass", err))
        return false;
    for (size_t k = 0; k < map->n; k++) {
        const struct yaml_node *key = map->key[k], *value = map->item[k];
        const struct feature_class *kind = feature_class_find(key->text);
        if (kind == NULL) {
            const char *names[16];
            for (size_t i = 0; i < feature_classes_n && i < 16; i++)
                names[i] = feature_classes[i]->name;
            return unknown_key(yaml, key, "featureClass", names, feature_classes_n, err);
        }
        if (value->kind != YAML_NULL && value->kind != YAML_LIST)
            return wrong_kind(yaml, value, kind->name, "a list of features, or nothing for all", err);
        if (!choose(yaml, value, kind, params, err))
            return false;
    }
    return true;
}

static bool apply_own(const struct yaml *yaml, const struct yaml_node *map, struct params *params, struct err *err)
{
    static const struct setting_row own[] = {{"mask_fit", SET_WORD, ANY, AT(mask_policy), policies, NULL}};
    return apply_settings(yaml, map, "hepar", own, 1, &params->settings, params, err);
}

static bool defaults(struct params *params, struct err *err)
{
    *params = (struct params){
        .settings = {
            .normalize_scale = 1, .interpolator = INTERPOLATE_BSPLINE, .pad = 5, .label = 1, .minimum_dimensions = 2, .bin_width = 25,
            .distance_n = 1, .symmetrical_glcm = true, .additional_info = true, .mask_policy = MASK_PYRADIOMICS,
        },
        .original = true,
    };
    params->settings.distance = arena_alloc(&params->arena, 1, sizeof(int32_t), err);
    params->class_choice = arena_alloc(&params->arena, feature_classes_n, sizeof *params->class_choice, err);
    params->unbuilt = arena_alloc(&params->arena, IMAGE_TYPE_N, sizeof *params->unbuilt, err);
    if (params->settings.distance == NULL || params->class_choice == NULL || params->unbuilt == NULL)
        return false;
    params->settings.distance[0] = 1;
    return true;
}

/* Classes when the file names none. shape2D only where force2D lets it be computed. */
static bool choose_all(struct params *params, struct err *err)
{
    for (size_t i = 0; i < feature_classes_n; i++)
        if (feature_classes[i] != &class_shape2d && !choose(NULL, NULL, feature_classes[i], params, err))
            return false;
    return true;
}

/* Configuration_Settings: what differs from no file at all is what a reader looks for, so every used setting is told. */
bool params_describe(struct params *params, struct err *err)
{
    static const char *const names[] = {"none", "sitkNearestNeighbor", "sitkLinear", "sitkBSpline"};
    const struct settings *s = &params->settings;
    struct text text = TEXT_INIT;
    for (size_t i = 0; i < ROW_N; i++) {
        if (rows[i].offset == UNUSED)
            continue;
        const void *place = (const char *)s + rows[i].offset;
        text_add(&text, "%s%s: ", text.n == 0 ? "" : ", ", rows[i].name);
        if (rows[i].kind == SET_BOOL)
            text_add(&text, "%s", *(const bool *)place ? "true" : "false");
        else if (rows[i].kind == SET_REAL)
            text_add_double(&text, *(const double *)place);
        else if (rows[i].kind == SET_WORD)
            text_add(&text, "%s", rows[i].word[*(const int *)place]);
        else
            text_add(&text, "%lld", is_wide(rows[i].offset) ? (long long)*(const int64_t *)place : (long long)*(const int32_t *)place);
    }
    text_add(&text, ", interpolator: %s, resampledPixelSpacing: [", names[s->interpolator]);
    for (int d = 0; s->resample && d < 3; d++) {
        text_add(&text, "%s", d == 0 ? "" : ", ");
        text_add_double(&text, s->spacing[d]);
    }
    text_add(&text, "], resegmentRange: [");
    for (size_t i = 0; i < s->resegment_n; i++) {
        text_add(&text, "%s", i == 0 ? "" : ", ");
        text_add_double(&text, s->resegment[i]);
    }
    text_add(&text, "], distances: [");
    for (size_t i = 0; i < s->distance_n; i++)
        text_add(&text, "%s%d", i == 0 ? "" : ", ", (int)s->distance[i]);
    text_add(&text, "], mask_fit: %s", policies[s->mask_policy]);
    params->settings_text = text_ok(&text, err) ? arena_string(&params->arena, text.bytes, err) : NULL; /* not an earlier one */
    text_free(&text);
    params->image_types_text = arena_string(&params->arena, "Original", err);
    return params->settings_text != NULL && params->image_types_text != NULL;
}

bool params_default(struct params *params, struct err *err)
{
    return defaults(params, err) && choose_all(params, err) && params_describe(params, err);
}

static bool apply(const struct yaml *yaml, struct params *params, struct err *err)
{
    static const char *const sections[] = {"setting", "imageType", "featureClass", "voxelSetting", "hepar"};
    const struct yaml_node *root = yaml->root, *map;
    if (!expect_map(yaml, root, "parameter file", err))
        return false;
    for (size_t k = 0; k < root->n; k++) {
        bool known = false;
        for (size_t i = 0; i < 5; i++)
            known = known || strcmp(root->key[k]->text, sections[i]) == 0;
        if (!known)
            return unknown_key(yaml, root->key[k], "parameter file", sections, 5, err);
    }
    if ((map = yaml_find(root, "setting")) != NULL && !apply_settings(yaml, map, "setting", rows, ROW_N, &params->settings, params, err))
        return false;
    if ((map = yaml_find(root, "voxelSetting")) != NULL && !apply_settings(yaml, map, "voxelSetting", voxel_rows, VOXEL_ROW_N, &params->settings, params, err))
        return false;
    if ((map = yaml_find(root, "imageType")) != NULL && !apply_image_types(yaml, map, params, err))
        return false;
    if ((map = yaml_find(root, "hepar")) != NULL && !apply_own(yaml, map, params, err))
        return false;
    map = yaml_find(root, "featureClass");
    if (map != NULL && !apply_classes(yaml, map, params, err))
        return false;
    return params->class_n > 0 || choose_all(params, err);
}

static bool take(struct yaml *yaml, bool read, struct params *params, struct err *err)
{
    bool ok = read && defaults(params, err) && apply(yaml, params, err) && params_describe(params, err);
    yaml_drop(yaml);
    if (!ok && read)
        params_free(params);
    return ok;
}

bool params_read(const char *path, struct params *params, struct err *err)
{
    struct yaml yaml = {0};
    *params = (struct params){0};
    return take(&yaml, yaml_read(path, &yaml, err), params, err);
}

bool params_parse(const char *name, const void *bytes, size_t n, struct params *params, struct err *err)
{
    struct yaml yaml = {0};
    *params = (struct params){0};
    return take(&yaml, yaml_parse(name, bytes, n, &yaml, err), params, err);
}

bool params_check_built(const struct params *params, struct err *err)
{
    if (params->unbuilt_n > 0)
        return err_set(err, ERR_USAGE, "imageType %s: not built yet; hepar computes Original", params->unbuilt[0]);
    if (params->settings.resample && params->settings.interpolator_unbuilt != NULL)
        return err_set(err, ERR_USAGE, "interpolator %s: not built yet; hepar has sitkBSpline, sitkLinear and sitkNearestNeighbor", params->settings.interpolator_unbuilt);
    return true;
}

void params_free(struct params *params)
{
    arena_free(&params->arena);
    *params = (struct params){0};
}
