/* Matrices of grey level by size: run lengths (GLRLM), zone sizes (GLSZM), numbers of dependent neighbours (GLDM). Their
 * features are the same sixteen sums; a class gives them its own names.
 *
 * Galloway, Comput Graph Image Process 4, 1975 (emphases, non-uniformities, percentage); Chu, Sehgal, Greenleaf, Pattern
 * Recognit Lett 11, 1990 (grey level emphases); Dasarathy, Holder, Pattern Recognit Lett 12, 1991 (joint emphases);
 * Thibault et al., Int J Pattern Recognit Artif Intell 27, 2013 (variances). P(i, j) is the count of things of grey
 * level i and size j, N their number, p = P / N. */
#ifndef HEPAR_RADIOMICS_SIZE_MATRIX_H
#define HEPAR_RADIOMICS_SIZE_MATRIX_H

#include "radiomics/ranks.h"

/* A run, a zone, or a voxel with its dependents, as a kernel finds it. */
struct sized {
    uint32_t rank; /* 1..level_n */
    uint32_t size; /* at least 1 */
};

struct size_cell {
    uint32_t rank, size;
    double n; /* > 0 */
};

struct size_matrix {
    size_t cell_n;
    struct size_cell *cell; /* by rank, then by size */
    uint32_t size_max;
    double total;           /* N */
};

/* Counts equal pairs of things[n]. Memory: arena, in proportion to n or to level_n, never to their product with the
 * largest size beyond a fixed table. `things` is destroyed. */
bool size_matrix_count(const struct ranks *ranks, struct sized *things, size_t n, struct size_matrix *matrix, struct arena *arena, struct err *err);
/* The sum over n matrices of weight[a] times the matrix. */
bool size_matrix_weigh(const struct ranks *ranks, const struct size_matrix *each, const double *weight, size_t n, struct size_matrix *matrix,
                       struct arena *arena, struct err *err);

enum size_feature {
    SMALL_EMPHASIS,            /* sum P / j^2 / N */
    LARGE_EMPHASIS,            /* sum P j^2 / N */
    LEVEL_NON_UNIFORMITY,      /* sum over i of (sum over j of P)^2 / N */
    LEVEL_NON_UNIFORMITY_NORMALIZED, /* the same / N^2 */
    SIZE_NON_UNIFORMITY,       /* sum over j of (sum over i of P)^2 / N */
    SIZE_NON_UNIFORMITY_NORMALIZED,
    PERCENTAGE,                /* N / sum P j */
    LEVEL_VARIANCE,            /* sum p (i - mean)^2 */
    SIZE_VARIANCE,             /* sum p (j - mean)^2 */
    SIZE_ENTROPY,              /* -sum p log2(p + eps), eps the spacing of 1 */
    LOW_LEVEL_EMPHASIS,        /* sum P / i^2 / N */
    HIGH_LEVEL_EMPHASIS,       /* sum P i^2 / N */
    SMALL_LOW_EMPHASIS,        /* sum P / (i^2 j^2) / N */
    SMALL_HIGH_EMPHASIS,       /* sum P i^2 / j^2 / N */
    LARGE_LOW_EMPHASIS,        /* sum P j^2 / i^2 / N */
    LARGE_HIGH_EMPHASIS,       /* sum P i^2 j^2 / N */
    SIZE_FEATURE_N
};

/* A matrix with total > 0. */
bool size_matrix_features(const struct ranks *ranks, const struct size_matrix *matrix, double value[SIZE_FEATURE_N], struct arena *arena, struct err *err);

#endif
