/* Reading a cohort: tables, patients, outcomes, phases, roles; see cohort.h. Tables are joined by cohort_tables.c, outcomes read
 * by outcome.c, roles divided by split.c. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/casecolumns.h"
#include "study/cohort.h"
#include "study/cohort_tables.h"
#include "study/outcome.h"
#include "study/split.h"

/* ---- patients ---- */

struct patient_place {
    const char *patient;
    size_t row;
};

static int by_patient(const void *a, const void *b)
{
    const struct patient_place *x = a, *y = b;
    int order = strcmp(x->patient, y->patient);
    return order != 0 ? order : x->row < y->row ? -1 : x->row > y->row;
}

static bool read_patients(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    cohort->group = mem_alloc(cohort->n, sizeof *cohort->group, err);
    if (cohort->group == NULL)
        return false;
    for (size_t row = 0; row < cohort->n; row++)
        cohort->group[row] = row;
    const char *name = settings_text(settings, "patient");
    if (name == NULL)
        return true;
    const struct column *column = cohort_column(cohort, name, err);
    if (column == NULL)
        return err_add(err, "%s: patient", settings_where(settings, "patient"));
    struct patient_place *places = mem_alloc(cohort->n, sizeof *places, err);
    if (places == NULL)
        return false;
    size_t n = 0;
    for (size_t row = 0; row < cohort->n; row++)
        if (column->text[row] != NULL) /* a case without a patient's name is a patient of its own */
            places[n++] = (struct patient_place){column->text[row], row};
    qsort(places, n, sizeof *places, by_patient);
    for (size_t k = 1; k < n; k++)
        if (strcmp(places[k].patient, places[k - 1].patient) == 0)
            cohort->group[places[k].row] = cohort->group[places[k - 1].row];
    mem_free(places);
    return true;
}

/* ---- phases ---- */

static bool mask_of_phase(const struct study_settings *settings, const struct cohort *cohort, const char *phase, const char **mask, struct err *err)
{
    char segment[300];
    *mask = phase[0] == '\0' ? NULL : settings_text(settings, "phases.%s.mask", settings_segment(phase, segment));
    if (*mask != NULL) {
        return cohort_column(cohort, *mask, err) != NULL ||
               err_add(err, "%s: phases.%s.mask", settings_where(settings, "phases.%s.mask", segment), segment);
    }
    const char **names = table_names(&cohort->table, err);
    if (names == NULL)
        return false;
    size_t column = case_find_mask(names, cohort->table.column_n, phase);
    *mask = column == SIZE_MAX ? NULL : names[column];
    mem_free(names);
    if (*mask == NULL && phase[0] == '\0')
        return err_set(err, ERR_USAGE, "the cohort has images and no column 'Mask'");
    return *mask != NULL || err_set(err, ERR_USAGE, "phase '%s': the cohort has no column 'Mask_%s' and no column 'Mask'", phase, phase);
}

/* Phases that the study file names. */
static bool take_named_phases(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    char name[256], segment[300];
    const char *mask;
    for (size_t k = 0; settings_child(settings, "phases", k, name); k++) {
        const char *image = settings_text(settings, "phases.%s.image", settings_segment(name, segment));
        if (image == NULL)
            return err_set(err, ERR_USAGE, "%s: phases.%s needs `image`", settings_where(settings, "phases.%s", segment), segment);
        if (cohort_column(cohort, image, err) == NULL)
            return err_add(err, "%s: phases.%s.image", settings_where(settings, "phases.%s.image", segment), segment);
        if (!mask_of_phase(settings, cohort, name, &mask, err) || !cohort_add_phase(cohort, name, image, mask, err))
            return false;
    }
    return true;
}

/* Phases that the tables' columns name. */
static bool find_phases(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    size_t column[CASE_PHASE_MAX];
    const char **names = table_names(&cohort->table, err), *mask;
    size_t n = names == NULL ? 0 : case_list_images(names, cohort->table.column_n, column);
    bool done = names != NULL && (n <= CASE_PHASE_MAX || err_set(err, ERR_USAGE, "found %zu phases, expected at most %d", n, CASE_PHASE_MAX));
    for (size_t p = 0; done && p < n; p++) {
        const char *image = names[column[p]], *phase = case_phase(image);
        done = mask_of_phase(settings, cohort, phase, &mask, err) && cohort_add_phase(cohort, phase, image, mask, err);
    }
    mem_free(names);
    return done;
}

static bool read_phases(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    return take_named_phases(settings, cohort, err) && (cohort->phase_n > 0 || find_phases(settings, cohort, err));
}

/* ---- roles ---- */

bool cohort_good_role_name(const char *name)
{
    size_t n = strlen(name);
    for (size_t k = 0; k < n; k++)
        if (!isalnum((unsigned char)name[k]) && name[k] != '_' && name[k] != '-')
            return false;
    return n > 0 && n <= 32;
}

static const char *role_of_value(const struct study_settings *settings, const char *value)
{
    char segment[300];
    const char *role = settings_text(settings, "roles.map.%s", settings_segment(value, segment));
    return role != NULL ? role : value;
}

