/* Held-out cases; see holdout.h. */
#include "nn/holdout.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "stats/concordance.h"
#include "stats/roc.h"
#include "table/fold.h"

void holdout_free(struct holdout *holdout)
{
    mem_free(holdout->train);
    mem_free(holdout->held);
    *holdout = (struct holdout){0};
}

/* fold[row_n]: 0 for the held cases. */
static bool cut(const struct training *training, size_t k, size_t *fold, struct err *err)
{
    size_t n = training->row_n, made;
    bool endpoint = training->outcome->label == NULL;
    size_t *key = mem_alloc(n, sizeof *key, err), *group = mem_alloc(n, sizeof *group, err);
    double *label = mem_alloc(n, sizeof *label, err);
    struct table table = {0};
    bool done = key != NULL && group != NULL && label != NULL;
    for (size_t i = 0; done && i < n; i++) {
        size_t row = training->row[i];
        key[i] = source_key(training->source, row);
        group[i] = training->group == NULL ? key[i] : training->group[row];
        label[i] = endpoint ? training->outcome->event[row] : training->outcome->label[row] >= 1.0;
    }
    done = done && table_init(&table, n, key, NULL, err);
    const struct outcome outcome = {.label = label};
    const struct rows rows = {&table, &outcome, n, group};
    struct err reason = ERR_INIT;
    if (done && !fold_make(&rows, k, rng_seed(training->seed, "train.holdout", 0, 0), fold, &made, &reason)) {
        if (reason.kind == ERR_INPUT) {
            log_note("no cases are held out for early stopping: %s", reason.text);
            for (size_t i = 0; i < n; i++)
                fold[i] = 1;
        } else {
            *err = reason;
            done = false;
        }
    }
    table_free(&table);
    mem_free(key);
    mem_free(group);
    mem_free(label);
    return done;
}

bool holdout_make(struct holdout *holdout, double share, const struct training *training, struct err *err)
{
    size_t n = training->row_n, *fold = mem_zero(n, sizeof *fold, err);
    bool cuts = training->held_n == 0 && share > 0.0, done = fold != NULL;
    *holdout = (struct holdout){.train = mem_alloc(n, sizeof(size_t), err), .held = mem_alloc(training->held_n + n, sizeof(size_t), err)};
    done = done && holdout->train != NULL && holdout->held != NULL && (!cuts || cut(training, (size_t)(1.0 / share + 0.5), fold, err));
    for (size_t i = 0; done && i < n; i++)
        if (cuts && fold[i] == 0)
            holdout->held[holdout->held_n++] = training->row[i];
        else
            holdout->train[holdout->train_n++] = training->row[i];
    if (done && !cuts && training->held_n > 0) {
        memcpy(holdout->held, training->held, training->held_n * sizeof *holdout->held);
        holdout->held_n = training->held_n;
    }
    mem_free(fold);
    return done;
}

bool holdout_auc(const struct holdout *holdout, const struct outcome *outcome, const double *logit, double *auc, struct err *err)
{
    size_t n = holdout->held_n, *scratch = mem_alloc(n, sizeof *scratch, err);
    double *first = mem_alloc(n, sizeof *first, err), *second = mem_alloc(n, sizeof *second, err);
    bool done = scratch != NULL && first != NULL && second != NULL;
    for (size_t i = 0; done && i < n; i++) {
        size_t row = holdout->held[i];
        first[i] = outcome->label != NULL ? outcome->label[row] : outcome->time[row];
        second[i] = outcome->label != NULL ? 0.0 : outcome->event[row];
    }
    if (done && outcome->label != NULL)
        *auc = roc_auc_value(logit, first, n, scratch);
    else if (done) {
        const struct concordance_data data = {.n = n, .stop = first, .status = second, .marker = logit};
        struct concordance c;
        done = concordance(&data, &c, err);
        *auc = done && c.status == STATS_OK ? c.c : NAN;
    }
    mem_free(scratch);
    mem_free(first);
    mem_free(second);
    return done;
}
