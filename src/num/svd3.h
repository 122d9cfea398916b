/* The pseudo-inverse of a 3 x 3 matrix, bit for bit as ITK computes it.
 *
 * ITK turns positions into indices with V diag(1/s) U' from LINPACK's singular value decomposition (Dongarra, Bunch,
 * Moler, Stewart: LINPACK Users' Guide, 1979, chapter 11). Where a point lies half way between two voxels, the last bit of
 * that inverse decides which one is taken, so a better inverse would be a different one. */
#ifndef HEPAR_NUM_SVD3_H
#define HEPAR_NUM_SVD3_H

#include <stdbool.h>

/* m = u diag(s) v', s descending and not negative. false: not finite. */
bool svd3(const double m[3][3], double u[3][3], double s[3], double v[3][3]);
/* v diag(1/s) u'. Singular values of 0 count as an inverse of 0; not finite gives NaN. */
void svd3_inverse(const double m[3][3], double inverse[3][3]);

#endif
