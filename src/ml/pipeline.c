/* Lists of steps; see pipeline.h. */
#include "ml/pipeline.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/state.h"

struct fitted_step {
    const struct step_kind *kind;
    void *state; /* owned */
};

struct pipeline {
    struct fitted_step *step;
    size_t n, room;
    struct rowset *fitted; /* all rows that any step was fitted on; owned reference, or NULL */
};

void pipeline_free(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (size_t i = 0; i < pipeline->n; i++)
        pipeline->step[i].kind->free(pipeline->step[i].state);
    mem_free(pipeline->step);
    rowset_drop(pipeline->fitted);
    mem_free(pipeline);
}

size_t pipeline_step_n(const struct pipeline *pipeline)
{
    return pipeline->n;
}

const struct step_kind *pipeline_step_kind(const struct pipeline *pipeline, size_t i)
{
    return pipeline->step[i].kind;
}

const void *pipeline_step_state(const struct pipeline *pipeline, size_t i)
{
    return pipeline->step[i].state;
}

struct rowset *pipeline_fitted(const struct pipeline *pipeline)
{
    return pipeline->fitted;
}

void pipeline_describe_step(const struct pipeline *pipeline, size_t i, struct text *out)
{
    pipeline->step[i].kind->describe(pipeline->step[i].state, out);
}

bool pipeline_push(struct pipeline *pipeline, const struct step_kind *kind, void *state, struct rowset *fitted, struct err *err)
{
    struct rowset *joined;
    if (pipeline->n == pipeline->room) {
        size_t room = pipeline->room + 8;
        struct fitted_step *grown = mem_grow(pipeline->step, pipeline->n, room, sizeof *grown, err);
        if (grown == NULL)
            goto failed;
        pipeline->step = grown;
        pipeline->room = room;
    }
    if (!rowset_union(pipeline->fitted, fitted, &joined, err))
        goto failed;
    rowset_drop(pipeline->fitted);
    pipeline->fitted = joined;
    pipeline->step[pipeline->n++] = (struct fitted_step){kind, state};
    return true;
failed:
    kind->free(state);
    return false;
}

bool pipeline_append(struct pipeline *to, struct pipeline *from, struct err *err)
{
    size_t i = 0;
    while (i < from->n && pipeline_push(to, from->step[i].kind, from->step[i].state, from->fitted, err))
        i++;
    bool done = i == from->n;
    for (size_t k = i + 1; k < from->n; k++) /* the one that failed is freed */
        from->step[k].kind->free(from->step[k].state);
    from->n = 0;
    pipeline_free(from);
    return done;
}

/* The union of what a row's values have seen, over all columns of the table. */
static bool row_seen(const struct table *table, size_t position, struct rowset **seen, struct err *err)
{
    struct rowset *joined = NULL;
    for (size_t c = 0; c < table->column_n; c++) {
        const struct seen *of = &table->column[c].seen;
        struct rowset *more = of->each != NULL ? of->each[position] : of->all, *next;
        if (more == NULL || more == joined)
            continue;
        if (!rowset_union(joined, more, &next, err)) {
            rowset_drop(joined);
            return false;
        }
        rowset_drop(joined);
        joined = next;
    }
    *seen = joined;
    return true;
}

/* A column that a step has made new has seen all that the columns it was made of have seen, row by row. */
static bool inherit_seen(const struct table *from, struct table *out, struct err *err)
{
    bool any = false;
    for (size_t c = 0; !any && c < from->column_n; c++)
        any = from->column[c].seen.all != NULL || from->column[c].seen.each != NULL;
    if (!any || from->row_n != out->row_n)
        return true;
    for (size_t c = 0; c < out->column_n; c++) {
        struct column *column = &out->column[c];
        if (table_find(from, column->name) != NULL)
            continue;
        struct rowset **each = mem_zero(out->row_n, sizeof *each, err);
        bool done = each != NULL;
        for (size_t r = 0; done && r < out->row_n; r++) {
            struct rowset *inherited, *own = column->seen.each != NULL ? column->seen.each[r] : column->seen.all;
            done = row_seen(from, r, &inherited, err) && rowset_union(inherited, own, &each[r], err);
            if (done)
                rowset_drop(inherited);
        }
        for (size_t r = 0; r < out->row_n; r++) {
            if (!done && each != NULL)
                rowset_drop(each[r]);
            if (done && column->seen.each != NULL)
                rowset_drop(column->seen.each[r]);
        }
        if (!done) {
            mem_free(each);
            return false;
        }
        mem_free(column->seen.each);
        rowset_drop(column->seen.all);
        column->seen = (struct seen){NULL, each};
    }
    return true;
}

