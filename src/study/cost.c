/* The cost of a study's fits; see cost.h. */
#include "study/cost.h"

#include <time.h>

#include "base/log.h"
#include "ml/crossval.h"
#include "ml/pipeline.h"

static const double KEEP_BYTES_MAX = 2e9;

/* Of all threads together: other programs on the machine do not count. */
static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool has_networks(const struct plan *plan)
{
    return shared_used_by_any(&plan->procedure.shared, plan->block, plan->procedure.block_n);
}

/* Steps of a ranking by repeat_n x fold_n folds of `n` rows and of the fit behind it. */
static size_t ranking_steps(const struct crossfit_settings *in_folds, const struct crossfit_settings *last, size_t repeat_n, size_t fold_n, size_t n)
{
    return repeat_n * fold_n * crossfit_step_n(in_folds, n - n / fold_n) + crossfit_step_n(last, n);
}

static void count_networks(const struct plan *plan, size_t n, struct cost *cost)
{
    const struct validation_effort *e = plan->effort;
    const struct crossfit_settings *last = &plan->nets[PLAN_NETS_LAST], *folds = &plan->nets[PLAN_NETS_IN_FOLDS], *permuted = &plan->nets[PLAN_NETS_PERMUTED];
    struct validation_cost fits = validation_shared_cost(e), *nets = &cost->networks;
    *nets = (struct validation_cost){(fits.rank - 1) * folds->net_n + last->net_n, fits.nested * folds->net_n, fits.permuted * permuted->net_n,
                                     fits.bootstrap * folds->net_n, 0};
    nets->total = nets->rank + nets->nested + nets->permuted + nets->bootstrap;
    size_t outer = n - n / e->nested_fold_n, two_thirds = n - n / 3;
    cost->step_n = ranking_steps(folds, last, e->rank_repeat_n, e->rank_fold_n, n) +
                   e->nested_repeat_n * e->nested_fold_n * ranking_steps(folds, folds, e->nested_rank_repeat_n, e->nested_rank_fold_n, outer) +
                   e->permuted_n * ranking_steps(permuted, permuted, e->permuted_rank_repeat_n, e->permuted_rank_fold_n, two_thirds) +
                   fits.bootstrap * crossfit_step_n(folds, n);
}

/* Times one fit of every candidate that needs no network. */
static void time_pipelines(const struct plan *plan, const struct rows *train, const struct cost *cost)
{
    struct crossval_plan crossval = procedure_plan(&plan->procedure);
    size_t timed_n = 0, candidate_n = crossval.block_n * crossval.learner_n;
    double begin = cpu_seconds();
    for (size_t c = 0; c < candidate_n; c++) {
        struct pipeline *pipeline = NULL;
        struct err ignored = ERR_INIT;
        if (shared_used_by(&crossval.shared, crossval.block, &crossval.block[c / crossval.learner_n]))
            continue;
        timed_n++;
        if (candidate_fit(&crossval, c, train, 1, &pipeline, &ignored))
            pipeline_free(pipeline);
    }
    double one = timed_n == 0 ? 0 : (cpu_seconds() - begin) / (double)timed_n;
    if (timed_n > 0)
        log_note("about %.0f s on one core, from %.0f ms a fit", one * (double)cost->pipelines.total, 1000 * one);
}

/* Times an epoch of two networks; one that can't be trained will say why where it is needed. */
static void time_networks(const struct plan *plan, const struct rows *train, const struct cost *cost)
{
    struct crossfit_settings probe = plan->nets[PLAN_NETS_IN_FOLDS];
    probe.net_n = 2;
    probe.mirror = false; /* behind one epoch the images would take most of the time, behind all of them little */
    probe.epoch_share = 1.0 / (double)probe.trainer.epoch_n;
    const struct step step = {&crossfit_kind, &probe};
    struct pipeline *pipeline = NULL;
    struct err ignored = ERR_INIT;
    double begin = cpu_seconds();
    if (!pipeline_fit(&step, 1, train, 1, &pipeline, NULL, &ignored))
        return;
    pipeline_free(pipeline);
    double one = (cpu_seconds() - begin) / (double)crossfit_step_n(&probe, train->table->row_n);
    log_note("about %.0f s on one core, from %.0f ms a step of %zu cases", one * (double)cost->step_n, 1000 * one, probe.trainer.batch_n);
}

void cost_tell(const struct plan *plan, const struct rows *train, struct cost *cost)
{
    const struct validation_cost *fits = &cost->pipelines, *nets = &cost->networks;
    *cost = (struct cost){.pipelines = validation_cost(plan->effort, plan->procedure.block_n * plan->procedure.learner_n)};
    log_note("validation `%s`: %zu pipeline fits (%zu to rank, %zu nested, %zu with permuted labels, %zu bootstrap)", plan->effort->name, fits->total, fits->rank,
             fits->nested, fits->permuted, fits->bootstrap);
    time_pipelines(plan, train, cost);
    if (!has_networks(plan))
        return;
    count_networks(plan, train->table->row_n, cost);
    log_note("networks: at most %zu trainings of %s (%zu to rank, %zu nested, %zu with permuted labels, %zu bootstrap)", nets->total,
             plan->nets[PLAN_NETS_LAST].net, nets->rank, nets->nested, nets->permuted, nets->bootstrap);
    time_networks(plan, train, cost);
}

bool cost_keep_networks(struct plan *plan, const struct cost *cost, const char *work, struct err *err)
{
    struct crossfit_settings *nets = plan->nets;
    struct net *net;
    if (!has_networks(plan))
        return true;
    if (!net_make(nets->net, &(struct net_options){.shortcut = nets->shortcut}, 0, &net, err))
        return false;
    double bytes = (double)net->value_n * sizeof(float) * 4; /* values, two moments, an average */
    net_free(net);
    bool all = bytes * (double)cost->networks.total <= KEEP_BYTES_MAX;
    if (!all)
        log_note("of %zu trained networks the last fit's alone are kept for --resume: all would take %.1f GB", cost->networks.total, bytes * (double)cost->networks.total / 1e9);
    for (size_t k = 0; k < PLAN_NETS_N; k++)
        nets[k].checkpoints = all || k == PLAN_NETS_LAST ? work : NULL;
    return true;
}
