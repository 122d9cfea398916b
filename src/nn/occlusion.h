/* Occlusion: where in its input a score comes from, for a score that has no gradient (Zeiler and Fergus, ECCV 2014, arXiv 1311.2901).
 *
 * A cube of voxels slides over the input; in it each channel takes a given value (the window's low end, or 0 where values are centred: nothing to
 * be seen there). How far the score falls is what the cube was worth; a voxel's value is the mean over the cubes that cover it. Positive: what is
 * there speaks for the outcome. Nothing is known of what the score is: the caller gives it for some inputs at a time. */
#ifndef HEPAR_NN_OCCLUSION_H
#define HEPAR_NN_OCCLUSION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/sample.h"

enum { OCCLUSION_BATCH = 16 };

struct occlusion_settings {
    size_t side, step; /* of the cube, and how far it moves, in voxels; step at most side. 2-D: squares in x and y. */
};
/* side: a quarter of the input's longest axis, at least 2; step: half of it. */
struct occlusion_settings occlusion_settings_for(const struct sample_shape *shape);

/* The scores of n inputs, 1..OCCLUSION_BATCH, each [z][y][x][c]. */
typedef bool (*occlusion_score)(void *ctx, const float *input, size_t n, double *score, struct err *err);

struct occlusion {
    struct sample_shape shape;
    const float *input;    /* [z][y][x][c] */
    const float *fill;     /* c values; NaN: the channel stays as it is (a mask) */
    const uint8_t *where;  /* [z][y][x]: cubes without such a voxel are not tried and are worth 0; NULL: all are tried */
    occlusion_score score;
    void *ctx;
};
/* map[z][y][x]; *score: of the input as it is. ERR_USAGE: a cube or step of 0, a step larger than the cube. */
bool occlusion_map(const struct occlusion *occlusion, const struct occlusion_settings *settings, float *map, double *score, struct err *err);

#endif
