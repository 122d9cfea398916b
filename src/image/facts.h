/* What can be said of a volume's values in a line: range, sum, hash. */
#ifndef HEPAR_IMAGE_FACTS_H
#define HEPAR_IMAGE_FACTS_H

#include <stddef.h>

#include "base/err.h"
#include "image/roi.h"
#include "image/volume.h"

/* Over finite values of channel 0; least and most are NaN when there are none. */
struct value_facts {
    size_t n, nonfinite_n;
    double least, most, sum;
    char sha256[65]; /* of the values as little-endian float64, x fastest, every NaN as 0x7ff8000000000000; "" for a region */
};
bool volume_value_facts(const struct volume *volume, struct value_facts *facts, struct err *err);
/* Of the image's values inside a region on its grid. */
void region_value_facts(const struct volume *image, const struct roi *region, struct value_facts *facts);

#endif
