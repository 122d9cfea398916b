/* Grey level size zone features as PyRadiomics defines them (radiomics/glszm.py; Thibault et al., PRIP 2009).
 *
 * A zone is a largest set of voxels of one grey level that hang together over faces, edges and corners (26
 * neighbours; 8 within the plane where force2D holds). One matrix: P(i, j) zones of grey level i and j voxels.
 *
 * Zones are found by union-find over the voxels in memory order, each joined with the 13 neighbours before it; the
 * root of a zone is its first voxel (Tarjan, J ACM 22, 1975, with path halving). */
#include "radiomics/class.h"
#include "radiomics/ranks.h"
#include "radiomics/size_matrix.h"

enum { GLSZM_N = SIZE_FEATURE_N };

static const struct feature glszm_features[GLSZM_N] = {
    {"GrayLevelNonUniformity", "sum over i of (sum over j of P(i,j))^2 / Nz", "JNSA", false},
    {"GrayLevelNonUniformityNormalized", "sum over i of (sum over j of P(i,j))^2 / Nz^2", "Y1RO", false},
    {"GrayLevelVariance", "sum p(i,j) (i - mean)^2", "BYLV", false},
    {"HighGrayLevelZoneEmphasis", "sum P(i,j) i^2 / Nz", "5GN9", false},
    {"LargeAreaEmphasis", "sum P(i,j) j^2 / Nz", "48P8", false},
    {"LargeAreaHighGrayLevelEmphasis", "sum P(i,j) i^2 j^2 / Nz", "J17V", false},
    {"LargeAreaLowGrayLevelEmphasis", "sum P(i,j) j^2 / i^2 / Nz", "YH51", false},
    {"LowGrayLevelZoneEmphasis", "sum P(i,j) / i^2 / Nz", "XMSY", false},
    {"SizeZoneNonUniformity", "sum over j of (sum over i of P(i,j))^2 / Nz", "4JP3", false},
    {"SizeZoneNonUniformityNormalized", "sum over j of (sum over i of P(i,j))^2 / Nz^2", "VB3A", false},
    {"SmallAreaEmphasis", "sum P(i,j) / j^2 / Nz", "5QRC", false},
    {"SmallAreaHighGrayLevelEmphasis", "sum P(i,j) i^2 / j^2 / Nz", "HW1V", false},
    {"SmallAreaLowGrayLevelEmphasis", "sum P(i,j) / (i^2 j^2) / Nz", "5RAI", false},
    {"ZoneEntropy", "-sum p(i,j) log2(p(i,j) + eps)", "GU8N", false},
    {"ZonePercentage", "Nz / Np", "P30P", false},
    {"ZoneVariance", "sum p(i,j) (j - mean)^2", "3NSA", false},
};

static const enum size_feature glszm_sum[GLSZM_N] = {
    LEVEL_NON_UNIFORMITY, LEVEL_NON_UNIFORMITY_NORMALIZED, LEVEL_VARIANCE, HIGH_LEVEL_EMPHASIS, LARGE_EMPHASIS, LARGE_HIGH_EMPHASIS,
    LARGE_LOW_EMPHASIS, LOW_LEVEL_EMPHASIS, SIZE_NON_UNIFORMITY, SIZE_NON_UNIFORMITY_NORMALIZED, SMALL_EMPHASIS, SMALL_HIGH_EMPHASIS,
    SMALL_LOW_EMPHASIS, SIZE_ENTROPY, PERCENTAGE, SIZE_VARIANCE,
};

static uint32_t root_of(uint32_t *parent, uint32_t cell)
{
    while (parent[cell] != cell) {
        parent[cell] = parent[parent[cell]];
        cell = parent[cell];
    }
    return cell;
}

/* zone[voxel_n]; parent and size [cell_n], size zero, are scratch. Returns the number of zones. */
static size_t find_zones(const struct ranks *ranks, const struct direction *direction, size_t direction_n, struct sized *zone, uint32_t *parent,
                         uint32_t *size)
{
    const uint16_t *rank = ranks->rank;
    uint32_t same[14]; /* at most 13 directions, and the slot that the last comparison may write */
    for (size_t v = 0; v < ranks->voxel_n; v++) {
        uint32_t cell = ranks->voxel[v], root = cell;
        parent[cell] = cell;
        /* The neighbours of the same rank are listed without a branch first; whether they are is as good as random. */
        size_t same_n = 0;
        for (size_t a = 0; a < direction_n; a++) {
            same[same_n] = (uint32_t)(cell - direction[a].offset);
            same_n += rank[same[same_n]] == rank[cell];
        }
        for (size_t a = 0; a < same_n; a++) {
            if (parent[same[a]] == root)
                continue;
            uint32_t other = root_of(parent, same[a]);
            if (other < root) {
                parent[root] = other;
                root = other;
            } else {
                parent[other] = root;
            }
        }
        parent[cell] = root;
    }
    for (size_t v = 0; v < ranks->voxel_n; v++)
        size[root_of(parent, ranks->voxel[v])]++;
    size_t zone_n = 0;
    for (size_t v = 0; v < ranks->voxel_n; v++) {
        uint32_t cell = ranks->voxel[v];
        if (parent[cell] == cell)
            zone[zone_n++] = (struct sized){rank[cell], size[cell]};
    }
    return zone_n;
}

static bool glszm_compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    struct ranks ranks;
    struct direction *direction;
    size_t direction_n;
    static const int32_t neighbours[] = {1};
    if (!ranks_of(region, settings, &ranks, arena, err) || !directions_half(&ranks, settings, neighbours, 1, &direction, &direction_n, arena, err))
        return false;
    struct sized *zone = arena_alloc(arena, ranks.voxel_n, sizeof *zone, err);
    uint32_t *parent = arena_alloc(arena, ranks.cell_n, sizeof *parent, err);
    uint32_t *size = arena_alloc(arena, ranks.cell_n, sizeof *size, err);
    if (!zone || !parent || !size)
        return false;
    size_t zone_n = find_zones(&ranks, direction, direction_n, zone, parent, size);
    struct size_matrix matrix;
    double value[SIZE_FEATURE_N];
    if (!size_matrix_count(&ranks, zone, zone_n, &matrix, arena, err) || !size_matrix_features(&ranks, &matrix, value, arena, err))
        return false;
    for (size_t f = 0; f < GLSZM_N; f++)
        out->value[f] = value[glszm_sum[f]];
    return true;
}

const struct feature_class class_glszm = {
    .name = "glszm",
    .title = "Grey level size zone matrix",
    .feature = glszm_features,
    .feature_n = GLSZM_N,
    .of_mask = false,
    .of_ranks = true,
    .compute = glszm_compute,
};
