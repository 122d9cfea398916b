/* One case as the command line names it: --image, --mask, --value. It becomes a table of one row (newcases.c goes on with it). */
#include "study/newcase.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/csv.h"

/* "arterial, portal" */
static bool list_phases(const struct model *model, struct text *out, struct err *err)
{
    for (size_t p = 0; p < model->phase_n; p++)
        text_add(out, "%s%s", p > 0 ? ", " : "", model->phase[p]);
    return text_ok(out, err);
}

/* The place of the phase in front of "="; phase_n when there is none of that name. *file: what is behind it. */
static size_t find_phase(const struct model *model, const char *given, const char **file)
{
    size_t n = strcspn(given, "=");
    *file = given;
    for (size_t p = 0; given[n] == '=' && p < model->phase_n; p++)
        if (model->phase[p][0] != '\0' && strlen(model->phase[p]) == n && strncmp(model->phase[p], given, n) == 0) {
            *file = given + n + 1;
            return p;
        }
    return model->phase_n;
}

static bool refuse_phase(const struct model *model, const char *option, const char *given, struct err *err)
{
    struct text phases = TEXT_INIT;
    const char *equals = strchr(given, '=');
    if (model->phase_n == 1 && model->phase[0][0] == '\0')
        err_set(err, ERR_USAGE, "%s %s: the model has one phase without a name, expected %s FILE", option, given, option);
    else if (!list_phases(model, &phases, err))
        return false;
    else if (equals == NULL)
        err_set(err, ERR_USAGE, "%s %s: names no phase, expected PHASE=FILE with a phase of the model: %s", option, given, phases.bytes);
    else
        err_set(err, ERR_USAGE, "%s %s: the model has no phase '%.*s', expected one of %s", option, given, (int)(equals - given), given, phases.bytes);
    text_free(&phases);
    return false;
}

static bool set_file(const char **slot, const char *option, const char *phase, const char *file, struct err *err)
{
    if (*slot != NULL)
        return err_set(err, ERR_USAGE, "%s: given twice%s%s", option, phase[0] != '\0' ? " for " : "", phase);
    *slot = file;
    return true;
}

static bool place_images(const struct model *model, const struct newcase *given, const char **image, struct err *err)
{
    for (size_t k = 0; k < given->image_n; k++) {
        const char *file;
        size_t p = find_phase(model, given->image[k], &file);
        if (p == model->phase_n && model->phase_n == 1 && (strchr(file, '=') == NULL || file_exists(file)))
            p = 0;
        if (p == model->phase_n)
            return refuse_phase(model, "--image", given->image[k], err);
        if (!set_file(&image[p], "--image", model->phase[p], file, err))
            return false;
    }
    for (size_t p = 0; p < model->phase_n; p++)
        if (image[p] == NULL)
            return err_set(err, ERR_USAGE, "--image: no image for the phase %s: expected --image %s%sFILE", model->phase[p][0] == '\0' ? "of the model" : model->phase[p],
                           model->phase[p], model->phase[p][0] == '\0' ? "" : "=");
    return true;
}

static bool place_masks(const struct model *model, const struct newcase *given, const char **mask, struct err *err)
{
    const char *shared = NULL;
    for (size_t k = 0; k < given->mask_n; k++) {
        const char *file;
        size_t p = find_phase(model, given->mask[k], &file);
        if (p == model->phase_n && strchr(file, '=') != NULL && !file_exists(file))
            return refuse_phase(model, "--mask", given->mask[k], err);
        if (!set_file(p == model->phase_n ? &shared : &mask[p], "--mask", p == model->phase_n ? "" : model->phase[p], file, err))
            return false;
    }
    for (size_t p = 0; p < model->phase_n; p++) {
        if (mask[p] == NULL)
            mask[p] = shared;
        if (mask[p] == NULL)
            return err_set(err, ERR_USAGE, "--mask: no mask%s%s: expected --mask FILE", model->phase[p][0] == '\0' ? "" : " for the phase ", model->phase[p]);
    }
    return true;
}

