/* Sealed outcomes (DESIGN rule 2): labels, times and events of every role but train stay shut until the model
 * is locked. They go in once, when the cohort is read; nothing else in the program holds them. There are three
 * honest ways to them, and each leaves a line in the log that ends in metrics.json:
 *   seal_train()     the outcomes of train rows, at any time;
 *   seal_strata()    label classes for a stratified split, before roles are final (the one logged exception);
 *   seal_open()      a role's outcomes, after seal_lock() was given the hash of the locked model. */
#ifndef HEPAR_STUDY_SEAL_H
#define HEPAR_STUDY_SEAL_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct seal;

/* All arrays have a value a case; NaN where not known. */
struct outcomes {
    double *label;  /* 0 or 1; NULL when the study has no label */
    size_t endpoint_n;
    double **time;  /* endpoint_n arrays, in the endpoint's own unit */
    double **event; /* endpoint_n arrays, 0 or 1 */
};

struct seal_entry {
    const char *what; /* "read by a stratified split", "locked", "opened" */
    char *role;       /* NULL for a lock */
    char *detail;
};

bool outcomes_init(struct outcomes *outcomes, size_t case_n, bool has_label, size_t endpoint_n, struct err *err); /* NaN */
void outcomes_free(struct outcomes *outcomes);

/* Takes the outcomes over (also on failure). */
struct seal *seal_close(struct outcomes *outcomes, size_t case_n, struct err *err);
void seal_free(struct seal *seal);

/* Whether an outcome is there says nothing about its value. endpoint SIZE_MAX means the label. */
bool seal_known(const struct seal *seal, size_t endpoint, size_t row);

/* Which rows are train: final, so called once, after every split. role_of[row] names the row's role or is NULL. */
bool seal_set_roles(struct seal *seal, const char *const *role_of, struct err *err);
/* classes[i]: 0 or 1, or 2 where unknown, for the given rows. Refused once the roles are set. */
bool seal_strata(struct seal *seal, const char *role, const size_t *rows, size_t n, int *classes, struct err *err);
/* Outcomes of the rows of `train`, NaN elsewhere; the caller frees. */
bool seal_train(const struct seal *seal, struct outcomes *out, struct err *err);
/* From here on no fit may happen: the model with this hash is final. */
bool seal_lock(struct seal *seal, const char *model_sha256, struct err *err);
/* Outcomes of the rows of `role`, NaN elsewhere; the caller frees. ERR_BUG before the lock. */
bool seal_open(struct seal *seal, const char *role, struct outcomes *out, struct err *err);

/* --allow-leakage: the outcomes of all rows before any fit; the caller frees. It is logged and marks the run. */
bool seal_break(struct seal *seal, struct outcomes *out, struct err *err);

const struct seal_entry *seal_log(const struct seal *seal, size_t *n);

#endif
