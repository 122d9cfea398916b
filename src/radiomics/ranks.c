#include "radiomics/ranks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "num/rank.h"

static int32_t margin_of(const struct settings *settings, const size_t n[3])
{
    int32_t margin = 1;
    for (size_t i = 0; i < settings->distance_n; i++)
        if (settings->distance[i] > margin)
            margin = settings->distance[i];
    /* Longer steps than the box are never taken. */
    size_t longest = n[0];
    for (int axis = 1; axis < 3; axis++)
        if (n[axis] > longest)
            longest = n[axis];
    return (size_t)margin > longest ? (int32_t)longest : margin;
}

/* Above this, levels that occur are found by sorting, so that memory follows the region, not its values. */
#define TABLE_LEVELS (1 << 22)

/* rank_of[1..level_max] and level[1..level_n]; rank_of is NULL where level_max is too large for a table. */
static bool levels_by_table(const struct region *region, struct ranks *ranks, uint32_t **rank_of, struct arena *arena, struct err *err)
{
    size_t level_max = (size_t)region->level_max, level_n = 0;
    uint32_t *seen = arena_alloc(arena, level_max + 1, sizeof *seen, err);
    if (!seen)
        return false;
    for (size_t v = 0; v < region->voxel_n; v++)
        seen[region->level[v]] = 1;
    for (size_t i = 1; i <= level_max; i++)
        level_n += seen[i];
    double *level = arena_alloc(arena, level_n + 1, sizeof *level, err);
    if (!level)
        return false;
    uint32_t next = 0;
    seen[0] = 0;
    for (size_t i = 1; i <= level_max; i++) {
        if (seen[i]) {
            level[++next] = (double)i;
            seen[i] = next;
        }
    }
    ranks->level = level;
    ranks->level_n = level_n;
    *rank_of = seen;
    return true;
}

static bool levels_by_sorting(const struct region *region, struct ranks *ranks, struct arena *arena, struct err *err)
{
    double *level = arena_alloc(arena, region->inside_n + 1, sizeof *level, err);
    if (!level)
        return false;
    size_t n = 0;
    for (size_t v = 0; v < region->voxel_n; v++)
        if (region->mask[v])
            level[n++] = region->level[v];
    sort_doubles(level, n);
    size_t level_n = 0;
    double last = 0;
    for (size_t i = 0; i < n; i++)
        if (level[i] > last)
            level[level_n++] = last = level[i];
    memmove(level + 1, level, level_n * sizeof *level);
    level[0] = 0;
    ranks->level = level;
    ranks->level_n = level_n;
    return true;
}

static uint16_t rank_search(const struct ranks *ranks, double level)
{
    size_t low = 1, high = ranks->level_n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranks->level[middle] < level)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint16_t)low;
}

static bool ranks_fill(const struct region *region, struct ranks *ranks, uint16_t *rank, uint32_t *voxel, struct arena *arena, struct err *err)
{
    uint32_t *rank_of = NULL;
    if (!(region->level_max <= TABLE_LEVELS ? levels_by_table(region, ranks, &rank_of, arena, err) : levels_by_sorting(region, ranks, arena, err)))
        return false;
    if (ranks->level_n > UINT16_MAX)
        return err_set(err, ERR_INPUT, "%zu grey levels, expected at most %d (a larger binWidth, or a binCount, gives fewer)", ranks->level_n, UINT16_MAX);
    size_t voxel_n = 0, v = 0;
    for (size_t z = 0; z < ranks->n[2]; z++) {
        for (size_t y = 0; y < ranks->n[1]; y++) {
            size_t cell = ranks->first + z * ranks->stride[2] + y * ranks->stride[1];
            for (size_t x = 0; x < ranks->n[0]; x++, v++, cell++) {
                if (region->mask[v]) {
                    rank[cell] = rank_of ? (uint16_t)rank_of[region->level[v]] : rank_search(ranks, region->level[v]);
                    voxel[voxel_n++] = (uint32_t)cell;
                }
            }
        }
    }
    ranks->voxel_n = voxel_n;
    ranks->level_max = region->level_max;
    return true;
}

bool ranks_make(const struct region *region, const struct settings *settings, struct ranks *ranks, struct arena *arena, struct err *err)
{
    memset(ranks, 0, sizeof *ranks);
    memcpy(ranks->n, region->grid.n, sizeof ranks->n);
    size_t margin = (size_t)margin_of(settings, ranks->n);
    ranks->stride[0] = 1;
    size_t row, slice, cell_n;
    if (__builtin_add_overflow(ranks->n[0], margin, &row) || __builtin_mul_overflow(row, ranks->n[1] + margin, &slice) ||
        __builtin_mul_overflow(slice, ranks->n[2] + 2 * margin + 1, &cell_n) || cell_n > UINT32_MAX)
        return err_set(err, ERR_INPUT, "texture: the region's box of %zu x %zu x %zu voxels is too large, expected less than 2^32 voxels",
                       ranks->n[0], ranks->n[1], ranks->n[2]);
    ranks->stride[1] = row;
    ranks->stride[2] = slice;
    ranks->first = margin * (slice + row + 1);
    ranks->cell_n = cell_n;
    uint16_t *rank = arena_alloc(arena, cell_n, sizeof *rank, err);
    uint32_t *voxel = rank ? arena_alloc(arena, region->inside_n, sizeof *voxel, err) : NULL;
    if (!voxel)
        return false;
    ranks->rank = rank;
    ranks->voxel = voxel;
    return ranks_fill(region, ranks, rank, voxel, arena, err);
}

