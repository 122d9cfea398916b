/* Networks in metrics.json; see metrics_deep.h. */
#include "study/metrics_deep.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/crossfit.h"
#include "nn/mirror.h"
#include "num/rank.h"
#include "num/sum.h"
#include "stats/roc.h"
#include "study/measure.h"
#include "study/metrics_maps.h"

static const double LEVEL = 0.95;

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

static void put_numbers(struct json_writer *json, const char *key, const double *value, size_t n)
{
    json_key(json, key);
    json_put_numbers(json, value, n);
}

/* ---- input ---- */

static void put_input(struct json_writer *json, const struct deep *deep)
{
    const struct crop_settings *crop = &deep->crop;
    json_key(json, "input");
    json_begin_object(json, JSON_WIDE);
    put_text(json, "view", crop_view_name(crop->view));
    put_numbers(json, "size", (const double[]){(double)crop->size[0], (double)crop->size[1], (double)crop->size[2]}, crop->view == CROP_3D || crop->view == CROP_25D ? 3 : 2);
    put_numbers(json, "spacing_mm", crop->spacing, crop->view == CROP_3D || crop->view == CROP_25D ? 3 : 2);
    put_number(json, "fit", crop->fit > 0 ? crop->fit : NAN);
    put_text(json, "values", deep->fit.sample.values == SAMPLE_CENTRED ? "centred" : "window");
    put_numbers(json, "window_low", crop->low, crop->phase_n);
    put_numbers(json, "window_high", crop->high, crop->phase_n);
    put_bool(json, "mask", deep->fit.sample.mask_channel);
    put_number(json, "blank_mm", crop->blank_mm >= 0 ? crop->blank_mm : NAN);
    json_end(json);
}

static void put_training(struct json_writer *json, const char *key, const struct deep *deep, const struct crossfit_settings *nets)
{
    const struct sample_shape shape = sample_shape_of_settings(&deep->crop, &nets->sample);
    json_key(json, key);
    json_begin_object(json, JSON_WIDE);
    put_count(json, "networks", nets->net_n);
    put_number(json, "epochs", ceil(nets->epoch_share * (double)nets->trainer.epoch_n));
    put_number(json, "pretraining_epochs", ceil(nets->epoch_share * (double)nets->pretrain_n));
    put_count(json, "images", mirror_n(crossfit_mirrors(nets, &shape)));
    json_end(json);
}

/* ---- learning curves ---- */

static bool put_curve(struct json_writer *json, const struct crossfit_net *net, struct err *err)
{
    static const struct {
        const char *key;
        size_t offset;
    } part[] = {
        {"learning_rate", offsetof(struct epoch, lr)},
        {"loss", offsetof(struct epoch, loss)},
        {"held_loss", offsetof(struct epoch, held_loss)},
        {"held_auc", offsetof(struct epoch, held_auc)},
    };
    const struct history *history = &net->history;
    double *values = mem_alloc(history->n, sizeof *values, err);
    if (values == NULL)
        return false;
    json_begin_object(json, JSON_TALL);
    put_count(json, "trained_on", net->train_n);
    put_count(json, "not_seen", net->held_n);
    put_number(json, "auc_not_seen", net->auc);
    put_count(json, "kept_epoch", history->n == 0 ? 0 : history->best + 1);
    for (size_t p = 0; p < sizeof part / sizeof *part; p++) {
        for (size_t e = 0; e < history->n; e++)
            values[e] = *(const double *)((const char *)&history->epoch[e] + part[p].offset);
        put_numbers(json, part[p].key, values, history->n);
    }
    json_end(json);
    mem_free(values);
    return true;
}

/* The error of each epoch of label-free pre-training; null where there was none. */
static bool put_pretraining(struct json_writer *json, const struct history *history, struct err *err)
{
    json_key(json, "pretraining");
    if (history->n == 0) {
        json_put_null(json);
        return true;
    }
    double *loss = mem_alloc(history->n, sizeof *loss, err);
    for (size_t e = 0; loss != NULL && e < history->n; e++)
        loss[e] = history->epoch[e].loss;
    if (loss != NULL)
        json_put_numbers(json, loss, history->n);
    mem_free(loss);
    return loss != NULL;
}

