#include "nn/regrid.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/gridmap.h"

static const double COARSE = 1.5;     /* a new voxel wider than this many old ones takes a mean */
static const double EDGE = 0.5 + 1e-6;  /* old voxels: how far outside of the outer centres is inside; rounding must not decide */
static const double PARALLEL = 0.01;  /* old voxels that an axis may stray from its direction over the new grid */

/* What the new voxels read along one axis of the old grid: voxel i reads count[i] old ones from first[i] on. */
struct taps {
    size_t n, room;
    size_t *first, *count; /* n */
    float *weight;         /* n * room */
    bool *inside;          /* n: its centre lies in the old grid */
    size_t begin, end;     /* old voxels that are read at all */
};

static void taps_free(struct taps *taps)
{
    mem_free(taps->first);
    mem_free(taps->count);
    mem_free(taps->weight);
    mem_free(taps->inside);
}

/* Integral of the tent function (linear interpolation's kernel) up to t. */
static double tent_integral(double t)
{
    if (t <= 0)
        return t <= -1 ? 0 : (1 + t) * (1 + t) / 2;
    return t >= 1 ? 1 : 1 - (1 - t) * (1 - t) / 2;
}

/* Weight of the old voxel at distance t from a new one's centre; width 0: interpolation, else the mean over that width. */
static double tap_weight(double t, double width)
{
    if (width > 0)
        return (tent_integral(t + width / 2) - tent_integral(t - width / 2)) / width;
    return fmax(0, 1 - fabs(t));
}

static void taps_of_voxel(struct taps *taps, size_t i, double at, double width, size_t old_n, enum regrid_edge edge)
{
    float *weight = taps->weight + i * taps->room;
    double last = (double)(old_n - 1), reach = 1 + width / 2;
    taps->inside[i] = at >= -EDGE && at <= last + EDGE;
    taps->count[i] = 0;
    if (edge == REGRID_IMAGE && !taps->inside[i])
        return;
    for (double j = ceil(at - reach); j <= floor(at + reach); j++) {
        double w = tap_weight(j - at, width), old = fmin(fmax(j, 0), last);
        if (w <= 0 || (edge == REGRID_MASK && old != j))
            continue;
        if (taps->count[i] == 0)
            taps->first[i] = (size_t)old;
        size_t k = (size_t)old - taps->first[i];
        if (k == taps->count[i])
            weight[taps->count[i]++] = 0;
        weight[k] += (float)w;
    }
    if (taps->count[i] > 0) {
        taps->begin = taps->first[i] < taps->begin ? taps->first[i] : taps->begin;
        taps->end = taps->first[i] + taps->count[i] > taps->end ? taps->first[i] + taps->count[i] : taps->end;
    }
}