bool ranks_of(const struct region *region, const struct settings *settings, struct ranks *ranks, struct arena *arena, struct err *err)
{
    if (region->ranks == NULL)
        return ranks_make(region, settings, ranks, arena, err);
    *ranks = *region->ranks;
    return true;
}

size_t ranks_row_end(const struct ranks *ranks, size_t v)
{
    size_t cell = ranks->voxel[v], row_end = cell - (cell - ranks->first) % ranks->stride[1] + ranks->n[0];
    do
        v++;
    while (v < ranks->voxel_n && ranks->voxel[v] < row_end);
    return v;
}

static bool distance_listed(int32_t d, const int32_t *distance, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (distance[i] == d)
            return true;
    return false;
}

static int32_t chebyshev(const int32_t step[3])
{
    int32_t longest = 0;
    for (int axis = 0; axis < 3; axis++) {
        int32_t length = step[axis] < 0 ? -step[axis] : step[axis];
        if (length > longest)
            longest = length;
    }
    return longest;
}

/* The first half of the descending order are the directions whose first non-zero step (z, then y, then x) is positive. */
static bool is_first_of_pair(const int32_t step[3])
{
    for (int axis = 2; axis >= 0; axis--)
        if (step[axis] != 0)
            return step[axis] > 0;
    return false;
}

static bool directions_make(const struct ranks *ranks, const struct settings *settings, const int32_t *distance, size_t distance_n, bool both,
                            struct direction **direction, size_t *n, struct arena *arena, struct err *err)
{
    int32_t reach[3], longest = 0;
    for (size_t i = 0; i < distance_n; i++)
        if (distance[i] > longest)
            longest = distance[i];
    for (int axis = 0; axis < 3; axis++) {
        bool flat = settings->force_2d && axis == 2 - settings->force_2d_axis;
        reach[axis] = flat ? 0 : (size_t)longest < ranks->n[axis] ? longest : (int32_t)(ranks->n[axis] - 1);
    }
    size_t room = (size_t)(2 * reach[0] + 1) * (size_t)(2 * reach[1] + 1) * (size_t)(2 * reach[2] + 1);
    struct direction *list = arena_alloc(arena, room, sizeof *list, err);
    if (!list)
        return false;
    size_t found = 0;
    int32_t step[3];
    for (step[2] = reach[2]; step[2] >= -reach[2]; step[2]--)
        for (step[1] = reach[1]; step[1] >= -reach[1]; step[1]--)
            for (step[0] = reach[0]; step[0] >= -reach[0]; step[0]--) {
                if (!distance_listed(chebyshev(step), distance, distance_n) || !(both || is_first_of_pair(step)))
                    continue;
                struct direction *next = &list[found++];
                memcpy(next->step, step, sizeof step);
                next->offset = step[0] + step[1] * (ptrdiff_t)ranks->stride[1] + step[2] * (ptrdiff_t)ranks->stride[2];
            }
    *direction = list;
    *n = found;
    return true;
}

bool directions_half(const struct ranks *ranks, const struct settings *settings, const int32_t *distance, size_t distance_n,
                     struct direction **direction, size_t *n, struct arena *arena, struct err *err)
{
    return directions_make(ranks, settings, distance, distance_n, false, direction, n, arena, err);
}

bool directions_all(const struct ranks *ranks, const struct settings *settings, const int32_t *distance, size_t distance_n,
                    struct direction **direction, size_t *n, struct arena *arena, struct err *err)
{
    return directions_make(ranks, settings, distance, distance_n, true, direction, n, arena, err);
}

double direction_length(const struct direction *direction, const double spacing[3], enum weighting norm)
{
    double mm[3], sum = 0, squares = 0, largest = 0;
    for (int axis = 0; axis < 3; axis++) {
        mm[axis] = abs(direction->step[axis]) * spacing[axis];
        sum += mm[axis];
        squares += mm[axis] * mm[axis];
        largest = fmax(largest, mm[axis]);
    }
    switch (norm) {
    case WEIGHT_EUCLIDEAN: return sqrt(squares);
    case WEIGHT_MANHATTAN: return sum;
    case WEIGHT_INFINITY: return largest;
    case WEIGHT_EACH_ANGLE:
    case WEIGHT_EQUAL: break;
    }
    return 1;
}
