/* Labels and endpoints; see outcome.h. A label is a 0/1 column, or made by a condition: listed values of a column
 * mean 1, others 0, anything else no label. Values are equal as texts (blanks around aside) or as numbers. */
#include "study/outcome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/csv.h"

static bool same_value(const char *cell, const char *value)
{
    double x, y;
    while (*cell == ' ')
        cell++;
    size_t n = strlen(cell);
    while (n > 0 && cell[n - 1] == ' ')
        n--;
    if (strlen(value) == n && strncmp(cell, value, n) == 0)
        return true;
    return csv_number(cell, &x) == CSV_NUMBER && csv_number(value, &y) == CSV_NUMBER && x == y;
}

static bool in_list(const struct study_settings *settings, const char *list, const char *cell)
{
    size_t n = settings_item_n(settings, "%s", list);
    for (size_t k = 0; k < n; k++)
        if (same_value(cell, settings_text(settings, "%s[%zu]", list, k)))
            return true;
    return false;
}

static bool note_column(struct cohort *cohort, const char *name, struct err *err)
{
    char **names = mem_grow(cohort->outcome_column, cohort->outcome_column_n, cohort->outcome_column_n + 1, sizeof *names, err);
    if (names == NULL)
        return false;
    cohort->outcome_column = names;
    names[cohort->outcome_column_n] = mem_string(name, err);
    return names[cohort->outcome_column_n] != NULL && ++cohort->outcome_column_n > 0;
}

static const struct column *outcome_column(const struct study_settings *settings, struct cohort *cohort, const char *path, struct err *err)
{
    const char *name = settings_text(settings, "%s", path);
    if (name == NULL) {
        err_set(err, ERR_USAGE, "study file: `%s` is missing", path);
        return NULL;
    }
    const struct column *column = cohort_column(cohort, name, err);
    if (column == NULL) {
        err_add(err, "%s: %s", settings_where(settings, "%s", path), path);
        return NULL;
    }
    return note_column(cohort, name, err) ? column : NULL;
}

static bool binary_cell(const struct cohort *cohort, const struct column *column, size_t row, double *value, struct err *err)
{
    *value = NAN;
    if (column->text[row] == NULL)
        return true;
    if (csv_number(column->text[row], value) != CSV_NUMBER || (*value != 0 && *value != 1))
        return err_set(err, ERR_INPUT, "case %s: column %s: found '%s', expected 0, 1 or nothing", cohort->table.id[row], column->name, column->text[row]);
    return true;
}

static bool read_label(const struct study_settings *settings, struct cohort *cohort, double *label, struct err *err)
{
    bool condition = settings_text(settings, "target.label") == NULL;
    const struct column *column = outcome_column(settings, cohort, condition ? "target.label.column" : "target.label", err);
    if (column == NULL)
        return false;
    bool listed = settings_item_n(settings, "target.label.positive") > 0;
    if (condition && listed != (settings_item_n(settings, "target.label.negative") > 0))
        return err_set(err, ERR_USAGE, "study file: target.label needs both `positive` and `negative`, or neither");
    for (size_t row = 0; row < cohort->n; row++) {
        const char *cell = column->text[row];
        if (!listed) {
            if (!binary_cell(cohort, column, row, &label[row], err))
                return false;
        } else if (cell != NULL) {
            bool positive = in_list(settings, "target.label.positive", cell), negative = in_list(settings, "target.label.negative", cell);
            if (positive && negative)
                return err_set(err, ERR_USAGE, "study file: target.label: '%s' is listed as positive and as negative", cell);
            if (positive || negative)
                label[row] = positive ? 1 : 0;
        }
    }
    const char *title = settings_text(settings, "target.label.title");
    cohort->label_name = mem_string(column->name, err);
    cohort->label_title = mem_string(title == NULL ? column->name : title, err);
    return cohort->label_name != NULL && cohort->label_title != NULL;
}

static bool read_endpoint(const struct study_settings *settings, struct cohort *cohort, const char *name, struct outcomes *outcomes,
                          size_t e, struct err *err)
{
    char path[400], segment[300];
    snprintf(path, sizeof path, "endpoints.%s.time", settings_segment(name, segment));
    const struct column *time = outcome_column(settings, cohort, path, err);
    if (time == NULL)
        return false;
    snprintf(path, sizeof path, "endpoints.%s.event", segment);
    const struct column *event = outcome_column(settings, cohort, path, err);
    if (event == NULL)
        return false;
    for (size_t row = 0; row < cohort->n; row++) {
        const char *cell = time->text[row];
        if (cell != NULL && (csv_number(cell, &outcomes->time[e][row]) != CSV_NUMBER || outcomes->time[e][row] < 0))
            return err_set(err, ERR_INPUT, "case %s: column %s: found '%s', expected a time of 0 or more", cohort->table.id[row], time->name, cell);
        if (!binary_cell(cohort, event, row, &outcomes->event[e][row], err))
            return false;
    }
    const char *unit = settings_text(settings, "endpoints.%s.unit", segment), *title = settings_text(settings, "endpoints.%s.title", segment);
    cohort->endpoint[e] = (struct endpoint){mem_string(name, err), mem_string(title == NULL ? name : title, err),
                                            mem_string(unit == NULL ? "days" : unit, err)};
    return cohort->endpoint[e].name != NULL && cohort->endpoint[e].title != NULL && cohort->endpoint[e].unit != NULL;
}

static bool drop_outcome_columns(struct cohort *cohort, struct err *err)
{
    size_t n = 0, *keep = mem_alloc(cohort->table.column_n, sizeof *keep, err);
    if (keep == NULL)
        return false;
    for (size_t c = 0; c < cohort->table.column_n; c++)
        if (!cohort_is_outcome(cohort, cohort->table.column[c].name))
            keep[n++] = c;
    struct table kept = {0};
    bool done = table_take_columns(&cohort->table, keep, n, &kept, err);
    mem_free(keep);
    if (!done)
        return false;
    table_free(&cohort->table);
    cohort->table = kept;
    return true;
}

bool outcome_read(const struct study_settings *settings, struct cohort *cohort, struct err *err)
{
    struct outcomes outcomes = {0};
    char name[256];
    size_t endpoint_n = 0;
    while (settings_child(settings, "endpoints", endpoint_n, name))
        endpoint_n++;
    cohort->has_label = settings_has(settings, "target.label");
    if (!cohort->has_label)
        return err_set(err, ERR_USAGE, "study file: `target.label` is missing: the column that is to be predicted");
    cohort->endpoint = mem_zero(endpoint_n, sizeof *cohort->endpoint, err);
    if (cohort->endpoint == NULL || !outcomes_init(&outcomes, cohort->n, cohort->has_label, endpoint_n, err))
        return false;
    cohort->endpoint_n = endpoint_n;
    if (!read_label(settings, cohort, outcomes.label, err))
        goto failed;
    for (size_t e = 0; e < endpoint_n; e++) {
        settings_child(settings, "endpoints", e, name);
        if (!read_endpoint(settings, cohort, name, &outcomes, e, err))
            goto failed;
    }
    cohort->seal = seal_close(&outcomes, cohort->n, err);
    return cohort->seal != NULL && drop_outcome_columns(cohort, err);
failed:
    outcomes_free(&outcomes);
    return false;
}
