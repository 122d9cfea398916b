/* metrics.json; see metrics.h. */
#include "study/metrics.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/json.h"
#include "stats/roc.h"
#include "study/compare.h"
#include "study/measure.h"
#include "study/metrics_deep.h"
#include "study/table1.h"

static const double LEVEL = 0.95;
static const char NOTICE[] = "Research use only; not a medical device.";

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

static void put_count(struct json_writer *json, const char *key, size_t value)
{
    json_key(json, key);
    json_put_count(json, value);
}

static void put_bool(struct json_writer *json, const char *key, bool value)
{
    json_key(json, key);
    json_put_bool(json, value);
}

static void open_object(struct json_writer *json, const char *key, enum json_layout layout)
{
    json_key(json, key);
    json_begin_object(json, layout);
}

static void open_array(struct json_writer *json, const char *key, enum json_layout layout)
{
    json_key(json, key);
    json_begin_array(json, layout);
}

static bool in_role(const struct cohort *cohort, size_t row, size_t role)
{
    return cohort->role_of[row] != NULL && strcmp(cohort->role_of[row], cohort->role[role].name) == 0;
}

static const char *kind_text(enum role_kind kind)
{
    return kind == ROLE_TRAIN ? "train" : kind == ROLE_TEST ? "test" : "survival";
}

/* ---- what was studied ---- */

static void put_study(struct json_writer *json, const struct run_results *r)
{
    static const char *const texts[] = {"name", "title", "description", "organ", "validation"};
    open_object(json, "study", JSON_TALL);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        put_text(json, texts[k], settings_text(r->settings, "%s", texts[k]));
    json_key(json, "seed");
    json_put_count(json, settings_integer(r->settings, 1, "seed"));
    open_object(json, "target", JSON_WIDE);
    put_text(json, "kind", "label");
    put_text(json, "name", r->cohort->label_name);
    put_text(json, "positive", r->cohort->label_title);
    json_end(json);
    open_array(json, "phases", JSON_WIDE);
    for (size_t p = 0; p < r->cohort->phase_n; p++)
        json_put_text(json, r->cohort->phase[p].name[0] == '\0' ? "image" : r->cohort->phase[p].name);
    json_end(json);
    open_array(json, "regions", JSON_WIDE);
    json_put_text(json, "tumour");
    json_end(json);
    open_array(json, "blocks", JSON_TALL);
    for (size_t b = 0; b < r->predictors->block_n; b++) {
        json_begin_object(json, JSON_WIDE);
        put_text(json, "name", r->predictors->block[b].name);
        put_text(json, "title", r->predictors->block[b].title);
        put_count(json, "columns", r->predictors->block[b].n);
        json_end(json);
    }
    json_end(json);
    put_text(json, "settings_sha256", r->settings_sha256);
    json_end(json);
}

static void put_columns(struct json_writer *json, const struct run_results *r, const struct parts *parts)
{
    open_array(json, "columns", JSON_TALL);
    for (size_t k = 0; k < parts->n; k++) {
        double mean = NAN, sd = NAN;
        for (size_t i = 0; i < r->model->input_n; i++)
            if (model_part_is_of(&r->model->input[i], parts->name[k])) {
                mean = r->model->input[i].mean;
                sd = r->model->input[i].sd;
            }
        json_begin_object(json, JSON_WIDE);
        put_text(json, "name", parts->name[k]);
        put_number(json, "coefficient", parts->linear ? parts->weight[k] : NAN);
        put_number(json, "importance", fabs(parts->weight[k]));
        put_number(json, "mean", mean);
        put_number(json, "sd", sd);
        json_end(json);
    }
    json_end(json);
    put_number(json, "intercept", parts->linear ? parts->constant : NAN);
}

