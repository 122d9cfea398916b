/* Why this is fast: a largest distance lies between two corners of the convex hull. In each plane of the lattice the
 * hull is found by Andrew's monotone chain (Inf Process Lett 9, 1979) in whole numbers, so exactly; the in-plane
 * distances come from its few corners. A corner of the hull in space is a corner in its three planes, so only points
 * that passed all three are compared; sorted by their distance r from the middle, a pair with r(i) + r(j) below the
 * best distance so far cannot beat it, nor can any later one. */
#include "radiomics/diameter.h"

#include <math.h>

#include "num/rank.h"

struct lattice {
    const int32_t (*point)[3];
    size_t n;
    double half[3];   /* mm a half voxel */
    size_t *order;    /* n: points sorted for the axis at work */
    size_t *spare;    /* n */
    size_t *count;    /* one more than the largest coordinate, plus one */
    size_t count_n;
    size_t *chain;    /* n + 1 */
    uint8_t *corner;  /* n: bit d: a corner of the hull in its plane of constant coordinate d */
};

static double distance2(const struct lattice *lattice, size_t i, size_t j)
{
    double sum = 0;
    for (int d = 0; d < 3; d++) {
        double delta = (lattice->point[i][d] - lattice->point[j][d]) * lattice->half[d];
        sum += delta * delta;
    }
    return sum;
}

/* Stable counting sort of order[] by one coordinate. */
static void sort_by(struct lattice *lattice, int axis)
{
    for (size_t i = 0; i < lattice->count_n; i++)
        lattice->count[i] = 0;
    for (size_t i = 0; i < lattice->n; i++)
        lattice->count[lattice->point[i][axis] + 1]++;
    for (size_t i = 1; i < lattice->count_n; i++)
        lattice->count[i] += lattice->count[i - 1];
    for (size_t i = 0; i < lattice->n; i++) {
        size_t p = lattice->order[i];
        lattice->spare[lattice->count[lattice->point[p][axis]]++] = p;
    }
    size_t *swap = lattice->order;
    lattice->order = lattice->spare;
    lattice->spare = swap;
}

static int64_t turn(const struct lattice *lattice, size_t a, size_t b, size_t c, int u, int v)
{
    const int32_t *pa = lattice->point[a], *pb = lattice->point[b], *pc = lattice->point[c];
    return (int64_t)(pb[u] - pa[u]) * (pc[v] - pa[v]) - (int64_t)(pb[v] - pa[v]) * (pc[u] - pa[u]);
}

/* Corners of the hull of p[n], which are sorted by (u, v), into chain[]; returns how many. */
static size_t hull_of(struct lattice *lattice, const size_t *p, size_t n, int u, int v)
{
    size_t *chain = lattice->chain, k = 0;
    if (n < 3) {
        for (size_t i = 0; i < n; i++)
            chain[i] = p[i];
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        while (k >= 2 && turn(lattice, chain[k - 2], chain[k - 1], p[i], u, v) <= 0)
            k--;
        chain[k++] = p[i];
    }
    size_t lower = k + 1;
    for (size_t i = n - 1; i-- > 0;) {
        while (k >= lower && turn(lattice, chain[k - 2], chain[k - 1], p[i], u, v) <= 0)
            k--;
        chain[k++] = p[i];
    }
    return k - 1; /* the first point came again */
}

/* The largest distance (squared) within planes of constant coordinate `axis`; marks the corners. */
static double largest_in_planes(struct lattice *lattice, int axis)
{
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    double best = 0;
    sort_by(lattice, v);
    sort_by(lattice, u);
    sort_by(lattice, axis);
    for (size_t first = 0, end; first < lattice->n; first = end) {
        const size_t *p = lattice->order + first;
        for (end = first; end < lattice->n && lattice->point[lattice->order[end]][axis] == lattice->point[p[0]][axis];)
            end++;
        size_t n = hull_of(lattice, p, end - first, u, v);
        for (size_t i = 0; i < n; i++) {
            lattice->corner[lattice->chain[i]] |= (uint8_t)(1u << axis);
            for (size_t j = 0; j < i; j++)
                best = fmax(best, distance2(lattice, lattice->chain[i], lattice->chain[j]));
        }
    }
    return best;
}

static bool largest_overall(struct lattice *lattice, struct arena *arena, double *overall2, struct err *err)
{
    size_t *candidate = lattice->order, n = 0;
    double middle[3] = {0};
    for (size_t i = 0; i < lattice->n; i++)
        if (lattice->corner[i] == 7) {
            candidate[n++] = i;
            for (int d = 0; d < 3; d++)
                middle[d] += lattice->point[i][d];
        }
    double *minus_radius = arena_alloc(arena, n, sizeof *minus_radius, err);
    size_t *order = arena_alloc(arena, n, sizeof *order, err);
    if (minus_radius == NULL || order == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (int d = 0; d < 3; d++) {
            double delta = (lattice->point[candidate[i]][d] - middle[d] / (double)n) * lattice->half[d];
            sum += delta * delta;
        }
        minus_radius[i] = -sqrt(sum);
    }
    sort_index(minus_radius, n, order);
    double best = 0; /* squared */
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double reach = minus_radius[order[i]] + minus_radius[order[j]];
            if (reach * reach * (1 + 1e-12) < best)
                break;
            best = fmax(best, distance2(lattice, candidate[order[i]], candidate[order[j]]));
        }
    *overall2 = best;
    return true;
}

bool diameters_of(const int32_t (*point)[3], size_t n, const double spacing[3], struct arena *arena, double in_plane[3], double *overall, struct err *err)
{
    int32_t largest = 0;
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < 3; d++)
            largest = point[i][d] > largest ? point[i][d] : largest;
    struct lattice lattice = {
        .point = point,
        .n = n,
        .half = {spacing[0] / 2, spacing[1] / 2, spacing[2] / 2},
        .order = arena_alloc(arena, n, sizeof(size_t), err),
        .spare = arena_alloc(arena, n, sizeof(size_t), err),
        .count = arena_alloc(arena, (size_t)largest + 2, sizeof(size_t), err),
        .count_n = (size_t)largest + 2,
        .chain = arena_alloc(arena, n + 1, sizeof(size_t), err),
        .corner = arena_alloc(arena, n, 1, err),
    };
    if (lattice.order == NULL || lattice.spare == NULL || lattice.count == NULL || lattice.chain == NULL || lattice.corner == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        lattice.order[i] = i;
    for (int axis = 0; axis < 3; axis++)
        in_plane[axis] = sqrt(largest_in_planes(&lattice, axis));
    double overall2;
    if (!largest_overall(&lattice, arena, &overall2, err))
        return false;
    *overall = sqrt(overall2);
    return true;
}
