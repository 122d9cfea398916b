/* Kept columns; see keep.h. */
#include "ml/keep.h"

#include <string.h>

#include "base/mem.h"
#include "ml/state.h"

struct keep {
    struct names kept;
    char *line; /* describe() */
};

void keep_free(void *state)
{
    struct keep *keep = state;
    if (keep == NULL)
        return;
    names_free(&keep->kept);
    mem_free(keep->line);
    mem_free(keep);
}

void *keep_make(const struct table *table, const bool *keep, const char *title, const char *note, struct err *err)
{
    struct text line = TEXT_INIT;
    struct keep *state = mem_zero(1, sizeof *state, err);
    const char **name = mem_alloc(table->column_n, sizeof *name, err);
    if (state == NULL || name == NULL)
        goto failed;
    size_t number_n = 0, kept_n = 0;
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind == COLUMN_NUMBER) {
            if (keep[number_n])
                name[kept_n++] = table->column[c].name;
            number_n++;
        }
    text_add(&line, "%s: %zu of %zu columns kept", title, kept_n, number_n);
    if (note != NULL && note[0] != '\0')
        text_add(&line, ", %s", note);
    if (!text_ok(&line, err) || (state->line = mem_string(line.bytes, err)) == NULL || !names_copy(&state->kept, name, kept_n, err))
        goto failed;
    mem_free(name);
    text_free(&line);
    return state;
failed:
    mem_free(name);
    text_free(&line);
    keep_free(state);
    return NULL;
}

bool keep_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct keep *keep = state;
    size_t *position = mem_alloc(table->column_n + keep->kept.n, sizeof *position, err);
    if (position == NULL)
        return false;
    bool done = false;
    size_t n = 0, guess = 0;
    for (size_t i = 0; i < keep->kept.n; i++) {
        const struct column *column = names_column(&keep->kept, i, table, &guess, err);
        if (column == NULL)
            goto done;
        position[n++] = (size_t)(column - table->column);
    }
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind != COLUMN_NUMBER)
            position[n++] = c;
    done = table_take_columns(table, position, n, out, err);
done:
    mem_free(position);
    return done;
}

bool keep_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct keep *keep = state;
    return state_put_names(store, prefix, "kept", &keep->kept, err) && state_put_text(store, prefix, "line", keep->line, err);
}

bool keep_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct keep *keep = mem_zero(1, sizeof *keep, err);
    if (keep == NULL)
        return false;
    if (!state_get_names(store, prefix, "kept", &keep->kept, err) || !state_get_text(store, prefix, "line", &keep->line, err)) {
        keep_free(keep);
        return false;
    }
    *state = keep;
    return true;
}

void keep_describe(const void *state, struct text *out)
{
    text_add(out, "%s", ((const struct keep *)state)->line);
}