/* The networks of the last fit: the model's own, or those of the comparison. */
static const struct crossfit *find_networks(const struct run_results *r)
{
    const struct pipeline *const where[] = {r->model->pipeline, r->fit->networks};
    for (size_t w = 0; w < 2; w++)
        for (size_t k = 0; where[w] != NULL && k < pipeline_step_n(where[w]); k++)
            if (pipeline_step_kind(where[w], k) == &crossfit_kind)
                return pipeline_step_state(where[w], k);
    return NULL;
}

/* ---- the column ---- */

static bool put_distribution(struct json_writer *json, const char *role, bool apparent, bool out_of_fold, double *logit, double *label, size_t n, struct err *err)
{
    struct roc_auc auc;
    double quantile[5];
    if (n == 0)
        return true;
    json_begin_object(json, JSON_WIDE);
    put_text(json, "role", role);
    put_bool(json, "apparent", apparent);
    put_bool(json, "out_of_fold", out_of_fold);
    put_count(json, "n", n);
    put_number(json, "mean", mean_of(logit, n));
    put_number(json, "sd", n > 1 ? sqrt(variance_of(logit, n)) : NAN);
    if (!roc_auc(logit, label, n, ROC_HIGHER, LEVEL, &auc, err))
        return false;
    json_put_estimate(json, "auc", auc.auc, auc.cut_low, auc.cut_high);
    sort_doubles(logit, n);
    for (int k = 0; k < 5; k++)
        quantile[k] = quantile_sorted(logit, n, (double)k / 4);
    put_numbers(json, "quantiles", quantile, 5);
    json_end(json);
    return true;
}

static bool put_logits(struct json_writer *json, const struct run_results *r, struct err *err)
{
    const struct fit *fit = r->fit;
    size_t case_n = r->cohort->n;
    double *logit = mem_alloc(2 * case_n, sizeof *logit, err), *label = logit == NULL ? NULL : logit + case_n;
    bool done = logit != NULL;
    json_key(json, "logit");
    json_begin_array(json, JSON_TALL);
    if (done) {
        memcpy(logit, fit->logit_out_of_fold, fit->train_n * sizeof *logit);
        memcpy(label, fit->label, fit->train_n * sizeof *label);
        done = put_distribution(json, "train", false, true, logit, label, fit->train_n, err);
    }
    for (size_t role = 0; done && role < r->cohort->role_n; role++) {
        size_t n = 0;
        for (size_t row = 0; row < case_n; row++)
            if (r->cohort->role_of[row] != NULL && strcmp(r->cohort->role_of[row], r->cohort->role[role].name) == 0 && !isnan(fit->logit[row])) {
                logit[n] = fit->logit[row];
                label[n++] = r->outcomes->label[row];
            }
        done = put_distribution(json, r->cohort->role[role].name, r->cohort->role[role].kind == ROLE_TRAIN, false, logit, label, n, err);
    }
    json_end(json);
    mem_free(logit);
    return done;
}

bool metrics_put_deep(struct json_writer *json, const struct run_results *r, struct err *err)
{
    const struct crossfit *networks = find_networks(r);
    bool done = true;
    json_key(json, "deep");
    if (!deep_used(r->deep)) {
        json_put_null(json);
        return true;
    }
    json_begin_object(json, JSON_TALL);
    put_text(json, "use", settings_text(r->settings, "deep.use"));
    put_text(json, "net", r->deep->net->name);
    put_text(json, "title", r->deep->net->title);
    put_text(json, "computed_by", nn_backend_default()->name);
    put_input(json, r->deep);
    if (r->deep->crossfit) {
        put_training(json, "last_fit", r->deep, &r->plan->nets[PLAN_NETS_LAST]);
        put_training(json, "in_folds", r->deep, &r->plan->nets[PLAN_NETS_IN_FOLDS]);
        put_training(json, "permuted", r->deep, &r->plan->nets[PLAN_NETS_PERMUTED]);
    }
    put_text(json, "weights_sha256", r->deep->weights_sha256[0] == '\0' ? NULL : r->deep->weights_sha256);
    if (done)
        done = put_pretraining(json, &r->deep->pretraining, err);
    json_key(json, "curves");
    json_begin_array(json, JSON_TALL);
    for (size_t k = 0; done && networks != NULL && k < networks->net_n; k++)
        done = put_curve(json, &networks->fitted[k], err);
    json_end(json);
    if (done && r->fit->logit != NULL)
        done = put_logits(json, r, err);
    metrics_put_maps(json, r->cohort, r->maps);
    json_end(json);
    return done || err_add(err, "deep");
}
