/* Divisions of a role; see split.h.
 *
 * `random` and `stratified` shuffle the patients (groups of rows) with numbers keyed by the division's seed and
 * the IDs' order in the cohort table, and take the first round(share * n); `stratified` does so within each label class
 * (a patient's class is the largest label of its rows, not known being a class of its own). `time` takes the rows with the
 * largest values of a column (a patient's latest row counts), `centre` the patients with a row of the listed values. */
#include "study/split.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { UNKNOWN = 2, CLASS_N = 3 }; /* label classes 0, 1, not known */

struct division {
    const char *from, *into, *by;
    double share;
    uint64_t seed;
    size_t index; /* of roles.split[] */
};

struct member {
    size_t row;   /* first row of the patient */
    int class;    /* 0, 1, 2 = unknown; 0 for all where labels are not read */
    double when;  /* `time`: the column's largest value */
};

static int later_first(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    if (x->when != y->when)
        return x->when > y->when ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static bool move_patient(struct cohort *cohort, const char *from, size_t first, const char *into, struct err *err)
{
    for (size_t row = first; row < cohort->n; row++) {
        if (cohort->group[row] != first || cohort->role_of[row] == NULL || strcmp(cohort->role_of[row], from) != 0)
            continue;
        char *name = mem_string(into, err);
        if (name == NULL)
            return false;
        mem_free(cohort->role_of[row]);
        cohort->role_of[row] = name;
    }
    return true;
}

/* Patients with a row in the role, in the cohort's order; member_of[row]: whose row it is. */
static size_t find_members(const struct cohort *cohort, const char *role, struct member *members, size_t *member_of, struct err *err)
{
    size_t n = 0, *number = mem_alloc(cohort->n, sizeof *number, err);
    if (number == NULL)
        return SIZE_MAX;
    for (size_t row = 0; row < cohort->n; row++)
        number[row] = member_of[row] = SIZE_MAX;
    for (size_t row = 0; row < cohort->n; row++) {
        if (cohort->role_of[row] == NULL || strcmp(cohort->role_of[row], role) != 0)
            continue;
        size_t *mine = &number[cohort->group[row]];
        if (*mine == SIZE_MAX) {
            *mine = n;
            members[n++] = (struct member){.row = cohort->group[row], .when = -INFINITY};
        }
        member_of[row] = *mine;
    }
    mem_free(number);
    return n;
}

static bool take_shuffled(struct cohort *cohort, const struct division *division, struct member *members, size_t n,
                          int class, size_t *order, size_t *taken, struct err *err)
{
    size_t in_class = 0;
    for (size_t k = 0; k < n; k++)
        if (members[k].class == class)
            order[in_class++] = k;
    struct rng rng = rng_make(division->seed, "study.split", division->index, (uint64_t)class);
    rng_shuffle(&rng, order, in_class);
    size_t take = (size_t)floor(division->share * (double)in_class + 0.5);
    for (size_t k = 0; k < take; k++)
        if (!move_patient(cohort, division->from, members[order[k]].row, division->into, err))
            return false;
    *taken += take;
    return true;
}

static const struct column *split_column(const struct study_settings *settings, const struct cohort *cohort,
                                         const struct division *division, struct err *err)
{
    const char *name = settings_text(settings, "roles.split[%zu].column", division->index);
    if (name == NULL) {
        err_set(err, ERR_USAGE, "%s: a division by %s needs `column`",
                settings_where(settings, "roles.split[%zu].from", division->index), division->by);
        return NULL;
    }
    if (cohort_is_outcome(cohort, name)) {
        err_set(err, ERR_USAGE, "%s: '%s' is an outcome; roles cannot depend on it",
                settings_where(settings, "roles.split[%zu].column", division->index), name);
        return NULL;
    }
    const struct column *column = cohort_column(cohort, name, err);
    if (column == NULL)
        err_add(err, "%s: column", settings_where(settings, "roles.split[%zu].column", division->index));
    return column;
}

static bool divide_by_time(const struct study_settings *settings, struct cohort *cohort, const struct division *division,
                           struct member *members, const size_t *member_of, size_t n, size_t *taken, struct err *err)
{
    const struct column *column = split_column(settings, cohort, division, err);
    if (column == NULL)
        return false;
    for (size_t row = 0; row < cohort->n; row++) {
        if (member_of[row] == SIZE_MAX)
            continue;
        const char *cell = column->text[row];
        double when;
        if (cell == NULL || !double_from_text(cell, &when))
            return err_set(err, ERR_INPUT, "case %s: column %s: found '%s', expected a number to split by time",
                           cohort->table.id[row], column->name, cell == NULL ? "" : cell);
        struct member *member = &members[member_of[row]];
        member->when = when > member->when ? when : member->when;
    }
    qsort(members, n, sizeof *members, later_first);
    *taken = (size_t)floor(division->share * (double)n + 0.5);
    for (size_t k = 0; k < *taken; k++)
        if (!move_patient(cohort, division->from, members[k].row, division->into, err))
            return false;
    return true;
}

static bool divide_by_centre(const struct study_settings *settings, struct cohort *cohort, const struct division *division,
                             const struct member *members, const size_t *member_of, size_t n, size_t *taken, struct err *err)
{
    const struct column *column = split_column(settings, cohort, division, err);
    if (column == NULL)
        return false;
    size_t value_n = settings_item_n(settings, "roles.split[%zu].values", division->index);
    bool *moves = mem_zero(n, sizeof *moves, err), done = moves != NULL;
    if (done && value_n == 0)
        done = err_set(err, ERR_USAGE, "%s: a division by centre needs `values`",
                       settings_where(settings, "roles.split[%zu].from", division->index));
    for (size_t row = 0; row < cohort->n && done; row++) {
        const char *cell = member_of[row] == SIZE_MAX ? NULL : column->text[row];
        for (size_t v = 0; v < value_n && cell != NULL && !moves[member_of[row]]; v++)
            moves[member_of[row]] = strcmp(cell, settings_text(settings, "roles.split[%zu].values[%zu]", division->index, v)) == 0;
    }
    for (size_t k = 0; k < n && done; k++) {
        done = !moves[k] || move_patient(cohort, division->from, members[k].row, division->into, err);
        *taken += moves[k];
    }
    mem_free(moves);
    return done;
}

/* A patient's class is the largest known label of its rows in the role, unknown when none is known. */
static bool read_classes(struct cohort *cohort, const struct division *division, struct member *members, const size_t *member_of, size_t n,
                         struct err *err)
{
    size_t row_n = 0, *rows = mem_alloc(cohort->n, sizeof *rows, err);
    int *classes = mem_zero(cohort->n, sizeof *classes, err);
    bool done = rows != NULL && classes != NULL;
    for (size_t row = 0; row < cohort->n && done; row++)
        if (member_of[row] != SIZE_MAX)
            rows[row_n++] = row;
    done = done && seal_strata(cohort->seal, division->from, rows, row_n, classes, err);
    for (size_t k = 0; k < n && done; k++)
        members[k].class = UNKNOWN;
    for (size_t k = 0; k < row_n && done; k++) {
        struct member *member = &members[member_of[rows[k]]];
        if (classes[k] != UNKNOWN && (member->class == UNKNOWN || classes[k] > member->class))
            member->class = classes[k];
    }
    mem_free(rows);
    mem_free(classes);
    return done;
}

static bool divide_at_random(struct cohort *cohort, const struct division *division, struct member *members,
                             const size_t *member_of, size_t n, size_t *taken, struct err *err)
{
    bool done = false;
    size_t *order = mem_alloc(n, sizeof *order, err);
    if (order == NULL || (strcmp(division->by, "stratified") == 0 && !read_classes(cohort, division, members, member_of, n, err)))
        goto done;
    for (int class = 0; class < CLASS_N; class++)
        if (!take_shuffled(cohort, division, members, n, class, order, taken, err))
            goto done;
    done = true;
done:
    mem_free(order);
    return done;
}

static bool note_division(struct cohort *cohort, const struct division *division, size_t n, size_t taken, struct err *err)
{
    struct text line = TEXT_INIT;
    text_add(&line, "%zu of %zu patients of %s became %s, by %s", taken, n, division->from, division->into, division->by);
    if (strcmp(division->by, "random") == 0 || strcmp(division->by, "stratified") == 0)
        text_add(&line, ", seed %llu", (unsigned long long)division->seed);
    if (strcmp(division->by, "stratified") == 0)
        text_add(&line, "; the labels of all of them were read for it");
    char **notes = text_ok(&line, err) ? mem_grow(cohort->split_note, cohort->split_n, cohort->split_n + 1, sizeof *notes, err) : NULL;
    if (notes == NULL) {
        text_free(&line);
        return false;
    }
    cohort->split_note = notes;
    cohort->split_note[cohort->split_n++] = line.bytes;
    return true;
}

static bool divide(const struct study_settings *settings, struct cohort *cohort, const struct division *division, struct err *err)
{
    bool done = false;
    struct member *members = mem_alloc(cohort->n, sizeof *members, err);
    size_t *member_of = mem_alloc(cohort->n, sizeof *member_of, err);
    if (members == NULL || member_of == NULL)
        goto done;
    size_t n = find_members(cohort, division->from, members, member_of, err), taken = 0;
    if (n == SIZE_MAX)
        goto done;
    if (n == 0) {
        err_set(err, ERR_USAGE, "%s: no case has role '%s'", settings_where(settings, "roles.split[%zu].from", division->index),
                division->from);
        goto done;
    }
    if (strcmp(division->by, "time") == 0 ? !divide_by_time(settings, cohort, division, members, member_of, n, &taken, err)
        : strcmp(division->by, "centre") == 0 ? !divide_by_centre(settings, cohort, division, members, member_of, n, &taken, err)
                                              : !divide_at_random(cohort, division, members, member_of, n, &taken, err))
        goto done;
    if (taken == 0 || taken == n) {
        err_set(err, ERR_USAGE, "%s: the division puts %zu of %zu patients into '%s'; both parts need some",
                settings_where(settings, "roles.split[%zu].from", division->index), taken, n, division->into);
        goto done;
    }
    done = note_division(cohort, division, n, taken, err);
done:
    mem_free(members);
    mem_free(member_of);
    return done;
}

bool split_roles(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    size_t n = settings_item_n(settings, "roles.split");
    for (size_t k = 0; k < n; k++) {
        struct division division = {
            .from = settings_text(settings, "roles.split[%zu].from", k),
            .into = settings_text(settings, "roles.split[%zu].into", k),
            .by = settings_text(settings, "roles.split[%zu].by", k),
            .share = settings_number(settings, NAN, "roles.split[%zu].share", k),
            .seed = settings_integer(settings, 1, "roles.split[%zu].seed", k),
            .index = k,
        };
        if (division.by == NULL)
            division.by = "random";
        if (division.from == NULL || division.into == NULL)
            return err_set(err, ERR_USAGE, "study file: roles.split[%zu] needs `from` and `into`", k);
        if (strcmp(division.by, "centre") != 0 && isnan(division.share))
            return err_set(err, ERR_USAGE, "%s: a division by %s needs `share`", settings_where(settings, "roles.split[%zu].from", k), division.by);
        if (!cohort_good_role_name(division.into))
            return err_set(err, ERR_USAGE, "roles.split[%zu]: role '%s': a role's name is 1-32 letters, digits, '_' or '-'", k, division.into);
        if (!divide(settings, cohort, &division, err))
            return err_add(err, "roles.split[%zu]", k);
    }
    return true;
}
