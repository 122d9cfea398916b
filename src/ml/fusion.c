/* Late fusion; see fusion.h. */
#include "ml/fusion.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/calibrate.h"
#include "ml/design.h"
#include "ml/logistic.h"
#include "ml/state.h"
#include "table/fold.h"

struct fusion {
    struct names member;
    struct pipeline **pipeline; /* member.n */
    double *value;              /* A, B, weight of each member, then the constant */
    enum fusion_rule rule;
};

static void fusion_free(void *state)
{
    struct fusion *fusion = state;
    if (fusion == NULL)
        return;
    for (size_t m = 0; fusion->pipeline != NULL && m < fusion->member.n; m++)
        pipeline_free(fusion->pipeline[m]);
    mem_free(fusion->pipeline);
    mem_free(fusion->value);
    names_free(&fusion->member);
    mem_free(fusion);
}

static bool fusion_room(struct fusion *fusion, struct err *err)
{
    fusion->pipeline = mem_zero(fusion->member.n, sizeof *fusion->pipeline, err);
    fusion->value = mem_zero(3 * fusion->member.n + 1, sizeof *fusion->value, err);
    return fusion->pipeline != NULL && fusion->value != NULL;
}

static bool take_score(const struct pipeline *pipeline, const struct table *table, const size_t *position, double *score, struct err *err)
{
    struct table out;
    if (!pipeline_apply(pipeline, table, &out, err))
        return false;
    const struct column *column = table_find(&out, SCORE_COLUMN);
    bool done = (column != NULL && column->kind == COLUMN_NUMBER) || err_set(err, ERR_INPUT, "it gives no column '%s'", SCORE_COLUMN);
    for (size_t r = 0; done && r < out.row_n; r++)
        score[position == NULL ? r : position[r]] = column->number[r];
    table_free(&out);
    return done;
}

/* Mean and sd of a member's scores on the rows it was fitted on: its scale. */
static bool scale_of(const struct pipeline *pipeline, const struct rows *rows, double *mean, double *sd, struct err *err)
{
    size_t n = rows->table->row_n;
    double *score = mem_alloc(n, sizeof *score, err), squares = 0.0;
    bool done = score != NULL && take_score(pipeline, rows->table, NULL, score, err);
    *mean = 0.0;
    for (size_t i = 0; done && i < n; i++)
        *mean += score[i] / (double)n;
    for (size_t i = 0; done && i < n; i++)
        squares += (score[i] - *mean) * (score[i] - *mean) / (double)n;
    *sd = squares > 0.0 ? sqrt(squares) : 1.0;
    mem_free(score);
    return done;
}

/* Scores of a member on rows held out by inner folds, each in units of its own model's scale (folds choose different penalties). */
static bool out_of_fold(const struct pipeline_settings *member, const struct rows *rows, const size_t *fold, size_t fold_n, uint64_t seed, double *score,
                        struct err *err)
{
    size_t n = rows->table->row_n, *position = mem_alloc(n, sizeof *position, err);
    bool done = position != NULL;
    for (size_t f = 0; done && f < fold_n; f++) {
        struct rows_part train, held = {0};
        struct pipeline *pipeline = NULL;
        double mean, sd;
        size_t m = fold_positions(fold, n, f, false, position);
        done = rows_take(rows, position, m, &train, err);
        if (!done)
            break;
        m = fold_positions(fold, n, f, true, position);
        done = rows_take(rows, position, m, &held, err) &&
               pipeline_fit(member->step, member->step_n, &train.rows, rng_seed(seed, "fusion.fold", f, 0), &pipeline, NULL, err) &&
               take_score(pipeline, &held.table, position, score, err) && scale_of(pipeline, &train.rows, &mean, &sd, err);
        for (size_t i = 0; done && i < m; i++)
            score[position[i]] = (score[position[i]] - mean) / sd;
        pipeline_free(pipeline);
        rows_part_free(&train);
        rows_part_free(&held);
    }
    mem_free(position);
    return done;
}

