#include "radiomics/size_matrix.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Up to so many counters (8 MB) are a table; beyond, things are sorted. */
#define TABLE_CELLS ((size_t)1 << 21)

static int by_rank_then_size(const void *a, const void *b)
{
    const struct sized *p = a, *q = b;
    if (p->rank != q->rank)
        return p->rank < q->rank ? -1 : 1;
    return (p->size > q->size) - (p->size < q->size);
}

static bool count_by_sorting(struct sized *things, size_t n, struct size_matrix *matrix, struct arena *arena, struct err *err)
{
    qsort(things, n, sizeof *things, by_rank_then_size);
    size_t cell_n = 0;
    for (size_t t = 0; t < n; t++)
        cell_n += t == 0 || by_rank_then_size(&things[t], &things[t - 1]) != 0;
    if (!(matrix->cell = arena_alloc(arena, cell_n, sizeof *matrix->cell, err)))
        return false;
    for (size_t t = 0; t < n; t++) {
        if (t == 0 || by_rank_then_size(&things[t], &things[t - 1]) != 0)
            matrix->cell[matrix->cell_n++] = (struct size_cell){things[t].rank, things[t].size, 0};
        matrix->cell[matrix->cell_n - 1].n++;
    }
    return true;
}

static bool count_by_table(const struct ranks *ranks, const struct sized *things, size_t n, struct size_matrix *matrix, struct arena *arena, struct err *err)
{
    size_t width = (size_t)matrix->size_max + 1, cell_n = 0, table_n = (ranks->level_n + 1) * width;
    uint32_t *table = arena_alloc(arena, table_n, sizeof *table, err);
    if (!table)
        return false;
    for (size_t t = 0; t < n; t++)
        table[things[t].rank * width + things[t].size]++;
    for (size_t k = 0; k < table_n; k++)
        cell_n += table[k] > 0;
    if (!(matrix->cell = arena_alloc(arena, cell_n, sizeof *matrix->cell, err)))
        return false;
    for (size_t rank = 1; rank <= ranks->level_n; rank++)
        for (size_t size = 1; size < width; size++)
            if (table[rank * width + size])
                matrix->cell[matrix->cell_n++] = (struct size_cell){(uint32_t)rank, (uint32_t)size, table[rank * width + size]};
    return true;
}

bool size_matrix_count(const struct ranks *ranks, struct sized *things, size_t n, struct size_matrix *matrix, struct arena *arena, struct err *err)
{
    memset(matrix, 0, sizeof *matrix);
    matrix->total = (double)n;
    for (size_t t = 0; t < n; t++)
        if (things[t].size > matrix->size_max)
            matrix->size_max = things[t].size;
    if (TABLE_CELLS / (ranks->level_n + 1) > matrix->size_max)
        return count_by_table(ranks, things, n, matrix, arena, err);
    return count_by_sorting(things, n, matrix, arena, err);
}

bool size_matrix_weigh(const struct ranks *ranks, const struct size_matrix *each, const double *weight, size_t n, struct size_matrix *matrix,
                       struct arena *arena, struct err *err)
{
    memset(matrix, 0, sizeof *matrix);
    size_t room = 0;
    for (size_t a = 0; a < n; a++) {
        room += each[a].cell_n;
        if (each[a].size_max > matrix->size_max)
            matrix->size_max = each[a].size_max;
    }
    double *row = arena_alloc(arena, (size_t)matrix->size_max + 1, sizeof *row, err);
    size_t *next = arena_alloc(arena, n, sizeof *next, err);
    matrix->cell = arena_alloc(arena, room, sizeof *matrix->cell, err);
    if (!row || !next || !matrix->cell)
        return false;
    for (uint32_t rank = 1; rank <= ranks->level_n; rank++) {
        uint32_t longest = 0;
        for (size_t a = 0; a < n; a++) {
            for (; next[a] < each[a].cell_n && each[a].cell[next[a]].rank == rank; next[a]++) {
                const struct size_cell *cell = &each[a].cell[next[a]];
                row[cell->size] += weight[a] * cell->n;
                longest = cell->size > longest ? cell->size : longest;
            }
        }
        for (uint32_t size = 1; size <= longest; size++) {
            if (row[size] > 0) {
                matrix->cell[matrix->cell_n++] = (struct size_cell){rank, size, row[size]};
                matrix->total += row[size];
            }
            row[size] = 0;
        }
    }
    return true;
}

bool size_matrix_features(const struct ranks *ranks, const struct size_matrix *matrix, double value[SIZE_FEATURE_N], struct arena *arena, struct err *err)
{
    double N = matrix->total, sum[SIZE_FEATURE_N] = {0}, level_mean = 0, voxels = 0;
    double *by_size = arena_alloc(arena, (size_t)matrix->size_max + 1, sizeof *by_size, err);
    double *by_level = arena_alloc(arena, ranks->level_n + 1, sizeof *by_level, err);
    if (!by_size || !by_level)
        return false;
    /* Level by level: rows are short, so the sums over all err little. */
    for (size_t c = 0; c < matrix->cell_n;) {
        uint32_t rank = matrix->cell[c].rank;
        double i = ranks->level[rank], i2 = i * i, small = 0, large = 0, entropy = 0, n = 0;
        for (; c < matrix->cell_n && matrix->cell[c].rank == rank; c++) {
            double P = matrix->cell[c].n, j = matrix->cell[c].size, p = P / N;
            by_size[matrix->cell[c].size] += P;
            n += P;
            small += P / (j * j);
            large += P * (j * j);
            entropy += p * log2(p + DBL_EPSILON);
        }
        by_level[rank] = n;
        level_mean += n * i;
        sum[LEVEL_NON_UNIFORMITY] += n * n;
        sum[LOW_LEVEL_EMPHASIS] += n / i2;
        sum[HIGH_LEVEL_EMPHASIS] += n * i2;
        sum[SMALL_EMPHASIS] += small;
        sum[LARGE_EMPHASIS] += large;
        sum[SMALL_LOW_EMPHASIS] += small / i2;
        sum[SMALL_HIGH_EMPHASIS] += small * i2;
        sum[LARGE_LOW_EMPHASIS] += large / i2;
        sum[LARGE_HIGH_EMPHASIS] += large * i2;
        sum[SIZE_ENTROPY] -= entropy;
    }
    for (size_t j = 1; j <= matrix->size_max; j++) {
        voxels += by_size[j] * (double)j;
        sum[SIZE_NON_UNIFORMITY] += by_size[j] * by_size[j];
    }
    level_mean /= N;
    double size_mean = voxels / N;
    for (size_t rank = 1; rank <= ranks->level_n; rank++)
        sum[LEVEL_VARIANCE] += by_level[rank] * (ranks->level[rank] - level_mean) * (ranks->level[rank] - level_mean);
    for (size_t j = 1; j <= matrix->size_max; j++)
        sum[SIZE_VARIANCE] += by_size[j] * ((double)j - size_mean) * ((double)j - size_mean);
    for (size_t f = 0; f < SIZE_FEATURE_N; f++)
        value[f] = sum[f] / N;
    value[LEVEL_NON_UNIFORMITY_NORMALIZED] = value[LEVEL_NON_UNIFORMITY] / N;
    value[SIZE_NON_UNIFORMITY_NORMALIZED] = value[SIZE_NON_UNIFORMITY] / N;
    value[PERCENTAGE] = N / voxels;
    value[SIZE_ENTROPY] = sum[SIZE_ENTROPY];
    return true;
}
