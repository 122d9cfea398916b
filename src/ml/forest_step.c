/* The random forest as a learner: its grid, its state in a store; see forest.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/design.h"
#include "ml/forest.h"
#include "ml/state.h"
#include "ml/treeshap.h"
#include "ml/tune.h"

struct fitted {
    struct names names;
    struct forest forest;
    char *line;
};

static void fitted_free(void *state)
{
    struct fitted *fitted = state;
    if (fitted == NULL)
        return;
    names_free(&fitted->names);
    forest_free(&fitted->forest);
    mem_free(fitted->line);
    mem_free(fitted);
}

/* The grid: leaves of 5 and of 1 row, with the square root and a third of the columns tried. The smoother forest stands first. */
static const struct {
    size_t min_leaf;
    bool third;
} grid[] = {{5, false}, {5, true}, {1, false}, {1, true}};
enum { GRID_N = sizeof grid / sizeof *grid };

static struct forest_options grid_options(size_t g, size_t p, size_t tree_n)
{
    size_t third = p / 3 < 1 ? 1 : p / 3;
    return (struct forest_options){.tree_n = tree_n, .mtry = grid[g].third ? third : 0, .min_leaf = grid[g].min_leaf};
}

struct tune_ctx {
    size_t tree_n;
    uint64_t seed;
};

static bool score_grid(const void *ctx, const struct tune_fold *fold, double *score, struct err *err)
{
    const struct tune_ctx *tune = ctx;
    for (size_t g = 0; g < GRID_N; g++) {
        struct forest forest;
        struct forest_options options = grid_options(g, fold->p, tune->tree_n);
        if (!forest_fit(fold->train_x, fold->train_y, fold->train_n, fold->p, &options, rng_seed(tune->seed, "forest.tune", fold->fold, g), &forest, NULL, err))
            return false;
        forest_score(&forest, fold->test_x, fold->test_n, score + g * fold->test_n);
        forest_free(&forest);
    }
    return true;
}

static bool step_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)train_columns;
    const struct forest_settings none = {0}, *settings = step->settings == NULL ? &none : step->settings;
    struct tune_ctx tune = {settings->tune_tree_n == 0 ? 50 : settings->tune_tree_n, seed};
    struct design design = {0, 0, NULL};
    struct tuning tuning = {.best = 2};
    struct text line = TEXT_INIT;
    struct fitted *fitted = mem_zero(1, sizeof *fitted, err);
    bool done = false;
    if (fitted == NULL || !design_make(rows->table, &design, &fitted->names, err) || !label_check(rows->outcome->label, design.n, err))
        goto done;
    if (!settings->no_grid && !tune_run(&design, rows, settings->fold_n == 0 ? 3 : settings->fold_n, seed, GRID_N, 2, score_grid, &tune, &tuning, err))
        goto done;
    struct forest_options options = grid_options(tuning.best, design.p, settings->tree_n == 0 ? 300 : settings->tree_n);
    if (!forest_fit(design.x, rows->outcome->label, design.n, design.p, &options, seed, &fitted->forest, NULL, err))
        goto done;
    text_add(&line, "random forest on %zu columns, %zu trees, leaves of at least %zu, %s of the columns tried", design.p, options.tree_n, options.min_leaf,
             grid[tuning.best].third ? "a third" : "the square root");
    tune_describe(&tuning, settings->no_grid ? 1 : (size_t)GRID_N, &line);
    if (!settings->no_grid)
        text_add(&line, " (leaves 5, 1; square root, third)");
    done = text_ok(&line, err) && (fitted->line = mem_string(line.bytes, err)) != NULL;
done:
    design_free(&design);
    text_free(&line);
    if (done)
        *state = fitted;
    else
        fitted_free(fitted);
    return done;
}

static bool step_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct fitted *fitted = state;
    struct design design;
    if (!design_of_names(table, &fitted->names, &design, err))
        return false;
    double *score = mem_alloc(design.n, sizeof *score, err);
    bool done = score != NULL;
    if (done) {
        forest_score(&fitted->forest, design.x, design.n, score);
        done = score_table(table, score, out, err);
    }
    mem_free(score);
    design_free(&design);
    return done;
}

static bool put_i32(struct store *store, const char *prefix, const char *key, const int32_t *values, size_t n, struct err *err)
{
    char place[PLACE_ROOM];
    return place_name(place, prefix, key, err) && store_put(store, place, TENSOR_I32, &n, 1, values, err);
}

static bool get_i32(const struct store *store, const char *prefix, const char *key, size_t n, int32_t **values, struct err *err)
{
    char place[PLACE_ROOM];
    if (!place_name(place, prefix, key, err))
        return false;
    const struct tensor *tensor = store_find(store, place);
    if (tensor == NULL || tensor->type != TENSOR_I32 || tensor->dim_n != 1 || tensor->dim[0] != n)
        return err_set(err, ERR_INPUT, "tensor %s is missing or has the wrong form, expected %zu whole numbers", place, n);
    *values = mem_alloc(n, sizeof **values, err);
    if (*values != NULL && n > 0)
        memcpy(*values, tensor->values, n * sizeof **values);
    return *values != NULL;
}

