/* Made-up cases for the tests of nn: images whose HU is a function of the patient's position, on grids of any orientation. */
#ifndef HEPAR_TESTS_UNIT_CASE_IMAGE_H
#define HEPAR_TESTS_UNIT_CASE_IMAGE_H

#include "tap.h"

#include <math.h>

#include "image/roi.h"
#include "image/volume.h"

typedef double hu_at(const double position[3]);

/* HU = 3x - 2y + 5z + 40, by LPS mm. */
static inline double ramp(const double p[3])
{
    return 3 * p[0] - 2 * p[1] + 5 * p[2] + 40;
}

/* Nothing alike along any axis. */
static inline double bumpy(const double p[3])
{
    return 300 * sin(0.31 * p[0] + 0.2) + 200 * sin(0.47 * p[1] + 1) * cos(0.23 * p[2]) + 20 * p[2];
}

static inline struct volume image_of(const struct grid *grid, enum voxel_type type, hu_at *hu)
{
    struct volume image;
    assert_true(volume_init(&image, grid, type, 1, NULL));
    for (size_t i = 0; i < grid_voxel_n(grid); i++) {
        const double index[3] = {(double)(i % grid->n[0]), (double)(i / grid->n[0] % grid->n[1]), (double)(i / grid->n[0] / grid->n[1])};
        double position[3];
        grid_position(grid, index, position);
        if (type == VOXEL_I16)
            ((int16_t *)image.voxels)[i] = (int16_t)lrint(hu(position));
        else
            ((float *)image.voxels)[i] = (float)hu(position);
    }
    return image;
}

/* The voxels whose centres lie within an ellipsoid (LPS mm). */
static inline struct roi ellipsoid(const struct grid *grid, const double center[3], const double half[3])
{
    struct roi region;
    size_t n = grid_voxel_n(grid);
    uint8_t *inside = malloc(n);
    assert_non_null(inside);
    for (size_t i = 0; i < n; i++) {
        const double index[3] = {(double)(i % grid->n[0]), (double)(i / grid->n[0] % grid->n[1]), (double)(i / grid->n[0] / grid->n[1])};
        double position[3], sum = 0;
        grid_position(grid, index, position);
        for (int a = 0; a < 3; a++)
            sum += (position[a] - center[a]) * (position[a] - center[a]) / half[a] / half[a];
        inside[i] = sum <= 1;
    }
    assert_true(roi_from_box(grid, (const size_t[3]){0, 0, 0}, grid->n, inside, &region, NULL));
    free(inside);
    return region;
}

/* A grid around the origin whose image axes are the patient's axes order[0..2], each forward or back (sign), turned by a few degrees
 * when `lean` is not 0. n and spacing count along the image's axes. */
static inline struct grid grid_of(const size_t n[3], const double spacing[3], const int order[3], const int sign[3], double lean)
{
    struct grid grid = {{n[0], n[1], n[2]}, {spacing[0], spacing[1], spacing[2]}, {0, 0, 0}, {{0}}};
    double c = cos(lean), s = sin(lean);
    const double turn[3][3] = {{c, -s, 0}, {s * c, c * c, -s}, {s * s, c * s, c}}; /* about z, then x */
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++)
            grid.direction[i][j] = turn[i][order[j]] * sign[j];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            grid.origin[i] -= grid.direction[i][j] * spacing[j] * (double)(n[j] - 1) / 2;
    return grid;
}

static inline struct grid plain_grid(size_t x, size_t y, size_t z, double sx, double sy, double sz)
{
    return grid_of((const size_t[3]){x, y, z}, (const double[3]){sx, sy, sz}, (const int[3]){0, 1, 2}, (const int[3]){1, 1, 1}, 0);
}

#endif