/* The members' weights on their calibrated log-odds -(A s + B), kept in value[2 .. 3 m + 2]. */
static bool fit_weights(struct fusion *fusion, const double *oof, const double *label, size_t n, struct err *err)
{
    size_t m = fusion->member.n;
    for (size_t k = 0; k < m; k++)
        fusion->value[3 * k + 2] = 1.0 / (double)m;
    if (fusion->rule == FUSION_MEAN)
        return true;
    double *logit = mem_alloc(n * m, sizeof *logit, err);
    struct logistic_fit fit;
    if (logit == NULL)
        return false;
    for (size_t k = 0; k < m; k++)
        for (size_t i = 0; i < n; i++)
            logit[k * n + i] = -(fusion->value[3 * k] * oof[k * n + i] + fusion->value[3 * k + 1]);
    bool done = logistic_minimise(logit, label, NULL, n, m, 1.0, NULL, &fit, err);
    mem_free(logit);
    if (!done)
        return false;
    for (size_t k = 0; k < m; k++)
        fusion->value[3 * k + 2] = fit.coef[k];
    fusion->value[3 * m] = fit.intercept;
    logistic_fit_free(&fit);
    return true;
}

static bool fit_members(struct fusion *fusion, const struct fusion_settings *settings, const struct rows *rows, const size_t *fold, size_t fold_n, uint64_t seed,
                        double *oof, struct err *err)
{
    size_t n = rows->table->row_n;
    for (size_t k = 0; k < settings->member_n; k++) {
        const struct fusion_member *member = &settings->member[k];
        if (!out_of_fold(&member->pipeline, rows, fold, fold_n, rng_seed(seed, "fusion.member", k, 0), oof + k * n, err) ||
            !platt_fit(oof + k * n, rows->outcome->label, NULL, n, &fusion->value[3 * k], &fusion->value[3 * k + 1], err) ||
            !pipeline_fit(member->pipeline.step, member->pipeline.step_n, rows, rng_seed(seed, "fusion.member", k, 1), &fusion->pipeline[k], NULL, err))
            return err_add(err, "member %s", member->name);
    }
    return true;
}

/* A and B were fitted on standardised scores: turned into the units of the refitted member. */
static bool turn_back(struct fusion *fusion, const struct rows *rows, struct err *err)
{
    for (size_t k = 0; k < fusion->member.n; k++) {
        double mean, sd, *v = fusion->value + 3 * k;
        if (!scale_of(fusion->pipeline[k], rows, &mean, &sd, err))
            return false;
        v[0] /= sd;
        v[1] -= v[0] * mean;
    }
    return true;
}

static bool fusion_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)train_columns;
    const struct fusion_settings *settings = step->settings;
    size_t n = rows->table->row_n, fold_n;
    struct fusion *fusion = mem_zero(1, sizeof *fusion, err);
    size_t *fold = mem_alloc(n, sizeof *fold, err);
    double *oof = mem_alloc(n * settings->member_n, sizeof *oof, err);
    const char **name = mem_alloc(settings->member_n, sizeof *name, err);
    bool done = false;
    if (fusion == NULL || fold == NULL || oof == NULL || name == NULL)
        goto done;
    for (size_t k = 0; k < settings->member_n; k++)
        name[k] = settings->member[k].name;
    fusion->rule = settings->rule;
    done = names_copy(&fusion->member, name, settings->member_n, err) && fusion_room(fusion, err) &&
           fold_make(rows, settings->fold_n == 0 ? 3 : settings->fold_n, seed, fold, &fold_n, err) &&
           fit_members(fusion, settings, rows, fold, fold_n, seed, oof, err) && fit_weights(fusion, oof, rows->outcome->label, n, err) &&
           turn_back(fusion, rows, err);
