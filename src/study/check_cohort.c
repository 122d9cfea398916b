/* What is odd about a case among the others of its cohort; see check_case.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "study/check_case.h"

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle of the cases that have an image; NaN when none has. `value` has room for n. */
static double median_spacing(const struct check_result *result, size_t n, int axis, double *value)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (result[i].has_grid)
            value[m++] = result[i].grid.spacing[axis];
    qsort(value, m, sizeof *value, compare_doubles);
    return m == 0 ? NAN : value[m / 2];
}

static bool compare_spacings(struct check_result *result, size_t n, struct err *err)
{
    double *value = mem_alloc(n, sizeof *value, err), middle[3];
    if (value == NULL)
        return false;
    for (int axis = 0; axis < 3; axis++)
        middle[axis] = median_spacing(result, n, axis, value);
    mem_free(value);
    for (size_t i = 0; i < n; i++) {
        bool odd = false;
        const double *spacing = result[i].grid.spacing;
        for (int axis = 0; axis < 3 && result[i].has_grid; axis++)
            odd = odd || spacing[axis] > 2 * middle[axis] || spacing[axis] < middle[axis] / 2;
        if (odd && !check_add(&result[i], err, CHECK_REMARK, "image: spacing %g x %g x %g mm, while the cohort's middle is %g x %g x %g mm", spacing[0], spacing[1],
                              spacing[2], middle[0], middle[1], middle[2]))
            return false;
    }
    return true;
}

/* CT begins below zero; an image that does not, among others that do, has lost its rescale intercept. */
static bool compare_ranges(struct check_result *result, size_t n, struct err *err)
{
    size_t below = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        all += result[i].has_grid;
        below += result[i].has_grid && result[i].least < -200;
    }
    for (size_t i = 0; i < n && 2 * below > all; i++)
        if (result[i].has_grid && result[i].least >= 0 &&
            !check_add(&result[i], err, CHECK_REMARK, "image: values from %g to %g, while most others begin below zero: is it in HU?", result[i].least, result[i].most))
            return false;
    return true;
}

static bool compare_types(struct check_result *result, size_t n, struct err *err)
{
    size_t count[VOXEL_F64 + 1] = {0}, most = 0;
    for (size_t i = 0; i < n; i++)
        count[result[i].type] += result[i].has_grid;
    for (size_t t = 1; t <= VOXEL_F64; t++)
        if (count[t] > count[most])
            most = t;
    for (size_t i = 0; i < n; i++)
        if (result[i].has_grid && result[i].type != most &&
            !check_add(&result[i], err, CHECK_REMARK, "image: voxels of type %s, while most others are %s", voxel_type_name(result[i].type), voxel_type_name((enum voxel_type)most)))
            return false;
    return true;
}

struct use {
    const char *path;
    int64_t label;
    size_t at;
};

static int compare_uses(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    if (order == 0)
        order = (x->label > y->label) - (x->label < y->label);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* A mask, with its label, that belongs to two cases is mostly a slip of the table. */
static bool find_shared_masks(const struct check_source *source, struct check_result *result, size_t n, struct err *err)
{
    struct use *use = mem_alloc(n, sizeof *use, err);
    bool done = use != NULL;
    size_t m = 0;
    for (size_t i = 0; done && i < n; i++)
        if (source[i].mask != NULL && source[i].image != NULL)
            use[m++] = (struct use){source[i].mask, source[i].label, i};
    if (done)
        qsort(use, m, sizeof *use, compare_uses);
    for (size_t i = 1; done && i < m; i++)
        if (strcmp(use[i - 1].path, use[i].path) == 0 && use[i - 1].label == use[i].label && strcmp(source[use[i - 1].at].image, source[use[i].at].image) == 0)
            done = check_add(&result[use[i].at], err, CHECK_REMARK, "image and mask stand in another case as well");
    mem_free(use);
    return done;
}

bool check_cohort(const struct check_source *source, struct check_result *result, size_t n, struct err *err)
{
    return compare_spacings(result, n, err) && compare_ranges(result, n, err) && compare_types(result, n, err) && find_shared_masks(source, result, n, err);
}
