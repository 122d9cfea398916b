/* Reading the cohort: tables joined by id, phases, roles; see cohort.h. Outcomes are read by outcome.c. */
#include "study/cohort.h"

#include <ctype.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/csv.h"
#include "study/outcome.h"
#include "study/split.h"

/* ---- tables ---- */

struct id_place {
    const char *id;
    size_t row;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct id_place *)a)->id, ((const struct id_place *)b)->id);
}

static bool sort_ids(const struct csv *csv, size_t column, struct id_place **places, struct err *err)
{
    *places = mem_alloc(csv->row_n, sizeof **places, err);
    if (*places == NULL)
        return false;
    for (size_t row = 0; row < csv->row_n; row++)
        (*places)[row] = (struct id_place){csv_cell(csv, row, column), row};
    qsort(*places, csv->row_n, sizeof **places, by_id);
    for (size_t k = 1; k < csv->row_n; k++) {
        if (strcmp((*places)[k].id, (*places)[k - 1].id) != 0)
            continue;
        size_t x = csv->line[(*places)[k - 1].row], y = csv->line[(*places)[k].row];
        err_set(err, ERR_INPUT, "%s line %zu: ID '%s' stands already in line %zu", csv->path, x > y ? x : y, (*places)[k].id, x > y ? y : x);
        mem_free(*places);
        *places = NULL;
        return false;
    }
    return true;
}

static bool is_missing(const char *cell)
{
    double ignored;
    return csv_number(cell, &ignored) == CSV_MISSING;
}

static bool copy_cell(struct column *to, size_t row, const char *cell, struct err *err)
{
    return is_missing(cell) || (to->text[row] = mem_string(cell, err)) != NULL;
}

/* The first table gives the cases. */
static bool take_first(struct cohort *cohort, const struct csv *csv, size_t id_column, struct err *err)
{
    bool done = false;
    char **ids = mem_zero(csv->row_n, sizeof *ids, err);
    if (ids == NULL)
        return false;
    for (size_t row = 0; row < csv->row_n; row++) {
        char number[32];
        snprintf(number, sizeof number, "%zu", row + 1);
        ids[row] = mem_string(id_column == SIZE_MAX ? number : csv_cell(csv, row, id_column), err);
        if (ids[row] == NULL)
            goto done;
        if (ids[row][0] == '\0') {
            err_set(err, ERR_INPUT, "%s line %zu: the ID is empty", csv->path, csv->line[row]);
            goto done;
        }
    }
    cohort->n = csv->row_n;
    if (!table_init(&cohort->table, csv->row_n, NULL, ids, err))
        goto done;
    for (size_t c = 0; c < csv->column_n; c++) {
        if (c == id_column)
            continue;
        struct column *column = table_add(&cohort->table, csv->name[c], COLUMN_TEXT, err);
        if (column == NULL)
            goto done;
        for (size_t row = 0; row < csv->row_n; row++)
            if (!copy_cell(column, row, csv_cell(csv, row, c), err))
                goto done;
    }
    done = true;
done:
    for (size_t row = 0; row < csv->row_n; row++)
        mem_free(ids[row]);
    mem_free(ids);
    return done;
}

/* A further table adds its columns to the cases that it names; IDs that are no case are left out. */
static bool join_table(struct cohort *cohort, const struct csv *csv, size_t id_column, const struct id_place *places, struct err *err)
{
    for (size_t c = 0; c < csv->column_n; c++) {
        if (c == id_column)
            continue;
        struct column *column = table_add(&cohort->table, csv->name[c], COLUMN_TEXT, err);
        if (column == NULL)
            return err_add(err, "%s", csv->path);
        for (size_t row = 0; row < cohort->n; row++) {
            struct id_place wanted = {cohort->table.id[row], 0};
            const struct id_place *found = bsearch(&wanted, places, csv->row_n, sizeof *places, by_id);
            if (found != NULL && !copy_cell(column, row, csv_cell(csv, found->row, c), err))
                return false;
        }
    }
    return true;
}

static bool note_file(struct cohort *cohort, const char *name, const char *path, struct err *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    if (!file_read(path, CSV_BYTE_MAX, &bytes, &n, err))
        return false;
    struct cohort_file *files = mem_grow(cohort->file, cohort->file_n, cohort->file_n + 1, sizeof *files, err);
    if (files != NULL) {
        cohort->file = files;
        sha256_hex(bytes, n, files[cohort->file_n].sha256);
        files[cohort->file_n].name = mem_string(name, err);
        if (files[cohort->file_n].name != NULL)
            cohort->file_n++;
        else
            files = NULL;
    }
    mem_free(bytes);
    return files != NULL;
}

