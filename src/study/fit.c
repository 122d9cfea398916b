/* The fits of a study; see fit.h. Seeds are keyed by what they are for, so that leaving one part out changes no other. */
#include "study/fit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "ml/pipeline.h"
#include "table/fold.h"

/* The rows that steps see: copies of train rows, nothing else in reach. */
struct train_rows {
    struct table table;
    struct outcome outcome;
    size_t *group;
    struct rows rows;
};

static bool warn(struct fit *fit, const char *part, const struct err *why, struct err *err)
{
    char line[1200];
    snprintf(line, sizeof line, "%s was left out: %s", part, why->text);
    log_warn("%s", line);
    char **warnings = mem_grow(fit->warning, fit->warning_n, fit->warning_n + 1, sizeof *warnings, err);
    if (warnings == NULL)
        return false;
    fit->warning = warnings;
    warnings[fit->warning_n] = mem_string(line, err);
    return warnings[fit->warning_n] != NULL && ++fit->warning_n > 0;
}

static bool take_rows(const struct cohort *cohort, const struct predictors *predictors, const size_t *row, size_t n, const double *label,
                      struct train_rows *out, struct err *err)
{
    *out = (struct train_rows){0};
    out->group = mem_alloc(n, sizeof *out->group, err);
    if (out->group == NULL || !table_take_rows(&predictors->table, row, n, &out->table, err))
        return false;
    for (size_t k = 0; k < n; k++)
        out->group[k] = cohort->group[row[k]];
    out->outcome = (struct outcome){.label = label};
    out->rows = (struct rows){&out->table, &out->outcome, n, out->group};
    return true;
}

static void train_rows_free(struct train_rows *training)
{
    table_free(&training->table);
    mem_free(training->group);
}

/* Train rows with a label; or, for a leak, all rows with one. */
static size_t list_rows(const struct cohort *cohort, const double *label, bool train_only, size_t *row)
{
    size_t n = 0;
    for (size_t k = 0; k < cohort->n; k++) {
        bool train = cohort->role_of[k] != NULL && strcmp(cohort->role_of[k], "train") == 0;
        if (cohort->why_not[k] == NULL && (train || !train_only) && !isnan(label[k]))
            row[n++] = k;
    }
    return n;
}

static bool uses_shared(const struct plan *plan, size_t block)
{
    return shared_used_by(&plan->procedure.shared, plan->block, &plan->block[block]);
}

/* Parts that only tell how good the procedure is: a cohort too small for one of them still gets its model. */
static bool estimate_nested(struct plan *plan, const struct train_rows *training, uint64_t seed, struct fit *fit, struct err *err)
{
    const struct validation_effort *effort = plan->effort;
    struct err why = ERR_INIT;
    struct procedure inner = plan->procedure;
    inner.repeat_n = effort->nested_rank_repeat_n;
    inner.fold_n = effort->nested_rank_fold_n;
    inner.shared = inner.shared_in_folds;
    log_note("nested cross-validation: %zu x %zu outer folds", effort->nested_repeat_n, effort->nested_fold_n);
    fit->has_nested = nested_run(&inner, &training->rows, effort->nested_repeat_n, effort->nested_fold_n, rng_seed(seed, "study.nested", 0, 0), &fit->nested, &why);
    if (!fit->has_nested && (why.kind != ERR_INPUT || !warn(fit, "nested cross-validation", &why, err)))
        return err_set(err, why.kind, "nested cross-validation: %s", why.text);
    return true;
}

static bool estimate_permuted(struct plan *plan, const struct train_rows *training, uint64_t seed, struct fit *fit, struct err *err)
{
    const struct validation_effort *effort = plan->effort;
    struct err why = ERR_INIT;
    struct procedure inner = plan->procedure;
    inner.repeat_n = effort->permuted_rank_repeat_n;
    inner.fold_n = effort->permuted_rank_fold_n;
    inner.shared = inner.shared_in_folds = plan->shared_permuted;
    log_note("permuted labels: %zu runs", effort->permuted_n);
    fit->has_permuted = permute_run(&inner, &training->rows, effort->permuted_n, rng_seed(seed, "study.permuted", 0, 0), &fit->permuted, &why);
    if (!fit->has_permuted && (why.kind != ERR_INPUT || !warn(fit, "the permutation test", &why, err)))
        return err_set(err, why.kind, "permuted labels: %s", why.text);
    return true;
}

