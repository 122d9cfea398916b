/* The registry of feature classes: one row a class, in ASCII order of names (PyRadiomics' order when all are on). */
#include <stdint.h>
#include <string.h>

#include "radiomics/class.h"

const struct feature_class *const feature_classes[] = {
    &class_firstorder,
    &class_glcm,
    &class_gldm,
    &class_glrlm,
    &class_glszm,
    &class_ngtdm,
    &class_shape,
    &class_shape2d,
};
const size_t feature_classes_n = sizeof feature_classes / sizeof feature_classes[0];

const struct feature_class *feature_class_find(const char *name)
{
    for (size_t i = 0; i < feature_classes_n; i++)
        if (strcmp(feature_classes[i]->name, name) == 0)
            return feature_classes[i];
    return NULL;
}

size_t feature_find(const struct feature_class *kind, const char *name)
{
    for (size_t i = 0; i < kind->feature_n; i++)
        if (strcmp(kind->feature[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}
