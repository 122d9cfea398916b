/* What a training is; see identity.h. */
#include "nn/identity.h"

#include "base/hash.h"

static void add(struct text *out, const char *name, double value)
{
    text_add(out, "%s=", name);
    text_add_double(out, value);
    text_add_char(out, ';');
}

static void hash_values(struct sha256 *sha, const double *values, const size_t *row, size_t n)
{
    for (size_t i = 0; values != NULL && i < n; i++)
        sha256_add(sha, &values[row[i]], sizeof *values);
}

static void hash_cases(struct sha256 *sha, const struct training *training, const size_t *row, size_t n)
{
    sha256_add(sha, &n, sizeof n);
    for (size_t i = 0; i < n; i++) {
        size_t name[2] = {source_key(training->source, row[i]), source_input_n(training->source, row[i])};
        sha256_add(sha, name, sizeof name);
    }
    if (training->objective != NULL)
        return;
    hash_values(sha, training->outcome->label, row, n);
    hash_values(sha, training->outcome->time, row, n);
    hash_values(sha, training->outcome->event, row, n);
}

bool identity_make(struct text *out, const struct net *net, const struct trainer_settings *settings, const struct training *training,
                   const struct holdout *holdout, struct err *err)
{
    const struct optimiser_settings *optimiser = &settings->optimiser;
    const struct sample_shape *shape = &training->source->shape;
    char hex[65];
    struct sha256 *sha = sha256_start();
    if (sha == NULL)
        return err_set(err, ERR_SYSTEM, "out of memory");
    hash_cases(sha, training, holdout->train, holdout->train_n);
    hash_cases(sha, training, holdout->held, holdout->held_n);
    sha256_add(sha, net->value, net->value_n * sizeof *net->value);
    sha256_end(sha, hex);
    text_add(out, "net=%s;values=%zu;input=%zux%zux%zux%zu;backend=%s;seed=%llu;optimiser=%s;loss=%s;cases=%s;", net->name, net->value_n, shape->z, shape->y, shape->x,
             shape->c, training->backend->name, (unsigned long long)training->seed, optimiser_names[optimiser->kind],
             training->objective != NULL ? training->objective->name : loss_names[settings->loss.kind], hex);
    add(out, "epochs", (double)settings->epoch_n);
    add(out, "batch", (double)settings->batch_n);
    add(out, "wd", optimiser->weight_decay);
    add(out, "beta1", optimiser->beta1);
    add(out, "beta2", optimiser->beta2);
    add(out, "eps", optimiser->eps);
    add(out, "momentum", optimiser->momentum);
    add(out, "nesterov", optimiser->nesterov);
    add(out, "decay_all", optimiser->decay_all);
    add(out, "schedule", settings->schedule.kind);
    add(out, "lr", settings->schedule.lr);
    add(out, "warmup", settings->schedule.warmup);
    add(out, "by_epoch", settings->schedule.by_epoch);
    add(out, "gamma", settings->loss.focal_gamma);
    add(out, "alpha", settings->loss.focal_alpha);
    add(out, "ema", settings->ema_decay);
    add(out, "keep_best", settings->keep_best);
    add(out, "patience", (double)settings->patience);
    add(out, "augment", settings->augment);
    add(out, "drop_rest", settings->drop_rest);
    add(out, "fixed_norm", settings->fixed_norm);
    add(out, "norm_momentum", settings->norm_momentum);
    return text_ok(out, err);
}
