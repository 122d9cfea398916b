/* A crop: what is kept of a case for the networks, a box around the tumour on a grid of fixed spacing.
 *
 * The sample grid. Its axes are the image's (first phase), put into the order and direction of the patient's: index x grows to the
 * left, y to the back, z to the head (LPS), whichever way the file stores them. An oblique image keeps its obliqueness. The box is
 * centred at the centre of the region's bounding box (not its centroid, so that a region as large as the box fits):
 *   CROP_3D          of the whole region of the first mask
 *   CROP_2D_LARGEST  the image slice (across the axis nearest to the patient's z) with most region voxels; the lowest of equals;
 *                    centred on the region in that slice
 *   CROP_2D_ALL      the image slices that hold region voxels, each an input of its own, pooled behind the network; where the region
 *                    spans more than slice_max, every k-th with the least k that fits; centred on the whole region
 *   CROP_25D         size[2] neighbouring slices, spacing[2] mm apart around the largest one, as channels of a 2-D input
 * With `fit` the box grows with the region: its voxels are cubes (2-D and 2.5-D: squares) of fit * longest / most mm, where longest is the
 * longest side of the region's bounding box and most the most voxels a side; where in the tumour something lies is then seen
 * whatever its size, and how large it is no more.
 * Around the box a margin of `margin` voxels a side is kept, so that rotation, scale and shift find real voxels (augment_margin()).
 *
 * Values. HU, linearly interpolated; along an axis where the grid is coarser than the image by more than 1.5, the mean of the
 * linear interpolant over the width of a sample voxel (a ramp stays a ramp either way). Rounded to int16. Outside of the image (more
 * than half a voxel), farther than blank_mm from the region, or not finite: the window's low value. A sample voxel is in a region
 * when the same interpolation of the 0/1 mask gives at least 1/2; when that leaves nothing, the voxel with most of it (noted).
 *
 * Masks are kept as signed distances, so that growing and shrinking them costs nothing later: -/+ the distance (Euclidean, from voxel
 * centre to the nearest voxel centre of the other side) in 1/32 of the smallest spacing, negative inside, cut at +-8 spacings.
 * In 2-D views distances lie in the slice. */
#ifndef HEPAR_NN_CROP_H
#define HEPAR_NN_CROP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/roi.h"
#include "image/volume.h"
#include "table/store.h"

enum { CROP_PHASE_MAX = 4, CROP_SLICE_MAX = 128, CROP_DISTANCE_UNIT = 32, CROP_DISTANCE_REACH = 8 };

enum crop_view { CROP_3D, CROP_2D_LARGEST, CROP_2D_ALL, CROP_25D };
const char *crop_view_name(enum crop_view view);                  /* "3d", "2d", "2d-all", "2.5d" */
bool crop_view_from_name(const char *name, enum crop_view *view);

struct crop_settings {
    enum crop_view view;
    size_t phase_n;     /* 1..CROP_PHASE_MAX */
    size_t mask_n;      /* 1: one mask for all phases; phase_n: one a phase; 0: none (arrays without masks, crop_of_values() alone) */
    size_t size[3];     /* voxels of the network's input along x, y, z: 1..512; z counts in 3-D and 2.5-D alone */
    size_t margin[3];   /* voxels a side, 0..512; z counts in 3-D alone */
    double spacing[3];  /* mm, 0.01..100; z counts in 3-D and 2.5-D alone (2-D: the image's own slices) */
    double fit;         /* 0: the spacing above; 0.5..10: the box's longest side is that many times the region's, see above */
    double low[CROP_PHASE_MAX], high[CROP_PHASE_MAX]; /* window (HU) a phase, -32000..32000, low < high */
    double blank_mm;    /* voxels farther than this from the phase's region take the low value; below 0 or NaN: none do */
    size_t slice_max;   /* of CROP_2D_ALL: 1..CROP_SLICE_MAX */
};
/* 3-D, one phase and mask, 32 x 32 x 32 voxels of 2 mm, no margin, -100..200 HU (liver), nothing blanked, 32 slices. */
extern const struct crop_settings CROP_DEFAULT;
/* ERR_USAGE with the field, its value and its range. */
bool crop_settings_check(const struct crop_settings *settings, struct err *err);

struct crop {
    enum crop_view view;
    struct grid grid;   /* of all that is kept, margin included */
    size_t size[3];     /* the box of one input (2-D: size[2] is 1; 2.5-D: its slices) */
    size_t margin[3];   /* grid.n = size + 2 margin, but for CROP_2D_ALL, where grid.n[2] counts planes */
    size_t phase_n, mask_n;
    size_t lane_n;      /* phase_n + mask_n, rounded up to a multiple of 4; lanes behind them are 0 */
    double low[CROP_PHASE_MAX], high[CROP_PHASE_MAX];
    int16_t *voxels;    /* owned; [z][y][x][lane]: HU of the phases, then signed distances of the masks */
    size_t input_n;     /* inputs of a network that the case gives: 1, but for CROP_2D_ALL */
    size_t plane[CROP_SLICE_MAX]; /* CROP_2D_ALL: the plane of each input (z of grid), rising; else {0} */
};

/* phase[phase_n]: images of one channel, in one space, on any grids. mask[mask_n]: the regions (roi_of_label(), mask_fit()) on any grids.
 * ERR_INPUT is the case's reason: an empty region, an image of several channels, an image that does not reach the box. What is odd but
 * useful is noted: a box that reaches beyond the image, a region that reaches beyond the box, one smaller than a voxel. `notes` may be
 * NULL. *crop need not be initialised; it is empty after a failure. About 5 ms a phase of 512 x 512 x 100 at 48^3 with a margin of 19. */
bool crop_make(const struct crop_settings *settings, const struct volume *const *phase, const struct roi *const *mask, struct crop *crop,
               struct notes *notes, struct err *err);
/* The same from arrays that are on the sample grid already, margin included: hu[phase_n], inside[mask_n] (0 or not), each [z][y][x] of
 * size + 2 margin voxels; `inside` may be NULL when mask_n is 0. ERR_INPUT: a mask without a voxel. CROP_2D_ALL is ERR_BUG. */
bool crop_of_values(const struct crop_settings *settings, const int16_t *const *hu, const uint8_t *const *inside, struct crop *crop, struct err *err);
void crop_free(struct crop *crop); /* a zeroed struct is fine */
size_t crop_bytes(const struct crop *crop); /* memory it holds */
/* The most that a crop of these settings can hold, before it is made. */
size_t crop_settings_bytes(const struct crop_settings *settings);

/* Tensors and texts PREFIX.voxels, .grid, ...; load refuses what is missing or does not fit together (ERR_INPUT). */
bool crop_save(const struct crop *crop, struct store *store, const char *prefix, struct err *err);
bool crop_load(const struct store *store, const char *prefix, struct crop *crop, struct err *err);

/* The grid of one input's box (margin left out); CROP_2D_ALL: of all its planes. */
struct grid crop_box_grid(const struct crop *crop);
/* A map over a network's input, brought back to an image's grid: map[input_n][z][y][x], z, y, x as sample_shape() says, becomes a float32
 * volume on `image`: linear between sample voxels, 0 outside of the box. A 2-D input's map lies within half a slice of its plane; a
 * 2.5-D one's on all its slices. The caller frees *out. */
bool crop_map_to_image(const struct crop *crop, const float *map, const struct grid *image, struct volume *out, struct err *err);

#endif
