/* Neighbouring grey tone difference features as PyRadiomics defines them (radiomics/ngtdm.py; Amadasun, King, IEEE Trans
 * Syst Man Cybern 19, 1989).
 *
 * For each voxel the difference between its grey level i and the mean of its neighbours in the region; n(i) voxels have
 * level i, s(i) is the sum of their |difference| (0 for a voxel without neighbours, which counts in n as there),
 * p(i) = n(i) / N.
 *
 * Why this is fast: levels and presence of neighbours are summed for a whole row of voxels at a time. Double sums
 * over (i, j) that have a closed form are computed by it:
 *   sum p(i) p(j) (i - j)^2 = 2 sum p(i) (i - mean)^2
 *   sum (p(i) + p(j)) (i - j)^2 = 2 sum over i of p(i) (sum over j of (i - j)^2) */
#include <math.h>

#include "num/rank.h"
#include "num/sum.h"
#include "radiomics/class.h"
#include "radiomics/ranks.h"

enum ngtdm_feature { BUSYNESS, COARSENESS, COMPLEXITY, CONTRAST, STRENGTH, NGTDM_N };

static const struct feature ngtdm_features[NGTDM_N] = {
    [BUSYNESS] = {"Busyness", "sum p(i) s(i) / sum |i p(i) - j p(j)|", "NQ30", false, .edge = "flat region: 0"},
    [COARSENESS] = {"Coarseness", "1 / sum p(i) s(i)", "QCDE", false, .edge = "no voxel differs from its neighbours: 1e6"},
    [COMPLEXITY] = {"Complexity", "sum |i - j| (p(i) s(i) + p(j) s(j)) / (p(i) + p(j)) / N", "HDEZ", false},
    [CONTRAST] = {"Contrast", "sum p(i) p(j) (i - j)^2 / (Ng,p (Ng,p - 1)) sum s(i) / N", "65HE", false, .edge = "flat region: 0"},
    [STRENGTH] = {"Strength", "sum (p(i) + p(j)) (i - j)^2 / sum s(i)", "1X9X", false, .edge = "no voxel differs from its neighbours: 0"},
};

/* Sums over the neighbours of row[0..n-1]; level[] runs beside the ranks. */
static void sum_row(const uint32_t *level, size_t n, const struct direction *direction, size_t direction_n, uint32_t *restrict sum, uint32_t *restrict count)
{
    for (size_t x = 0; x < n; x++)
        sum[x] = count[x] = 0;
    for (size_t a = 0; a < direction_n; a++) {
        const uint32_t *other = level + direction[a].offset;
        for (size_t x = 0; x < n; x++) {
            sum[x] += other[x];
            count[x] += other[x] != 0;
        }
    }
}

/* n[r], s[r] for ranks r, zero before. */
static bool find_differences(const struct ranks *ranks, const struct direction *direction, size_t direction_n, double *n, struct sum *s, struct arena *arena,
                             struct err *err)
{
    uint32_t *level = arena_alloc(arena, ranks->cell_n, sizeof *level, err);
    uint32_t *sum = arena_alloc(arena, ranks->n[0], sizeof *sum, err), *count = arena_alloc(arena, ranks->n[0], sizeof *count, err);
    if (!level || !sum || !count)
        return false;
    for (size_t v = 0; v < ranks->voxel_n; v++)
        level[ranks->voxel[v]] = (uint32_t)ranks->level[ranks->rank[ranks->voxel[v]]];
    for (size_t v = 0; v < ranks->voxel_n;) {
        size_t first = ranks->voxel[v], end = ranks_row_end(ranks, v);
        sum_row(level + first, ranks->voxel[end - 1] - first + 1, direction, direction_n, sum, count);
        for (; v < end; v++) {
            size_t cell = ranks->voxel[v], x = cell - first, r = ranks->rank[cell];
            n[r]++;
            if (count[x])
                sum_add(&s[r], fabs((double)level[cell] - (double)sum[x] / (double)count[x]));
        }
    }
    return true;
}

/* sum over all (i, j) of |x(i) - x(j)|; sorts x. Each gap between neighbours in order lies within so many pairs. */
static double sum_of_distances(double *x, size_t n)
{
    sort_doubles(x, n);
    double sum = 0;
    for (size_t k = 1; k < n; k++)
        sum += (x[k] - x[k - 1]) * (double)k * (double)(n - k);
    return 2 * sum;
}