/* New voxels 0..n-1 at shift + step * i of an old axis of old_n voxels. */
static bool taps_make(struct taps *taps, size_t n, double shift, double step, size_t old_n, bool smooth, enum regrid_edge edge, struct err *err)
{
    double width = smooth && fabs(step) > COARSE ? fabs(step) : 0;
    *taps = (struct taps){.n = n, .room = (size_t)fmin(ceil(width) + 4, (double)old_n + 1), .begin = SIZE_MAX};
    taps->first = mem_zero(n, sizeof *taps->first, err);
    taps->count = taps->first == NULL ? NULL : mem_alloc(n, sizeof *taps->count, err);
    taps->weight = taps->count == NULL ? NULL : mem_alloc(n * taps->room, sizeof *taps->weight, err);
    taps->inside = taps->weight == NULL ? NULL : mem_alloc(n, sizeof *taps->inside, err);
    if (taps->inside == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        taps_of_voxel(taps, i, shift + step * (double)i, width, old_n, edge);
    if (taps->end == 0)
        taps->begin = 0;
    for (size_t i = 0; i < n; i++)
        if (taps->count[i] == 0)
            taps->first[i] = taps->begin;
    return true;
}

/* axis[s]: the new grid's axis along old axis s. False when some axis leans. */
static bool find_parallel(const struct grid_map *map, const struct grid *grid, int axis[3])
{
    bool taken[3] = {false};
    for (int s = 0; s < 3; s++) {
        axis[s] = 0;
        for (int a = 1; a < 3; a++)
            axis[s] = fabs(map->step[s][a]) > fabs(map->step[s][axis[s]]) ? a : axis[s];
        for (int a = 0; a < 3; a++)
            if (a != axis[s] && fabs(map->step[s][a]) * (double)grid->n[a] > PARALLEL)
                return false;
        if (taken[axis[s]])
            return false;
        taken[axis[s]] = true;
    }
    return true;
}

/* to[i] = sum over taps of from[first - begin + k], i = 0..n-1. */
static void shrink_row(const struct taps *taps, const float *from, float *to)
{
    for (size_t i = 0; i < taps->n; i++) {
        const float *weight = taps->weight + i * taps->room, *at = from + taps->first[i] - taps->begin;
        float sum = 0;
        for (size_t k = 0; k < taps->count[i]; k++)
            sum += weight[k] * at[k];
        to[i] = sum;
    }
}

/* to = weighted sum of the rows that new voxel i reads; rows of `width` values from old voxel taps->begin on. */
static void mix_rows(const struct taps *taps, size_t i, const float *restrict rows, size_t width, float *restrict to)
{
    const float *weight = taps->weight + i * taps->room;
    memset(to, 0, width * sizeof *to);
    for (size_t k = 0; k < taps->count[i]; k++) {
        const float *restrict from = rows + (taps->first[i] - taps->begin + k) * width;
        float w = weight[k];
        for (size_t x = 0; x < width; x++)
            to[x] += w * from[x];
    }
}

struct separable {
    struct taps taps[3]; /* along the old axes */
    int axis[3];
    float *slice, *row;  /* old values of a slice; one mixed row */
    float *stack;        /* old slices, shrunk in x and y: [old z][new y][new x], in the old grid's order of axes */
    float *plane;        /* one new plane of it */
};

static void shrink_slices(const struct volume *from, struct separable *work)
{
    const struct taps *x = &work->taps[0], *y = &work->taps[1], *z = &work->taps[2];
    size_t width = x->end - x->begin;
    for (size_t k = z->begin; k < z->end; k++) {
        for (size_t j = y->begin; j < y->end; j++)
            volume_row_f32(from, x->begin + from->grid.n[0] * (j + from->grid.n[1] * k), width, work->slice + (j - y->begin) * width);
        for (size_t i = 0; i < y->n; i++) {
            mix_rows(y, i, work->slice, width, work->row);
            shrink_row(x, work->row, work->stack + x->n * (i + y->n * (k - z->begin)));
        }
    }
}

/* n values at a stride, what is not finite replaced; the common stride has a loop that the compiler vectorises. */
static void write_finite(const float *restrict value, size_t n, size_t stride, float instead, float *restrict to)
{
    if (stride == 1)
        for (size_t i = 0; i < n; i++)
            to[i] = value[i] - value[i] == 0 ? value[i] : instead;
    else
        for (size_t i = 0; i < n; i++)
            to[i * stride] = value[i] - value[i] == 0 ? value[i] : instead;
}

static void write_planes(const struct separable *work, const struct grid *grid, const struct regrid *how, float *out)
{
    const struct taps *x = &work->taps[0], *y = &work->taps[1], *z = &work->taps[2];
    const size_t stride_of[3] = {1, grid->n[0], grid->n[0] * grid->n[1]};
    size_t stride[3], begin = 0, end = x->n; /* begin..end-1: the new voxels along x that lie in the old grid */
    for (int s = 0; s < 3; s++)
        stride[s] = stride_of[work->axis[s]];
    bool cut = how->edge == REGRID_IMAGE;
    while (cut && begin < end && !x->inside[begin])
        begin++;
    while (cut && end > begin && !x->inside[end - 1])
        end--;
    for (size_t k = 0; k < z->n; k++) {
        mix_rows(z, k, work->stack, x->n * y->n, work->plane);
        for (size_t j = 0; j < y->n; j++) {
            bool whole = !cut || (z->inside[k] && y->inside[j]);
            float *to = out + k * stride[2] + j * stride[1];
            for (size_t i = 0; i < (whole ? begin : x->n); i++)
                to[i * stride[0]] = how->outside;
            for (size_t i = whole ? end : x->n; i < x->n; i++)
                to[i * stride[0]] = how->outside;
            if (whole)
                write_finite(work->plane + j * x->n + begin, end - begin, stride[0], how->outside, to + begin * stride[0]);
        }
    }
}

static size_t count_inside(const struct taps *taps)
{
    size_t n = 0;
    for (size_t i = 0; i < taps->n; i++)
        n += taps->inside[i];
    return n;
}

static bool regrid_parallel(const struct volume *from, const struct grid_map *map, const struct grid *grid, const int axis[3],
                            const struct regrid *how, float *out, size_t *inside_n, struct err *err)
{
    struct separable work = {.axis = {axis[0], axis[1], axis[2]}};
    const struct taps *t = work.taps;
    bool ok = true;
    for (int s = 0; s < 3 && ok; s++) {
        int a = axis[s];
        double stray = 0; /* the other axes' lean, at the middle of the grid */
        for (int b = 0; b < 3; b++)
            stray += b == a ? 0 : map->step[s][b] * ((double)grid->n[b] - 1) / 2;
        ok = taps_make(&work.taps[s], grid->n[a], map->shift[s] + stray, map->step[s][a], from->grid.n[s], how->smooth[a], how->edge, err);
    }
    if (ok) {
        *inside_n = count_inside(&t[0]) * count_inside(&t[1]) * count_inside(&t[2]);
        size_t width = t[0].end - t[0].begin;
        work.slice = mem_alloc(width * (t[1].end - t[1].begin), sizeof *work.slice, err);
        work.row = work.slice == NULL ? NULL : mem_alloc(width, sizeof *work.row, err);
        work.stack = work.row == NULL ? NULL : mem_alloc(t[0].n * t[1].n * (t[2].end - t[2].begin), sizeof *work.stack, err);
        work.plane = work.stack == NULL ? NULL : mem_alloc(t[0].n * t[1].n, sizeof *work.plane, err);
        ok = work.plane != NULL;
    }
    if (ok) {
        shrink_slices(from, &work);
        write_planes(&work, grid, how, out);
    }
    for (int s = 0; s < 3; s++)
        taps_free(&work.taps[s]);
    mem_free(work.slice);
    mem_free(work.row);
    mem_free(work.stack);
    mem_free(work.plane);
    return ok;
}

/* Linear interpolation at a continuous index by the rule of the edge; `found` says whether the index is in the grid. */
static double interpolate(const struct volume *from, const double at[3], const struct regrid *how, bool *found)
{
    size_t low[3];
    double share[3], sum = 0;
    *found = true;
    for (int s = 0; s < 3; s++) {
        double last = (double)(from->grid.n[s] - 1);
        *found &= at[s] >= -EDGE && at[s] <= last + EDGE;
        double clamped = fmin(fmax(at[s], 0), last), fade = how->edge == REGRID_MASK ? fmax(0, 1 - fabs(at[s] - clamped)) : 1;
        low[s] = (size_t)clamped;
        share[s] = clamped - (double)low[s];
        if (fade == 0)
            return 0;
        sum = s == 0 ? fade : sum * fade;
    }
    if (how->edge == REGRID_IMAGE && !*found)
        return how->outside;
    double fade = sum;
    sum = 0;
    for (unsigned corner = 0; corner < 8; corner++) {
        double weight = fade;
        size_t index[3];
        for (int s = 0; s < 3; s++) {
            bool high = corner >> s & 1;
            weight *= high ? share[s] : 1 - share[s];
            index[s] = low[s] + high;
        }
        if (weight > 0)
            sum += weight * volume_at(from, index[0] + from->grid.n[0] * (index[1] + from->grid.n[1] * index[2]));
    }
    return sum;
}

static void regrid_leaning(const struct volume *from, const struct grid_map *map, const struct grid *grid, const struct regrid *how, float *out,
                           size_t *inside_n)
{
    size_t points[3];
    for (int a = 0; a < 3; a++) {
        double ratio = 0; /* old voxels that one new step crosses */
        for (int s = 0; s < 3; s++)
            ratio += map->step[s][a] * map->step[s][a];
        points[a] = how->smooth[a] && sqrt(ratio) > COARSE ? (size_t)ceil(sqrt(ratio)) : 1;
    }
    *inside_n = 0;
    for (size_t z = 0; z < grid->n[2]; z++)
        for (size_t y = 0; y < grid->n[1]; y++)
            for (size_t x = 0; x < grid->n[0]; x++) {
                const double center[3] = {(double)x, (double)y, (double)z};
                double at[3], sum = 0;
                bool in_grid, near_in_grid;
                grid_map_apply(map, center, at);
                double value = interpolate(from, at, how, &in_grid);
                for (size_t p = 0; p < points[0] * points[1] * points[2]; p++) {
                    const size_t part[3] = {p % points[0], p / points[0] % points[1], p / points[0] / points[1]};
                    double near[3];
                    for (int a = 0; a < 3; a++)
                        near[a] = center[a] + ((double)part[a] + 0.5) / (double)points[a] - 0.5;
                    grid_map_apply(map, near, at);
                    double point = interpolate(from, at, how, &near_in_grid);
                    sum += near_in_grid || how->edge == REGRID_MASK ? point : value;
                }
                if (points[0] * points[1] * points[2] > 1 && (in_grid || how->edge == REGRID_MASK))
                    value = sum / (double)(points[0] * points[1] * points[2]);
                *out++ = isfinite(value) ? (float)value : how->outside;
                *inside_n += in_grid;
            }
}

bool regrid_volume(const struct volume *from, const struct grid *grid, const struct regrid *how, float *out, size_t *inside_n, struct err *err)
{
    struct grid_map map = grid_map_make(grid, &from->grid);
    int axis[3];
    if (find_parallel(&map, grid, axis))
        return regrid_parallel(from, &map, grid, axis, how, out, inside_n, err);
    regrid_leaning(from, &map, grid, how, out, inside_n);
    return true;
}
