/* A mask onto the image's grid: which voxels of the image belong to the label.
 *
 * Policies, by how far mask and image may be apart:
 *   strict    same size, every corner voxel within 1e-3 voxel
 *   snap      axes equal up to order, direction and a whole shift, corners within 0.1 voxel; placed by position
 *   resample  anything: the nearest mask voxel at each image voxel's centre
 * A fourth, MASK_PYRADIOMICS, is not done here: geometryTolerance and correctMask of a parameter file (radiomics/prepare.h).
 * A mask that does not fit is refused with what differs, by how much, and whether the region still overlaps. */
#ifndef HEPAR_IMAGE_MASKFIT_H
#define HEPAR_IMAGE_MASKFIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/roi.h"
#include "image/volume.h"

enum mask_policy { MASK_STRICT, MASK_SNAP, MASK_RESAMPLE, MASK_PYRADIOMICS };
bool mask_policy_from_name(const char *name, enum mask_policy *policy); /* "strict", "snap", "resample" */

struct mask_choice {
    int64_t label;
    size_t channel; /* of a vector mask; 0 else */
    enum mask_policy policy; /* not MASK_PYRADIOMICS */
};

/* The label's voxels on the image's grid; the caller frees the region with roi_free(). Notes gain what was done to the mask, and
 * what is odd in the region. */
bool mask_fit(const struct volume *image, const struct volume *mask, const struct mask_choice *choice, struct roi *region, struct notes *notes,
              struct err *err);

#endif
