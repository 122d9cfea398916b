/* Takes named columns; see columns.h. */
#include "ml/columns.h"

#include "base/mem.h"
#include "ml/state.h"

static void columns_free(void *state)
{
    if (state == NULL)
        return;
    names_free(state);
    mem_free(state);
}

static bool columns_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct names *names = state;
    size_t *position = mem_alloc(names->n, sizeof *position, err);
    if (position == NULL)
        return false;
    bool done = false;
    for (size_t i = 0; i < names->n; i++) {
        const struct column *column = table_find(table, names->name[i]);
        if (column == NULL) {
            err_set(err, ERR_INPUT, "column %s is missing", names->name[i]);
            goto done;
        }
        position[i] = (size_t)(column - table->column);
    }
    done = table_take_columns(table, position, names->n, out, err);
done:
    mem_free(position);
    return done;
}

static bool columns_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct columns_settings *settings = step->settings;
    if (settings == NULL)
        return err_set(err, ERR_USAGE, "no columns are named");
    for (size_t i = 0; i < settings->n; i++)
        if (table_find(rows->table, settings->name[i]) == NULL)
            return err_set(err, ERR_INPUT, "column %s is missing", settings->name[i]);
    struct names *names = mem_zero(1, sizeof *names, err);
    if (names == NULL)
        return false;
    if (!names_copy(names, settings->name, settings->n, err)) {
        mem_free(names);
        return false;
    }
    *state = names;
    return true;
}

static bool columns_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    return state_put_names(store, prefix, "columns", state, err);
}

static bool columns_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct names *names = mem_zero(1, sizeof *names, err);
    if (names == NULL)
        return false;
    if (!state_get_names(store, prefix, "columns", names, err)) {
        mem_free(names);
        return false;
    }
    *state = names;
    return true;
}

static void columns_describe(const void *state, struct text *out)
{
    size_t n = ((const struct names *)state)->n;
    text_add(out, "%zu column%s taken", n, n == 1 ? "" : "s");
}

const struct step_kind columns_kind = {
    .name = "columns",
    .title = "columns of the block",
    .outcome = STEP_NO_OUTCOME,
    .fit = columns_fit,
    .apply = columns_apply,
    .save = columns_save,
    .load = columns_load,
    .describe = columns_describe,
    .free = columns_free,
};
