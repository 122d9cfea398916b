/* Time of pipeline fits as a study makes them: 182 rows, 220 columns, four blocks x all learners.
 * usage: ml_fit [THREADS]  ranks by 1 x 5 folds, and prints the time a fit and, from it, of each validation level. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/pool.h"
#include "base/rng.h"
#include "ml/procedure.h"
#include "ml/steps.h"

static double now(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { N = 182, P = 220, CLINICAL = 6 };

int main(int argc, char **argv)
{
    static char name[P][8];
    static const char *column[P];
    static double label[N];
    struct err err = ERR_INIT;
    struct table table;
    if (!pool_start(argc > 1 ? strtoul(argv[1], NULL, 10) : 1, &err) || !table_init(&table, N, NULL, NULL, &err))
        return 1;
    struct rng coin = rng_make(1, "bench.label", 0, 0);
    for (size_t i = 0; i < N; i++)
        label[i] = rng_uniform(&coin) < 0.35;
    for (size_t j = 0; j < P; j++) {
        struct rng rng = rng_make(1, "bench.column", j, 0);
        snprintf(name[j], sizeof name[j], "f%zu", j);
        column[j] = name[j];
        struct column *to = table_add(&table, name[j], COLUMN_NUMBER, &err);
        if (to == NULL)
            return 1;
        for (size_t i = 0; i < N; i++) /* a third follows the label a little, neighbours follow each other */
            to->number[i] = rng_normal(&rng) + (j % 3 == 0 ? 0.5 * label[i] : 0.0) + (j % 4 > 0 ? table.column[j - 1].number[i] : 0.0);
    }
    struct learner_choice learner[8];
    for (size_t l = 0; l < ml_learner_n; l++)
        learner[l] = (struct learner_choice){ml_learners[l].name, ml_learners[l].step};
    static const size_t member[] = {0, 1};
    struct block block[] = {
        {"clinical", column, CLINICAL, ml_default_prefix, ml_default_prefix_n, NULL, 0, FUSION_MEAN, true},
        {"radiomics", column + CLINICAL, P - CLINICAL, ml_default_prefix, ml_default_prefix_n, NULL, 0, FUSION_MEAN, true},
        {"early", column, P, ml_default_prefix, ml_default_prefix_n, NULL, 0, FUSION_MEAN, true},
        {"late", NULL, 0, NULL, 0, member, 2, FUSION_STACKED, true},
    };
    struct outcome outcome = {label, NULL, NULL};
    struct rows rows = {&table, &outcome, 0, NULL};
    for (size_t l = 0; l <= ml_learner_n; l++) {
        bool all = l == ml_learner_n;
        struct crossval_plan plan = {block, 4, all ? learner : learner + l, all ? ml_learner_n : 1, 1, 5, NULL};
        struct crossval crossval;
        double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
        if (!crossval_run(&plan, &rows, 1, &crossval, &err)) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        wall = now(CLOCK_MONOTONIC) - wall;
        cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        double fits = 5.0 * (double)crossval.candidate_n;
        printf("%-12s %6.1f ms CPU, %6.1f ms wall a fit\n", all ? "all" : learner[l].name, 1e3 * cpu / fits, 1e3 * wall / fits);
        for (size_t v = 0; all && v < 3; v++) {
            size_t total = validation_cost(&validation_efforts[v], crossval.candidate_n).total;
            printf("%-12s %zu fits, about %.0f s\n", validation_efforts[v].name, total, (double)total * wall / fits);
        }
        crossval_free(&crossval);
    }
    table_free(&table);
    pool_stop();
    return 0;
}
