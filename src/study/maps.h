/* Maps of the locked score for some cases of a run: maps/ID.nii.gz on the grid of the first phase's image, slices/ID~map.png over every phase, and
 * how much of each map lies where the tumour is. */
#ifndef HEPAR_STUDY_MAPS_H
#define HEPAR_STUDY_MAPS_H

#include "base/err.h"
#include "image/maskfit.h"
#include "study/cohort.h"
#include "study/scoremap.h"

struct predictions; /* predict.h */

struct case_map {
    size_t row;          /* of the cohort */
    double probability;
    bool high;           /* at or above the model's threshold: the map shows what raises the score, else what lowers it */
    char *failure;       /* why there is no map; NULL where there is one */
    enum scoremap_method method;
    bool empty;          /* nothing raises (lowers) it: share and sanity are NaN */
    double highest;      /* of the map, on the image's grid */
    double share;        /* of the map's sum that lies in the mask or within SCOREMAP_RIM_MM of it */
    double share_even;   /* the same of a map that is the same everywhere in the box */
    double sanity;       /* struct scoremap */
    bool drawn;          /* both files are written */
};

struct maps {
    bool made;               /* false: the score is not made with networks, or none was asked for */
    struct case_map *item;   /* by role, in the cohort's order of roles; highest probability first */
    size_t n;
    double share, share_even, sanity; /* medians; NaN where no case has a value */
    size_t share_n, sanity_n;
};

struct maps_settings {
    size_t role_n;       /* cases of a role at most: half of them with the highest, half with the lowest probabilities */
    bool pictures;       /* write the files */
    struct mask_choice masks;
    uint64_t seed;
    const char *folder;  /* of the run */
};

/* inputs: a row a case of the cohort, as the model takes them; probability[cohort->n]: NaN where a case has none. A case whose map fails is
 * told and kept with the reason. */
bool maps_make(const struct model *model, const struct cohort *cohort, const struct table *inputs, const double *probability,
               const struct maps_settings *settings, struct maps *out, struct err *err);
void maps_free(struct maps *maps); /* a zeroed struct is fine */

/* ---- maps_predict.c ---- */

/* Maps of new cases that have a prediction: FOLDER/ID.nii.gz on the grid of the first phase's image; map.nii.gz for a single case without an ID. What
 * raises the score for a case at or above the threshold, else what lowers it. The folder is made. *failed_n: cases whose map failed, which is told.
 * ERR_USAGE: the model's score is not made with networks. */
bool maps_of_predictions(const struct predictions *predictions, const char *folder, size_t *failed_n, struct err *err);

#endif
