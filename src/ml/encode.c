/* Text columns into 0/1 columns; see encode.h. */
#include "ml/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/state.h"

/* A text column and its levels but the reference; `reference` is among none of them. */
struct coded {
    char *column, *reference;
    struct names level;
};

struct encode {
    struct coded *coded;
    size_t n;
    struct names dropped; /* text columns with one level or none */
};

static void encode_free(void *state)
{
    struct encode *encode = state;
    if (encode == NULL)
        return;
    for (size_t i = 0; encode->coded != NULL && i < encode->n; i++) {
        mem_free(encode->coded[i].column);
        mem_free(encode->coded[i].reference);
        names_free(&encode->coded[i].level);
    }
    mem_free(encode->coded);
    names_free(&encode->dropped);
    mem_free(encode);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Distinct levels in byte order into level[], the position of the most frequent one; returns how many. */
static size_t levels_of(const struct column *column, size_t row_n, const char **level, size_t *reference)
{
    size_t n = 0, distinct = 0, most = 0;
    for (size_t r = 0; r < row_n; r++)
        if (column->text[r] != NULL)
            level[n++] = column->text[r];
    if (n > 0)
        qsort(level, n, sizeof *level, compare_text);
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && strcmp(level[end], level[i]) == 0)
            end++;
        if (end - i > most) {
            most = end - i;
            *reference = distinct;
        }
        level[distinct++] = level[i];
        i = end;
    }
    return distinct;
}

static bool encode_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)step;
    (void)seed;
    (void)train_columns;
    const struct table *table = rows->table;
    struct encode *encode = mem_zero(1, sizeof *encode, err);
    const char **level = mem_alloc(table->row_n, sizeof *level, err);
    const char **dropped = mem_alloc(table->column_n, sizeof *dropped, err);
    bool done = false;
    if (encode == NULL || level == NULL || dropped == NULL || (encode->coded = mem_zero(table->column_n, sizeof *encode->coded, err)) == NULL)
        goto done;
    size_t dropped_n = 0;
    for (size_t c = 0; c < table->column_n; c++) {
        const struct column *column = &table->column[c];
        if (column->kind != COLUMN_TEXT)
            continue;
        size_t reference = 0, level_n = levels_of(column, table->row_n, level, &reference);
        if (level_n < 2) {
            dropped[dropped_n++] = column->name;
            continue;
        }
        struct coded *coded = &encode->coded[encode->n++];
        coded->column = mem_string(column->name, err);
        coded->reference = mem_string(level[reference], err);
        memmove(level + reference, level + reference + 1, (level_n - reference - 1) * sizeof *level);
        if (coded->column == NULL || coded->reference == NULL || !names_copy(&coded->level, level, level_n - 1, err))
            goto done;
    }
    done = names_copy(&encode->dropped, dropped, dropped_n, err);
done:
    mem_free(level);
    mem_free(dropped);
    if (done)
        *state = encode;
    else
        encode_free(encode);
    return done;
}

/* 0, 1 or a hole with its reason in one new column. */
static bool code_column(const struct coded *coded, size_t l, const struct column *from, struct table *out, struct err *err)
{
    struct text name = TEXT_INIT, reason = TEXT_INIT;
    bool done = false;
    text_add(&name, "%s=%s", coded->column, coded->level.name[l]);
    if (!text_ok(&name, err))
        goto done;
    struct column *to = table_add(out, name.bytes, COLUMN_NUMBER, err);
    if (to == NULL)
        goto done;
    for (size_t r = 0; r < out->row_n; r++) {
        const char *value = from->text[r];
        if (value == NULL)
            continue;
        bool known = strcmp(value, coded->reference) == 0;
        for (size_t k = 0; !known && k < coded->level.n; k++)
            known = strcmp(value, coded->level.name[k]) == 0;
        if (known) {
            to->number[r] = strcmp(value, coded->level.name[l]) == 0 ? 1.0 : 0.0;
            continue;
        }
        reason.n = 0;
        text_add(&reason, "level '%s' was not seen in training", value);
        if (!text_ok(&reason, err) || !table_set_reason(out, to, r, reason.bytes, err))
            goto done;
    }
    done = true;
done:
    text_free(&name);
    text_free(&reason);
    return done;
}

