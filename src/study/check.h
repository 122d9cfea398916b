/* A case table looked through before an extraction: which cases will fail, and which look odd, among the others too. */
#ifndef HEPAR_STUDY_CHECK_H
#define HEPAR_STUDY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/notes.h"
#include "io/tablefile.h"
#include "study/check_case.h"

struct check_choice {
    int64_t label; /* where the table has none */
    enum mask_policy policy;
    double window_centre, window_width; /* of the pictures; width 0: see check_case.h */
    bool picture;
};

/* Images stand case by case, phase by phase: i of row i / phase_n. */
struct check {
    struct case_table table;
    size_t n; /* row_n * phase_n */
    struct check_source *source;
    struct check_result *result;
};

/* In parallel, with progress. False for a table that cannot be used (ERR_INPUT) and for the machine's faults; what is wrong
 * with a case is its result. `notes` hears what the table's reader found odd. The caller frees. */
bool check_table(const char *path, const struct check_choice *choice, struct check *check, struct notes *notes, struct err *err);
void check_free(struct check *check); /* a zeroed struct is fine */

const char *check_id(const struct check *check, size_t i);    /* of the image's case */
const char *check_phase(const struct check *check, size_t i); /* "": the table has one pair of columns */
bool check_row_fails(const struct check *check, size_t row);

struct check_counts {
    size_t fails, remarks; /* rows that will fail; others with remarks */
};
struct check_counts check_count_rows(const struct check *check);

#endif