static bool estimate_optimism(struct plan *plan, const struct train_rows *training, uint64_t seed, struct fit *fit, struct err *err)
{
    struct err why = ERR_INIT;
    struct crossval_plan crossval = procedure_plan(&plan->procedure);
    bool nets = uses_shared(plan, fit->result.block);
    size_t sample_n = nets ? plan->effort->net_bootstrap_n : plan->effort->bootstrap_n;
    if (sample_n == 0) {
        err_set(&why, ERR_INPUT, "each sample of it would train the winner's networks anew, which `%s` leaves to `standard` and `full`", plan->effort->name);
        return warn(fit, "the bootstrap", &why, err);
    }
    log_note("bootstrap of the winner: %zu samples", sample_n);
    fit->has_optimism = optimism_run(&crossval, fit->result.winner, &training->rows, sample_n, rng_seed(seed, "study.bootstrap", 0, 0), &fit->optimism, &why);
    if (!fit->has_optimism && (why.kind != ERR_INPUT || !warn(fit, "the bootstrap", &why, err)))
        return err_set(err, why.kind, "bootstrap: %s", why.text);
    return true;
}

static bool estimate(struct plan *plan, const struct train_rows *training, uint64_t seed, struct fit *fit, struct err *err)
{
    return estimate_nested(plan, training, seed, fit, err) && estimate_permuted(plan, training, seed, fit, err) &&
           estimate_optimism(plan, training, seed, fit, err);
}

/* Columns of a score table spread to cohort rows. */
static bool spread(const struct table *scored, const char *name, const size_t *row, size_t n, double *out, struct err *err)
{
    const struct column *column = table_find(scored, name);
    if (column == NULL)
        return err_set(err, ERR_BUG, "a pipeline gave no column '%s'", name);
    for (size_t k = 0; k < n; k++)
        out[row[k]] = column->number[k];
    return true;
}

static double *nan_array(size_t n, struct err *err)
{
    double *values = mem_alloc(n, sizeof *values, err);
    for (size_t k = 0; values != NULL && k < n; k++)
        values[k] = NAN;
    return values;
}

/* The rows as blocks see them that use the shared steps of the last fit: train by out-of-fold columns, all that are used by applied ones. */
struct shown {
    struct table own_train;    /* empty where the winner's stand */
    const struct table *train;
    struct table used;
    struct table all;          /* --allow-leakage: the rows that prefixes are fitted on */
    struct rows leaky;
    bool made;
};

static void shown_free(struct shown *shown)
{
    table_free(&shown->own_train);
    table_free(&shown->used);
    table_free(&shown->all);
}

/* Columns of steps that are fitted already; the leak's rows too. */
static bool show_by(const struct pipeline *steps, size_t step_n, const struct procedure *procedure, const struct table *used, struct shown *out, struct err *err)
{
    if (!pipeline_apply_part(steps, step_n, used, &out->used, err))
        return false;
    if (procedure->leaky == NULL)
        return true;
    out->leaky = *procedure->leaky;
    out->leaky.table = &out->all;
    return pipeline_apply_part(steps, step_n, procedure->leaky->table, &out->all, err);
}

/* Of the winner's model where it has them; else they are fitted for the comparison alone. */
static bool show(const struct plan *plan, const struct train_rows *training, const struct table *used, uint64_t seed, struct fit *fit, struct shown *out, struct err *err)
{
    const struct procedure_result *result = &fit->result;
    const struct procedure *procedure = &plan->procedure;
    out->train = result->shared_n > 0 ? &result->shared_train : &out->own_train;
    if (result->shared_n > 0)
        return show_by(result->pipeline, result->shared_n, procedure, used, out, err);
    const struct rows *rows = procedure->leaky != NULL ? procedure->leaky : &training->rows;
    if (!shared_fit(&procedure->shared, rows, rng_seed(seed, "study.shared", 0, 0), &fit->networks, &out->own_train, err))
        return false;
    if (procedure->leaky != NULL) { /* they have seen train as they have seen the others */
        table_free(&out->own_train);
        if (!pipeline_apply(fit->networks, training->rows.table, &out->own_train, err))
            return false;
    }
    return show_by(fit->networks, pipeline_step_n(fit->networks), procedure, used, out, err);
}