static bool put_model(struct json_writer *json, const struct run_results *r, struct err *err)
{
    const struct pipeline *pipeline = r->model->pipeline;
    const struct threshold *threshold = &r->fit->result.threshold;
    struct parts parts = {0};
    if (!pipeline_parts(pipeline, &parts, err))
        return false;
    open_object(json, "model", JSON_TALL);
    put_text(json, "sha256", r->model_sha256);
    put_text(json, "block", r->model->block);
    put_text(json, "learner", r->model->learner);
    put_text(json, "score_name", r->model->score_name);
    open_array(json, "steps", JSON_TALL);
    for (size_t k = 0; k < pipeline_step_n(pipeline); k++) {
        struct text line = TEXT_INIT;
        pipeline_describe_step(pipeline, k, &line);
        json_put_text(json, line.bytes);
        text_free(&line);
    }
    json_end(json);
    open_object(json, "calibration", JSON_WIDE);
    put_text(json, "method", settings_text(r->settings, "calibration"));
    json_end(json);
    open_object(json, "threshold", JSON_WIDE);
    put_number(json, "value", threshold->value);
    put_text(json, "rule", settings_text(r->settings, "threshold.rule"));
    put_number(json, "sensitivity", threshold->sensitivity);
    put_number(json, "specificity", threshold->specificity);
    put_number(json, "high_share", threshold->high_share);
    put_bool(json, "bound_by_minimum_share", threshold->share_bound);
    put_bool(json, "constant_score", threshold->constant);
    json_end(json);
    put_columns(json, r, &parts);
    json_end(json);
    parts_free(&parts);
    return true;
}

/* ---- patients ---- */

static void put_excluded(struct json_writer *json, const struct cohort *cohort, size_t role)
{
    open_array(json, "excluded", JSON_TALL);
    for (size_t row = 0; row < cohort->n; row++) {
        const char *why = cohort->why_not[row];
        if (why == NULL || !in_role(cohort, row, role))
            continue;
        size_t same = 0;
        bool first = true;
        for (size_t other = 0; other < cohort->n; other++)
            if (in_role(cohort, other, role) && cohort->why_not[other] != NULL && strcmp(cohort->why_not[other], why) == 0) {
                first &= other >= row;
                same++;
            }
        if (!first)
            continue;
        json_begin_object(json, JSON_WIDE);
        put_text(json, "reason", why);
        put_count(json, "n", same);
        json_end(json);
    }
    json_end(json);
}

static void put_flow_role(struct json_writer *json, const struct run_results *r, size_t role)
{
    const struct cohort *cohort = r->cohort;
    size_t cases = 0, used = 0, known = 0, positive = 0;
    for (size_t row = 0; row < cohort->n; row++) {
        if (!in_role(cohort, row, role))
            continue;
        cases++;
        if (cohort->why_not[row] != NULL)
            continue;
        used++;
        known += !isnan(r->outcomes->label[row]);
        positive += r->outcomes->label[row] == 1;
    }
    json_begin_object(json, JSON_TALL);
    put_text(json, "role", cohort->role[role].name);
    put_text(json, "kind", kind_text(cohort->role[role].kind));
    put_count(json, "cases", cases);
    put_count(json, "used", used);
    put_count(json, "label_known", known);
    put_count(json, "positive", positive);
    put_excluded(json, cohort, role);
    json_end(json);
}

