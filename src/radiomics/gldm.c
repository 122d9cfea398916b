/* Grey level dependence features as PyRadiomics defines them (radiomics/gldm.py; Sun, Wee, Comput Vis Graph Image
 * Process 23, 1983).
 *
 * A neighbour at one of the `distances` depends on the centre when their grey levels differ by at most gldm_a. P(i, j):
 * voxels of grey level i with j - 1 dependent neighbours.
 *
 * Why this is fast: the ranks that depend on a rank are a range, so "depends" is one unsigned comparison, and a row
 * of voxels is compared with its neighbour rows as a whole (eight voxels an instruction). */
#include "radiomics/class.h"
#include "radiomics/ranks.h"
#include "radiomics/size_matrix.h"

enum { GLDM_N = 16 };

static const struct feature gldm_features[GLDM_N] = {
    {"DependenceEntropy", "-sum p(i,j) log2(p(i,j) + eps)", "FCBV", false},
    {"DependenceNonUniformity", "sum over j of (sum over i of P(i,j))^2 / Nz", "Z87G", false},
    {"DependenceNonUniformityNormalized", "sum over j of (sum over i of P(i,j))^2 / Nz^2", "OKJI", false},
    {"DependencePercentage", "Nz / Np, always 1", "6XV8", true},
    {"DependenceVariance", "sum p(i,j) (j - mean)^2", "DNX2", false},
    {"GrayLevelNonUniformity", "sum over i of (sum over j of P(i,j))^2 / Nz", "FP8K", false},
    {"GrayLevelNonUniformityNormalized", "sum over i of (sum over j of P(i,j))^2 / Nz^2, equal to first-order Uniformity", "5SPA", true},
    {"GrayLevelVariance", "sum p(i,j) (i - mean)^2", "1PFV", false},
    {"HighGrayLevelEmphasis", "sum P(i,j) i^2 / Nz", "OAE7", false},
    {"LargeDependenceEmphasis", "sum P(i,j) j^2 / Nz", "IMOQ", false},
    {"LargeDependenceHighGrayLevelEmphasis", "sum P(i,j) i^2 j^2 / Nz", "9QMG", false},
    {"LargeDependenceLowGrayLevelEmphasis", "sum P(i,j) j^2 / i^2 / Nz", "NBZI", false},
    {"LowGrayLevelEmphasis", "sum P(i,j) / i^2 / Nz", "TL9H", false},
    {"SmallDependenceEmphasis", "sum P(i,j) / j^2 / Nz", "SODN", false},
    {"SmallDependenceHighGrayLevelEmphasis", "sum P(i,j) i^2 / j^2 / Nz", "JA6D", false},
    {"SmallDependenceLowGrayLevelEmphasis", "sum P(i,j) / (i^2 j^2) / Nz", "EQ3F", false},
};

enum { DEPENDENCE_PERCENTAGE = 3 }; /* its row above: its value is 1, not the sum's N / sum P j */

static const enum size_feature gldm_sum[GLDM_N] = {
    SIZE_ENTROPY, SIZE_NON_UNIFORMITY, SIZE_NON_UNIFORMITY_NORMALIZED, PERCENTAGE, SIZE_VARIANCE, LEVEL_NON_UNIFORMITY,
    LEVEL_NON_UNIFORMITY_NORMALIZED, LEVEL_VARIANCE, HIGH_LEVEL_EMPHASIS, LARGE_EMPHASIS, LARGE_HIGH_EMPHASIS, LARGE_LOW_EMPHASIS,
    LOW_LEVEL_EMPHASIS, SMALL_EMPHASIS, SMALL_HIGH_EMPHASIS, SMALL_LOW_EMPHASIS,
};

/* Ranks that depend on rank r: lowest[r]..lowest[r] + width[r]. */
static void dependent_ranks(const struct ranks *ranks, double alpha, uint16_t *lowest, uint16_t *width)
{
    size_t low = 1, high = 1;
    for (size_t r = 1; r <= ranks->level_n; r++) {
        while (ranks->level[r] - ranks->level[low] > alpha)
            low++;
        while (high < ranks->level_n && ranks->level[high + 1] - ranks->level[r] <= alpha)
            high++;
        lowest[r] = (uint16_t)low;
        width[r] = (uint16_t)(high - low);
    }
}

