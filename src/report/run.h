/* What a report is made from: the files of a run folder (doc/run-folder.md), and nothing else.
 *
 * Numbers come from metrics.json alone. The file may have been written by another version or by hand: every accessor
 * below takes NULL and a value of the wrong kind for "not there", so that drawing code has no second error path. */
#ifndef HEPAR_REPORT_RUN_H
#define HEPAR_REPORT_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

struct run {
    char *folder;
    json_t *metrics;
    char *lock;       /* study.lock.yaml; NULL when absent */
};

/* ERR_INPUT when metrics.json is absent or is none of ours. */
bool run_read(const char *folder, struct run *run, struct err *err);
void run_free(struct run *run);

/* `path` is "member" or "member.member": objects only. NULL when absent or null. */
const json_t *part(const json_t *value, const char *path);
double number_at(const json_t *value, const char *path); /* NaN when absent */
bool flag_at(const json_t *value, const char *path);      /* false when absent */
const char *text_at(const json_t *value, const char *path); /* "" when absent */
void add_scalar(struct text *out, const json_t *value, const char *path); /* a text, or a number in its shortest form */
size_t length_at(const json_t *value, const char *path);    /* of an array; 0 when absent */
const json_t *item_at(const json_t *value, const char *path, size_t i);

struct numbers {
    double *v; /* n of them, NaN for null; owned by the arena */
    size_t n;
};
/* The array as numbers; none when absent. ERR_SYSTEM when memory is short. */
bool numbers_at(const json_t *value, const char *path, struct arena *arena, struct numbers *out, struct err *err);

struct estimate {
    double value, low, high;
};
struct estimate estimate_at(const json_t *value, const char *path); /* NaN where absent */

/* Roles, in the order of the run; shorthand for the array "roles". */
size_t role_count(const struct run *run);
const json_t *role_item(const struct run *run, size_t i);
bool role_is_train(const json_t *role);
bool role_has_label(const json_t *role);  /* at least one case with a label */
bool role_has_auc(const json_t *role);    /* an AUC that is a number */
/* "internal", or "training (apparent)": how texts and legends call a role. */
void add_role_name(struct text *out, const json_t *role);

#endif
