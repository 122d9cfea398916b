/* Dense linear algebra: a thin layer over OpenBLAS and LAPACKE, the only file that calls them.
 *
 * Matrices are column-major without gaps: element (i, j) of a matrix of `rows` rows is a[i + j * rows], so a
 * column is a plain vector. Outputs never overlap inputs unless the text says "in place". OpenBLAS runs at one
 * thread (the program's threads are tasks of base/pool.h), which also keeps results equal for any -j.
 * No function allocates for the caller or takes an err: what can fail numerically says so by its result. */
#ifndef HEPAR_NUM_LINALG_H
#define HEPAR_NUM_LINALG_H

#include <stdbool.h>
#include <stddef.h>

double la_dot(size_t n, const double *x, const double *y);
void la_axpy(size_t n, double a, const double *x, double *y); /* y += a x */
void la_scale(size_t n, double a, double *x);                 /* x *= a */

/* y = A x; A is rows x cols, x[cols], y[rows]. */
void la_mul(size_t rows, size_t cols, const double *a, const double *x, double *y);
/* y = A' x; A is rows x cols, x[rows], y[cols]. */
void la_mul_t(size_t rows, size_t cols, const double *a, const double *x, double *y);
/* C = A B; A is m x k, B k x n, C m x n. */
void la_matmul(size_t m, size_t k, size_t n, const double *a, const double *b, double *c);
/* C = A' B; A is k x m, B k x n, C m x n. */
void la_matmul_tn(size_t m, size_t k, size_t n, const double *a, const double *b, double *c);
/* C = A B'; A is m x k, B n x k, C m x n. */
void la_matmul_nt(size_t m, size_t k, size_t n, const double *a, const double *b, double *c);
/* G = A' A, both triangles; A is rows x cols, G cols x cols. */
void la_gram(size_t rows, size_t cols, const double *a, double *g);

/* A = L L' in place: the lower triangle becomes L, the upper one is left alone. false: not positive definite. */
bool la_cholesky(size_t n, double *a);
void la_cholesky_solve(size_t n, const double *l, size_t columns, double *b); /* B (n x columns) in place */
void la_cholesky_inverse(size_t n, const double *l, double *inverse);         /* both triangles */
double la_cholesky_logdet(size_t n, const double *l);                         /* log det A */

/* Eigenvalues ascending in value[n]; A (symmetric, lower triangle read) becomes the vectors, one a column.
 * false: no convergence, a value not finite, or no memory. */
bool la_eigen_symmetric(size_t n, double *a, double *value);

/* Minimum-norm least squares by QR with column pivoting (LAPACK dgelsy). A (rows x cols) is destroyed; y[rows]
 * in. coef[cols] out. Columns whose pivot is below `tolerance` relative to the largest do not count in *rank.
 * false: a value not finite, or no memory. */
bool la_least_squares(size_t rows, size_t cols, double *a, const double *y, double tolerance, double *coef,
                      size_t *rank);

/* Solves A x = b for a general square A; A and b (n x columns, becomes x) in place. false: exactly singular, a value
 * not finite, or, above 2,048 unknowns, no memory. */
bool la_solve(size_t n, double *a, size_t columns, double *b);

#endif
