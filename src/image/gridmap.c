/* Maps between grids; see gridmap.h. */
#include "image/gridmap.h"

#include <math.h>
#include <string.h>

struct grid_map grid_map_make(const struct grid *from, const struct grid *to)
{
    struct grid_map map;
    double position[3];
    grid_position(from, (const double[3]){0, 0, 0}, position);
    grid_index(to, position, map.shift);
    for (int j = 0; j < 3; j++) {
        /* One step along axis j of `from`, from the origin of `to`: no loss of digits far from the scanner's centre. */
        double step[3], at[3];
        for (int i = 0; i < 3; i++)
            at[i] = to->origin[i] + from->direction[i][j] * from->spacing[j];
        grid_index(to, at, step);
        for (int i = 0; i < 3; i++)
            map.step[i][j] = step[i];
    }
    return map;
}

void grid_map_apply(const struct grid_map *map, const double from[3], double to[3])
{
    for (int i = 0; i < 3; i++)
        to[i] = map->shift[i] + map->step[i][0] * from[0] + map->step[i][1] * from[1] + map->step[i][2] * from[2];
}

bool grid_same_size(const struct grid *a, const struct grid *b)
{
    return memcmp(a->n, b->n, sizeof a->n) == 0;
}

static void corner(const struct grid *grid, int which, double index[3])
{
    for (int i = 0; i < 3; i++)
        index[i] = which >> i & 1 ? (double)(grid->n[i] - 1) : 0;
}

struct grid_gap grid_corner_gap(const struct grid *grid, const struct grid *reference)
{
    struct grid_map map = grid_map_make(grid, reference);
    struct grid_gap gap = {0, 0};
    for (int c = 0; c < 8; c++) {
        double from[3], to[3];
        corner(grid, c, from);
        grid_map_apply(&map, from, to);
        for (int i = 0; i < 3; i++) {
            double voxels = fabs(to[i] - from[i]);
            gap.voxels = fmax(gap.voxels, voxels);
            gap.mm = fmax(gap.mm, voxels * reference->spacing[i]);
        }
    }
    return gap;
}

bool grid_find_placement(const struct grid *from, const struct grid *to, double voxels, struct grid_placement *placement)
{
    struct grid_map map = grid_map_make(from, to);
    bool taken[3] = {false};
    for (int j = 0; j < 3; j++) {
        int axis = -1;
        for (int i = 0; i < 3; i++) {
            double step = fabs(round(map.step[i][j]));
            if (step == 1 && axis < 0 && !taken[i])
                axis = i;
            else if (step != 0)
                return false;
        }
        if (axis < 0)
            return false;
        taken[axis] = true;
        placement->axis[j] = axis;
        placement->sign[j] = map.step[axis][j] < 0 ? -1 : 1;
    }
    for (int i = 0; i < 3; i++)
        placement->shift[i] = round(map.shift[i]);
    for (int c = 0; c < 8; c++) {
        double index[3], at[3], place[3];
        corner(from, c, index);
        grid_map_apply(&map, index, at);
        memcpy(place, placement->shift, sizeof place);
        for (int j = 0; j < 3; j++)
            place[placement->axis[j]] += placement->sign[j] * index[j];
        for (int i = 0; i < 3; i++)
            if (!(fabs(at[i] - place[i]) <= voxels))
                return false;
    }
    return true;
}

bool grid_placement_is_identity(const struct grid_placement *placement)
{
    for (int j = 0; j < 3; j++)
        if (placement->axis[j] != j || placement->sign[j] != 1 || placement->shift[j] != 0)
            return false;
    return true;
}

void grid_describe_difference(const struct grid *grid, const struct grid *reference, double voxels, struct text *text)
{
    static const char AXIS[] = "xyz";
    const char *comma = "";
    if (!grid_same_size(grid, reference)) {
        text_add(text, "size is %zu x %zu x %zu against %zu x %zu x %zu", grid->n[0], grid->n[1], grid->n[2], reference->n[0], reference->n[1], reference->n[2]);
        comma = ", ";
    }
    for (int j = 0; j < 3; j++) {
        double off = grid->spacing[j] - reference->spacing[j], last = (double)(reference->n[j] - 1);
        if (fabs(off) * fmax(last, 1) > voxels * reference->spacing[j]) {
            text_add(text, "%sspacing %c is %g mm against %g mm", comma, AXIS[j], grid->spacing[j], reference->spacing[j]);
            comma = ", ";
        }
    }
    for (int j = 0; j < 3; j++) {
        double cosine = 0;
        for (int i = 0; i < 3; i++)
            cosine += grid->direction[i][j] * reference->direction[i][j];
        double degrees = acos(fmax(-1, fmin(1, cosine))) * 180 / M_PI, last = (double)(reference->n[j] - 1);
        double lean = sin(fmin(degrees, 90) * M_PI / 180) * fmax(last, 1) * reference->spacing[j];
        if (lean > voxels * fmin(reference->spacing[0], fmin(reference->spacing[1], reference->spacing[2])) && degrees > 1e-4) {
            text_add(text, "%sdirection of axis %c differs by %.3g degrees", comma, AXIS[j], degrees);
            comma = ", ";
        }
    }
    double index[3];
    grid_index(reference, grid->origin, index);
    for (int i = 0; i < 3; i++)
        if (fabs(index[i]) > voxels) {
            text_add(text, "%sorigin %c is off by %.4g mm (%.4g voxels)", comma, AXIS[i], index[i] * reference->spacing[i], index[i]);
            comma = ", ";
        }
}

bool grid_nearest(const struct grid *grid, const double index[3], size_t voxel[3])
{
    for (int i = 0; i < 3; i++) {
        double nearest = floor(index[i] + 0.5);
        if (!(nearest >= 0 && nearest < (double)grid->n[i]))
            return false;
        voxel[i] = (size_t)nearest;
    }
    return true;
}
