/* A crop straight from a case's image and mask files. */
#ifndef HEPAR_NN_CROP_FILES_H
#define HEPAR_NN_CROP_FILES_H

#include "image/maskfit.h"
#include "nn/crop.h"

/* image[settings->phase_n], mask[settings->mask_n]: paths; each mask is fitted to its phase's image as `choice` says. Takes what the files need through
 * base/budget.h while they are read. ERR_INPUT is the case's reason. `notes` may be NULL. */
bool crop_of_files(const struct crop_settings *settings, const char *const *image, const char *const *mask, const struct mask_choice *choice, struct crop *crop,
                   struct notes *notes, struct err *err);

#endif