static void put_flow(struct json_writer *json, const struct run_results *r)
{
    const struct cohort *cohort = r->cohort;
    open_object(json, "flow", JSON_TALL);
    put_count(json, "cases", cohort->n);
    open_array(json, "roles", JSON_TALL);
    for (size_t role = 0; role < cohort->role_n; role++)
        put_flow_role(json, r, role);
    json_end(json);
    open_array(json, "failed", JSON_TALL);
    for (size_t row = 0; row < cohort->n; row++) {
        if (cohort->why_not[row] == NULL)
            continue;
        json_begin_object(json, JSON_WIDE);
        put_text(json, "id", cohort->table.id[row]);
        put_text(json, "role", cohort->role_of[row]);
        put_text(json, "reason", cohort->why_not[row]);
        json_end(json);
    }
    json_end(json);
    open_array(json, "split", JSON_TALL);
    for (size_t k = 0; k < cohort->split_n; k++) {
        json_begin_object(json, JSON_WIDE);
        put_text(json, "text", cohort->split_note[k]);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

/* ---- how good the procedure is, by train alone ---- */

static void put_ranking(struct json_writer *json, const struct run_results *r)
{
    const struct crossval *ranking = &r->fit->result.ranking;
    open_object(json, "ranking", JSON_TALL);
    put_count(json, "folds", ranking->fold_n);
    put_count(json, "repeats", ranking->repeat_n);
    open_array(json, "rows", JSON_TALL);
    for (size_t c = 0; c < ranking->candidate_n; c++) {
        const struct block *block = &r->plan->block[c / ranking->learner_n];
        json_begin_object(json, JSON_WIDE);
        put_text(json, "block", block->name);
        put_text(json, "learner", r->plan->learner[c % ranking->learner_n].name);
        put_number(json, "auc_mean", ranking->auc_mean[c]);
        put_number(json, "auc_sd", ranking->auc_sd[c]);
        json_key(json, "auc_folds");
        json_put_numbers(json, ranking->auc + c * ranking->repeat_n * ranking->fold_n, ranking->repeat_n * ranking->fold_n);
        put_number(json, "pooled_auc", ranking->auc_pooled[c]);
        put_bool(json, "winner", c == r->fit->result.winner);
        put_bool(json, "eligible", block->may_win);
        put_text(json, "failed", ranking->failed[c]);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void put_nested(struct json_writer *json, const struct run_results *r)
{
    const struct nested *nested = &r->fit->nested;
    json_key(json, "nested");
    if (!r->fit->has_nested) {
        json_put_null(json);
        return;
    }
    size_t n = nested->repeat_n * nested->fold_n, learner_n = r->plan->procedure.learner_n;
    json_begin_object(json, JSON_TALL);
    put_count(json, "outer_folds", nested->fold_n);
    put_count(json, "repeats", nested->repeat_n);
    put_number(json, "auc_mean", nested->auc_mean);
    put_number(json, "auc_sd", nested->auc_sd);
    put_number(json, "auc_pooled", nested->auc_pooled);
    json_key(json, "auc_folds");
    json_put_numbers(json, nested->auc, n);
    open_array(json, "winners", JSON_WIDE);
    for (size_t k = 0; k < n; k++) {
        char name[400];
        snprintf(name, sizeof name, "%s/%s", r->plan->block[nested->winner[k] / learner_n].name, r->plan->learner[nested->winner[k] % learner_n].name);
        json_put_text(json, name);
    }
    json_end(json);
    json_end(json);
}

static void put_optimism(struct json_writer *json, const struct run_results *r)
{
    const struct optimism *optimism = &r->fit->optimism;
    json_key(json, "optimism");
    if (!r->fit->has_optimism) {
        json_put_null(json);
        return;
    }
    json_begin_object(json, JSON_WIDE);
    put_text(json, "method", ".632+");
    put_count(json, "samples", optimism->used_n);
    put_number(json, "apparent", optimism->apparent);
    put_number(json, "corrected", optimism->auc_632plus);
    put_number(json, "no_information", 0.5);
    put_number(json, "out_of_bag", optimism->oob_mean);
    put_number(json, "harrell_corrected", optimism->corrected);
    json_end(json);
}

static void put_permuted(struct json_writer *json, const struct run_results *r)
{
    const struct permuted *permuted = &r->fit->permuted;
    json_key(json, "permuted");
    if (!r->fit->has_permuted) {
        json_put_null(json);
        return;
    }
    /* P by Phipson and Smyth (Stat Appl Genet Mol Biol 9, 2010): the run itself counts, so it is never 0. */
    double real = r->fit->has_nested ? r->fit->nested.auc_mean : NAN;
    size_t as_good = 0;
    for (size_t k = 0; k < permuted->run_n; k++)
        as_good += permuted->auc[k] >= real;
    json_begin_object(json, JSON_WIDE);
    json_key(json, "runs");
    json_put_numbers(json, permuted->auc, permuted->run_n);
    put_number(json, "mean", permuted->auc_mean);
    put_number(json, "sd", permuted->auc_sd);
    put_number(json, "se", permuted->auc_se);
    put_number(json, "p", isnan(real) ? NAN : (double)(as_good + 1) / (double)(permuted->run_n + 1));
    json_end(json);
}

/* ---- every candidate on every role ---- */

struct role_rows {
    size_t n;
    double *score, *winner, *label; /* closed up: rows of the role that are used and have a label */
};

static void close_role(const struct run_results *r, size_t role, const double *score, struct role_rows *rows)
{
    rows->n = 0;
    for (size_t row = 0; row < r->cohort->n; row++)
        if (in_role(r->cohort, row, role) && r->cohort->why_not[row] == NULL && !isnan(r->outcomes->label[row])) {
            rows->score[rows->n] = score[row];
            rows->winner[rows->n] = r->fit->probability[row];
            rows->label[rows->n++] = r->outcomes->label[row];
        }
}

static bool put_side(struct json_writer *json, const struct run_results *r, size_t candidate, size_t role, struct role_rows *rows, struct err *err)
{
    struct roc_auc auc;
    struct roc_comparison test = {.p = NAN};
    size_t learner_n = r->plan->procedure.learner_n;
    close_role(r, role, r->fit->score[candidate], rows);
    if (rows->n == 0)
        return true;
    bool is_winner = candidate == r->fit->result.winner;
    if (!roc_auc(rows->score, rows->label, rows->n, ROC_HIGHER, LEVEL, &auc, err) ||
        (!is_winner && !roc_compare_paired(rows->winner, rows->score, rows->label, rows->n, LEVEL, &test, err)))
        return false;
    json_begin_object(json, JSON_WIDE);
    put_text(json, "block", r->plan->block[candidate / learner_n].name);
    put_text(json, "learner", r->plan->learner[candidate % learner_n].name);
    put_text(json, "role", r->cohort->role[role].name);
    put_bool(json, "apparent", r->cohort->role[role].kind == ROLE_TRAIN);
    json_put_estimate(json, "auc", auc.auc, auc.cut_low, auc.cut_high);
    put_number(json, "delong_p", is_winner ? NAN : test.p);
    put_text(json, "status", stats_status_text(auc.status));
    put_bool(json, "winner", is_winner);
    json_end(json);
    return true;
}

static bool put_side_by_side(struct json_writer *json, const struct run_results *r, struct err *err)
{
    struct role_rows rows = {0, mem_alloc(r->cohort->n, sizeof(double), err), mem_alloc(r->cohort->n, sizeof(double), err),
                             mem_alloc(r->cohort->n, sizeof(double), err)};
    bool done = rows.score != NULL && rows.winner != NULL && rows.label != NULL;
    open_array(json, "side_by_side", JSON_TALL);
    for (size_t c = 0; done && c < r->fit->candidate_n; c++)
        for (size_t role = 0; done && role < r->cohort->role_n; role++)
            done = r->fit->score[c] == NULL || r->cohort->role[role].kind == ROLE_SURVIVAL || put_side(json, r, c, role, &rows, err);
    json_end(json);
    mem_free(rows.score);
    mem_free(rows.winner);
    mem_free(rows.label);
    return done;
}

/* ---- the locked score, role by role ---- */

static bool put_role(struct json_writer *json, const struct run_results *r, size_t role, double *block, const double **time, const double **event, struct err *err)
{
    const struct cohort *cohort = r->cohort;
    size_t case_n = cohort->n, n = 0;
    double *score = block, *label = block + case_n, *ends = block + 2 * case_n;
    bool apparent = false;
    for (size_t row = 0; row < case_n; row++) {
        if (!in_role(cohort, row, role) || cohort->why_not[row] != NULL)
            continue;
        score[n] = r->fit->probability[row];
        label[n] = r->outcomes->label[row];
        apparent |= r->fit->apparent[row];
        for (size_t e = 0; e < cohort->endpoint_n; e++) {
            ends[2 * e * case_n + n] = r->outcomes->time[e][row];
            ends[(2 * e + 1) * case_n + n] = r->outcomes->event[e][row];
        }
        n++;
    }
    for (size_t e = 0; e < cohort->endpoint_n; e++) {
        time[e] = ends + 2 * e * case_n;
        event[e] = ends + (2 * e + 1) * case_n;
    }
    struct scored scored = {&cohort->role[role], n, score, label, time, event, cohort->endpoint, cohort->endpoint_n, r->model->threshold, apparent};
    const struct crossval *ranking = &r->fit->result.ranking;
    size_t winner = r->fit->result.winner;
    struct out_of_fold out_of_fold = {ranking->auc_mean[winner], ranking->auc_sd[winner], ranking->auc_pooled[winner]};
    return n == 0 || measure_role(json, &scored, cohort->role[role].kind == ROLE_TRAIN ? &out_of_fold : NULL, err);
}

static bool put_roles(struct json_writer *json, const struct run_results *r, struct err *err)
{
    size_t endpoint_n = r->cohort->endpoint_n;
    double *block = mem_alloc((2 + 2 * endpoint_n) * r->cohort->n, sizeof *block, err);
    const double **time = mem_alloc(endpoint_n, sizeof *time, err), **event = mem_alloc(endpoint_n, sizeof *event, err);
    bool done = block != NULL && time != NULL && event != NULL;
    open_array(json, "roles", JSON_TALL);
    for (size_t role = 0; done && role < r->cohort->role_n; role++)
        done = put_role(json, r, role, block, time, event, err);
    json_end(json);
    mem_free(block);
    mem_free(time);
    mem_free(event);
    return done;
}

/* ---- the end ---- */

static void put_seals(struct json_writer *json, const struct run_results *r)
{
    size_t n;
    const struct seal_entry *log = seal_log(r->cohort->seal, &n);
    open_array(json, "seals", JSON_TALL);
    for (size_t k = 0; k < n; k++) {
        json_begin_object(json, JSON_WIDE);
        put_count(json, "order", k + 1);
        put_text(json, "what", log[k].what);
        put_text(json, "role", log[k].role);
        put_text(json, "text", log[k].detail);
        json_end(json);
    }
    json_end(json);
}

static void put_warnings(struct json_writer *json, const struct run_results *r)
{
    open_array(json, "warnings", JSON_TALL);
    for (size_t k = 0; k < r->predictors->warning_n; k++)
        json_put_text(json, r->predictors->warning[k]);
    for (size_t k = 0; k < r->fit->warning_n; k++)
        json_put_text(json, r->fit->warning[k]);
    json_end(json);
}

bool metrics_write(const struct run_results *r, struct text *out, struct err *err)
{
    struct json_writer writer = json_writer(out), *json = &writer;
    json_begin_object(json, JSON_TALL);
    put_text(json, "hepar", HEPAR_VERSION);
    put_text(json, "notice", NOTICE);
    put_bool(json, "allow_leakage", r->allow_leakage);
    put_study(json, r);
    if (!put_model(json, r, err))
        return false;
    put_flow(json, r);
    if (!table1_put(json, r->cohort, r->predictors, r->outcomes->label, err))
        return false;
    put_ranking(json, r);
    put_nested(json, r);
    put_optimism(json, r);
    put_permuted(json, r);
    if (!put_side_by_side(json, r, err) || !compare_blocks(json, r, err) || !compare_endpoints(json, r, err) || !metrics_put_deep(json, r, err) || !put_roles(json, r, err))
        return false;
    put_seals(json, r);
    open_object(json, "cost", JSON_WIDE);
    put_count(json, "fits", r->fit->cost.pipelines.total);
    put_count(json, "networks", r->fit->cost.networks.total);
    json_end(json);
    put_warnings(json, r);
    open_object(json, "reporting", JSON_TALL);
    settings_put_reporting(r->settings, json);
    json_end(json);
    json_end(json);
    text_add_char(out, '\n');
    return text_ok(out, err);
}