static double complexity(const double *i, const double *p, const double *ps, size_t n)
{
    double sum = 0;
    for (size_t k = 1; k < n; k++) {
        double row = 0;
        for (size_t m = 0; m < k; m++)
            row += (i[k] - i[m]) * (ps[k] + ps[m]) / (p[k] + p[m]);
        sum += row;
    }
    return 2 * sum;
}

static void ngtdm_values(const double *i, const double *p, const double *s, size_t n, double voxel_n, double *ps, double *ip, struct class_values *out)
{
    double sum_ps = 0, sum_s = 0, sum_i = 0, mean = 0, variance = 0, strength = 0;
    for (size_t k = 0; k < n; k++) {
        ps[k] = p[k] * s[k];
        ip[k] = i[k] * p[k];
        sum_ps += ps[k];
        sum_s += s[k];
        sum_i += i[k];
        mean += ip[k];
    }
    double middle = sum_i / (double)n, squares = 0;
    for (size_t k = 0; k < n; k++) {
        variance += p[k] * (i[k] - mean) * (i[k] - mean);
        squares += (i[k] - middle) * (i[k] - middle);
    }
    for (size_t k = 0; k < n; k++) /* sum over j of (i - j)^2, about the mean of the levels */
        strength += p[k] * (squares + (double)n * (i[k] - middle) * (i[k] - middle));
    double distances = sum_of_distances(ip, n), pairs = (double)n * ((double)n - 1);
    out->value[COARSENESS] = sum_ps > 0 ? 1 / sum_ps : 1e6;
    out->value[CONTRAST] = n > 1 ? 2 * variance / pairs * (sum_s / voxel_n) : 0;
    out->value[BUSYNESS] = distances > 0 ? sum_ps / distances : 0;
    out->value[COMPLEXITY] = complexity(i, p, ps, n) / voxel_n;
    out->value[STRENGTH] = sum_s > 0 ? 2 * strength / sum_s : 0;
    if (!(sum_ps > 0)) {
        out->reason[COARSENESS] = "no voxel differs from its neighbours: 1e6 by convention";
        out->reason[STRENGTH] = "no voxel differs from its neighbours: 0 by convention";
    }
    if (n == 1)
        out->reason[CONTRAST] = out->reason[BUSYNESS] = "flat region: 0 by convention";
}

static bool ngtdm_compute(const struct region *region, const struct settings *settings, struct class_values *out, struct arena *arena, struct err *err)
{
    struct ranks ranks;
    struct direction *direction;
    size_t direction_n;
    if (!ranks_of(region, settings, &ranks, arena, err) ||
        !directions_all(&ranks, settings, settings->distance, settings->distance_n, &direction, &direction_n, arena, err))
        return false;
    if (ranks.level_max * (double)direction_n > UINT32_MAX) {
        for (size_t f = 0; f < NGTDM_N; f++)
            out->reason[f] = "the sum of neighbouring grey levels can exceed 2^32";
        return true;
    }
    size_t level_n = ranks.level_n;
    double *n = arena_alloc(arena, level_n + 1, sizeof *n, err), *s = arena_alloc(arena, level_n, sizeof *s, err);
    double *ps = arena_alloc(arena, level_n, sizeof *ps, err), *ip = arena_alloc(arena, level_n, sizeof *ip, err);
    struct sum *differences = arena_alloc(arena, level_n + 1, sizeof *differences, err);
    if (!n || !s || !ps || !ip || !differences || !find_differences(&ranks, direction, direction_n, n, differences, arena, err))
        return false;
    double *p = n + 1;
    for (size_t k = 0; k < level_n; k++) {
        p[k] /= (double)ranks.voxel_n;
        s[k] = sum_value(&differences[k + 1]);
    }
    ngtdm_values(ranks.level + 1, p, s, level_n, (double)ranks.voxel_n, ps, ip, out);
    return true;
}

const struct feature_class class_ngtdm = {
    .name = "ngtdm",
    .title = "Neighbouring grey tone difference matrix",
    .feature = ngtdm_features,
    .feature_n = NGTDM_N,
    .of_mask = false,
    .of_ranks = true,
    .compute = ngtdm_compute,
};
