/* Augmentation: random changes of a training case that do not change its label.
 *
 * What may happen is a struct augment: for each change a probability and a strength. augment_draw() turns it and a keyed generator
 * into a plan, always with the same number of draws, so that one setting does not move the others; sample_fill() carries it out, all
 * geometric parts together in one trilinear pass. Geometry is in mm (right for any spacing): out of the box's centre, an output
 * voxel is flipped, scaled, rotated (about z, then tilted about y and x) and shifted to where the crop is read. 2-D and 2.5-D views
 * stay in their slices: no z flip, no tilt, no z shift. Intensity is in HU, before the window; it and noise leave alone what
 * lies at or below the window's low value (air, blanks). */
#ifndef HEPAR_NN_AUGMENT_H
#define HEPAR_NN_AUGMENT_H

#include <stddef.h>

#include "base/err.h"
#include "base/rng.h"
#include "nn/crop.h"

struct augment {
    double flip_x, flip_y, flip_z;     /* probabilities, 0..1 */
    double rotate, rotate_degrees;     /* probability; about z, uniform in +-degrees, 0..180 */
    double tilt, tilt_degrees;         /* about y and about x, uniform in +-degrees each, 0..90 */
    double scale, scale_by;            /* factor log-uniform in 1/(1+by)..1+by, by 0..1; above 1 the tumour looks larger */
    double shift, shift_mm;            /* uniform in +-mm a axis, 0..50 */
    double gain, gain_by;              /* a phase: HU about the window's centre times 1 +- by, 0..0.9 */
    double offset, offset_hu;          /* a phase: HU + uniform in +-hu, 0..500 */
    double noise, noise_hu;            /* a case: noise of standard deviation uniform in 0..hu, 0..500, independent a voxel and phase */
    double blur, blur_voxels;          /* a case: Gaussian, sigma uniform in 0..voxels, 0..3 */
    double jitter, jitter_voxels;      /* masks grow or shrink by a ball of radius uniform in +-voxels (of the smallest spacing), 0..6 */
    double drop;                       /* probability that a phase is all low; at least one phase stays */
};
extern const struct augment AUGMENT_DEFAULT; /* strengths for lesions of 1-10 cm on CT */
extern const struct augment AUGMENT_FLIPS;   /* flips with probability 1/2, nothing else: no margin needed */

/* The fields, for configuration and help: name, bounds, what it is. */
struct augment_field {
    const char *name; /* "rotate_degrees" */
    size_t offset;    /* of the double in struct augment */
    double low, high;
    const char *about;
};
extern const struct augment_field augment_fields[];
extern const size_t augment_field_n;
bool augment_check(const struct augment *augment, struct err *err); /* ERR_USAGE: field, value, range */

/* The margin (voxels a side) that a crop needs so that no plan of `augment` reads beyond it. */
void augment_margin(const struct augment *augment, enum crop_view view, const size_t size[3], const double spacing[3], size_t margin[3]);

/* What is done to one input. */
struct augment_plan {
    double turn[3][3];  /* crop index offset (from the box's centre) = turn * output index offset + shift; axes x, y, z */
    double shift[3];    /* voxels */
    float gain[CROP_PHASE_MAX], offset_hu[CROP_PHASE_MAX];
    bool dropped[CROP_PHASE_MAX];
    float noise_hu, blur_voxels, jitter_voxels; /* 0: none */
};
struct augment_plan augment_identity(void);
struct augment_plan augment_draw(const struct augment *augment, const struct crop *crop, struct rng *rng);

#endif
