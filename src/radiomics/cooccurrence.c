#include "radiomics/cooccurrence.h"

#include <string.h>

bool cooccurrence_counter_make(const struct ranks *ranks, bool symmetrical, struct cooccurrence_counter *counter, struct arena *arena, struct err *err)
{
    memset(counter, 0, sizeof *counter);
    counter->ranks = ranks;
    counter->symmetrical = symmetrical;
    counter->voxel = arena_alloc(arena, ranks->voxel_n, sizeof *counter->voxel, err);
    counter->begin = arena_alloc(arena, ranks->level_n + 2, sizeof *counter->begin, err);
    counter->ahead = arena_alloc(arena, ranks->level_n + 1, sizeof *counter->ahead, err);
    counter->behind = arena_alloc(arena, ranks->level_n + 1, sizeof *counter->behind, err);
    counter->weighted = arena_alloc(arena, ranks->level_n + 1, sizeof *counter->weighted, err);
    if (!counter->voxel || !counter->begin || !counter->ahead || !counter->behind || !counter->weighted)
        return false;
    size_t *begin = counter->begin;
    for (size_t v = 0; v < ranks->voxel_n; v++)
        begin[ranks->rank[ranks->voxel[v]] + 1]++;
    for (size_t r = 1; r <= ranks->level_n + 1; r++)
        begin[r] += begin[r - 1];
    for (size_t v = 0; v < ranks->voxel_n; v++) /* begin[r] runs to the end of r, i.e. to the begin of r + 1 */
        counter->voxel[begin[ranks->rank[ranks->voxel[v]]]++] = ranks->voxel[v];
    memmove(begin + 1, begin, (ranks->level_n + 1) * sizeof *begin);
    begin[0] = 0;
    return true;
}

static void count_row(struct cooccurrence_counter *counter, size_t row, ptrdiff_t offset)
{
    const uint16_t *rank = counter->ranks->rank;
    uint32_t *ahead = counter->ahead, *behind = counter->behind;
    const uint32_t *voxel = counter->voxel, *end = voxel + counter->begin[row + 1];
    voxel += counter->begin[row];
    if (counter->symmetrical) {
        /* Two sets of counters: an increment need not wait for the one before it to reach memory. */
        for (; voxel < end; voxel++) {
            ahead[rank[*voxel + offset]]++;
            behind[rank[*voxel - offset]]++;
        }
    } else {
        for (; voxel < end; voxel++)
            ahead[rank[*voxel + offset]]++;
    }
}

static void take(struct cooccurrence *out, size_t i, size_t j, double n)
{
    out->cell[out->cell_n++] = (struct cooccurrence_cell){(uint16_t)i, (uint16_t)j, n};
    out->total += out->symmetrical && i != j ? 2 * n : n;
}

/* A row with few voxels is emptied by going over their neighbours again, not over all levels. */
static bool row_is_thin(const struct cooccurrence_counter *counter, size_t row)
{
    return 16 * (counter->begin[row + 1] - counter->begin[row]) < counter->ranks->level_n;
}

static void empty_row(struct cooccurrence_counter *counter, size_t row, struct cooccurrence *out)
{
    uint32_t *ahead = counter->ahead, *behind = counter->behind;
    for (size_t j = counter->symmetrical ? row : 1; j <= counter->ranks->level_n; j++) {
        uint32_t n = ahead[j] + behind[j];
        if (n)
            take(out, row, j, n);
    }
    memset(ahead, 0, (counter->ranks->level_n + 1) * sizeof *ahead);
    memset(behind, 0, (counter->ranks->level_n + 1) * sizeof *behind);
}

static void empty_thin_row(struct cooccurrence_counter *counter, size_t row, ptrdiff_t offset, struct cooccurrence *out)
{
    const uint16_t *rank = counter->ranks->rank;
    counter->ahead[0] = counter->behind[0] = 0;
    for (size_t v = counter->begin[row]; v < counter->begin[row + 1]; v++) {
        for (int side = 0; side < (counter->symmetrical ? 2 : 1); side++) {
            size_t j = rank[counter->voxel[v] + (side ? -offset : offset)];
            uint32_t n = counter->ahead[j] + counter->behind[j];
            counter->ahead[j] = counter->behind[j] = 0;
            if (n && !(counter->symmetrical && j < row))
                take(out, row, j, n);
        }
    }
}

static bool cells_make(const struct cooccurrence_counter *counter, size_t directions, struct cooccurrence *out, struct arena *arena, struct err *err)
{
    if (!out->cell) {
        size_t room = 0, level_n = counter->ranks->level_n;
        for (size_t r = 1; r <= level_n; r++) {
            size_t pairs = (counter->begin[r + 1] - counter->begin[r]) * (counter->symmetrical ? 2 : 1) * directions;
            room += pairs < level_n ? pairs : level_n;
        }
        out->cell = arena_alloc(arena, room, sizeof *out->cell, err);
        if (!out->cell)
            return false;
    }
    out->symmetrical = counter->symmetrical;
    out->cell_n = 0;
    out->total = 0;
    return true;
}

bool cooccurrence_count(struct cooccurrence_counter *counter, const struct direction *direction, struct cooccurrence *out, struct arena *arena, struct err *err)
{
    if (!cells_make(counter, 1, out, arena, err))
        return false;
    out->counted = true;
    for (size_t row = 1; row <= counter->ranks->level_n; row++) {
        count_row(counter, row, direction->offset);
        if (row_is_thin(counter, row))
            empty_thin_row(counter, row, direction->offset, out);
        else
            empty_row(counter, row, out);
    }
    return true;
}

bool cooccurrence_weigh(struct cooccurrence_counter *counter, const struct direction *direction, const double *weight, size_t n,
                        struct cooccurrence *out, struct arena *arena, struct err *err)
{
    if (!cells_make(counter, n, out, arena, err))
        return false;
    size_t level_n = counter->ranks->level_n;
    double *sum = counter->weighted;
    for (size_t row = 1; row <= level_n; row++) {
        for (size_t a = 0; a < n; a++) {
            count_row(counter, row, direction[a].offset);
            for (size_t j = 1; j <= level_n; j++)
                sum[j] += weight[a] * (double)(counter->ahead[j] + counter->behind[j]);
            memset(counter->ahead, 0, (level_n + 1) * sizeof *counter->ahead);
            memset(counter->behind, 0, (level_n + 1) * sizeof *counter->behind);
        }
        for (size_t j = counter->symmetrical ? row : 1; j <= level_n; j++)
            if (sum[j] > 0)
                take(out, row, j, sum[j]);
        memset(sum, 0, (level_n + 1) * sizeof *sum);
    }
    return true;
}
