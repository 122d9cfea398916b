/* Principal axes of a set of voxel centres: eigenvalues of their covariance (divisor Np), in mm^2.
 *
 * The sums are whole numbers, so that the covariance carries one rounding and a flat or straight region gets an
 * eigenvalue that is zero up to rounding. Lengths of axes are 4 sqrt(eigenvalue)
 * (PyRadiomics, radiomics/shape.py). */
#ifndef HEPAR_RADIOMICS_AXES_H
#define HEPAR_RADIOMICS_AXES_H

#include <stddef.h>
#include <stdint.h>

struct axes {
    int64_t n, sum[3], product[3][3]; /* of voxel indices; product[i][j] for i <= j */
};

void axes_add(struct axes *axes, int64_t x, int64_t y, int64_t z);
/* Eigenvalues of the covariance of the first `dim` (2 or 3) coordinates, ascending, negative rounding set to 0.
 * n >= 1. */
void axes_eigenvalues(const struct axes *axes, const double *spacing, size_t dim, double value[3]);

#endif
