/* Blocks of predictor columns; see predictors.h. */
#include "study/predictors.h"

#include <fnmatch.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/csv.h"
#include "stats/roc.h"
#include "study/crops.h"

static const double SUSPICIOUS_AUC = 0.98;

/* ---- columns ---- */

static bool all_numbers(const struct column *column, size_t n)
{
    double value;
    for (size_t row = 0; row < n; row++)
        if (column->text[row] != NULL && csv_number(column->text[row], &value) != CSV_NUMBER)
            return false;
    return true;
}

bool predictor_from_text(const struct column *from, char *const *id, size_t n, enum predictor_kind kind, struct table *out, struct err *err)
{
    if (kind == PREDICTOR_AUTO)
        kind = all_numbers(from, n) ? PREDICTOR_NUMBER : PREDICTOR_CATEGORY;
    struct column *to = table_add(out, from->name, kind == PREDICTOR_NUMBER ? COLUMN_NUMBER : COLUMN_TEXT, err);
    if (to == NULL)
        return false;
    for (size_t row = 0; row < n; row++) {
        const char *cell = from->text[row];
        if (cell == NULL) {
            if (!table_set_reason(out, to, row, "missing", err))
                return false;
        } else if (kind == PREDICTOR_CATEGORY) {
            if ((to->text[row] = mem_string(cell, err)) == NULL)
                return false;
        } else if (csv_number(cell, &to->number[row]) != CSV_NUMBER) {
            return err_set(err, ERR_INPUT, "case %s: column %s: found '%s', expected a number", id[row], from->name, cell);
        }
    }
    return true;
}

static bool add_to_block(struct block_columns *block, const char *name, struct err *err)
{
    for (size_t c = 0; c < block->n; c++)
        if (strcmp(block->column[c], name) == 0)
            return err_set(err, ERR_USAGE, "blocks.%s: column '%s' is named twice", block->name, name);
    char **columns = mem_grow(block->column, block->n, block->n + 1, sizeof *columns, err);
    if (columns == NULL)
        return false;
    block->column = columns;
    columns[block->n] = mem_string(name, err);
    return columns[block->n] != NULL && ++block->n > 0;
}

static bool refuse_outcome(const struct cohort *cohort, const char *where, const char *name, struct err *err)
{
    if (cohort_is_outcome(cohort, name))
        return err_set(err, ERR_USAGE, "%s: '%s' is read by an outcome of the study and cannot be a predictor", where, name);
    return true;
}

static struct block_columns *open_block(const struct study_settings *settings, struct predictors *out, const char *name, struct err *err)
{
    struct block_columns *blocks = mem_grow(out->block, out->block_n, out->block_n + 1, sizeof *blocks, err);
    if (blocks == NULL)
        return NULL;
    out->block = blocks;
    bool deep = strcmp(name, "deep") == 0; /* its keys stand beside `blocks` */
    const char *title = deep ? settings_text(settings, "deep.title") : settings_text(settings, "blocks.%s.title", name);
    blocks[out->block_n] = (struct block_columns){mem_string(name, err), mem_string(title == NULL ? name : title, err), NULL, 0, NULL};
    struct block_columns *block = &blocks[out->block_n++];
    return block->name != NULL && block->title != NULL ? block : NULL;
}

/* ---- clinical ---- */

static bool make_clinical(const struct study_settings *settings, const struct cohort *cohort, struct predictors *out, struct err *err)
{
    size_t n = settings_item_n(settings, "blocks.clinical.columns");
    if (n == 0)
        return true;
    struct block_columns *block = open_block(settings, out, "clinical", err);
    if (block == NULL)
        return false;
    for (size_t k = 0; k < n; k++) {
        const char *name = settings_text(settings, "blocks.clinical.columns[%zu]", k), *kind_word = NULL;
        if (name == NULL) {
            name = settings_text(settings, "blocks.clinical.columns[%zu].name", k);
            kind_word = settings_text(settings, "blocks.clinical.columns[%zu].kind", k);
        }
        if (name == NULL)
            return err_set(err, ERR_USAGE, "study file: blocks.clinical.columns[%zu] needs `name`", k);
        const char *where = settings_where(settings, "blocks.clinical.columns[%zu]", k);
        if (!refuse_outcome(cohort, where, name, err))
            return false;
        const struct column *from = cohort_column(cohort, name, err);
        if (from == NULL)
            return err_add(err, "%s: blocks.clinical", where);
        enum predictor_kind kind = kind_word == NULL ? PREDICTOR_AUTO : strcmp(kind_word, "number") == 0 ? PREDICTOR_NUMBER : PREDICTOR_CATEGORY;
        if (!predictor_from_text(from, cohort->table.id, cohort->n, kind, &out->table, err) || !add_to_block(block, name, err))
            return err_add(err, "blocks.clinical");
    }
    return true;
}

/* ---- radiomics ---- */

static bool matches(const struct study_settings *settings, size_t pattern_n, const char *name, bool *used)
{
    bool found = false;
    for (size_t k = 0; k < pattern_n; k++)
        if (fnmatch(settings_text(settings, "blocks.radiomics.columns[%zu]", k), name, 0) == 0)
            used[k] = found = true;
    return found;
}

