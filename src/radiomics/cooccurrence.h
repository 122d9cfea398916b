/* Co-occurrence: how often grey level i has grey level j as its neighbour in a direction, as a list of non-zero cells.
 *
 * Haralick, Shanmugam, Dinstein, IEEE Trans Syst Man Cybern SMC-3, 1973. Counting goes level by level: the voxels
 * sorted by rank give one row of the matrix at a time, so the row's counters stay in the first cache whatever the
 * number of levels, and no array of level_n squared is made. A symmetrical matrix (C + its transpose) counts the
 * neighbours on both sides and keeps i <= j. */
#ifndef HEPAR_RADIOMICS_COOCCURRENCE_H
#define HEPAR_RADIOMICS_COOCCURRENCE_H

#include "radiomics/ranks.h"

struct cooccurrence_cell {
    uint16_t i, j; /* ranks */
    double n;      /* > 0: count, or sum of weighted counts */
};

struct cooccurrence {
    bool symmetrical;    /* a cell with i < j stands for (j, i) too, each with its n */
    bool counted;        /* every n is a whole number */
    double total;        /* sum over the whole matrix */
    size_t cell_n;
    struct cooccurrence_cell *cell; /* by rising i */
};

/* Voxels of a region sorted by rank, and the counters of one row. */
struct cooccurrence_counter {
    const struct ranks *ranks;
    bool symmetrical;
    uint32_t *voxel;  /* ranks->voxel_n cells, by rank, then in the lattice's order */
    size_t *begin;    /* begin[r]..begin[r + 1]: the voxels of rank r */
    uint32_t *ahead, *behind; /* level_n + 1 counters, zero between calls */
    double *weighted; /* level_n + 1 sums, zero between calls */
};

bool cooccurrence_counter_make(const struct ranks *ranks, bool symmetrical, struct cooccurrence_counter *counter, struct arena *arena, struct err *err);
/* The matrix of one direction. out->cell has room for all directions of the counter and is made at the first call
 * (out zeroed before). */
bool cooccurrence_count(struct cooccurrence_counter *counter, const struct direction *direction, struct cooccurrence *out, struct arena *arena, struct err *err);
/* The sum over n directions of weight[a] times the matrix of direction[a]. */
bool cooccurrence_weigh(struct cooccurrence_counter *counter, const struct direction *direction, const double *weight, size_t n,
                        struct cooccurrence *out, struct arena *arena, struct err *err);

#endif
