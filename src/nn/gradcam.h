/* Grad-CAM: where in its input a net sees what it says (Selvaraju et al., ICCV 2017, arXiv 1610.02391).
 *
 * For a layer's values A (channel c at place s) and the gradient G of what is asked about:
 *   GRADCAM_MEAN   M(s) = sum over c of (mean over s of G_c) A_c(s)      Grad-CAM, eq. 1 and 2
 *   GRADCAM_EACH   M(s) = sum over c of G_c(s) A_c(s)                    HiResCAM (Draelos and Carin 2020, arXiv 2011.08891)
 * M is brought to the input's grid by linear interpolation. At a layer in front of the mean over space and a linear classifier, G_c is the same
 * everywhere and both are the same (and are CAM).
 *
 * The layer: the last one through which all that follows must pass, whose grid has at least `side` voxels along each axis, or a quarter of the
 * input's where that is less. For a large input of a net of the field this is the layer Grad-CAM's paper takes, net->map (7 x 7 of 224 x 224); nets on
 * small boxes end in 2 or 4 voxels a side, where a map would say nothing of place.
 *
 * The map is signed. Grad-CAM shows what speaks for the outcome, its positive part: gradcam_rectify(). Maps of several nets whose outputs are
 * summed are summed before it: the map of the nets as one. Normalisations and dropout are as in inference. */
#ifndef HEPAR_NN_GRADCAM_H
#define HEPAR_NN_GRADCAM_H

#include <stddef.h>

#include "base/err.h"
#include "nn/engine.h"
#include "nn/sample.h"

enum gradcam_kind { GRADCAM_MEAN, GRADCAM_EACH };
enum gradcam_of { GRADCAM_OUTPUT, GRADCAM_EMBEDDING }; /* which of the net's layers the gradient is given at */

struct gradcam_settings {
    enum gradcam_kind kind;
    size_t side; /* 1: net->map, or whatever is last */
};
extern const struct gradcam_settings GRADCAM_DEFAULT; /* doc/explanation.md says how it was chosen */

struct gradcam;
/* `net` outlives it; its values are loaded. ERR_INPUT: an input of other channels or dimensions than the net's, or too small for it. One
 * is used by one task at a time. */
bool gradcam_open(const struct net *net, const struct nn_backend *backend, const struct sample_shape *input, enum gradcam_of of,
                  const struct gradcam_settings *settings, struct gradcam **out, struct err *err);
void gradcam_close(struct gradcam *gradcam); /* NULL is fine */
/* Other values (of net->value's form, which stay until the last map) in the place of the net's own. */
bool gradcam_load(struct gradcam *gradcam, const float *value, struct err *err);

size_t gradcam_layer(const struct gradcam *gradcam);            /* the layer's number */
struct nn_shape gradcam_grid(const struct gradcam *gradcam);    /* and its values' shape */
size_t gradcam_value_n(const struct gradcam *gradcam);          /* values of the output, or of the embedding */

/* input[z][y][x][c]: one input (sample.h). value[gradcam_value_n]: what the net says of it. */
bool gradcam_forward(struct gradcam *gradcam, const float *input, double *value, struct err *err);
/* The map of the input that gradcam_forward() had last: gradient[gradcam_value_n] by those values -> map[z][y][x], signed. */
bool gradcam_map(struct gradcam *gradcam, const double *gradient, float *map, struct err *err);
void gradcam_rectify(float *map, size_t n); /* what is below 0 becomes 0 */

#endif