static bool from_tables(const struct study_settings *settings, const struct cohort *cohort, struct predictors *out,
                        struct block_columns *block, struct err *err)
{
    size_t pattern_n = settings_item_n(settings, "blocks.radiomics.columns");
    bool *used = mem_zero(pattern_n, sizeof *used, err), done = false;
    if (used == NULL)
        return false;
    for (size_t k = 0; k < pattern_n; k++)
        if (!refuse_outcome(cohort, settings_where(settings, "blocks.radiomics.columns[%zu]", k),
                            settings_text(settings, "blocks.radiomics.columns[%zu]", k), err))
            goto done;
    for (size_t c = 0; c < cohort->table.column_n; c++) {
        const struct column *from = &cohort->table.column[c];
        if (!matches(settings, pattern_n, from->name, used))
            continue;
        if (!predictor_from_text(from, cohort->table.id, cohort->n, PREDICTOR_NUMBER, &out->table, err) || !add_to_block(block, from->name, err)) {
            err_add(err, "blocks.radiomics");
            goto done;
        }
    }
    for (size_t k = 0; k < pattern_n; k++)
        if (!used[k]) {
            err_set(err, ERR_USAGE, "%s: blocks.radiomics: no column fits '%s'", settings_where(settings, "blocks.radiomics.columns[%zu]", k),
                    settings_text(settings, "blocks.radiomics.columns[%zu]", k));
            goto done;
        }
    done = true;
done:
    mem_free(used);
    return done;
}

static bool make_radiomics(const struct study_settings *settings, const struct cohort *cohort, struct predictors *out, struct err *err)
{
    bool images = settings_text(settings, "blocks.radiomics.from") != NULL, columns = settings_item_n(settings, "blocks.radiomics.columns") > 0;
    if (images && cohort->phase_n == 0)
        return err_set(err, ERR_USAGE, "%s: the cohort table has no column `Image` or `Image_PHASE`", settings_where(settings, "blocks.radiomics.from"));
    if (images && columns)
        return err_set(err, ERR_USAGE, "%s: blocks.radiomics has both `from` and `columns`", settings_where(settings, "blocks.radiomics.from"));
    if (!images && !columns)
        return true;
    struct block_columns *block = open_block(settings, out, "radiomics", err);
    return block != NULL && (images || from_tables(settings, cohort, out, block, err));
}

/* ---- deep ---- */

/* Frozen columns come with the networks' table; the logit is named here, and made in the folds. */
static bool make_deep(const struct study_settings *settings, const struct deep *deep, struct predictors *out, struct err *err)
{
    if (!deep_used(deep))
        return true;
    struct block_columns *block = open_block(settings, out, "deep", err);
    if (block == NULL)
        return false;
    block->made_of = deep->crossfit ? CROPS_COLUMN : NULL;
    return !deep->crossfit || add_to_block(block, deep->logit, err);
}

/* ---- columns from images ---- */

static struct block_columns *find_block(struct predictors *out, const char *name)
{
    for (size_t b = 0; b < out->block_n; b++)
        if (strcmp(out->block[b].name, name) == 0)
            return &out->block[b];
    return NULL;
}

/* Number columns are predictors of the block; a column of cases is what others are made of. */
static bool take_columns(struct predictors *out, const char *name, const struct table *table, struct err *err)
{
    struct block_columns *block = find_block(out, name);
    if (table == NULL)
        return true;
    if (block == NULL)
        return err_set(err, ERR_BUG, "columns of block %s, which the study has not", name);
    if (!table_append(&out->table, table, err))
        return false;
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind != COLUMN_CASE && !add_to_block(block, table->column[c].name, err))
            return false;
    return true;
}

/* ---- cases ---- */

static bool has_value(const struct column *column, size_t row)
{
    switch (column->kind) {
    case COLUMN_NUMBER:
        return !isnan(column->number[row]);
    case COLUMN_TEXT:
        return column->text[row] != NULL;
    case COLUMN_CASE:
        break;
    }
    return column->object[row] != NULL;
}

/* Whether the case has any value in the block; *reason: why a column has none. */
static bool any_value(const struct predictors *out, const struct block_columns *block, size_t row, const char **reason)
{
    bool any = false;
    *reason = NULL;
    for (size_t c = 0; c < block->n + (block->made_of != NULL) && !any; c++) {
        const struct column *column = table_find(&out->table, c < block->n ? block->column[c] : block->made_of);
        if (column == NULL) /* made in the folds */
            continue;
        any = has_value(column, row);
        if (*reason == NULL && column->reason != NULL)
            *reason = column->reason[row];
    }
    return any;
}

static bool exclude_empty(const struct predictors *out, struct cohort *cohort, const struct block_columns *block, struct err *err)
{
    for (size_t row = 0; row < cohort->n; row++) {
        const char *reason;
        if (cohort->why_not[row] != NULL || any_value(out, block, row, &reason))
            continue;
        char line[600];
        snprintf(line, sizeof line, "no %s value: %s", block->name, reason == NULL ? "all cells are empty" : reason);
        if (!cohort_exclude(cohort, row, line, err))
            return false;
    }
    return true;
}

