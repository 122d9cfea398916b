/* Cubic B-spline interpolation of a box of an image, in ITK's order of operations. */
#ifndef HEPAR_IMAGE_BSPLINE_H
#define HEPAR_IMAGE_BSPLINE_H

#include "image/volume.h"

struct bspline {
    size_t image_n[3];         /* size of the whole image */
    size_t first[3], n[3];     /* the box that coefficient[] holds */
    double *coefficient;       /* n[0] * n[1] * n[2]; owned */
    double at[3];              /* the index that weight[] and tap[] are for; NaN before the first */
    double weight[3][4];
    size_t tap[3][4];          /* offsets within the box, mirrored at the image's ends */
};

/* lowest, highest: the range of continuous indices that will be asked for; within the image by half a voxel. */
bool bspline_init(struct bspline *spline, const struct volume *image, const double lowest[3], const double highest[3], struct err *err);
double bspline_at(struct bspline *spline, const double index[3]);
void bspline_free(struct bspline *spline);

#endif
