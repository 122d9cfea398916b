/* Random fields on a voxel grid, and the waves that deform a surface. */
#ifndef HEPAR_SIM_NOISE_H
#define HEPAR_SIM_NOISE_H

#include <stddef.h>

#include "base/err.h"
#include "base/rng.h"

/* Smooth noise of mean 0 and variance 1 in every voxel into out[n[0] * n[1] * n[2]], x fastest: cubic B-splines
 * over a lattice of independent normals, `length_mm` apart, divided by the root of the sum of squared weights.
 * Two voxels further apart than 4 lattice spacings along an axis are independent. length_mm > 0. */
bool noise_smooth(const size_t n[3], const double spacing[3], double length_mm, struct rng rng, float *out, struct err *err);

/* Independent standard normals. */
void noise_white(size_t n, struct rng rng, float *out);

/* Gaussian blur in place, sigma in mm along each axis (0: none), the border's value repeated outside. */
bool noise_blur(const size_t n[3], const double spacing[3], const double sigma_mm[3], float *values, struct err *err);

/* Standard deviation that noise_blur() leaves of white noise of 1, away from the border. */
double noise_blur_gain(const double spacing[3], const double sigma_mm[3]);

/* A smooth random function on the unit sphere: sqrt(2 / N) sum_j cos(k_j . u + phi_j), cut to [-3, 3]. */
enum { WAVE_N = 16 };
struct waves {
    double k[WAVE_N][3], phase[WAVE_N];
};
/* Wave numbers |k| uniform in [low, low + range], directions and phases uniform. */
void waves_init(struct waves *waves, double low, double range, struct rng rng);
double waves_at(const struct waves *waves, const double u[3]);

#endif