static bool step_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct fitted *fitted = state;
    const struct forest *f = &fitted->forest;
    return state_put_names(store, prefix, "columns", &fitted->names, err) && state_put_text(store, prefix, "line", fitted->line, err) &&
           state_put_sizes(store, prefix, "root", f->root, f->tree_n, err) && put_i32(store, prefix, "column", f->column, f->node_n, err) &&
           state_put_f64(store, prefix, "cut", f->cut, f->node_n, err) && put_i32(store, prefix, "left", f->left, f->node_n, err) &&
           state_put_f64(store, prefix, "share", f->share, f->node_n, err) && state_put_f64(store, prefix, "rows", f->rows, f->node_n, err) &&
           state_put_f64(store, prefix, "importance", f->importance, f->p, err);
}

/* A forest from a file must not lead outside its own nodes, nor in a circle: children lie behind their parent, in its tree. */
static bool check_nodes(const struct forest *f, struct err *err)
{
    if (f->tree_n == 0)
        return err_set(err, ERR_INPUT, "the forest has no tree");
    for (size_t t = 0; t < f->tree_n; t++) {
        size_t begin = f->root[t], end = t + 1 < f->tree_n ? f->root[t + 1] : f->node_n;
        if (begin >= end || end > f->node_n)
            return err_set(err, ERR_INPUT, "tree %zu of the forest lies outside its nodes", t);
        for (size_t at = begin; at < end; at++) {
            size_t here = at - begin;
            if (!(f->rows[at] > 0) || !isfinite(f->rows[at]) || !isfinite(f->share[at]))
                return err_set(err, ERR_INPUT, "node %zu in tree %zu of the forest has no rows, or no share", here, t);
            if (f->column[at] < 0)
                continue;
            if ((size_t)f->column[at] >= f->p || f->left[at] < 0 || (size_t)f->left[at] <= here || (size_t)f->left[at] + 1 >= end - begin)
                return err_set(err, ERR_INPUT, "node %zu in tree %zu of the forest is broken", here, t);
            if (f->rows[begin + (size_t)f->left[at]] + f->rows[begin + (size_t)f->left[at] + 1] != f->rows[at])
                return err_set(err, ERR_INPUT, "node %zu in tree %zu of the forest: its children's rows are not its own", here, t);
        }
    }
    return true;
}

static bool step_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct fitted *fitted = mem_zero(1, sizeof *fitted, err);
    if (fitted == NULL)
        return false;
    struct forest *f = &fitted->forest;
    bool done = state_get_names(store, prefix, "columns", &fitted->names, err) && state_get_text(store, prefix, "line", &fitted->line, err) &&
                state_get_sizes(store, prefix, "root", SIZE_MAX, &f->root, &f->tree_n, err) && state_get_f64(store, prefix, "cut", SIZE_MAX, &f->cut, &f->node_n, err) &&
                get_i32(store, prefix, "column", f->node_n, &f->column, err) && get_i32(store, prefix, "left", f->node_n, &f->left, err) &&
                state_get_f64(store, prefix, "share", f->node_n, &f->share, NULL, err) && state_get_f64(store, prefix, "rows", f->node_n, &f->rows, NULL, err) &&
                state_get_f64(store, prefix, "importance", fitted->names.n, &f->importance, NULL, err);
    f->p = fitted->names.n;
    if (!done || !check_nodes(f, err)) {
        fitted_free(fitted);
        return false;
    }
    *state = fitted;
    return true;
}

static void step_describe(const void *state, struct text *out)
{
    text_add(out, "%s", ((const struct fitted *)state)->line);
}

static bool step_parts(const void *state, struct parts *out, struct err *err)
{
    const struct fitted *fitted = state;
    if (!parts_init(out, (const char *const *)fitted->names.name, fitted->names.n, err))
        return false;
    if (out->n > 0)
        memcpy(out->weight, fitted->forest.importance, out->n * sizeof *out->weight);
    out->constant = treeshap_constant(&fitted->forest);
    out->additive = true;
    return true;
}

static bool step_contributions(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct fitted *fitted = state;
    struct design design;
    if (!design_of_names(table, &fitted->names, &design, err))
        return false;
    double *phi = mem_alloc(design.n * design.p, sizeof *phi, err);
    bool done = phi != NULL && treeshap_contributions(&fitted->forest, design.x, design.n, phi, err) && table_init(out, table->row_n, table->row, table->id, err);
    for (size_t j = 0; done && j < design.p; j++) {
        struct column *column = table_add(out, fitted->names.name[j], COLUMN_NUMBER, err);
        done = column != NULL;
        if (done && design.n > 0)
            memcpy(column->number, phi + j * design.n, design.n * sizeof *phi);
        if (!done)
            table_free(out);
    }
    mem_free(phi);
    design_free(&design);
    return done;
}

const struct step_kind forest_kind = {
    .name = "forest",
    .title = "random forest",
    .outcome = STEP_LABEL,
    .fit = step_fit,
    .apply = step_apply,
    .save = step_save,
    .load = step_load,
    .describe = step_describe,
    .parts = step_parts,
    .contributions = step_contributions,
    .free = fitted_free,
};