/* One step's apply(), with what comes out marked. `fitted` NULL: marks nothing of its own. */
static bool apply_step(const struct fitted_step *step, const struct table *table, struct rowset *fitted, struct table *out, struct err *err)
{
    *out = (struct table){0};
    if (!step->kind->apply(step->state, table, out, err))
        return err_add(err, "%s", step->kind->name);
    if (inherit_seen(table, out, err) && (fitted == NULL || table_mark_seen(out, fitted, err)))
        return true;
    table_free(out);
    return false;
}

bool pipeline_apply_range(const struct pipeline *pipeline, size_t begin, size_t end, const struct table *table, struct table *out, struct err *err)
{
    struct table now = {0}, next;
    for (size_t i = begin; i < end; i++) {
        struct rowset *mark = i + 1 == end ? pipeline->fitted : NULL;
        bool done = apply_step(&pipeline->step[i], i == begin ? table : &now, mark, &next, err);
        if (i > begin)
            table_free(&now);
        if (!done)
            return false;
        now = next;
    }
    *out = now;
    return true;
}

bool pipeline_apply_part(const struct pipeline *pipeline, size_t step_n, const struct table *table, struct table *out, struct err *err)
{
    return pipeline_apply_range(pipeline, 0, step_n, table, out, err);
}

bool pipeline_apply(const struct pipeline *pipeline, const struct table *table, struct table *out, struct err *err)
{
    return pipeline_apply_part(pipeline, pipeline->n, table, out, err);
}

/* What of the outcome a step may see; an error when its target is another. */
static bool outcome_for(const struct step_kind *kind, const struct outcome *outcome, struct outcome *part, const struct outcome **seen, struct err *err)
{
    *part = (struct outcome){NULL, NULL, NULL};
    *seen = NULL;
    if (kind->outcome == STEP_NO_OUTCOME)
        return true;
    if (outcome == NULL)
        return err_set(err, ERR_INPUT, "%s: no outcome is given, and it can't be fitted without one", kind->name);
    if (kind->outcome & STEP_LABEL)
        part->label = outcome->label;
    if (kind->outcome & STEP_ENDPOINT) {
        part->time = outcome->time;
        part->event = outcome->event;
    }
    if (part->label == NULL && part->time == NULL)
        return err_set(err, ERR_INPUT, "%s: the target is %s, expected %s", kind->name, outcome->label != NULL ? "a label" : "an endpoint (time and event)",
                       kind->outcome == STEP_LABEL ? "a label" : "an endpoint");
    *seen = part;
    return true;
}

bool pipeline_fit_next(struct pipeline *pipeline, const struct step *step, const struct rows *train, uint64_t seed, struct table *train_out,
                       struct err *err)
{
    struct outcome part;
    struct rows rows = *train;
    void *state = NULL;
    struct table own = {0};
    struct rowset *fitted = rowset_make(train->table->row, train->table->row_n, err);
    if (fitted == NULL || !outcome_for(step->kind, train->outcome, &part, &rows.outcome, err))
        goto failed;
    uint64_t key = rng_seed(seed, step->kind->name, pipeline->n, 0);
    if (!step->kind->fit(step, &rows, key, &state, &own, err)) {
        err_add(err, "%s", step->kind->name);
        goto failed;
    }
    if (!pipeline_push(pipeline, step->kind, state, fitted, err))
        goto failed;
    rowset_drop(fitted);
    if (own.column_n > 0) {
        if (train_out != NULL)
            *train_out = own;
        else
            table_free(&own);
        return true;
    }
    table_free(&own);
    return train_out == NULL || apply_step(&pipeline->step[pipeline->n - 1], train->table, pipeline->fitted, train_out, err);
failed:
    rowset_drop(fitted);
    table_free(&own);
    return false;
}