/* dependents[x] = how many of the neighbours of row[x] depend on it; junk where row[x] is 0. */
static void count_row(const uint16_t *row, size_t n, const struct direction *direction, size_t direction_n, const uint16_t *lowest, const uint16_t *width,
                      uint16_t *restrict low, uint16_t *restrict wide, uint32_t *restrict dependents, uint16_t *restrict part)
{
    for (size_t x = 0; x < n; x++) {
        low[x] = lowest[row[x]];
        wide[x] = width[row[x]];
        dependents[x] = 0;
    }
    /* Counts of up to 65,535 directions fit in 16 bits. */
    for (size_t begin = 0; begin < direction_n; begin += UINT16_MAX) {
        size_t end = direction_n - begin < UINT16_MAX ? direction_n : begin + UINT16_MAX;
        for (size_t x = 0; x < n; x++)
            part[x] = 0;
        for (size_t a = begin; a < end; a++) {
            const uint16_t *other = row + direction[a].offset;
            for (size_t x = 0; x < n; x++)
                part[x] = (uint16_t)(part[x] + ((uint16_t)(other[x] - low[x]) <= wide[x]));
        }
        for (size_t x = 0; x < n; x++)
            dependents[x] += part[x];
    }
}

/* voxel[voxel_n], in the lattice's order. */
static bool find_dependents(const struct ranks *ranks, const struct direction *direction, size_t direction_n, double alpha, struct sized *voxel,
                            struct arena *arena, struct err *err)
{
    size_t nx = ranks->n[0];
    uint16_t *lowest = arena_alloc(arena, ranks->level_n + 1, sizeof *lowest, err), *width = arena_alloc(arena, ranks->level_n + 1, sizeof *width, err);
    uint16_t *scratch = arena_alloc(arena, 3 * nx, sizeof *scratch, err);
    uint32_t *dependents = arena_alloc(arena, nx, sizeof *dependents, err);
    if (!lowest || !width || !scratch || !dependents)
        return false;
    dependent_ranks(ranks, alpha, lowest, width);
    for (size_t v = 0; v < ranks->voxel_n;) {
        /* From the first to the last voxel of the region in this row. */
        size_t first = ranks->voxel[v], end = ranks_row_end(ranks, v);
        size_t n = ranks->voxel[end - 1] - first + 1;
        count_row(ranks->rank + first, n, direction, direction_n, lowest, width, scratch, scratch + nx, dependents, scratch + 2 * nx);
        for (; v < end; v++)
            voxel[v] = (struct sized){ranks->rank[ranks->voxel[v]], dependents[ranks->voxel[v] - first] + 1};
    }
    return true;
}

static bool gldm_compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    struct ranks ranks;
    struct direction *direction;
    size_t direction_n;
    if (!ranks_of(region, settings, &ranks, arena, err) ||
        !directions_all(&ranks, settings, settings->distance, settings->distance_n, &direction, &direction_n, arena, err))
        return false;
    struct sized *voxel = arena_alloc(arena, ranks.voxel_n, sizeof *voxel, err);
    struct size_matrix matrix;
    double value[SIZE_FEATURE_N];
    if (!voxel || !find_dependents(&ranks, direction, direction_n, settings->gldm_alpha, voxel, arena, err) ||
        !size_matrix_count(&ranks, voxel, ranks.voxel_n, &matrix, arena, err) || !size_matrix_features(&ranks, &matrix, value, arena, err))
        return false;
    for (size_t f = 0; f < GLDM_N; f++)
        out->value[f] = f == DEPENDENCE_PERCENTAGE ? 1 : value[gldm_sum[f]];
    return true;
}

const struct feature_class class_gldm = {
    .name = "gldm",
    .title = "Grey level dependence matrix",
    .feature = gldm_features,
    .feature_n = GLDM_N,
    .of_mask = false,
    .of_ranks = true,
    .compute = gldm_compute,
};
