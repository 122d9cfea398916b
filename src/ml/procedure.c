/* The whole procedure on training rows; see procedure.h. */
#include "ml/procedure.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

const struct validation_effort validation_efforts[3] = {
    [VALIDATION_QUICK] = {"quick", 1, 5, 1, 3, 1, 3, 5, 1, 3, 20, 2, 1.0 / 3.0, false, 0, VALIDATION_QUICK},
    [VALIDATION_STANDARD] = {"standard", 3, 5, 1, 5, 1, 5, 20, 1, 3, 50, 3, 0.5, true, 20, VALIDATION_QUICK},
    [VALIDATION_FULL] = {"full", 10, 5, 5, 5, 3, 5, 100, 3, 5, 200, 3, 1.0, true, 100, VALIDATION_STANDARD},
};

struct validation_cost validation_cost(const struct validation_effort *e, size_t candidate_n)
{
    struct validation_cost cost = {0};
    cost.rank = e->rank_repeat_n * e->rank_fold_n * candidate_n + 1;
    cost.nested = e->nested_repeat_n * e->nested_fold_n * (e->nested_rank_repeat_n * e->nested_rank_fold_n * candidate_n + 1);
    cost.permuted = e->permuted_n * (e->permuted_rank_repeat_n * e->permuted_rank_fold_n * candidate_n + 1);
    cost.bootstrap = e->bootstrap_n;
    cost.total = cost.rank + cost.nested + cost.permuted + cost.bootstrap;
    return cost;
}

struct validation_cost validation_shared_cost(const struct validation_effort *e)
{
    struct validation_effort net = *e;
    net.bootstrap_n = e->net_bootstrap_n == 0 ? 0 : e->net_bootstrap_n + 1; /* the apparent fit too */
    return validation_cost(&net, 1);
}

struct crossval_plan procedure_plan(const struct procedure *procedure)
{
    return (struct crossval_plan){procedure->block,    procedure->block_n, procedure->learner,        procedure->learner_n,
                                  procedure->repeat_n, procedure->fold_n,  procedure->leaky, procedure->shared_in_folds};
}

static bool choose_winner(const struct crossval_plan *plan, struct procedure_result *out, struct err *err)
{
    out->winner = crossval_best(&out->ranking, plan);
    if (out->winner != SIZE_MAX) {
        out->block = out->winner / plan->learner_n;
        out->learner = out->winner % plan->learner_n;
        return true;
    }
    for (size_t c = 0; c < out->ranking.candidate_n; c++)
        if (out->ranking.failed[c] != NULL && plan->block[c / plan->learner_n].may_win)
            return err_set(err, ERR_INPUT, "no candidate could be fitted; %s with %s: %s", plan->block[c / plan->learner_n].name,
                           plan->learner[c % plan->learner_n].name, out->ranking.failed[c]);
    return err_set(err, ERR_USAGE, "no block may win");
}

/* Calibration and threshold on the winner's out-of-fold scores: each (repeat, row) is a point. */
static bool calibrate_winner(const struct procedure *procedure, const struct rows *train, uint64_t seed, struct procedure_result *out, struct err *err)
{
    size_t n = train->table->row_n, total = n * out->ranking.repeat_n;
    struct table scores = {0}, calibrated = {0};
    struct step step = {&calibrate_kind, &procedure->calibration};
    double *label = mem_alloc(total, sizeof *label, err);
    void *state = NULL;
    bool done = false;
    out->oof = mem_alloc(total, sizeof *out->oof, err);
    if (label == NULL || out->oof == NULL || !crossval_table(&out->ranking, train, out->winner, &scores, err))
        goto done;
    for (size_t i = 0; i < total; i++)
        label[i] = train->outcome->label[i % n];
    struct outcome outcome = {label, NULL, NULL};
    struct rows rows = {&scores, &outcome, 0, NULL};
    if (!calibrate_kind.fit(&step, &rows, rng_seed(seed, "calibrate", 0, 0), &state, NULL, err)) {
        err_add(err, "calibration");
        goto done;
    }
    if (!calibrate_kind.apply(state, &scores, &calibrated, err)) {
        calibrate_kind.free(state);
        goto done;
    }
    memcpy(out->oof, table_find(&calibrated, PROBABILITY_COLUMN)->number, total * sizeof *out->oof);
    if (!pipeline_push(out->pipeline, &calibrate_kind, state, NULL, err))
        goto done;
    done = threshold_choose(&procedure->threshold, out->oof, label, total, &out->threshold, err);
done:
    mem_free(label);
    table_free(&scores);
    table_free(&calibrated);
    return done;
}

bool procedure_fit(const struct procedure *procedure, const struct rows *train, uint64_t seed, struct procedure_result *out, struct err *err)
{
    struct crossval_plan plan = procedure_plan(procedure), last = plan;
    last.shared = procedure->shared;
    *out = (struct procedure_result){.leaky = procedure->leaky != NULL};
    if (train->outcome == NULL || train->outcome->label == NULL)
        return err_set(err, ERR_INPUT, "the target is %s; models take a label so far", train->outcome == NULL ? "missing" : "an endpoint (time and event)");
    bool done = crossval_run(&plan, train, rng_seed(seed, "procedure.rank", 0, 0), &out->ranking, err) && choose_winner(&plan, out, err) &&
                candidate_fit_keep(&last, out->winner, train, rng_seed(seed, "procedure.refit", 0, 0), &out->pipeline, &out->shared_train, err) &&
                calibrate_winner(procedure, train, seed, out, err);
    if (done && shared_used_by(&last.shared, last.block, &last.block[out->block]))
        out->shared_n = last.shared.step_n;
    if (!done)
        procedure_result_free(out);
    return done;
}

void procedure_result_free(struct procedure_result *result)
{
    crossval_free(&result->ranking);
    pipeline_free(result->pipeline);
    table_free(&result->shared_train);
    mem_free(result->oof);
    *result = (struct procedure_result){0};
}

bool procedure_score(const struct procedure_result *result, const struct table *table, double *probability, bool *apparent, struct err *err)
{
    struct table out;
    if (!pipeline_apply(result->pipeline, table, &out, err))
        return false;
    const struct column *column = table_find(&out, PROBABILITY_COLUMN);
    bool done = column != NULL || err_set(err, ERR_BUG, "the model gives no column '%s'", PROBABILITY_COLUMN);
    for (size_t r = 0; done && r < out.row_n; r++) {
        probability[r] = column->number[r];
        if (apparent != NULL)
            apparent[r] = table_row_seen_itself(&out, r);
    }
    table_free(&out);
    return done;
}
