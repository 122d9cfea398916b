/* Where a case's score comes from: a map of the locked model's score over what its networks saw of the case.
 *
 * The score is the learner's own, before calibration, which rises with it. It reads the networks' column, the mean over the K networks of
 * (logit - mean) / sd, whose logits are means over the case's inputs and their mirror images. The images are left out of
 * the map, which shows the case as it stands: a mean over mirror images is symmetric whatever the weights (doc/explanation.md). So by the chain rule
 *     d score / d logit of network k = (d score / d column) / (K sd of k)
 * The first factor is a central difference through the model's own steps, SCOREMAP_STEP of the column's spread to either side; the second is
 * followed back into each network by Grad-CAM (nn/gradcam.h). The K signed maps are summed; what is above 0 is the map: where the
 * case looks as the model expects of the positive class. Asked what lowers the score, the sign is turned first (the paper's counterfactual).
 * Features of a frozen network (nn/frozen.h) are columns alike, each with a slope of its own, followed back from that network's embedding; its map is one more
 * of the sum.
 * A learner that is a step function (a forest) has no slope: it is 0, or differs by more than a tenth for a step ten times smaller. Then the map is by
 * occlusion (nn/occlusion.h): cubes of the tumour and of SCOREMAP_RIM_MM around it are blanked, and every such input goes through networks and learner.
 *
 * Sanity (Adebayo et al., NeurIPS 2018, arXiv 1810.03292): a map that shows what was learnt is not there when the weights are random. Each map by
 * Grad-CAM is made again with the networks initialised anew, SCOREMAP_DRAWS times, and compared by Spearman's rank correlation over the box; the mean counts. */
#ifndef HEPAR_STUDY_SCOREMAP_H
#define HEPAR_STUDY_SCOREMAP_H

#include <stdint.h>

#include "base/err.h"
#include "study/model.h"

#define SCOREMAP_STEP 0.1
#define SCOREMAP_RIM_MM 5.0
enum { SCOREMAP_DRAWS = 5 };
/* The median over cases of the sanity correlation is to be below this. */
#define SCOREMAP_SANITY_LIMIT 0.3

enum scoremap_of { SCOREMAP_RAISES, SCOREMAP_LOWERS }; /* what is shown: what raises the score, or lowers it */
enum scoremap_method { SCOREMAP_GRADCAM, SCOREMAP_OCCLUSION };
const char *scoremap_method_name(enum scoremap_method method); /* "Grad-CAM", "occlusion" */

struct scoremap {
    float *map; /* owned; [input_n][z][y][x] as crop_map_to_image() takes it; never below 0 */
    size_t n;
    enum scoremap_method method;
    double score, slope; /* the learner's score; d score / d logit column, 0 for a step function or without such a column */
    double sanity;       /* mean rank correlation with the maps of random weights; NaN by occlusion, or where one of the two is always the same everywhere */
    bool empty;          /* 0 everywhere: nothing in the box raises (lowers) the score */
};
void scoremap_free(struct scoremap *map); /* a zeroed struct is fine */

/* Whether the model's score is made with networks, and so has maps. */
bool scoremap_has_networks(const struct model *model);

/* inputs: the model's inputs as predictions take them, CROPS_COLUMN among them; `row` one that can be scored. `seed` keys the random weights.
 * Called by several threads at once. ERR_INPUT: a model without networks; a case without a crop. *out need not be initialised. */
bool scoremap_make(const struct model *model, const struct table *inputs, size_t row, enum scoremap_of of, uint64_t seed, struct scoremap *out, struct err *err);

#endif
