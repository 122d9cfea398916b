/* Block against block; see compare.h. */
#include "study/compare.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "stats/concordance.h"
#include "stats/roc.h"
#include "study/measure.h"

static const double LEVEL = 0.95;

size_t compare_best(const struct fit *fit, size_t block)
{
    const struct crossval *ranking = &fit->result.ranking;
    size_t best = SIZE_MAX;
    for (size_t l = 0; l < ranking->learner_n; l++) {
        size_t c = block * ranking->learner_n + l;
        if (fit->score[c] == NULL || ranking->failed[c] != NULL)
            continue;
        if (best == SIZE_MAX || ranking->auc_mean[c] > ranking->auc_mean[best] + 1e-12)
            best = c;
    }
    return best;
}

/* The role's cases with a label, closed up. */
struct labelled {
    size_t n, *row;
    double *label, *score[2];
};

static void close_role(const struct run_results *r, size_t role, struct labelled *out)
{
    out->n = 0;
    for (size_t row = 0; row < r->cohort->n; row++)
        if (r->cohort->role_of[row] != NULL && strcmp(r->cohort->role_of[row], r->cohort->role[role].name) == 0 && r->cohort->why_not[row] == NULL &&
            !isnan(r->outcomes->label[row])) {
            out->label[out->n] = r->outcomes->label[row];
            out->row[out->n++] = row;
        }
}

static void put_text(struct json_writer *json, const char *key, const char *value)
{
    json_key(json, key);
    json_put_text(json, value);
}

static void put_number(struct json_writer *json, const char *key, double value)
{
    json_key(json, key);
    json_put_number(json, value);
}

static bool put_pair(struct json_writer *json, const struct run_results *r, size_t role, const size_t candidate[2], struct labelled *rows, struct err *err)
{
    size_t learner_n = r->plan->procedure.learner_n;
    struct roc_comparison test;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < rows->n; i++)
            rows->score[k][i] = r->fit->score[candidate[k]][rows->row[i]];
    if (!roc_compare_paired(rows->score[0], rows->score[1], rows->label, rows->n, LEVEL, &test, err))
        return false;
    json_begin_object(json, JSON_WIDE);
    put_text(json, "role", r->cohort->role[role].name);
    json_key(json, "apparent");
    json_put_bool(json, r->cohort->role[role].kind == ROLE_TRAIN);
    put_text(json, "first", r->plan->block[candidate[0] / learner_n].name);
    put_text(json, "first_learner", r->plan->learner[candidate[0] % learner_n].name);
    put_text(json, "second", r->plan->block[candidate[1] / learner_n].name);
    put_text(json, "second_learner", r->plan->learner[candidate[1] % learner_n].name);
    put_number(json, "first_auc", test.auc1);
    put_number(json, "second_auc", test.auc2);
    json_put_estimate(json, "difference", test.diff, test.diff_low, test.diff_high);
    put_number(json, "delong_p", test.p);
    put_text(json, "status", stats_status_text(test.status));
    json_end(json);
    return true;
}

bool compare_blocks(struct json_writer *json, const struct run_results *r, struct err *err)
{
    size_t block_n = r->plan->procedure.block_n, case_n = r->cohort->n;
    double *values = mem_alloc(3 * case_n, sizeof *values, err);
    struct labelled rows = {0, mem_alloc(case_n, sizeof *rows.row, err), values, {values == NULL ? NULL : values + case_n, values == NULL ? NULL : values + 2 * case_n}};
    bool done = values != NULL && rows.row != NULL;
    json_key(json, "blocks");
    json_begin_array(json, JSON_TALL);
    for (size_t role = 0; done && role < r->cohort->role_n; role++) {
        if (r->cohort->role[role].kind == ROLE_SURVIVAL)
            continue;
        close_role(r, role, &rows);
        for (size_t a = 0; done && rows.n > 0 && a < block_n; a++)
            for (size_t b = a + 1; done && b < block_n; b++) {
                const size_t pair[2] = {compare_best(r->fit, a), compare_best(r->fit, b)};
                done = pair[0] == SIZE_MAX || pair[1] == SIZE_MAX || put_pair(json, r, role, pair, &rows, err);
            }
    }
    json_end(json);
    mem_free(values);
    mem_free(rows.row);
    return done || err_add(err, "blocks");
}

/* Cases of a role with a known time and event, closed up. */
static size_t close_endpoint(const struct run_results *r, size_t role, size_t endpoint, const double *score, double *time, double *event, double *marker)
{
    size_t n = 0;
    for (size_t row = 0; row < r->cohort->n; row++)
        if (r->cohort->role_of[row] != NULL && strcmp(r->cohort->role_of[row], r->cohort->role[role].name) == 0 && r->cohort->why_not[row] == NULL &&
            !isnan(score[row]) && !isnan(r->outcomes->time[endpoint][row]) && !isnan(r->outcomes->event[endpoint][row])) {
            time[n] = r->outcomes->time[endpoint][row];
            event[n] = r->outcomes->event[endpoint][row];
            marker[n++] = score[row];
        }
    return n;
}

static bool put_endpoint(struct json_writer *json, const struct run_results *r, size_t role, size_t endpoint, size_t candidate, double *room, struct err *err)
{
    size_t case_n = r->cohort->n, learner_n = r->plan->procedure.learner_n;
    double *time = room, *event = room + case_n, *marker = room + 2 * case_n, events = 0, z = normal_quantile(0.5 + LEVEL / 2);
    size_t n = close_endpoint(r, role, endpoint, r->fit->score[candidate], time, event, marker);
    struct concordance_data data = {.n = n, .stop = time, .status = event, .marker = marker};
    struct concordance c;
    if (n == 0)
        return true;
    if (!concordance(&data, &c, err))
        return false;
    for (size_t k = 0; k < n; k++)
        events += event[k];
    json_begin_object(json, JSON_WIDE);
    put_text(json, "role", r->cohort->role[role].name);
    json_key(json, "apparent");
    json_put_bool(json, r->cohort->role[role].kind == ROLE_TRAIN);
    put_text(json, "endpoint", r->cohort->endpoint[endpoint].name);
    put_text(json, "block", r->plan->block[candidate / learner_n].name);
    put_text(json, "learner", r->plan->learner[candidate % learner_n].name);
    json_key(json, "n");
    json_put_count(json, n);
    put_number(json, "events", events);
    json_put_estimate(json, "c_index", c.c, c.c - z * c.se, c.c + z * c.se);
    put_text(json, "status", stats_status_text(c.status));
    json_end(json);
    return true;
}

bool compare_endpoints(struct json_writer *json, const struct run_results *r, struct err *err)
{
    double *room = mem_alloc(3 * r->cohort->n, sizeof *room, err);
    bool done = room != NULL;
    json_key(json, "blocks_by_endpoint");
    json_begin_array(json, JSON_TALL);
    for (size_t role = 0; done && role < r->cohort->role_n; role++)
        for (size_t endpoint = 0; done && endpoint < r->cohort->endpoint_n; endpoint++)
            for (size_t block = 0; done && block < r->plan->procedure.block_n; block++) {
                size_t best = compare_best(r->fit, block);
                done = best == SIZE_MAX || put_endpoint(json, r, role, endpoint, best, room, err);
            }
    json_end(json);
    mem_free(room);
    return done || err_add(err, "blocks by endpoint");
}
