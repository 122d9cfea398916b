/* The liver around the tumour: its texture, its surface with fat beyond, its vessels; both phases. */
#ifndef HEPAR_SIM_LIVER_H
#define HEPAR_SIM_LIVER_H

#include "base/err.h"
#include "image/volume.h"
#include "sim/patient.h"
#include "sim/recipe.h"

struct liver {
    double arterial_hu, portal_hu; /* its mean in each phase */
    float *inside;                 /* share of the voxel that is liver, 0..1; owned */
};

/* Paints arterial[] and portal[] (HU, a value a voxel). centre_mm: the tumour's centre from voxel (0, 0, 0). */
bool liver_paint(struct liver *liver, const struct recipe *recipe, uint64_t seed, const struct patient *patient,
                 const struct grid *grid, const double centre_mm[3], float *arterial, float *portal, struct err *err);
void liver_free(struct liver *liver);

#endif