bool pipeline_fit(const struct step *step, size_t n, const struct rows *rows, uint64_t seed, struct pipeline **out, struct table *train_out,
                  struct err *err)
{
    struct pipeline *pipeline = mem_zero(1, sizeof *pipeline, err);
    struct table now = {0}, next;
    struct rows current = *rows;
    if (pipeline == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n;
        next = (struct table){0};
        bool done = pipeline_fit_next(pipeline, &step[i], &current, seed, last && train_out == NULL ? NULL : &next, err);
        table_free(&now);
        if (!done) {
            pipeline_free(pipeline);
            return false;
        }
        now = next;
        current.table = &now;
    }
    if (train_out != NULL)
        *train_out = now;
    else
        table_free(&now);
    *out = pipeline;
    return true;
}

bool pipeline_save(const struct pipeline *pipeline, struct store *store, const char *prefix, struct err *err)
{
    if (!state_put_sizes(store, prefix, "fitted", rowset_rows(pipeline->fitted), rowset_n(pipeline->fitted), err))
        return false;
    struct text kinds = TEXT_INIT;
    for (size_t i = 0; i < pipeline->n; i++)
        text_add(&kinds, "%s\n", pipeline->step[i].kind->name);
    bool done = text_ok(&kinds, err) && state_put_text(store, prefix, "steps", kinds.bytes == NULL ? "" : kinds.bytes, err);
    text_free(&kinds);
    for (size_t i = 0; done && i < pipeline->n; i++) {
        char key[32], place[PLACE_ROOM];
        snprintf(key, sizeof key, "%zu", i);
        done = place_name(place, prefix, key, err) && pipeline->step[i].kind->save(pipeline->step[i].state, store, place, err);
        if (!done)
            err_add(err, "%s", pipeline->step[i].kind->name);
    }
    return done;
}

static const struct step_kind *known_kind(const struct step_registry *known, const char *name)
{
    for (; known != NULL; known = known->more)
        for (size_t i = 0; i < known->n; i++)
            if (strcmp(known->kind[i]->name, name) == 0)
                return known->kind[i];
    return NULL;
}

static bool load_step(struct pipeline *pipeline, const struct store *store, const char *prefix, size_t i, const char *name, const struct step_registry *known,
                      struct err *err)
{
    char key[32], place[PLACE_ROOM];
    void *state = NULL;
    const struct step_kind *kind = known_kind(known, name);
    if (kind == NULL)
        return err_set(err, ERR_INPUT, "step %zu is of the kind '%s', which this program does not know", i + 1, name);
    snprintf(key, sizeof key, "%zu", i);
    if (!place_name(place, prefix, key, err))
        return false;
    if (!kind->load(store, place, known, &state, err))
        return err_add(err, "step %zu (%s)", i + 1, name);
    return pipeline_push(pipeline, kind, state, NULL, err);
}

bool pipeline_load(const struct store *store, const char *prefix, const struct step_registry *known, struct pipeline **out, struct err *err)
{
    struct names kinds = {NULL, 0};
    size_t *rows = NULL, row_n;
    bool done = false;
    struct pipeline *pipeline = mem_zero(1, sizeof *pipeline, err);
    if (pipeline == NULL)
        return false;
    if (!state_get_names(store, prefix, "steps", &kinds, err) || !state_get_sizes(store, prefix, "fitted", SIZE_MAX, &rows, &row_n, err))
        goto done;
    if (kinds.n == 0) {
        err_set(err, ERR_INPUT, "%s: there are no steps", prefix);
        goto done;
    }
    for (size_t i = 0; i < kinds.n; i++)
        if (!load_step(pipeline, store, prefix, i, kinds.name[i], known, err))
            goto done;
    if (row_n > 0 && (pipeline->fitted = rowset_make(rows, row_n, err)) == NULL)
        goto done;
    done = true;
done:
    names_free(&kinds);
    mem_free(rows);
    if (done)
        *out = pipeline;
    else
        pipeline_free(pipeline);
    return done;
}