/* `name` is what the study file calls the table; the first one gives the cases. */
static bool read_table(struct cohort *cohort, const char *path, const char *name, const char *id, bool id_given, struct err *err)
{
    bool done = false;
    struct csv csv = {0};
    struct id_place *places = NULL;
    if (!csv_read(path, &csv, NULL, err) || !csv_check_names(&csv, err))
        goto done;
    size_t id_column = csv_find(&csv, id);
    if (id_column == SIZE_MAX)
        id_column = csv_find_any_case(&csv, id);
    if (id_column == SIZE_MAX && (id_given || cohort->folder != NULL)) {
        err_set(err, ERR_USAGE, "%s: no column '%s' for the case IDs", path, id);
        goto done;
    }
    if (id_column != SIZE_MAX && !sort_ids(&csv, id_column, &places, err))
        goto done;
    if (cohort->folder == NULL) {
        if (csv.row_n == 0) {
            err_set(err, ERR_INPUT, "%s: the cohort table has no rows", path);
            goto done;
        }
        if ((cohort->folder = path_folder(path, err)) == NULL || !take_first(cohort, &csv, id_column, err))
            goto done;
    } else if (!join_table(cohort, &csv, id_column, places, err)) {
        goto done;
    }
    done = note_file(cohort, name, path, err);
done:
    mem_free(places);
    csv_free(&csv);
    return done;
}

bool cohort_read_cases(const char *const *path, size_t path_n, const char *id, struct cohort *cohort, struct err *err)
{
    *cohort = (struct cohort){0};
    for (size_t k = 0; k < path_n; k++)
        if (!read_table(cohort, path[k], path[k], id == NULL ? "ID" : id, id != NULL, err)) {
            cohort_free(cohort);
            return false;
        }
    return true;
}

/* `key`: "cohort" or "cohort[k].file". */
static bool read_study_table(const struct study_settings *settings, struct cohort *cohort, const char *key, const char *id,
                             bool id_given, struct err *err)
{
    char *path = settings_file(settings, err, "%s", key);
    bool done = path != NULL && read_table(cohort, path, settings_file_name(settings, "%s", key), id, id_given, err);
    mem_free(path);
    return done;
}

static bool read_tables(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    if (settings_text(settings, "cohort") != NULL)
        return read_study_table(settings, cohort, "cohort", settings_text(settings, "id"),
                                strcmp(settings_where(settings, "id"), "default") != 0, err);
    size_t n = settings_item_n(settings, "cohort");
    if (n == 0)
        return err_set(err, ERR_USAGE, "study file: `cohort` is missing: the table with a row a case");
    for (size_t k = 0; k < n; k++) {
        char key[64];
        const char *id = settings_text(settings, "cohort[%zu].id", k);
        snprintf(key, sizeof key, "cohort[%zu].file", k);
        if (!settings_has(settings, "%s", key))
            return err_set(err, ERR_USAGE, "study file: cohort[%zu] needs `file`", k);
        if (!read_study_table(settings, cohort, key, id == NULL ? "ID" : id, id != NULL, err))
            return false;
    }
    return true;
}

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

bool cohort_add_phase(struct cohort *cohort, const char *name, const char *image, const char *mask, struct err *err)
{
    struct phase *phases = mem_grow(cohort->phase, cohort->phase_n, cohort->phase_n + 1, sizeof *phases, err);
    if (phases == NULL)
        return false;
    cohort->phase = phases;
    struct phase *phase = &phases[cohort->phase_n++];
    *phase = (struct phase){mem_string(name, err), mem_string(image, err), mem_string(mask, err)};
    return phase->name != NULL && phase->image_column != NULL && phase->mask_column != NULL;
}

const char *cohort_column_any_case(const struct cohort *cohort, const char *name)
{
    for (size_t c = 0; c < cohort->table.column_n; c++)
        if (strcasecmp(cohort->table.column[c].name, name) == 0)
            return cohort->table.column[c].name;
    return NULL;
}

static bool mask_of_phase(const struct study_settings *settings, const struct cohort *cohort, const char *phase, const char **mask, struct err *err)
{
    char segment[300], wanted[300];
    *mask = phase[0] == '\0' ? NULL : settings_text(settings, "phases.%s.mask", settings_segment(phase, segment));
    if (*mask != NULL) {
        return cohort_column(cohort, *mask, err) != NULL ||
               err_add(err, "%s: phases.%s.mask", settings_where(settings, "phases.%s.mask", segment), segment);
    }
    snprintf(wanted, sizeof wanted, "Mask_%s", phase);
    if ((*mask = cohort_column_any_case(cohort, wanted)) == NULL)
        *mask = cohort_column_any_case(cohort, "Mask");
    if (*mask == NULL)
        return err_set(err, ERR_USAGE, "phase '%s': the cohort has no column '%s' and no column 'Mask'", phase, wanted);
    return true;
}