static bool assign_roles(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    const char *name = settings_text(settings, "roles.column"), *standard = settings_text(settings, "roles.default");
    const struct column *column = NULL;
    if (name == NULL && standard == NULL)
        return err_set(err, ERR_USAGE, "study file: `roles` needs `column` (what each case is for) or `default`");
    if (name != NULL && cohort_is_outcome(cohort, name))
        return err_set(err, ERR_USAGE, "%s: '%s' is an outcome; roles cannot depend on it", settings_where(settings, "roles.column"), name);
    if (name != NULL && (column = cohort_column(cohort, name, err)) == NULL)
        return err_add(err, "%s: roles.column", settings_where(settings, "roles.column"));
    for (size_t row = 0; row < cohort->n; row++) {
        const char *cell = column == NULL ? NULL : column->text[row];
        const char *role = cell == NULL ? standard : role_of_value(settings, cell);
        if (role == NULL) {
            if (!cohort_exclude(cohort, row, "no role in the role column", err))
                return false;
            continue;
        }
        if (!cohort_good_role_name(role))
            return err_set(err, ERR_USAGE, "case %s: role '%s': a role's name is 1-32 letters, digits, '_' or '-'; name it in roles.map",
                           cohort->table.id[row], role);
        if ((cohort->role_of[row] = mem_string(role, err)) == NULL)
            return false;
    }
    return true;
}

static bool check_disjoint(const struct cohort *cohort, struct err *err)
{
    size_t *first = mem_alloc(cohort->n, sizeof *first, err); /* the group's first row that has a role */
    if (first == NULL)
        return false;
    bool done = true;
    for (size_t row = 0; row < cohort->n; row++)
        first[row] = SIZE_MAX;
    for (size_t row = 0; row < cohort->n && done; row++) {
        const char *mine = cohort->role_of[row];
        size_t *known = &first[cohort->group[row]];
        if (mine == NULL)
            continue;
        if (*known == SIZE_MAX)
            *known = row;
        else if (strcmp(mine, cohort->role_of[*known]) != 0)
            done = err_set(err, ERR_INPUT, "cases %s and %s are of one patient and have roles %s and %s; a patient has one role",
                           cohort->table.id[*known], cohort->table.id[row], cohort->role_of[*known], mine);
    }
    mem_free(first);
    return done;
}

static bool add_role(struct cohort *cohort, const char *name, struct err *err)
{
    for (size_t r = 0; r < cohort->role_n; r++)
        if (strcmp(cohort->role[r].name, name) == 0)
            return true;
    struct role *roles = mem_grow(cohort->role, cohort->role_n, cohort->role_n + 1, sizeof *roles, err);
    if (roles == NULL)
        return false;
    cohort->role = roles;
    struct role *role = &roles[cohort->role_n];
    *role = (struct role){mem_string(name, err), ROLE_SURVIVAL};
    if (role->name == NULL)
        return false;
    cohort->role_n++;
    for (size_t row = 0; row < cohort->n; row++)
        if (cohort->role_of[row] != NULL && strcmp(cohort->role_of[row], name) == 0 && seal_known(cohort->seal, SIZE_MAX, row))
            role->kind = ROLE_TEST;
    if (strcmp(name, "train") == 0)
        role->kind = ROLE_TRAIN;
    return true;
}

static bool list_roles(struct cohort *cohort, struct err *err)
{
    bool has_train = false;
    for (size_t row = 0; row < cohort->n; row++)
        has_train |= cohort->role_of[row] != NULL && strcmp(cohort->role_of[row], "train") == 0;
    if (!has_train)
        return err_set(err, ERR_USAGE, "no case has the role 'train'; see `roles` of the study file");
    if (!add_role(cohort, "train", err))
        return false;
    for (size_t row = 0; row < cohort->n; row++)
        if (cohort->role_of[row] != NULL && !add_role(cohort, cohort->role_of[row], err))
            return false;
    return true;
}

/* ---- the whole ---- */

bool cohort_read(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    *cohort = (struct cohort){0};
    if (!cohort_read_tables(settings, cohort, err))
        goto failed;
    cohort->role_of = mem_zero(cohort->n, sizeof *cohort->role_of, err);
    cohort->why_not = mem_zero(cohort->n, sizeof *cohort->why_not, err);
    cohort->note = mem_zero(cohort->n, sizeof *cohort->note, err);
    if (cohort->role_of == NULL || cohort->why_not == NULL || cohort->note == NULL || !read_patients(settings, cohort, err) ||
        !outcome_read(settings, cohort, err) || !read_phases(settings, cohort, err) || !assign_roles(settings, cohort, err) ||
        !split_roles(settings, cohort, err) || !check_disjoint(cohort, err) || !list_roles(cohort, err) ||
        !seal_set_roles(cohort->seal, (const char *const *)cohort->role_of, err))
        goto failed;
    return true;
failed:
    cohort_free(cohort);
    return err_add(err, "cohort");
}
