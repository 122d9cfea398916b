/* The second-largest singular value of a scaled co-occurrence matrix: Haralick's maximal correlation coefficient. */
#ifndef HEPAR_RADIOMICS_MCC_H
#define HEPAR_RADIOMICS_MCC_H

#include <stddef.h>

/* a[n * n], symmetric, both triangles, destroyed; work[5 * n]. The eigenvalue whose magnitude is second (counted with
 * multiplicity), as a magnitude; 0 when n < 2. */
double second_magnitude_symmetric(size_t n, double *a, double *work);

/* a[n * n], row-major, any; gram[n * n], work[5 * n]: the second-largest singular value. `a` is kept. */
double second_singular_value(size_t n, const double *a, double *gram, double *work);

#endif