/* The networks' column on every used case, and out of fold on train. */
static bool keep_logits(const struct plan *plan, const struct shown *shown, const size_t *row, size_t n, size_t case_n, struct fit *fit, struct err *err)
{
    const struct column *out_of_fold = table_find(shown->train, plan->net_column[0]);
    fit->logit = nan_array(case_n, err);
    fit->logit_out_of_fold = mem_alloc(fit->train_n, sizeof *fit->logit_out_of_fold, err);
    if (fit->logit == NULL || fit->logit_out_of_fold == NULL || !spread(&shown->used, plan->net_column[0], row, n, fit->logit, err))
        return false;
    memcpy(fit->logit_out_of_fold, out_of_fold->number, fit->train_n * sizeof *out_of_fold->number);
    return true;
}

/* A failure fails the candidates that need them. */
static bool show_networks(const struct plan *plan, const struct train_rows *training, const struct table *used, const size_t *row, size_t n, size_t case_n,
                          uint64_t seed, struct fit *fit, struct shown *out, struct err *err)
{
    struct err why = ERR_INIT;
    *out = (struct shown){.made = false};
    if (!shared_used_by_any(&plan->procedure.shared, plan->block, plan->procedure.block_n))
        return true;
    out->made = show(plan, training, used, seed, fit, out, &why);
    if (out->made)
        return keep_logits(plan, out, row, n, case_n, fit, err);
    return (why.kind == ERR_INPUT && warn(fit, "the comparison of blocks with networks", &why, err)) || err_set(err, why.kind, "%s", why.text);
}

static bool score_candidate(const struct plan *plan, size_t candidate, const struct train_rows *training, const struct table *used, const struct shown *shown,
                            const size_t *row, size_t n, size_t case_n, uint64_t seed, double **out, struct err *err)
{
    struct crossval_plan crossval = procedure_plan(&plan->procedure);
    struct pipeline *pipeline = NULL;
    struct table scored = {0};
    struct rows rows = training->rows;
    if (uses_shared(plan, candidate / crossval.learner_n)) {
        rows.table = shown->train;
        used = &shown->used;
        crossval.leaky = crossval.leaky == NULL ? NULL : &shown->leaky;
    }
    crossval.shared = (struct shared){0}; /* their columns are there */
    bool done = candidate_fit(&crossval, candidate, &rows, seed, &pipeline, err) && pipeline_apply(pipeline, used, &scored, err);
    if (done) {
        *out = nan_array(case_n, err);
        done = *out != NULL && spread(&scored, SCORE_COLUMN, row, n, *out, err);
    }
    table_free(&scored);
    pipeline_free(pipeline);
    return done;
}

static bool score_all(struct plan *plan, const struct cohort *cohort, const struct predictors *predictors, const struct train_rows *training,
                      uint64_t seed, struct fit *fit, struct err *err)
{
    bool done = false, *apparent = NULL;
    struct table used = {0};
    struct shown shown = {.made = false};
    double *probability = NULL;
    size_t n = 0, *row = mem_alloc(cohort->n, sizeof *row, err);
    if (row == NULL)
        return false;
    for (size_t k = 0; k < cohort->n; k++)
        if (cohort->why_not[k] == NULL)
            row[n++] = k;
    probability = mem_alloc(n, sizeof *probability, err);
    apparent = mem_alloc(n, sizeof *apparent, err);
    fit->probability = nan_array(cohort->n, err);
    fit->apparent = mem_zero(cohort->n, sizeof *fit->apparent, err);
    fit->score = mem_zero(fit->candidate_n, sizeof *fit->score, err);
    if (probability == NULL || apparent == NULL || fit->probability == NULL || fit->apparent == NULL || fit->score == NULL ||
        !table_take_rows(&predictors->table, row, n, &used, err) || !procedure_score(&fit->result, &used, probability, apparent, err) ||
        !show_networks(plan, training, &used, row, n, cohort->n, seed, fit, &shown, err))
        goto done;
    for (size_t k = 0; k < n; k++) {
        fit->probability[row[k]] = probability[k];
        fit->apparent[row[k]] = apparent[k];
    }
    for (size_t c = 0; c < fit->candidate_n; c++) {
        struct err why = ERR_INIT;
        if (c == fit->result.winner) { /* the locked model itself: fitted anew, with other inner folds, it would be another model */
            if ((fit->score[c] = nan_array(cohort->n, err)) == NULL)
                goto done;
            memcpy(fit->score[c], fit->probability, cohort->n * sizeof *fit->probability);
            continue;
        }
        if (fit->result.ranking.failed[c] != NULL || (!shown.made && uses_shared(plan, c / plan->procedure.learner_n)))
            continue;
        if (score_candidate(plan, c, training, &used, &shown, row, n, cohort->n, rng_seed(seed, "study.candidate", c, 0), &fit->score[c], &why))
            continue;
        char part[300];
        snprintf(part, sizeof part, "%s with %s", plan->block[c / plan->procedure.learner_n].name, plan->learner[c % plan->procedure.learner_n].name);
        if (why.kind != ERR_INPUT || !warn(fit, part, &why, err)) {
            *err = why;
            goto done;
        }
    }
    done = true;
done:
    shown_free(&shown);
    table_free(&used);
    mem_free(row);
    mem_free(probability);
    mem_free(apparent);
    return done;
}

