/* The cohort: the tables of the study joined by id, roles, and sealed outcomes. */
#ifndef HEPAR_STUDY_COHORT_H
#define HEPAR_STUDY_COHORT_H

#include <stddef.h>

#include "base/err.h"
#include "study/seal.h"
#include "study/settings.h"
#include "table/table.h"

enum { COHORT_NAME_MAX = 128 };

struct endpoint {
    char *name, *title, *unit;
};

struct phase {
    char *name;                 /* "" when the study has one phase without a name */
    char *image_column, *mask_column;
};

struct role {
    char *name;
    enum role_kind { ROLE_TRAIN, ROLE_TEST, ROLE_SURVIVAL } kind; /* survival: no case with a label */
};

struct cohort {
    size_t n;
    struct table table;  /* text columns of all tables, without outcome columns; table.id are the cases' IDs */
    char *folder;        /* relative image paths start here: the first table's folder */
    size_t *group;       /* n: rows of one patient share a number (the first such row) */
    char **role_of;      /* n: the case's role, or NULL */
    char **why_not;      /* n: why the case has no role or cannot be used; NULL when it can */
    char **note;         /* n: what was repaired or taken for granted in reading the case's images; NULL where nothing */
    size_t role_n;
    struct role *role;   /* train first, the others in the order of first appearance */
    size_t endpoint_n;
    struct endpoint *endpoint;
    bool has_label;
    char *label_name, *label_title;
    size_t phase_n;      /* 0: no images */
    struct phase *phase;
    struct seal *seal;
    size_t outcome_column_n;
    char **outcome_column; /* every column that an outcome reads; refused as predictors */
    size_t file_n;
    struct cohort_file {
        char *name;      /* as the study file names it */
        char sha256[65];
    } *file;
    size_t split_n;
    char **split_note;   /* one line a split: what was divided, how, what it read */
};

bool cohort_read(const struct study_settings *settings, struct cohort *cohort, struct err *err);
/* The cases of the first table, with the columns of the others, and nothing that only a study has (roles, outcomes, phases); `id` NULL:
 * the column ID where there is one. For prediction. */
bool cohort_read_cases(const char *const *path, size_t path_n, const char *id, struct cohort *cohort, struct err *err);
void cohort_free(struct cohort *cohort);

/* What the study holds of roles, in a line of cases.csv's terms: marks the row unused with that reason. */
bool cohort_exclude(struct cohort *cohort, size_t row, const char *reason, struct err *err);
/* Copies its texts. */
bool cohort_add_phase(struct cohort *cohort, const char *name, const char *image_column, const char *mask_column, struct err *err);
/* A column of the tables; NULL with ERR_USAGE, and the nearest name, when there is none. */
const struct column *cohort_column(const struct cohort *cohort, const char *name, struct err *err);
/* 1-32 letters, digits, '_' or '-': it stands in file names and column names. */
bool cohort_good_role_name(const char *name);
/* True when `column` is read by a label or endpoint. */
bool cohort_is_outcome(const struct cohort *cohort, const char *column);

#endif
