/* Parameters: PyRadiomics' parameter file (YAML 1.1), its settings, and what it enables.
 *
 * The keys, their types and bounds are those of PyRadiomics' radiomics/schemas/paramSchema.yaml (commit 8ed5793):
 * setting, imageType, featureClass, voxelSetting; hepar's own keys stand under `hepar:`. A key that is not known is
 * refused with its line and column and the nearest known one. Defaults are PyRadiomics' own. */
#ifndef HEPAR_RADIOMICS_PARAMS_H
#define HEPAR_RADIOMICS_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "image/maskfit.h"
#include "image/resample.h"

struct feature_class;

enum resegment_mode { RESEGMENT_ABSOLUTE, RESEGMENT_RELATIVE, RESEGMENT_SIGMA };
/* Weights of GLCM and GLRLM angles (weightingNorm): none is "each angle's value, then their mean". */
enum weighting { WEIGHT_EACH_ANGLE, WEIGHT_EUCLIDEAN, WEIGHT_MANHATTAN, WEIGHT_INFINITY, WEIGHT_EQUAL };

/* Every setting of one image type, with PyRadiomics' name behind it. Counts of 0 mean "not set". */
struct settings {
    /* the image */
    bool normalize;                /* normalize */
    double normalize_scale;        /* normalizeScale, > 0 */
    double remove_outliers;        /* removeOutliers, standard deviations; 0: not set */
    bool resample;                 /* resampledPixelSpacing is set */
    double spacing[3];             /* resampledPixelSpacing, mm, x y z; 0 keeps the image's */
    enum interpolator interpolator; /* interpolator; INTERPOLATE_NONE switches resampling off */
    const char *interpolator_unbuilt; /* NULL, or the name of one that PyRadiomics has and hepar has not */
    int32_t pad;                   /* padDistance, voxels of the new grid, >= 0 */
    bool pre_crop;                 /* preCrop */
    /* the mask */
    int64_t label;                 /* label, > 0 */
    int64_t label_channel;         /* label_channel, >= 0 */
    bool correct_mask;             /* correctMask */
    double geometry_tolerance;     /* geometryTolerance, > 0; 0: not set (ITK's 1e-6) */
    int32_t minimum_dimensions;    /* minimumROIDimensions, 1..3 */
    int64_t minimum_size;          /* minimumROISize, voxels; 0: not set */
    size_t resegment_n;            /* limits given in resegmentRange: 0, 1 or 2 */
    double resegment[2];           /* resegmentRange: lower, upper */
    enum resegment_mode resegment_mode; /* resegmentMode */
    bool resegment_shape;          /* resegmentShape */
    enum mask_policy mask_policy;  /* hepar: mask_fit; MASK_PYRADIOMICS is geometryTolerance with correctMask */
    /* grey levels */
    double bin_width;              /* binWidth, > 0 */
    int64_t bin_count;             /* binCount, > 0; 0: not set, binWidth holds */
    /* the classes */
    int64_t voxel_array_shift;     /* voxelArrayShift: added to intensities in Energy, TotalEnergy, RootMeanSquared */
    bool force_2d;                 /* force2D */
    int32_t force_2d_axis;         /* force2Ddimension: 0 z, 1 y, 2 x (the array axis that is left out) */
    size_t distance_n;             /* distances: Chebyshev distances of neighbours, each > 0 */
    int32_t *distance;             /* owned by the arena of the params; at least one, {1} by default */
    enum weighting weighting;      /* weightingNorm */
    bool symmetrical_glcm;         /* symmetricalGLCM */
    int32_t gldm_alpha;            /* gldm_a, >= 0 */
    bool additional_info;          /* additionalInfo */
};

/* A class that the file enables, in the file's order. */
struct class_choice {
    const struct feature_class *kind;
    size_t feature_n;  /* features of the class that are wanted, in the order their columns have */
    size_t *feature;   /* their rows in the class's table */
    bool *wanted;      /* one a row of the table */
};

struct params {
    struct settings settings; /* of image type Original, its own keys already laid over `setting` */
    bool original;            /* image type Original is enabled */
    size_t unbuilt_n;         /* image types that are enabled and that hepar has not yet */
    const char **unbuilt;     /* their names */
    size_t class_n;
    struct class_choice *class_choice;
    char *settings_text;      /* Configuration_Settings: the settings as one line of JSON */
    char *image_types_text;   /* Configuration_EnabledImageTypes */
    struct arena arena;       /* owns all of the above */
};

/* All classes but shape2D with all but the deprecated features, image type Original. */
bool params_default(struct params *params, struct err *err);
/* ERR_USAGE (file, line, column, key, what was expected) when refused. */
bool params_read(const char *path, struct params *params, struct err *err);
/* The same from memory; `name` stands in messages. */
bool params_parse(const char *name, const void *bytes, size_t n, struct params *params, struct err *err);
/* Writes settings_text anew, after settings were changed by hand. */
bool params_describe(struct params *params, struct err *err);
/* ERR_USAGE, by name, when the file asks for what hepar has not yet: another image type or interpolator. */
bool params_check_built(const struct params *params, struct err *err);
void params_free(struct params *params); /* a zeroed struct is fine */

#endif