/* The last step that says what its score is made of; n when there is none. */
static size_t learner_of(const struct pipeline *pipeline)
{
    for (size_t i = pipeline->n; i-- > 0;)
        if (pipeline->step[i].kind->parts != NULL)
            return i;
    return pipeline->n;
}

bool pipeline_parts(const struct pipeline *pipeline, struct parts *out, struct err *err)
{
    size_t at = learner_of(pipeline);
    if (at == pipeline->n)
        return err_set(err, ERR_INPUT, "the pipeline has no learner, so there is no score to take apart");
    return pipeline->step[at].kind->parts(pipeline->step[at].state, out, err);
}

/* A fusion can take its score apart by columns only when all its members can, which its parts say. */
bool pipeline_is_linear(const struct pipeline *pipeline)
{
    struct parts parts;
    if (!pipeline_parts(pipeline, &parts, NULL))
        return false;
    bool linear = parts.linear;
    parts_free(&parts);
    return linear;
}

bool pipeline_is_additive(const struct pipeline *pipeline)
{
    struct parts parts;
    if (!pipeline_parts(pipeline, &parts, NULL))
        return false;
    bool additive = parts.additive;
    parts_free(&parts);
    return additive;
}

bool pipeline_contributions(const struct pipeline *pipeline, const struct table *table, struct table *out, struct err *err)
{
    size_t at = learner_of(pipeline);
    const struct fitted_step *learner = &pipeline->step[at];
    if (at == pipeline->n || learner->kind->contributions == NULL)
        return err_set(err, ERR_INPUT, "%s: the score is no sum over its columns, so they have no contributions", at == pipeline->n ? "pipeline" : learner->kind->name);
    if (at == 0)
        return learner->kind->contributions(learner->state, table, out, err);
    struct table before;
    if (!pipeline_apply_part(pipeline, at, table, &before, err))
        return false;
    bool done = learner->kind->contributions(learner->state, &before, out, err);
    table_free(&before);
    return done;
}

/* As a step: fitting hands on the columns of its own rows, so that a cross-fitted step inside keeps its promise. */
static bool kind_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    const struct pipeline_settings *settings = step->settings;
    struct pipeline *pipeline;
    if (!pipeline_fit(settings->step, settings->step_n, rows, seed, &pipeline, train_columns, err))
        return false;
    *state = pipeline;
    return true;
}

static bool kind_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    return pipeline_apply(state, table, out, err);
}

static bool kind_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    return pipeline_save(state, store, prefix, err);
}

static bool kind_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    struct pipeline *pipeline;
    if (!pipeline_load(store, prefix, known, &pipeline, err))
        return false;
    *state = pipeline;
    return true;
}

static void kind_describe(const void *state, struct text *out)
{
    const struct pipeline *pipeline = state;
    for (size_t i = 0; i < pipeline->n; i++) {
        if (i > 0)
            text_add(out, "; ");
        pipeline_describe_step(pipeline, i, out);
    }
}

static bool kind_parts(const void *state, struct parts *out, struct err *err)
{
    return pipeline_parts(state, out, err);
}

static bool kind_contributions(const void *state, const struct table *table, struct table *out, struct err *err)
{
    return pipeline_contributions(state, table, out, err);
}

static void kind_free(void *state)
{
    pipeline_free(state);
}

const struct step_kind pipeline_kind = {
    .name = "pipeline",
    .title = "pipeline",
    .outcome = STEP_ANY_OUTCOME,
    .fit = kind_fit,
    .apply = kind_apply,
    .save = kind_save,
    .load = kind_load,
    .describe = kind_describe,
    .parts = kind_parts,
    .contributions = kind_contributions,
    .free = kind_free,
};
