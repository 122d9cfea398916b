/* What is wrong, or odd, with one case: its images, its mask, and how they fit. */
#ifndef HEPAR_STUDY_CHECK_CASE_H
#define HEPAR_STUDY_CHECK_CASE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "image/maskfit.h"
#include "image/overlay.h"
#include "image/volume.h"

/* A case fails when an extraction of it will; a remark is something to look at. */
enum check_grade { CHECK_REMARK, CHECK_FAILS };

struct check_finding {
    enum check_grade grade;
    char *text; /* owned; one line */
};

struct check_source {
    const char *image, *mask; /* paths; borrowed */
    int64_t label;
    enum mask_policy policy;
    double window_centre, window_width; /* width 0: 40/400 where values look like HU, else the slice's own range */
    bool picture;
};

struct check_result {
    struct check_finding *finding;
    size_t finding_n, finding_room;
    bool fails;
    bool has_grid, has_region;
    struct grid grid;             /* of the image */
    enum voxel_type type;         /* of the image */
    double least, most;           /* of the image's finite values */
    size_t voxel_n;               /* of the region */
    double volume_ml;
    struct overlay picture;
};

/* False only for ERR_SYSTEM: what is wrong with the case goes into the result. The caller frees it. */
bool check_case(const struct check_source *source, struct check_result *result, struct err *err);
bool check_add(struct check_result *result, struct err *err, enum check_grade grade, const char *format, ...) __attribute__((format(printf, 4, 5)));
void check_result_free(struct check_result *result);

/* What only the cohort shows: spacings, types and ranges unlike most others', files that stand in two cases. results and
 * sources are n each. */
bool check_cohort(const struct check_source *source, struct check_result *result, size_t n, struct err *err);

#endif
