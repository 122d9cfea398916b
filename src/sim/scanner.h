/* The scanner: which voxels a centre's examination has, and what it does to the ideal image. */
#ifndef HEPAR_SIM_SCANNER_H
#define HEPAR_SIM_SCANNER_H

#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"
#include "sim/recipe.h"

struct scanner {
    double spacing[3];  /* mm */
    double sigma_mm[3]; /* of the point spread */
    double noise;       /* HU */
    double shift;       /* HU */
};

/* One examination's scanner, drawn from those of one of the recipe's centres. */
struct scanner scanner_make(const struct recipe *recipe, const struct recipe_centre *centre, struct rng rng);

/* values: the ideal image (HU); blurred, noise of the kernel's grain added, shifted, rounded and cut to int16 HU. */
bool scanner_take(const struct scanner *scanner, const size_t n[3], float *values, struct rng noise, int16_t *out, struct err *err);

#endif