done:
    mem_free(fold);
    mem_free(oof);
    mem_free(name);
    if (done)
        *state = fusion;
    else
        fusion_free(fusion);
    return done;
}

static bool fusion_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct fusion *fusion = state;
    size_t n = table->row_n, m = fusion->member.n;
    double *score = mem_alloc(2 * n, sizeof *score, err), *one = score == NULL ? NULL : score + n;
    bool done = score != NULL;
    for (size_t r = 0; done && r < n; r++)
        score[r] = fusion->value[3 * m];
    for (size_t k = 0; done && k < m; k++) {
        const double *v = fusion->value + 3 * k;
        done = take_score(fusion->pipeline[k], table, NULL, one, err) || err_add(err, "member %s", fusion->member.name[k]);
        for (size_t r = 0; done && r < n; r++)
            score[r] -= v[2] * (v[0] * one[r] + v[1]);
    }
    done = done && score_table(table, score, out, err);
    mem_free(score);
    return done;
}

static bool member_place(char place[PLACE_ROOM], const char *prefix, size_t k, struct err *err)
{
    char key[32];
    snprintf(key, sizeof key, "member%zu", k);
    return place_name(place, prefix, key, err);
}

static bool fusion_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct fusion *fusion = state;
    int64_t rule = fusion->rule;
    bool done = state_put_names(store, prefix, "members", &fusion->member, err) && state_put_i64(store, prefix, "rule", &rule, 1, err) &&
                state_put_f64(store, prefix, "value", fusion->value, 3 * fusion->member.n + 1, err);
    for (size_t k = 0; done && k < fusion->member.n; k++) {
        char place[PLACE_ROOM];
        done = member_place(place, prefix, k, err) && pipeline_save(fusion->pipeline[k], store, place, err);
    }
    return done;
}

static bool fusion_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    size_t *rule = NULL;
    struct fusion *fusion = mem_zero(1, sizeof *fusion, err);
    if (fusion == NULL)
        return false;
    bool done = state_get_names(store, prefix, "members", &fusion->member, err) && state_get_sizes(store, prefix, "rule", 1, &rule, NULL, err) &&
                state_get_f64(store, prefix, "value", 3 * fusion->member.n + 1, &fusion->value, NULL, err) &&
                (fusion->pipeline = mem_zero(fusion->member.n, sizeof *fusion->pipeline, err)) != NULL;
    for (size_t k = 0; done && k < fusion->member.n; k++) {
        char place[PLACE_ROOM];
        done = member_place(place, prefix, k, err) && (pipeline_load(store, place, known, &fusion->pipeline[k], err) || err_add(err, "member %s", fusion->member.name[k]));
    }
    if (done)
        fusion->rule = rule[0] == FUSION_MEAN ? FUSION_MEAN : FUSION_STACKED;
    mem_free(rule);
    if (done)
        *state = fusion;
    else
        fusion_free(fusion);
    return done;
}

static void fusion_describe(const void *state, struct text *out)
{
    const struct fusion *fusion = state;
    text_add(out, "late fusion, %s of %zu members' calibrated log-odds:", fusion->rule == FUSION_MEAN ? "mean" : "stacked logistic regression", fusion->member.n);
    for (size_t k = 0; k < fusion->member.n; k++) {
        const struct pipeline *pipeline = fusion->pipeline[k];
        text_add(out, "%s %s %.3f (", k == 0 ? "" : ",", fusion->member.name[k], fusion->value[3 * k + 2]);
        pipeline_describe_step(pipeline, pipeline_step_n(pipeline) - 1, out);
        text_add(out, ")");
    }
}

/* "MEMBER: COLUMN", as a column may stand in two members. */
static bool rename_parts(struct parts *parts, const char *member, struct err *err)
{
    for (size_t i = 0; i < parts->n; i++) {
        struct text name = TEXT_INIT;
        text_add(&name, "%s: %s", member, parts->name[i]);
        char *copy = text_ok(&name, err) ? mem_string(name.bytes, err) : NULL;
        text_free(&name);
        if (copy == NULL)
            return false;
        mem_free(parts->name[i]);
        parts->name[i] = copy;
    }
    return true;
}

