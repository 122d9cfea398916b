/* What `hepar net` reads; see net_input.h. */
#include "cmd/net_input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/progress.h"
#include "io/casecolumns.h"
#include "io/safetensors.h"
#include "nn/crop_files.h"

bool net_data_is_array(const char *path)
{
    static const char end[] = ".safetensors";
    size_t n = strlen(path), m = sizeof end - 1;
    return n > m && strcmp(path + n - m, end) == 0;
}

const char *net_data_id(const struct net_data *data, size_t used, char number[32])
{
    if (data->failure != NULL)
        return data->cases.row[data->used[used]].id;
    snprintf(number, 32, "%zu", data->used[used] + 1);
    return number;
}

struct outcome net_data_outcome(const struct net_data *data)
{
    return (struct outcome){data->label, data->time, data->event};
}

void net_data_free(struct net_data *data)
{
    for (size_t i = 0; i < data->n; i++) {
        if (data->crop != NULL)
            crop_free(&data->crop[i]);
        if (data->failure != NULL)
            mem_free(data->failure[i]);
    }
    case_table_free(&data->cases);
    store_free(&data->store);
    mem_free(data->crop);
    mem_free(data->failure);
    mem_free(data->used);
    mem_free(data->label);
    mem_free(data->time);
    mem_free(data->event);
    mem_free(data->crop_of);
    *data = (struct net_data){0};
}

/* ---- arrays ---- */

static bool array_type(const struct tensor *tensor, enum array_type *type, struct err *err)
{
    switch (tensor->type) {
    case TENSOR_U8: *type = ARRAY_U8; return true;
    case TENSOR_I16: *type = ARRAY_I16; return true;
    case TENSOR_F32: *type = ARRAY_F32; return true;
    default: return err_set(err, ERR_INPUT, "tensor 'image' is of type %s, expected uint8, int16 or float32", tensor_type_name(tensor->type));
    }
}

/* (n, z, y, x) or (n, z, y, x, c) for a 3-D net; (n, y, x) or (n, y, x, c) for a 2-D one. */
static bool array_shape(const struct store *store, unsigned rank, size_t *n, struct source_array *array, struct err *err)
{
    const struct tensor *tensor = store_find(store, "image");
    if (tensor == NULL)
        return err_set(err, ERR_INPUT, "no tensor 'image'");
    if (tensor->dim_n != rank + 1 && tensor->dim_n != rank + 2)
        return err_set(err, ERR_INPUT, "tensor 'image' has %zu dimensions; a %u-D net takes %s", tensor->dim_n, rank, rank == 3 ? "(n, z, y, x) or (n, z, y, x, c)" : "(n, y, x) or (n, y, x, c)");
    const size_t *dim = tensor->dim;
    *n = dim[0];
    array->value = tensor->values;
    array->z = rank == 3 ? dim[1] : 1;
    array->y = dim[rank - 1];
    array->x = dim[rank];
    array->c = tensor->dim_n == rank + 2 ? dim[rank + 1] : 1;
    if (tensor_value_n(tensor) == 0)
        return err_set(err, ERR_INPUT, "tensor 'image' is empty");
    return array_type(tensor, &array->type, err);
}

static bool tensor_number(const struct tensor *tensor, size_t i, double *value)
{
    switch (tensor->type) {
    case TENSOR_U8: *value = ((const uint8_t *)tensor->values)[i]; return true;
    case TENSOR_BOOL: *value = ((const uint8_t *)tensor->values)[i]; return true;
    case TENSOR_I8: *value = ((const int8_t *)tensor->values)[i]; return true;
    case TENSOR_I16: *value = ((const int16_t *)tensor->values)[i]; return true;
    case TENSOR_I32: *value = ((const int32_t *)tensor->values)[i]; return true;
    case TENSOR_I64: *value = (double)((const int64_t *)tensor->values)[i]; return true;
    case TENSOR_F32: *value = (double)((const float *)tensor->values)[i]; return true;
    case TENSOR_F64: *value = ((const double *)tensor->values)[i]; return true;
    default: return false;
    }
}

/* One value a case of tensor `name`. */
static bool array_outcome(const struct net_data *data, const char *name, bool needed, double **out, struct err *err)
{
    const struct tensor *tensor = name == NULL ? NULL : store_find(&data->store, name);
    if (tensor == NULL)
        return name == NULL || !needed || err_set(err, ERR_INPUT, "no tensor '%s'", name);
    if (tensor_value_n(tensor) != data->n)
        return err_set(err, ERR_INPUT, "tensor '%s' has %zu values for %zu images", name, tensor_value_n(tensor), data->n);
    if ((*out = mem_alloc(data->n, sizeof **out, err)) == NULL)
        return false;
    for (size_t i = 0; i < data->n; i++)
        if (!tensor_number(tensor, i, &(*out)[i]))
            return err_set(err, ERR_INPUT, "tensor '%s' is of type %s, expected numbers", name, tensor_type_name(tensor->type));
    return true;
}

