/* One case of the statistics oracle: what is asked, its columns, and the tree of values that hepar gives.
 *
 * A task (in stats_columns.c, stats_cox.c, stats_models.c, stats_survival.c, stats_tests.c) reads columns by their role and puts values under the keys of
 * expected.json (tree.h); stats.c compares the two trees. */
#ifndef HEPAR_TESTS_REF_STATS_CASE_H
#define HEPAR_TESTS_REF_STATS_CASE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "io/csv.h"
#include "stats/status.h"
#include "tree.h"

struct stats_case {
    json_t *spec, *expected, *got;
    struct csv input[2]; /* [1] without rows unless the case has a second table */
    struct arena arena;
};

/* The column of a role ("label"), as numbers with NaN for NA; NULL when the case names none. Owned by the case. */
const double *case_column(struct stats_case *c, const char *role);
const double *case_column_of(struct stats_case *c, size_t table, const char *column);
size_t case_rows(const struct stats_case *c); /* of the first table */
const char *case_name_of(const struct stats_case *c, const char *role); /* the column a role stands for, or NULL */
/* Distinct texts of a column in sorted order (as numbers when all are), and each row's place among them; NA rows
 * get SIZE_MAX. */
struct case_levels {
    size_t n;
    const char **text;
    double *number; /* NULL when some level is no number */
    size_t *code;   /* [rows] */
};
struct case_levels case_levels(struct stats_case *c, const char *column);
json_t *case_option(const struct stats_case *c, const char *name); /* borrowed; NULL when absent */
double *case_numbers(struct stats_case *c, size_t n);              /* zeroed, owned by the case */
size_t *case_sizes(struct stats_case *c, size_t n);

void put_status(struct stats_case *c, enum stats_status status);

/* false: the task failed for want of memory. */
typedef bool stats_task(struct stats_case *c);
extern const struct stats_task_row {
    const char *name;
    stats_task *run;
} stats_column_tasks[], stats_cox_tasks[], stats_model_tasks[], stats_survival_tasks[], stats_two_group_tasks[];
/* each ends with a NULL name */

#endif
