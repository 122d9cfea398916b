/* A feature class: a table of features and the function that fills their values.
 *
 * To add a feature: a row in its class's table and a value in its compute(). To add a class: one file, and one row in
 * classes.c. Columns, help and the feature catalogue come from these tables. */
#ifndef HEPAR_RADIOMICS_CLASS_H
#define HEPAR_RADIOMICS_CLASS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "radiomics/params.h"
#include "radiomics/region.h"

struct feature {
    const char *name;    /* PyRadiomics' name: "JointEnergy" */
    const char *formula; /* in the letters of PyRadiomics' documentation, one line */
    const char *ibsi;    /* the Image Biomarker Standardisation Initiative's code ("8ZQL"), or NULL */
    bool deprecated;     /* computed only when named in the parameter file */
    bool gone;           /* deprecated so far that PyRadiomics takes the name but gives no column: never computed */
    const char *edge;    /* where it is undefined, or what stands there by convention; NULL: it always has a value */
};

/* What compute() fills: both arrays have feature_n elements in the table's order and come filled with NaN and NULL.
 * reason[] is a constant text: why value[] is NaN, or, beside a value, by what convention it stands there
 * ("flat region: 1 by convention"). */
struct class_values {
    const bool *wanted; /* rows asked for; others may be left out, where that saves time */
    double *value;
    const char **reason;
};

struct feature_class {
    const char *name;              /* "glcm" */
    const char *title;             /* "Grey level co-occurrence matrix" */
    const struct feature *feature; /* in ASCII order of names, as PyRadiomics' columns are */
    size_t feature_n;
    bool of_mask;                  /* a shape class: computed once, from the mask before resegmentation, no intensities */
    bool of_ranks;                 /* a texture class: reads the lattice of ranks (ranks.h) */
    /* Scratch memory comes from `arena`, which the caller frees. false only for what ends the case (memory, or a region
     * that PyRadiomics refuses for this class); an undefined feature is NaN with a reason. */
    bool (*compute)(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err);
};

extern const struct feature_class class_firstorder, class_glcm, class_gldm, class_glrlm, class_glszm, class_ngtdm, class_shape, class_shape2d;

/* The registry, in ASCII order of names. */
extern const struct feature_class *const feature_classes[];
extern const size_t feature_classes_n;
const struct feature_class *feature_class_find(const char *name);               /* NULL when absent */
size_t feature_find(const struct feature_class *kind, const char *name);        /* its row; SIZE_MAX when absent */

#endif