static bool read_array(const char *path, unsigned rank, const struct net_input *input, const struct net_target *target, const struct array_augment *augment,
                       struct net_data *data, struct err *err)
{
    if (!safetensors_read(path, &data->store, err))
        return false;
    struct source_array *array = &data->array;
    array->offset = input->offset;
    array->scale = input->scale;
    array->augment = augment == NULL ? (struct array_augment){0} : *augment;
    if (!array_shape(&data->store, rank, &data->n, array, err))
        return err_add(err, "%s", path);
    if (array->z != input->z || array->y != input->y || array->x != input->x)
        return err_set(err, ERR_INPUT, "%s: its images are %zu x %zu x %zu, the net was trained on %zu x %zu x %zu", path, array->x, array->y, array->z, input->x, input->y, input->z);
    data->used_n = data->n;
    if ((data->used = mem_alloc(data->n, sizeof *data->used, err)) == NULL)
        return false;
    for (size_t i = 0; i < data->n; i++)
        data->used[i] = i;
    source_of_array(array, data->n, &data->source);
    return (array_outcome(data, target->label, target->needed, &data->label, err) && array_outcome(data, target->time, target->needed, &data->time, err) &&
            array_outcome(data, target->event, target->needed, &data->event, err)) ||
           err_add(err, "%s", path);
}

/* ---- cases ---- */

static char *table_path(const char *path, struct err *err)
{
    return folder_exists(path) ? path_join(path, "cohort.csv", err) : mem_string(path, err);
}

static bool read_table(const char *path, struct case_table *cases, struct err *err)
{
    char *table = table_path(path, err);
    struct notes notes = NOTES_INIT;
    bool done = table != NULL && case_table_read(table, cases, &notes, err);
    for (size_t i = 0; done && i < notes.n; i++)
        log_note("%s", notes.note[i].line);
    notes_free(&notes);
    mem_free(table);
    return done;
}

bool net_data_describe(const char *path, unsigned rank, struct net_input *input, size_t *phase_n, size_t *mask_n, size_t *channel_n, struct err *err)
{
    struct store store = {0};
    struct case_table cases = {0};
    struct source_array array = {0};
    bool done;
    *phase_n = *mask_n = *channel_n = 0;
    input->cases = !net_data_is_array(path);
    if (!input->cases) {
        size_t n;
        done = safetensors_read(path, &store, err) && (array_shape(&store, rank, &n, &array, err) || err_add(err, "%s", path));
        input->z = array.z;
        input->y = array.y;
        input->x = array.x;
        *channel_n = array.c;
    } else {
        done = read_table(path, &cases, err);
        if (done && cases.phase_n > CROP_PHASE_MAX)
            done = err_set(err, ERR_INPUT, "%s: %zu phases, a net takes at most %d", path, cases.phase_n, (int)CROP_PHASE_MAX);
        *phase_n = cases.phase_n;
        *mask_n = 1;
        for (size_t p = 0; done && p < cases.phase_n; p++) {
            const char *const *name = (const char *const *)cases.csv.name;
            if (case_find_mask(name, cases.csv.column_n, cases.phase[p]) != case_find_mask(name, cases.csv.column_n, cases.phase[0]))
                *mask_n = cases.phase_n;
            done = (input->phase[p] = mem_string(cases.phase[p], err)) != NULL;
        }
    }
    store_free(&store);
    case_table_free(&cases);
    return done;
}

struct cutting {
    struct net_data *data;
    const struct net_input *input;
    const struct mask_choice *choice;
    size_t phase[CROP_PHASE_MAX]; /* of the table, in the net's order */
    struct progress *progress;
};

static bool cut_case(const struct cutting *cutting, size_t i, struct err *err)
{
    const struct case_row *row = &cutting->data->cases.row[i];
    const struct crop_settings *crop = &cutting->input->crop;
    struct mask_choice choice = *cutting->choice;
    const char *image[CROP_PHASE_MAX], *mask[CROP_PHASE_MAX];
    if (row->label > 0)
        choice.label = row->label;
    for (size_t p = 0; p < crop->phase_n; p++) {
        image[p] = row->image[cutting->phase[p]];
        mask[p] = row->mask[cutting->phase[p]];
        if (image[p] == NULL || (p < crop->mask_n && mask[p] == NULL))
            return err_set(err, ERR_INPUT, "no %s%s%s", image[p] == NULL ? "image" : "mask", *cutting->input->phase[p] != '\0' ? " of phase " : "", cutting->input->phase[p]);
    }
    struct notes notes = NOTES_INIT;
    bool done = crop_of_files(crop, image, mask, &choice, &cutting->data->crop[i], &notes, err);
    for (size_t k = 0; done && k < notes.n; k++)
        log_debug("case %s: %s", row->id, notes.note[k].line);
    notes_free(&notes);
    return done;
}

static bool cut_cases(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct cutting *cutting = ctx;
    struct net_data *data = cutting->data;
    for (size_t i = begin; i < end; i++) {
        struct err why = ERR_INIT;
        if (!cut_case(cutting, i, &why)) {
            if (why.kind != ERR_INPUT) {
                *err = why;
                return err_add(err, "case %s", data->cases.row[i].id);
            }
            if ((data->failure[i] = mem_string(why.text, err)) == NULL)
                return false;
        }
        progress_step(cutting->progress, 1);
    }
    return true;
}

