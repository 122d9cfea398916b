/* New cases from a table, and how cells and images become inputs; see newcases.h. A case of the command line is newcase.c's. */
#include "study/newcases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/casecolumns.h"
#include "io/csv.h"
#include "study/extraction.h"
#include "study/frozen_columns.h"
#include "study/newcase.h"

void newcases_free(struct newcases *cases)
{
    for (size_t row = 0; row < cases->table.row_n; row++) {
        mem_free(cases->failure == NULL ? NULL : cases->failure[row]);
        mem_free(cases->image == NULL ? NULL : cases->image[row]);
    }
    mem_free(cases->failure);
    mem_free(cases->image);
    table_free(&cases->table);
    crops_free(&cases->crops);
    *cases = (struct newcases){0};
}

static bool fail_case(struct newcases *cases, size_t row, const char *why, struct err *err)
{
    return cases->failure[row] != NULL || (cases->failure[row] = mem_string(why, err)) != NULL;
}

/* ---- inputs from cells ---- */

/* `from` NULL: nothing was given. */
static bool fill_from_cells(struct newcases *cases, const struct model_input *input, const struct column *from, struct err *err)
{
    char line[900];
    struct column *to = table_add(&cases->table, input->name, input->is_text ? COLUMN_TEXT : COLUMN_NUMBER, err);
    if (to == NULL)
        return false;
    for (size_t row = 0; row < cases->table.row_n; row++) {
        const char *cell = from == NULL ? NULL : from->text[row];
        if (cell == NULL) {
            if (!table_set_reason(&cases->table, to, row, from == NULL ? "not given" : "missing", err))
                return false;
        } else if (input->is_text) {
            if (!table_set_text(&cases->table, to, row, cell, err))
                return false;
        } else if (csv_number(cell, &to->number[row]) != CSV_NUMBER) {
            snprintf(line, sizeof line, "column %s: found '%s', expected a number", input->name, cell);
            if (!fail_case(cases, row, line, err))
                return false;
        }
    }
    return true;
}

/* ---- inputs from images ---- */

static bool has_features(const struct model *model)
{
    bool any = false;
    for (size_t i = 0; i < model->input_n; i++)
        any |= model->input[i].from_images;
    return any;
}

static bool extract(const struct model *model, const struct cohort *cohort, struct table *features, struct err *err)
{
    struct params params = {0};
    bool done = extraction_params_from_text(model->params, model->mask_fit, model->mask_label, &params, err) &&
                extraction_extract(cohort, &params, NULL, features, cohort->note, err);
    params_free(&params);
    return done;
}

static bool fill_from_features(struct newcases *cases, const struct model_input *input, const struct table *features, struct err *err)
{
    const struct column *from = table_find(features, input->name);
    struct column *to = table_add(&cases->table, input->name, COLUMN_NUMBER, err);
    if (from == NULL)
        return err_set(err, ERR_INPUT, "the model reads '%s', which its own parameters do not give", input->name);
    if (to == NULL)
        return false;
    for (size_t row = 0; row < cases->table.row_n; row++) {
        to->number[row] = from->number[row];
        if (from->reason != NULL && from->reason[row] != NULL && !table_set_reason(&cases->table, to, row, from->reason[row], err))
            return false;
    }
    return true;
}

/* Maps are written on these images' grids. */
static bool keep_paths(const struct cohort *cohort, struct newcases *cases, struct err *err)
{
    cases->image = mem_zero(cohort->n, sizeof *cases->image, err);
    for (size_t row = 0; cases->image != NULL && row < cohort->n; row++)
        if (cases->crops.failure[row] == NULL && (cases->image[row] = extraction_path(cohort, cohort->phase[0].image_column, row, err)) == NULL)
            return false;
    return cases->image != NULL;
}

/* What the networks see, cut out by the model's own settings. Columns of the frozen one go into `features`. */
static bool cut_out(const struct model *model, struct cohort *cohort, struct newcases *cases, struct table *features, struct err *err)
{
    struct mask_choice choice = {(int64_t)model->mask_label, 0, MASK_STRICT};
    if (!mask_policy_from_name(model->mask_fit, &choice.policy))
        return err_set(err, ERR_INPUT, "mask_fit: found '%s', expected strict, snap or resample", model->mask_fit);
    if (!crops_make(cohort, &model->crop, &choice, &cases->crops, err))
        return false;
    for (size_t row = 0; row < cohort->n; row++)
        if (cases->crops.failure[row] != NULL && !fail_case(cases, row, cases->crops.failure[row], err))
            return false;
    if (model->frozen == NULL)
        return keep_paths(cohort, cases, err);
    return (features->row_n > 0 || table_init(features, cohort->n, NULL, cohort->table.id, err)) &&
           frozen_columns_add(model->frozen, &model->crop, &model->frozen_sample, &cases->crops, features, err) && keep_paths(cohort, cases, err);
}

/* ---- cases ---- */

static bool has_value(const struct column *column, size_t row)
{
    return column->kind == COLUMN_NUMBER ? !isnan(column->number[row]) : column->text[row] != NULL;
}

