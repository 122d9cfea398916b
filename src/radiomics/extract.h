/* Extraction: one case to one row, and many cases to many rows in parallel.
 *
 * The columns depend on the parameters alone, so that every shard and every failed case has the same ones. */
#ifndef HEPAR_RADIOMICS_EXTRACT_H
#define HEPAR_RADIOMICS_EXTRACT_H

#include "base/notes.h"
#include "radiomics/params.h"
#include "image/roi.h"
#include "image/volume.h"

struct extract_plan {
    size_t n;            /* columns: diagnostics, shape classes, then the others in the file's order */
    size_t diagnostic_n; /* the first of them are texts, the rest numbers */
    char **name;         /* n: "original_glcm_Contrast" */
    size_t *first;       /* class_n: the first column of each class choice; SIZE_MAX where it is left out */
    struct arena arena;
};
/* A class that cannot be computed with these settings (shape2D without force2D) is left out, with a warning. */
bool extract_plan_make(const struct params *params, struct extract_plan *plan, struct err *err);
void extract_plan_free(struct extract_plan *plan);

struct extract_cell {
    double number;      /* features; NaN is a hole */
    const char *text;   /* diagnostics; NULL is a hole */
    const char *reason; /* why there is a hole, or by what convention the number stands there; NULL: nothing to say */
};

/* One case. `label` > 0 and `label_channel` >= 0 stand instead of the settings'. cell: plan->n, filled; its texts are the arena's.
 * Notes (NULL: nobody asks) gain what was done to the mask. ERR_INPUT where the case is refused: then cell is left as it was. */
bool extract_case(const struct params *params, const struct extract_plan *plan, const struct volume *image, const struct volume *mask, int64_t label, int64_t label_channel, struct extract_cell *cell, struct notes *notes, struct arena *arena, struct err *err);

/* Something else that is made of a case while its image and mask are in memory. */
struct extract_beside {
    /* For source i, on its thread and before its features: its image, and its label's voxels (on the image's grid under a mask policy of
     * hepar's own, else on the mask's). false: the case fails with this error, as by any other. Notes may be NULL. */
    bool (*look)(void *ctx, size_t i, const struct volume *image, const struct roi *region, struct notes *notes, struct err *err);
    void *ctx;
    uint64_t bytes; /* what it takes, for base/budget.h */
};

struct extract_source {
    const char *image, *mask;     /* paths */
    int64_t label, label_channel; /* 0 and -1: the settings' */
    const char *failure;          /* not NULL: the case has failed before its files are read, for this reason */
    bool skip;                    /* nothing is done; its row stays empty */
    const struct extract_beside *beside; /* NULL: nothing */
};
/* What was said about one of a case's two files: repaired, taken for granted, odd. */
struct extract_remark {
    const char *file; /* "Image" or "Mask", the table's columns */
    const char *text;
};
struct extract_row {
    struct extract_cell *cell; /* plan->n; NULL when the case failed */
    char *failure;             /* why, NULL when it did not; the arena's */
    struct extract_remark *remark; /* remark_n */
    size_t remark_n;
    struct arena arena;        /* owns all of it */
};
/* row: n, zeroed; done[i] rows (NULL: none) are left alone. A failing case is a row with its failure; false is what ends
 * the run: memory, or stopped by the user. Images are read here, one case at a time on each thread. */
bool extract_batch(const struct params *params, const struct extract_plan *plan, const struct extract_source *source, size_t n, const bool *done, struct extract_row *row, struct err *err);
/* The same, with each row given to take() as soon as it and all before it are made, in order and one at a time, then freed. */
typedef bool extract_take(void *ctx, size_t i, const struct extract_row *row, struct err *err);
bool extract_stream(const struct params *params, const struct extract_plan *plan, const struct extract_source *source, size_t n, extract_take *take, void *ctx, struct err *err);
void extract_rows_free(struct extract_row *row, size_t n);

#endif