/* Where the net's phases stand in the table. */
static bool find_phases(struct cutting *cutting, struct err *err)
{
    const struct case_table *cases = &cutting->data->cases;
    for (size_t p = 0; p < cutting->input->crop.phase_n; p++) {
        size_t k = 0;
        while (k < cases->phase_n && strcmp(cases->phase[k], cutting->input->phase[p]) != 0)
            k++;
        if (k == cases->phase_n)
            return err_set(err, ERR_INPUT, "%s: no column Image%s%s, which the net was trained on", cases->csv.path, *cutting->input->phase[p] == '\0' ? "" : "_", cutting->input->phase[p]);
        cutting->phase[p] = k;
    }
    return true;
}

/* A column's numbers, all rows; NaN where missing. */
static bool read_outcome(const struct csv *csv, const char *name, bool needed, double **out, struct err *err)
{
    size_t column = name == NULL ? SIZE_MAX : csv_find(csv, name);
    if (column == SIZE_MAX)
        return name == NULL || !needed || err_set(err, ERR_INPUT, "%s: no column '%s'", csv->path, name);
    if ((*out = mem_alloc(csv->row_n, sizeof **out, err)) == NULL)
        return false;
    for (size_t r = 0; r < csv->row_n; r++)
        if (!csv_get_number(csv, r, column, &(*out)[r], err))
            return false;
    return true;
}

static void keep_used(const struct net_data *data, double *values)
{
    for (size_t i = 0; values != NULL && i < data->used_n; i++)
        values[i] = values[data->used[i]]; /* used rises, so nothing is written over before it is read */
}

/* Cases with a crop and, where it is needed, an outcome. */
static bool choose_used(struct net_data *data, bool needed, struct err *err)
{
    if ((data->used = mem_alloc(data->n, sizeof *data->used, err)) == NULL || (data->crop_of = mem_alloc(data->n, sizeof *data->crop_of, err)) == NULL)
        return false;
    for (size_t i = 0; i < data->n; i++) {
        bool hole = (data->label != NULL && isnan(data->label[i])) || (data->time != NULL && isnan(data->time[i])) || (data->event != NULL && isnan(data->event[i]));
        if (needed && hole && data->failure[i] == NULL && (data->failure[i] = mem_string("no outcome", err)) == NULL)
            return false;
        if (data->failure[i] != NULL)
            continue;
        data->crop_of[data->used_n] = &data->crop[i];
        data->used[data->used_n++] = i;
    }
    keep_used(data, data->label);
    keep_used(data, data->time);
    keep_used(data, data->event);
    return true;
}

static bool read_cases(const char *path, const struct net_input *input, const struct net_target *target, const struct augment *augment,
                       const struct mask_choice *choice, struct net_data *data, struct err *err)
{
    struct cutting cutting = {data, input, choice, {0}, NULL};
    if (!read_table(path, &data->cases, err))
        return false;
    data->n = data->cases.row_n;
    data->crop = mem_zero(data->n, sizeof *data->crop, err);
    data->failure = mem_zero(data->n, sizeof *data->failure, err);
    const struct csv *csv = &data->cases.csv;
    if (data->crop == NULL || data->failure == NULL || !find_phases(&cutting, err) || !read_outcome(csv, target->label, target->needed, &data->label, err) ||
        !read_outcome(csv, target->time, target->needed, &data->time, err) || !read_outcome(csv, target->event, target->needed, &data->event, err))
        return false;
    cutting.progress = progress_start("cutting out tumours", data->n);
    bool done = par_for(data->n, 1, cut_cases, &cutting, err);
    progress_end(cutting.progress);
    if (!done || !choose_used(data, target->needed, err))
        return false;
    for (size_t i = 0; i < data->n; i++)
        if (data->failure[i] != NULL)
            log_warn("case %s: %s", data->cases.row[i].id, data->failure[i]);
    if (data->used_n == 0)
        return err_set(err, ERR_INPUT, "%s: none of its %zu cases can be used", path, data->n);
    data->crops = (struct source_crops){data->crop_of, input->sample, augment};
    return source_of_crops(&data->crops, data->used_n, data->used, &data->source, err);
}

bool net_data_read(const char *path, unsigned rank, const struct net_input *input, const struct net_target *target, const struct net_augment *augment,
                   const struct mask_choice *choice, struct net_data *data, struct err *err)
{
    *data = (struct net_data){0};
    if (input->cases == net_data_is_array(path))
        return err_set(err, ERR_USAGE, "%s: expected %s, as the net was trained on", path, input->cases ? "a table of cases with images" : "arrays (.safetensors)");
    return input->cases ? read_cases(path, input, target, augment == NULL ? NULL : &augment->cases, choice, data, err)
                        : read_array(path, rank, input, target, augment == NULL ? NULL : &augment->array, data, err);
}