static bool put_cell(struct cohort *cohort, const char *column, const char *value, struct err *err)
{
    struct column *to = table_add(&cohort->table, column, COLUMN_TEXT, err);
    return to != NULL && table_set_text(&cohort->table, to, 0, value, err);
}

static bool put_images(const struct model *model, const struct newcase *given, struct cohort *cohort, struct err *err)
{
    bool done = false;
    const char **image = mem_zero(model->phase_n, sizeof *image, err), **mask = mem_zero(model->phase_n, sizeof *mask, err);
    if (image == NULL || mask == NULL || !place_images(model, given, image, err) || !place_masks(model, given, mask, err))
        goto done;
    for (size_t p = 0; p < model->phase_n; p++) {
        char image_column[32], mask_column[32]; /* a comma and a blank: no input is called so */
        snprintf(image_column, sizeof image_column, "image, %zu", p);
        snprintf(mask_column, sizeof mask_column, "mask, %zu", p);
        if (!put_cell(cohort, image_column, image[p], err) || !put_cell(cohort, mask_column, mask[p], err) ||
            !cohort_add_phase(cohort, model->phase[p], image_column, mask_column, err))
            goto done;
    }
    done = true;
done:
    mem_free(image);
    mem_free(mask);
    return done;
}

static bool refuse_value(const struct model *model, const char *key, struct err *err)
{
    const char *nearest = NULL, **names = mem_alloc(model->input_n, sizeof *names, err);
    if (names == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < model->input_n; i++)
        if (!model->input[i].from_images && !model->input[i].from_net)
            names[n++] = model->input[i].name;
    nearest = text_nearest(key, names, n);
    if (n == 0)
        err_set(err, ERR_USAGE, "--value %s: the model reads images alone", key);
    else
        err_set(err, ERR_USAGE, "--value %s: the model reads no such column%s%s%s", key, nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                nearest != NULL ? "'?" : "");
    mem_free(names);
    return false;
}

static const struct model_input *find_input(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->input_n; i++)
        if (strcmp(model->input[i].name, name) == 0)
            return &model->input[i];
    return NULL;
}

/* The name is what stands before the first "="; a value may hold more of them. An empty value is a missing one. */
static bool put_value(const struct model *model, const char *given, struct cohort *cohort, struct err *err)
{
    size_t n = strcspn(given, "=");
    char key[512];
    if (given[n] != '=' || n == 0 || n >= sizeof key)
        return err_set(err, ERR_USAGE, "--value %s: expected COLUMN=VALUE", given);
    memcpy(key, given, n);
    key[n] = '\0';
    const struct model_input *input = find_input(model, key);
    if (input == NULL)
        return refuse_value(model, key, err);
    if (input->from_images || input->from_net)
        return err_set(err, ERR_USAGE, "--value %s: the model makes this column from the images itself", key);
    if (table_find(&cohort->table, key) != NULL)
        return err_set(err, ERR_USAGE, "--value %s: given twice", key);
    double ignored;
    const char *value = given + n + 1;
    enum csv_value says = csv_number(value, &ignored);
    if (!input->is_text && says != CSV_NUMBER && says != CSV_MISSING)
        return err_set(err, ERR_USAGE, "--value %s: found '%s', expected a number", key, value);
    return put_cell(cohort, key, says == CSV_MISSING ? NULL : value, err);
}

bool newcases_take(const struct model *model, const struct newcase *given, struct newcases *out, struct err *err)
{
    struct cohort cohort = {.n = 1};
    *out = (struct newcases){0};
    if (model->phase_n == 0 && given->image_n + given->mask_n > 0)
        return err_set(err, ERR_USAGE, "%s: the model was made from tables and reads no images", given->image_n > 0 ? "--image" : "--mask");
    bool done = (cohort.folder = mem_string("", err)) != NULL && table_init(&cohort.table, 1, NULL, NULL, err) && put_images(model, given, &cohort, err);
    for (size_t k = 0; done && k < given->value_n; k++)
        done = put_value(model, given->value[k], &cohort, err);
    done = done && newcases_from_cohort(model, &cohort, out, err);
    cohort_free(&cohort);
    return done;
}
