/* Names, vectors and texts of fitted states; see state.h. */
#include "ml/state.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

bool names_copy(struct names *names, const char *const *name, size_t n, struct err *err)
{
    *names = (struct names){NULL, n};
    names->name = mem_zero(n, sizeof *names->name, err);
    if (names->name == NULL)
        goto failed;
    for (size_t i = 0; i < n; i++)
        if ((names->name[i] = mem_string(name[i], err)) == NULL)
            goto failed;
    return true;
failed:
    names_free(names);
    return false;
}

bool names_of_numbers(struct names *names, const struct table *table, struct err *err)
{
    const char **name = mem_alloc(table->column_n, sizeof *name, err);
    if (name == NULL)
        return false;
    size_t n = 0;
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind == COLUMN_NUMBER)
            name[n++] = table->column[c].name;
    bool done = names_copy(names, name, n, err);
    mem_free(name);
    return done;
}

void names_free(struct names *names)
{
    for (size_t i = 0; names->name != NULL && i < names->n; i++)
        mem_free(names->name[i]);
    mem_free(names->name);
    *names = (struct names){NULL, 0};
}

const struct column *names_column(const struct names *names, size_t i, const struct table *table, size_t *guess, struct err *err)
{
    const char *name = names->name[i];
    const struct column *column = NULL;
    if (*guess < table->column_n && strcmp(table->column[*guess].name, name) == 0)
        column = &table->column[*guess];
    else
        column = table_find(table, name);
    if (column == NULL) {
        err_set(err, ERR_INPUT, "column %s is missing", name);
        return NULL;
    }
    if (column->kind != COLUMN_NUMBER) {
        err_set(err, ERR_INPUT, "column %s is no number, expected one as in the fitted rows", name);
        return NULL;
    }
    *guess = (size_t)(column - table->column) + 1;
    return column;
}

bool place_name(char out[PLACE_ROOM], const char *prefix, const char *key, struct err *err)
{
    int length = snprintf(out, PLACE_ROOM, "%s.%s", prefix, key);
    if (length < 0 || length >= PLACE_ROOM)
        return err_set(err, ERR_INPUT, "the place %.80s... in a model is too long", prefix);
    return true;
}

bool state_put_f64(struct store *store, const char *prefix, const char *key, const double *values, size_t n, struct err *err)
{
    char place[PLACE_ROOM];
    return place_name(place, prefix, key, err) && store_put_f64(store, place, values, n, err);
}

bool state_put_i64(struct store *store, const char *prefix, const char *key, const int64_t *values, size_t n, struct err *err)
{
    char place[PLACE_ROOM];
    return place_name(place, prefix, key, err) && store_put_i64(store, place, values, n, err);
}

bool state_put_sizes(struct store *store, const char *prefix, const char *key, const size_t *values, size_t n, struct err *err)
{
    int64_t *copy = mem_alloc(n, sizeof *copy, err);
    if (copy == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        copy[i] = (int64_t)values[i];
    bool done = state_put_i64(store, prefix, key, copy, n, err);
    mem_free(copy);
    return done;
}

bool state_put_text(struct store *store, const char *prefix, const char *key, const char *text, struct err *err)
{
    char place[PLACE_ROOM];
    return place_name(place, prefix, key, err) && store_put_text(store, place, text, err);
}

bool state_put_names(struct store *store, const char *prefix, const char *key, const struct names *names, struct err *err)
{
    struct text text = TEXT_INIT;
    bool done = false;
    for (size_t i = 0; i < names->n; i++) {
        if (strchr(names->name[i], '\n') != NULL) {
            err_set(err, ERR_INPUT, "column %s: its name holds a line break, which a model can't keep", names->name[i]);
            goto done;
        }
        text_add(&text, "%s\n", names->name[i]);
    }
    done = text_ok(&text, err) && state_put_text(store, prefix, key, text.bytes == NULL ? "" : text.bytes, err);
done:
    text_free(&text);
    return done;
}

bool state_get_f64(const struct store *store, const char *prefix, const char *key, size_t n, double **values, size_t *got, struct err *err)
{
    char place[PLACE_ROOM];
    const double *found;
    size_t found_n;
    if (!place_name(place, prefix, key, err) || !store_get_f64(store, place, n, &found, &found_n, err))
        return false;
    *values = mem_alloc(found_n, sizeof **values, err);
    if (*values == NULL)
        return false;
    if (found_n > 0)
        memcpy(*values, found, found_n * sizeof *found);
    if (got != NULL)
        *got = found_n;
    return true;
}

bool state_get_sizes(const struct store *store, const char *prefix, const char *key, size_t n, size_t **values, size_t *got, struct err *err)
{
    char place[PLACE_ROOM];
    const int64_t *found;
    size_t found_n;
    if (!place_name(place, prefix, key, err) || !store_get_i64(store, place, n, &found, &found_n, err))
        return false;
    *values = mem_alloc(found_n, sizeof **values, err);
    if (*values == NULL)
        return false;
    for (size_t i = 0; i < found_n; i++) {
        if (found[i] < 0) {
            mem_free(*values);
            *values = NULL;
            return err_set(err, ERR_INPUT, "tensor %s holds %lld, expected 0 or more", place, (long long)found[i]);
        }
        (*values)[i] = (size_t)found[i];
    }
    if (got != NULL)
        *got = found_n;
    return true;
}

bool state_get_text(const struct store *store, const char *prefix, const char *key, char **text, struct err *err)
{
    char place[PLACE_ROOM];
    const char *found;
    if (!place_name(place, prefix, key, err) || !store_get_text(store, place, &found, err))
        return false;
    *text = mem_string(found, err);
    return *text != NULL;
}

bool state_get_names(const struct store *store, const char *prefix, const char *key, struct names *names, struct err *err)
{
    char *lines = NULL;
    const char **name = NULL;
    bool done = false;
    if (!state_get_text(store, prefix, key, &lines, err))
        return false;
    size_t n = 0;
    for (const char *c = lines; *c != '\0'; c++)
        n += *c == '\n';
    name = mem_alloc(n, sizeof *name, err);
    if (name == NULL)
        goto done;
    char *line = lines;
    for (size_t i = 0; i < n; i++) {
        char *end = strchr(line, '\n');
        *end = '\0';
        name[i] = line;
        line = end + 1;
    }
    done = names_copy(names, name, n, err);
done:
    mem_free(name);
    mem_free(lines);
    return done;
}