bool fit_study(struct plan *plan, const struct cohort *cohort, const struct predictors *predictors, const double *label,
               const double *leak, uint64_t seed, const char *work, struct fit *fit, struct err *err)
{
    struct progress *progress = NULL;
    bool done = false;
    struct train_rows training = {0}, leaky = {0};
    double *leak_label = NULL;
    *fit = (struct fit){.candidate_n = plan->procedure.block_n * plan->procedure.learner_n};
    size_t *leak_row = mem_alloc(cohort->n, sizeof *leak_row, err);
    fit->train_row = mem_alloc(cohort->n, sizeof *fit->train_row, err);
    fit->label = mem_alloc(cohort->n, sizeof *fit->label, err);
    if (leak_row == NULL || fit->train_row == NULL || fit->label == NULL)
        goto done;
    fit->train_n = list_rows(cohort, label, true, fit->train_row);
    for (size_t k = 0; k < fit->train_n; k++)
        fit->label[k] = label[fit->train_row[k]];
    if (!take_rows(cohort, predictors, fit->train_row, fit->train_n, fit->label, &training, err))
        goto done;
    if (leak != NULL) {
        size_t n = list_rows(cohort, leak, false, leak_row);
        leak_label = mem_alloc(n, sizeof *leak_label, err);
        if (leak_label == NULL)
            goto done;
        for (size_t k = 0; k < n; k++)
            leak_label[k] = leak[leak_row[k]];
        if (!take_rows(cohort, predictors, leak_row, n, leak_label, &leaky, err))
            goto done;
        plan->procedure.leaky = &leaky.rows;
    }
    cost_tell(plan, &training.rows, &fit->cost);
    if (!cost_keep_networks(plan, &fit->cost, work, err))
        goto done;
    progress = fit->cost.step_n > 0 ? progress_start("training networks", fit->cost.step_n) : NULL;
    for (size_t k = 0; k < PLAN_NETS_N; k++)
        plan->nets[k].progress = progress;
    log_note("ranking %zu candidates by %zu x %zu folds", fit->candidate_n, plan->procedure.repeat_n, plan->procedure.fold_n);
    if (!procedure_fit(&plan->procedure, &training.rows, rng_seed(seed, "study.procedure", 0, 0), &fit->result, err) ||
        !estimate(plan, &training, seed, fit, err) || !score_all(plan, cohort, predictors, &training, seed, fit, err))
        goto done;
    done = true;
done:
    for (size_t k = 0; k < PLAN_NETS_N; k++)
        plan->nets[k].progress = NULL;
    progress_end(progress);
    plan->procedure.leaky = NULL;
    train_rows_free(&training);
    train_rows_free(&leaky);
    mem_free(leak_row);
    mem_free(leak_label);
    if (!done)
        fit_free(fit);
    return done || err_add(err, "train");
}

void fit_free(struct fit *fit)
{
    for (size_t c = 0; fit->score != NULL && c < fit->candidate_n; c++)
        mem_free(fit->score[c]);
    for (size_t k = 0; k < fit->warning_n; k++)
        mem_free(fit->warning[k]);
    mem_free(fit->warning);
    mem_free(fit->score);
    mem_free(fit->probability);
    mem_free(fit->apparent);
    mem_free(fit->train_row);
    mem_free(fit->label);
    pipeline_free(fit->networks);
    mem_free(fit->logit);
    mem_free(fit->logit_out_of_fold);
    if (fit->has_nested)
        nested_free(&fit->nested);
    if (fit->has_permuted)
        permuted_free(&fit->permuted);
    if (fit->has_optimism)
        optimism_free(&fit->optimism);
    procedure_result_free(&fit->result);
    *fit = (struct fit){0};
}