/* As in the study: a case without any value in a block that the model uses is not scored. */
static bool fail_empty_block(const struct model *model, struct newcases *cases, const char *block, struct err *err)
{
    for (size_t row = 0; row < cases->table.row_n; row++) {
        const char *reason = NULL;
        bool any = false;
        for (size_t i = 0; i < model->input_n && !any; i++) {
            const struct column *column = &cases->table.column[i];
            if (strcmp(model->input[i].block, block) != 0)
                continue;
            any = has_value(column, row);
            if (reason == NULL && column->reason != NULL)
                reason = column->reason[row];
        }
        char line[900];
        snprintf(line, sizeof line, "no %s value: %s", block, reason == NULL ? "all cells are empty" : reason);
        if (!any && !fail_case(cases, row, line, err))
            return false;
    }
    return true;
}

static bool fail_empty(const struct model *model, struct newcases *cases, struct err *err)
{
    for (size_t i = 0; i < model->input_n; i++) {
        bool told = false;
        for (size_t k = 0; k < i && !told; k++)
            told = strcmp(model->input[k].block, model->input[i].block) == 0;
        if (!told && !fail_empty_block(model, cases, model->input[i].block, err))
            return false;
    }
    return true;
}

bool newcases_from_cohort(const struct model *model, struct cohort *cohort, struct newcases *out, struct err *err)
{
    struct table features = {0};
    bool done = false;
    *out = (struct newcases){0};
    if (!table_init(&out->table, cohort->n, NULL, cohort->table.id, err) || (out->failure = mem_zero(cohort->n, sizeof *out->failure, err)) == NULL ||
        (has_features(model) && !extract(model, cohort, &features, err)) ||
        (model->has_crop && !cut_out(model, cohort, out, &features, err)))
        goto done;
    for (size_t i = 0; i < model->input_n; i++) {
        const struct model_input *input = &model->input[i];
        if (!(input->from_images || input->from_net ? fill_from_features(out, input, &features, err)
                                 : fill_from_cells(out, input, table_find(&cohort->table, input->name), err)))
            goto done;
    }
    done = (!model->has_crop || crops_add_column(&out->crops, &out->table, err)) && fail_empty(model, out, err);
done:
    table_free(&features);
    if (!done)
        newcases_free(out);
    return done;
}

/* ---- a table ---- */

static bool add_phases(const struct model *model, const char *path, struct cohort *cohort, struct err *err)
{
    size_t n = cohort->table.column_n;
    const char **names = table_names(&cohort->table, err);
    bool done = names != NULL;
    for (size_t p = 0; done && p < model->phase_n; p++) {
        const char *phase = model->phase[p], *between = *phase == '\0' ? "" : "_";
        size_t image = case_find_image(names, n, phase), mask = case_find_mask(names, n, phase);
        if (image == SIZE_MAX)
            done = err_set(err, ERR_INPUT, "%s: no column 'Image%s%s', expected one for each phase that the model was made from", path, between, phase);
        else if (mask == SIZE_MAX)
            done = err_set(err, ERR_INPUT, "%s: no column 'Mask%s%s' and no column 'Mask'", path, between, phase);
        else
            done = cohort_add_phase(cohort, phase, names[image], names[mask], err);
    }
    mem_free(names);
    return done;
}

/* Images of phases that the model has not are left out, and said. */
static void tell_other_phases(const struct cohort *cohort, const char *path)
{
    for (size_t c = 0; cohort->phase_n > 0 && c < cohort->table.column_n; c++) {
        const char *name = cohort->table.column[c].name;
        bool used = *case_phase(name) == '\0';
        for (size_t p = 0; p < cohort->phase_n && !used; p++)
            used = strcmp(cohort->phase[p].image_column, name) == 0;
        if (!used)
            log_note("%s: column %s is left out: the model has no such phase", path, name);
    }
}

/* Refuses a table that lacks columns of the model: it was made with other settings, or misspells them. */
static bool check_columns(const struct model *model, const char *path, const struct cohort *cohort, struct err *err)
{
    size_t missing_n = 0;
    const char *first = NULL;
    for (size_t i = 0; i < model->input_n; i++) {
        const char *name = model->input[i].name;
        if (model->input[i].from_images || model->input[i].from_net || table_find(&cohort->table, name) != NULL)
            continue;
        first = missing_n++ == 0 ? name : first;
    }
    if (missing_n == 0)
        return true;
    char more[64] = "";
    const char *nearest = NULL, **names = table_names(&cohort->table, err);
    if (names == NULL)
        return false;
    nearest = text_nearest(first, names, cohort->table.column_n);
    mem_free(names);
    if (missing_n > 1)
        snprintf(more, sizeof more, " (nor %zu others)", missing_n - 1);
    return err_set(err, ERR_INPUT, "%s: no column '%s'%s, which the model reads%s%s%s", path, first, more, nearest != NULL ? "; did you mean '" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
}

bool newcases_read(const struct model *model, const char *const *path, size_t path_n, const char *id, struct newcases *out, struct err *err)
{
    struct cohort cohort;
    *out = (struct newcases){0};
    if (!cohort_read_cases(path, path_n, id, &cohort, err))
        return false;
    bool done = add_phases(model, path[0], &cohort, err) && check_columns(model, path[0], &cohort, err);
    if (done) {
        tell_other_phases(&cohort, path[0]);
        done = newcases_from_cohort(model, &cohort, out, err);
    }
    cohort_free(&cohort);
    return done;
}