static bool encode_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct encode *encode = state;
    size_t *position = mem_alloc(table->column_n, sizeof *position, err);
    if (position == NULL)
        return false;
    size_t n = 0;
    for (size_t c = 0; c < table->column_n; c++)
        if (table->column[c].kind != COLUMN_TEXT)
            position[n++] = c;
    bool done = table_take_columns(table, position, n, out, err);
    mem_free(position);
    for (size_t i = 0; done && i < encode->n; i++) {
        const struct column *from = table_find(table, encode->coded[i].column);
        if (from == NULL || from->kind != COLUMN_TEXT)
            done = err_set(err, ERR_INPUT, "text column %s is missing", encode->coded[i].column);
        for (size_t l = 0; done && l < encode->coded[i].level.n; l++)
            done = code_column(&encode->coded[i], l, from, out, err);
        if (!done)
            table_free(out);
    }
    return done;
}

static bool encode_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct encode *encode = state;
    struct names columns = {NULL, 0};
    bool done = state_put_names(store, prefix, "dropped", &encode->dropped, err);
    const char **name = mem_alloc(encode->n, sizeof *name, err);
    if (name == NULL)
        return false;
    for (size_t i = 0; i < encode->n; i++)
        name[i] = encode->coded[i].column;
    done = done && names_copy(&columns, name, encode->n, err) && state_put_names(store, prefix, "columns", &columns, err);
    for (size_t i = 0; done && i < encode->n; i++) {
        char key[64];
        snprintf(key, sizeof key, "levels%zu", i);
        done = state_put_names(store, prefix, key, &encode->coded[i].level, err);
        snprintf(key, sizeof key, "reference%zu", i);
        done = done && state_put_text(store, prefix, key, encode->coded[i].reference, err);
    }
    names_free(&columns);
    mem_free(name);
    return done;
}

static bool encode_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct names columns = {NULL, 0};
    struct encode *encode = mem_zero(1, sizeof *encode, err);
    bool done = false;
    if (encode == NULL)
        return false;
    if (!state_get_names(store, prefix, "dropped", &encode->dropped, err) || !state_get_names(store, prefix, "columns", &columns, err))
        goto done;
    encode->coded = mem_zero(columns.n, sizeof *encode->coded, err);
    if (encode->coded == NULL)
        goto done;
    for (; encode->n < columns.n;) {
        struct coded *coded = &encode->coded[encode->n];
        char key[64];
        snprintf(key, sizeof key, "levels%zu", encode->n);
        encode->n++;
        if ((coded->column = mem_string(columns.name[encode->n - 1], err)) == NULL || !state_get_names(store, prefix, key, &coded->level, err))
            goto done;
        snprintf(key, sizeof key, "reference%zu", encode->n - 1);
        if (!state_get_text(store, prefix, key, &coded->reference, err))
            goto done;
    }
    done = true;
done:
    names_free(&columns);
    if (done)
        *state = encode;
    else
        encode_free(encode);
    return done;
}

static void encode_describe(const void *state, struct text *out)
{
    const struct encode *encode = state;
    if (encode->n + encode->dropped.n == 0) {
        text_add(out, "no text columns");
        return;
    }
    text_add(out, "text columns coded 0/1:");
    for (size_t i = 0; i < encode->n; i++)
        text_add(out, "%s %s (%zu levels, reference '%s')", i == 0 ? "" : ",", encode->coded[i].column, encode->coded[i].level.n + 1, encode->coded[i].reference);
    for (size_t i = 0; i < encode->dropped.n; i++)
        text_add(out, "%s%s left out (fewer than two levels)", encode->n + i == 0 ? " " : ", ", encode->dropped.name[i]);
}

const struct step_kind encode_kind = {
    .name = "encode",
    .title = "text columns coded 0/1",
    .outcome = STEP_NO_OUTCOME,
    .fit = encode_fit,
    .apply = encode_apply,
    .save = encode_save,
    .load = encode_load,
    .describe = encode_describe,
    .free = encode_free,
};