bool predictors_make(const struct study_settings *settings, const struct cohort *cohort, const struct deep *deep, struct predictors *out, struct err *err)
{
    *out = (struct predictors){0};
    bool done = table_init(&out->table, cohort->n, NULL, cohort->table.id, err) && make_clinical(settings, cohort, out, err) &&
                make_radiomics(settings, cohort, out, err) && make_deep(settings, deep, out, err);
    if (done && out->block_n == 0)
        done = err_set(err, ERR_USAGE, "study file: `blocks` names no column to predict from");
    if (!done)
        predictors_free(out);
    return done;
}

bool predictors_complete(struct cohort *cohort, const struct table *features, const struct table *networks, struct predictors *out, struct err *err)
{
    if (!take_columns(out, "radiomics", features, err) || !take_columns(out, "deep", networks, err))
        return false;
    for (size_t b = 0; b < out->block_n; b++)
        if (!exclude_empty(out, cohort, &out->block[b], err))
            return false;
    return true;
}

void predictors_free(struct predictors *predictors)
{
    for (size_t b = 0; b < predictors->block_n; b++) {
        struct block_columns *block = &predictors->block[b];
        for (size_t c = 0; c < block->n; c++)
            mem_free(block->column[c]);
        mem_free(block->column);
        mem_free(block->name);
        mem_free(block->title);
    }
    for (size_t k = 0; k < predictors->warning_n; k++)
        mem_free(predictors->warning[k]);
    mem_free(predictors->warning);
    mem_free(predictors->block);
    table_free(&predictors->table);
    *predictors = (struct predictors){0};
}

/* ---- leakage by accident ---- */

static bool same_cell(const struct column *column, size_t a, size_t b)
{
    if (has_value(column, a) != has_value(column, b))
        return false;
    if (!has_value(column, a))
        return true;
    return column->kind == COLUMN_NUMBER ? column->number[a] == column->number[b] : strcmp(column->text[a], column->text[b]) == 0;
}

/* One value for all positives, another for all negatives: the label by another name. Two rows a class are too few to say. */
static bool is_function_of_label(const struct column *column, const double *label, size_t n)
{
    if (column->kind == COLUMN_CASE)
        return false;
    size_t first[2] = {SIZE_MAX, SIZE_MAX}, count[2] = {0, 0};
    for (size_t row = 0; row < n; row++) {
        if (isnan(label[row]))
            continue;
        size_t class = label[row] > 0.5;
        count[class]++;
        if (first[class] == SIZE_MAX)
            first[class] = row;
        else if (!same_cell(column, row, first[class]))
            return false;
    }
    return count[0] > 2 && count[1] > 2 && !same_cell(column, first[0], first[1]);
}

static bool warn_of(struct predictors *predictors, const char *line, struct err *err)
{
    char **warnings = mem_grow(predictors->warning, predictors->warning_n, predictors->warning_n + 1, sizeof *warnings, err);
    if (warnings == NULL)
        return false;
    predictors->warning = warnings;
    warnings[predictors->warning_n] = mem_string(line, err);
    return warnings[predictors->warning_n] != NULL && ++predictors->warning_n > 0;
}

static double folded_auc(const struct column *column, const double *label, size_t n, double *score, double *class, size_t *scratch)
{
    size_t m = 0;
    for (size_t row = 0; row < n; row++)
        if (!isnan(label[row]) && !isnan(column->number[row])) {
            score[m] = column->number[row];
            class[m++] = label[row];
        }
    double auc = roc_auc_value(score, class, m, scratch);
    return isnan(auc) ? 0.5 : fmax(auc, 1 - auc);
}

bool predictors_check(struct predictors *predictors, size_t first, const struct cohort *cohort, const double *label, struct err *err)
{
    bool done = false;
    size_t n = cohort->n, *scratch = mem_alloc(n, sizeof *scratch, err);
    double *score = mem_alloc(n, sizeof *score, err), *class = mem_alloc(n, sizeof *class, err);
    if (scratch == NULL || score == NULL || class == NULL)
        goto done;
    for (size_t c = first; c < predictors->table.column_n; c++) {
        const struct column *column = &predictors->table.column[c];
        if (is_function_of_label(column, label, n)) {
            err_set(err, ERR_USAGE, "column '%s' is a function of the label on train and cannot be a predictor", column->name);
            goto done;
        }
        if (column->kind != COLUMN_NUMBER)
            continue;
        double auc = folded_auc(column, label, n, score, class, scratch);
        char line[400];
        snprintf(line, sizeof line, "column '%s' alone has AUC %.3f on train: does it say what is to be predicted?", column->name, auc);
        if (auc > SUSPICIOUS_AUC && !warn_of(predictors, line, err))
            goto done;
    }
    done = true;
done:
    mem_free(scratch);
    mem_free(score);
    mem_free(class);
    return done;
}