static bool join_parts(struct parts *to, struct parts *more, double scale, struct err *err)
{
    size_t n = to->n + more->n;
    char **name = mem_grow(to->name, to->n, n, sizeof *name, err);
    if (name == NULL)
        return false;
    to->name = name;
    double *weight = mem_grow(to->weight, to->n, n, sizeof *weight, err);
    if (weight == NULL)
        return false;
    to->weight = weight;
    for (size_t i = 0; i < more->n; i++) {
        to->name[to->n] = more->name[i];
        to->weight[to->n++] = scale * more->weight[i];
        more->name[i] = NULL;
    }
    return true;
}

static bool fusion_parts(const void *state, struct parts *out, struct err *err)
{
    const struct fusion *fusion = state;
    double importance = 0.0;
    if (!parts_init(out, NULL, 0, err))
        return false;
    out->linear = out->additive = true;
    out->constant = fusion->value[3 * fusion->member.n];
    for (size_t k = 0; k < fusion->member.n; k++) {
        out->linear = out->linear && pipeline_is_linear(fusion->pipeline[k]);
        out->additive = out->additive && pipeline_is_additive(fusion->pipeline[k]);
    }
    for (size_t k = 0; k < fusion->member.n; k++) {
        const double *v = fusion->value + 3 * k;
        struct parts one;
        double total = 0.0;
        if (!pipeline_parts(fusion->pipeline[k], &one, err))
            goto failed;
        /* Without linearity: each member's importances, sum 1, by the size of its weight. */
        for (size_t i = 0; i < one.n; i++)
            total += fabs(one.weight[i]);
        for (size_t i = 0; !out->linear && i < one.n; i++)
            one.weight[i] = total > 0.0 ? fabs(one.weight[i]) / total : 0.0;
        out->constant -= v[2] * (v[0] * one.constant + v[1]);
        importance += fabs(v[2]);
        bool done = rename_parts(&one, fusion->member.name[k], err) && join_parts(out, &one, out->linear ? -v[2] * v[0] : fabs(v[2]), err);
        parts_free(&one);
        if (!done)
            goto failed;
    }
    for (size_t i = 0; !out->linear && importance > 0.0 && i < out->n; i++)
        out->weight[i] /= importance;
    return true;
failed:
    parts_free(out);
    return false;
}

static bool fusion_contributions(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct fusion *fusion = state;
    bool done = table_init(out, table->row_n, table->row, table->id, err);
    for (size_t k = 0; done && k < fusion->member.n; k++) {
        const double *v = fusion->value + 3 * k;
        struct table one;
        if (!pipeline_contributions(fusion->pipeline[k], table, &one, err)) {
            err_add(err, "member %s", fusion->member.name[k]);
            done = false;
            break;
        }
        for (size_t c = 0; done && c < one.column_n; c++) {
            struct text name = TEXT_INIT;
            for (size_t r = 0; r < one.row_n; r++)
                one.column[c].number[r] *= -v[2] * v[0];
            text_add(&name, "%s: %s", fusion->member.name[k], one.column[c].name);
            done = text_ok(&name, err) && table_rename(&one, &one.column[c], name.bytes, err);
            text_free(&name);
        }
        done = done && table_append(out, &one, err);
        table_free(&one);
    }
    if (!done)
        table_free(out);
    return done;
}

const struct step_kind fusion_kind = {
    .name = "fusion",
    .title = "late fusion",
    .outcome = STEP_LABEL,
    .fit = fusion_fit,
    .apply = fusion_apply,
    .save = fusion_save,
    .load = fusion_load,
    .describe = fusion_describe,
    .parts = fusion_parts,
    .contributions = fusion_contributions,
    .free = fusion_free,
};
