/* Grey level run length features as PyRadiomics defines them (radiomics/glrlm.py).
 *
 * A run is a row of voxels of one grey level along a direction, as long as it can be. Each of the (at most) 13
 * directions at distance 1 gives a matrix and a value of every feature; reported is the mean over directions. Directions
 * along which no line meets two voxels of the region are left out, as there. weightingNorm: one matrix, the sum over
 * directions weighted by the length of the step in mm.
 *
 * Why this is fast: going over the region's voxels in memory order, a voxel's run is one longer than that of the
 * voxel before it in the direction, if that has the same rank; a run is noted where the next voxel differs. No line
 * is walked, no start is looked for, no branch depends on the image. */
#include <math.h>
#include <string.h>

#include "radiomics/class.h"
#include "radiomics/ranks.h"
#include "radiomics/size_matrix.h"

enum { GLRLM_N = SIZE_FEATURE_N };

static const struct feature glrlm_features[GLRLM_N] = {
    {"GrayLevelNonUniformity", "sum over i of (sum over j of P(i,j))^2 / Nr", "R5YN", false},
    {"GrayLevelNonUniformityNormalized", "sum over i of (sum over j of P(i,j))^2 / Nr^2", "OVBL", false},
    {"GrayLevelVariance", "sum p(i,j) (i - mean)^2", "8CE5", false},
    {"HighGrayLevelRunEmphasis", "sum P(i,j) i^2 / Nr", "G3QZ", false},
    {"LongRunEmphasis", "sum P(i,j) j^2 / Nr", "W4KF", false},
    {"LongRunHighGrayLevelEmphasis", "sum P(i,j) i^2 j^2 / Nr", "3KUM", false},
    {"LongRunLowGrayLevelEmphasis", "sum P(i,j) j^2 / i^2 / Nr", "IVPO", false},
    {"LowGrayLevelRunEmphasis", "sum P(i,j) / i^2 / Nr", "V3SW", false},
    {"RunEntropy", "-sum p(i,j) log2(p(i,j) + eps)", "HJ9O", false},
    {"RunLengthNonUniformity", "sum over j of (sum over i of P(i,j))^2 / Nr", "W92Y", false},
    {"RunLengthNonUniformityNormalized", "sum over j of (sum over i of P(i,j))^2 / Nr^2", "IC23", false},
    {"RunPercentage", "Nr / Np", "9ZK5", false},
    {"RunVariance", "sum p(i,j) (j - mean)^2", "SXLW", false},
    {"ShortRunEmphasis", "sum P(i,j) / j^2 / Nr", "22OV", false},
    {"ShortRunHighGrayLevelEmphasis", "sum P(i,j) i^2 / j^2 / Nr", "GD3A", false},
    {"ShortRunLowGrayLevelEmphasis", "sum P(i,j) / (i^2 j^2) / Nr", "HTZT", false},
};

static const enum size_feature glrlm_sum[GLRLM_N] = {
    LEVEL_NON_UNIFORMITY, LEVEL_NON_UNIFORMITY_NORMALIZED, LEVEL_VARIANCE, HIGH_LEVEL_EMPHASIS, LARGE_EMPHASIS, LARGE_HIGH_EMPHASIS,
    LARGE_LOW_EMPHASIS, LOW_LEVEL_EMPHASIS, SIZE_ENTROPY, SIZE_NON_UNIFORMITY, SIZE_NON_UNIFORMITY_NORMALIZED, PERCENTAGE, SIZE_VARIANCE,
    SMALL_EMPHASIS, SMALL_HIGH_EMPHASIS, SMALL_LOW_EMPHASIS,
};

/* run[voxel_n + 1]; length[cell_n] is scratch. The step leads to a later cell. Returns the number of runs. */
static size_t find_runs(const struct ranks *ranks, const struct direction *direction, struct sized *run, uint32_t *length)
{
    const uint16_t *rank = ranks->rank;
    ptrdiff_t offset = direction->offset;
    size_t run_n = 0;
    for (size_t v = 0; v < ranks->voxel_n; v++) {
        size_t cell = ranks->voxel[v];
        uint32_t here = rank[cell], before = rank[(ptrdiff_t)cell - offset], after = rank[(ptrdiff_t)cell + offset];
        uint32_t so_far = (length[(ptrdiff_t)cell - offset] & -(uint32_t)(here == before)) + 1; /* a mask: no branch to mispredict */
        length[cell] = so_far;
        run[run_n] = (struct sized){here, so_far};
        run_n += here != after;
    }
    return run_n;
}

