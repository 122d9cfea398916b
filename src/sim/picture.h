/* The images of a virtual patient: a box of two phases around the tumour, and the reader's mask. */
#ifndef HEPAR_SIM_PICTURE_H
#define HEPAR_SIM_PICTURE_H

#include "base/err.h"
#include "image/volume.h"
#include "sim/patient.h"
#include "sim/recipe.h"

struct picture {
    struct volume arterial, portal; /* int16, HU */
    struct volume mask;             /* uint8, 1 inside the outline; the grid of the phases */
};

/* The phases of one examination share a grid; the mask holds at least one voxel. ERR_SYSTEM when memory is short. */
bool picture_make(struct picture *picture, const struct recipe *recipe, uint64_t seed, const struct patient *patient, struct err *err);
void picture_free(struct picture *picture);

#endif
