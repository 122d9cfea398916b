/* Labels of a mask: whole numbers that say which voxels belong to which region; 0 is background. */
#ifndef HEPAR_IMAGE_LABELS_H
#define HEPAR_IMAGE_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "image/volume.h"

/* The smallest box around a label's voxels. */
struct label_box {
    size_t first[3], n[3];
    size_t voxel_n; /* voxels of the label, at least 1 */
};

/* ERR_INPUT when the channel is not there, a value is not finite or not whole, the mask is all zero, or the label is not there (with
 * the list of those that are). `scratch` comes and goes inside. */
bool label_find(const struct volume *mask, size_t channel, int64_t label, struct label_box *box, struct err *err);

/* out[i] = 1 where voxel first + i (storage order) has the label, else 0; returns how many. */
size_t label_row(const struct volume *mask, size_t channel, size_t first, size_t n, int64_t label, uint8_t *out);

/* The labels that are there but 0, ascending, with their counts; at most `room`. *more: there are others. */
struct label_count {
    int64_t label;
    size_t voxel_n;
};
size_t label_list(const struct volume *mask, size_t channel, struct label_count *list, size_t room, bool *more);

#endif