/* The first cell of the line through a cell along the direction within the box. */
static size_t line_of(const struct ranks *ranks, const struct direction *direction, size_t cell)
{
    size_t at = cell - ranks->first, coordinate[3] = {at % ranks->stride[1], at % ranks->stride[2] / ranks->stride[1], at / ranks->stride[2]}, back = SIZE_MAX;
    for (int axis = 0; axis < 3; axis++) {
        size_t steps = direction->step[axis] > 0 ? coordinate[axis] : direction->step[axis] < 0 ? ranks->n[axis] - 1 - coordinate[axis] : SIZE_MAX;
        back = steps < back ? steps : back;
    }
    return (size_t)((ptrdiff_t)cell - (ptrdiff_t)back * direction->offset);
}

/* No line along the direction meets two voxels of the region, even with others between them. mark[cell_n] is scratch. */
static bool is_flat_along(const struct ranks *ranks, const struct direction *direction, uint32_t *mark)
{
    memset(mark, 0, ranks->cell_n * sizeof *mark);
    for (size_t v = 0; v < ranks->voxel_n; v++)
        if (mark[line_of(ranks, direction, ranks->voxel[v])]++)
            return false;
    return true;
}

static bool glrlm_compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    struct ranks ranks;
    struct direction *direction;
    size_t direction_n;
    static const int32_t neighbours[] = {1};
    if (!ranks_of(region, settings, &ranks, arena, err) || !directions_half(&ranks, settings, neighbours, 1, &direction, &direction_n, arena, err))
        return false;
    struct sized *run = arena_alloc(arena, ranks.voxel_n + 1, sizeof *run, err);
    uint32_t *length = arena_alloc(arena, ranks.cell_n, sizeof *length, err);
    struct size_matrix *matrix = arena_alloc(arena, direction_n + 1, sizeof *matrix, err);
    double *weight = arena_alloc(arena, direction_n + 1, sizeof *weight, err);
    if (!run || !length || !matrix || !weight)
        return false;

    size_t matrix_n = 0;
    for (size_t a = 0; a < direction_n; a++) {
        size_t run_n = find_runs(&ranks, &direction[a], run, length);
        if (run_n == ranks.voxel_n && is_flat_along(&ranks, &direction[a], length))
            continue;
        if (!size_matrix_count(&ranks, run, run_n, &matrix[matrix_n], arena, err))
            return false;
        weight[matrix_n++] = direction_length(&direction[a], region->grid.spacing, settings->weighting);
    }
    if (settings->weighting != WEIGHT_EACH_ANGLE && matrix_n > 0) {
        if (!size_matrix_weigh(&ranks, matrix, weight, matrix_n, &matrix[direction_n], arena, err))
            return false;
        matrix[0] = matrix[direction_n];
        matrix_n = 1;
    }
    double value[GLRLM_N], sum[GLRLM_N] = {0};
    for (size_t m = 0; m < matrix_n; m++) {
        if (!size_matrix_features(&ranks, &matrix[m], value, arena, err))
            return false;
        for (size_t f = 0; f < GLRLM_N; f++)
            sum[f] += value[f];
    }
    for (size_t f = 0; f < GLRLM_N; f++) {
        if (matrix_n > 0)
            out->value[f] = sum[glrlm_sum[f]] / (double)matrix_n;
        else
            out->reason[f] = "no two voxels on a line in any direction";
    }
    return true;
}

const struct feature_class class_glrlm = {
    .name = "glrlm",
    .title = "Grey level run length matrix",
    .feature = glrlm_features,
    .feature_n = GLRLM_N,
    .of_mask = false,
    .of_ranks = true,
    .compute = glrlm_compute,
};