static bool find_phases(const struct study_settings *settings, struct cohort *cohort, struct err *err)
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
    if (cohort->phase_n > 0)
        return true;
    for (size_t c = 0; c < cohort->table.column_n; c++) {
        const char *column = cohort->table.column[c].name;
        bool plain = strcasecmp(column, "image") == 0;
        if (!plain && strncasecmp(column, "image_", 6) != 0)
            continue;
        const char *phase = plain ? "" : column + 6;
        if (!mask_of_phase(settings, cohort, phase, &mask, err) || !cohort_add_phase(cohort, phase, column, mask, err))
            return false;
    }
    return true;
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

const struct column *cohort_column(const struct cohort *cohort, const char *name, struct err *err)
{
    const struct table *table = &cohort->table;
    const struct column *found = table_find(table, name);
    if (found != NULL)
        return found;
    const char **names = mem_alloc(table->column_n, sizeof *names, err);
    if (names == NULL)
        return NULL;
    for (size_t c = 0; c < table->column_n; c++)
        names[c] = table->column[c].name;
    const char *nearest = text_nearest(name, names, table->column_n);
    err_set(err, ERR_USAGE, "no column '%s' in the cohort%s%s%s", name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    mem_free(names);
    return NULL;
}

bool cohort_is_outcome(const struct cohort *cohort, const char *column)
{
    for (size_t k = 0; k < cohort->outcome_column_n; k++)
        if (strcmp(cohort->outcome_column[k], column) == 0)
            return true;
    return false;
}

bool cohort_exclude(struct cohort *cohort, size_t row, const char *reason, struct err *err)
{
    if (cohort->why_not[row] != NULL)
        return true;
    cohort->why_not[row] = mem_string(reason, err);
    return cohort->why_not[row] != NULL;
}

bool cohort_read(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    *cohort = (struct cohort){0};
    if (!read_tables(settings, cohort, err))
        goto failed;
    cohort->role_of = mem_zero(cohort->n, sizeof *cohort->role_of, err);
    cohort->why_not = mem_zero(cohort->n, sizeof *cohort->why_not, err);
    cohort->note = mem_zero(cohort->n, sizeof *cohort->note, err);
    if (cohort->role_of == NULL || cohort->why_not == NULL || cohort->note == NULL || !read_patients(settings, cohort, err) ||
        !outcome_read(settings, cohort, err) || !find_phases(settings, cohort, err) || !assign_roles(settings, cohort, err) ||
        !split_roles(settings, cohort, err) || !check_disjoint(cohort, err) || !list_roles(cohort, err) ||
        !seal_set_roles(cohort->seal, (const char *const *)cohort->role_of, err))
        goto failed;
    return true;
failed:
    cohort_free(cohort);
    return err_add(err, "cohort");
}

static void free_texts(char **texts, size_t n)
{
    for (size_t k = 0; texts != NULL && k < n; k++)
        mem_free(texts[k]);
    mem_free(texts);
}

void cohort_free(struct cohort *cohort)
{
    free_texts(cohort->role_of, cohort->n);
    free_texts(cohort->why_not, cohort->n);
    free_texts(cohort->note, cohort->n);
    free_texts(cohort->outcome_column, cohort->outcome_column_n);
    free_texts(cohort->split_note, cohort->split_n);
    for (size_t r = 0; r < cohort->role_n; r++)
        mem_free(cohort->role[r].name);
    for (size_t e = 0; e < cohort->endpoint_n; e++) {
        mem_free(cohort->endpoint[e].name);
        mem_free(cohort->endpoint[e].title);
        mem_free(cohort->endpoint[e].unit);
    }
    for (size_t p = 0; p < cohort->phase_n; p++) {
        mem_free(cohort->phase[p].name);
        mem_free(cohort->phase[p].image_column);
        mem_free(cohort->phase[p].mask_column);
    }
    for (size_t f = 0; f < cohort->file_n; f++)
        mem_free(cohort->file[f].name);
    mem_free(cohort->role);
    mem_free(cohort->endpoint);
    mem_free(cohort->phase);
    mem_free(cohort->file);
    mem_free(cohort->group);
    mem_free(cohort->folder);
    mem_free(cohort->label_name);
    mem_free(cohort->label_title);
    seal_free(cohort->seal);
    table_free(&cohort->table);
    *cohort = (struct cohort){0};
}
