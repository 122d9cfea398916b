/* A slice of the CT with the region's outline on it, for eyes. */
#ifndef HEPAR_CMD_CHECK_PICTURE_H
#define HEPAR_CMD_CHECK_PICTURE_H

#include "cmd/check_case.h"
#include "image/roi.h"
#include "image/volume.h"

enum { CHECK_OUTLINE = 255 };

/* The slice (along z) with the most voxels of the region; the first of equals. The region is on the image's grid. Window: centre and width in
 * the image's units; width 0 chooses. The caller frees picture->pixel with mem_free(). */
bool check_draw(const struct volume *image, const struct roi *region, double centre, double width, struct check_picture *picture, struct err *err);

#endif
