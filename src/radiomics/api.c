/* The part of the C API that extracts (include/hepar.h): handles around params and cells. */
#include <hepar.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "io/image.h"
#include "radiomics/extract.h"

struct hepar_params {
    struct params params;
    struct extract_plan plan;
};

struct hepar_case {
    size_t n;
    const char **name;
    struct extract_cell *cell; /* of the features alone */
    struct arena arena;
};

static void tell(const struct err *err, char *error, size_t error_n)
{
    if (error == NULL || error_n == 0)
        return;
    size_t n = strlen(err->text);
    n = n < error_n ? n : error_n - 1;
    memcpy(error, err->text, n);
    error[n] = '\0';
}

static bool read_params(struct hepar_params *handle, const char *path, struct err *err)
{
    struct params *params = &handle->params;
    if (!(path == NULL ? params_default(params, err) : params_read(path, params, err)))
        return false;
    params->settings.additional_info = false;
    if (path == NULL)
        params->settings.mask_policy = MASK_STRICT;
    return params_check_built(params, err) && extract_plan_make(params, &handle->plan, err);
}

struct hepar_params *hepar_params_read(const char *path, char *error, size_t error_n)
{
    struct err err = ERR_INIT;
    struct hepar_params *handle = mem_zero(1, sizeof *handle, &err);
    if (handle != NULL && read_params(handle, path, &err))
        return handle;
    tell(&err, error, error_n);
    hepar_params_free(handle);
    return NULL;
}

void hepar_params_free(struct hepar_params *handle)
{
    if (handle == NULL)
        return;
    extract_plan_free(&handle->plan);
    params_free(&handle->params);
    mem_free(handle);
}

static bool fill_names(struct hepar_case *made, const struct extract_plan *plan, struct err *err)
{
    made->name = arena_alloc(&made->arena, plan->n, sizeof *made->name, err);
    for (size_t i = 0; made->name != NULL && i < plan->n; i++)
        if ((made->name[i] = arena_string(&made->arena, plan->name[i], err)) == NULL)
            return false;
    return made->name != NULL;
}

static bool fill_case(struct hepar_case *made, const struct hepar_params *handle, const char *image_path, const char *mask_path, unsigned long label, struct err *err)
{
    struct volume image = {0}, mask = {0};
    made->n = handle->plan.n;
    made->cell = arena_alloc(&made->arena, made->n, sizeof *made->cell, err);
    bool done = made->cell != NULL && fill_names(made, &handle->plan, err) && image_read(image_path, &image, NULL, err) && image_read_mask(mask_path, &mask, NULL, err) &&
                extract_case(&handle->params, &handle->plan, &image, &mask, (int64_t)label, -1, made->cell, NULL, &made->arena, err);
    volume_free(&image);
    volume_free(&mask);
    return done;
}

struct hepar_case *hepar_extract_case(const struct hepar_params *params, const char *image, const char *mask, unsigned long label, char *error, size_t error_n)
{
    struct err err = ERR_INIT;
    struct hepar_case *made = NULL;
    if (label > UINT32_MAX)
        err_set(&err, ERR_USAGE, "label: found %lu, expected at most 4294967295", label);
    else
        made = mem_zero(1, sizeof *made, &err);
    if (made != NULL && fill_case(made, params, image, mask, label, &err))
        return made;
    tell(&err, error, error_n);
    hepar_case_free(made);
    return NULL;
}

void hepar_case_free(struct hepar_case *made)
{
    if (made == NULL)
        return;
    arena_free(&made->arena);
    mem_free(made);
}

size_t hepar_case_n(const struct hepar_case *made)
{
    return made == NULL ? 0 : made->n;
}

const char *hepar_case_name(const struct hepar_case *made, size_t i)
{
    return made->name[i];
}

double hepar_case_value(const struct hepar_case *made, size_t i)
{
    return made->cell[i].number;
}

const char *hepar_case_reason(const struct hepar_case *made, size_t i)
{
    return made->cell[i].reason;
}
