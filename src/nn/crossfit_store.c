/* Cross-fitted networks in a store; see crossfit_store.h. */
#include "nn/crossfit_store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "nn/mirror.h"

enum { PLACE = 512, SCALE_N = 3, COUNT_N = 10, NET_MAX = 100 };

void crossfit_free(void *state)
{
    struct crossfit *crossfit = state;
    if (crossfit == NULL)
        return;
    for (size_t k = 0; k < crossfit->net_n; k++) {
        net_free(crossfit->fitted[k].net);
        history_free(&crossfit->fitted[k].history);
    }
    mem_free(crossfit->fitted);
    mem_free(crossfit->column);
    mem_free(crossfit->name);
    mem_free(crossfit->shortcut);
    mem_free(crossfit);
}

static bool place(char out[PLACE], const char *prefix, const char *key, struct err *err)
{
    int length = snprintf(out, PLACE, "%s.%s", prefix, key);
    return (length >= 0 && length < PLACE) || err_set(err, ERR_INPUT, "the place %.80s... in a model is too long", prefix);
}

static bool place_net(char out[PLACE], const char *prefix, size_t k, const char *key, struct err *err)
{
    char name[PLACE];
    int length = snprintf(name, sizeof name, "net%zu.%s", k, key);
    return (length >= 0 && length < PLACE && place(out, prefix, name, err)) || err_set(err, ERR_INPUT, "the place %.80s... in a model is too long", prefix);
}

static bool put_text(struct store *store, const char *prefix, const char *key, const char *value, struct err *err)
{
    char at[PLACE];
    return place(at, prefix, key, err) && store_put_text(store, at, value, err);
}

static bool save_net(const struct crossfit_net *fitted, struct store *store, const char *prefix, size_t k, struct err *err)
{
    char at[PLACE];
    const struct net *net = fitted->net;
    for (size_t p = 0; p < net->parameter_n; p++) {
        const struct parameter *parameter = &net->parameter[p];
        if (!place_net(at, prefix, k, parameter->name, err) ||
            !store_put(store, at, TENSOR_F32, parameter->dim, parameter->dim_n, net->value + parameter->offset, err))
            return false;
    }
    const size_t dim[2] = {fitted->history.n, sizeof(struct epoch) / sizeof(double)};
    return place_net(at, prefix, k, "history", err) && store_put(store, at, TENSOR_F64, dim, 2, fitted->history.epoch, err);
}

bool crossfit_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct crossfit *crossfit = state;
    const struct net *net = crossfit->fitted[0].net;
    char at[PLACE];
    double scale[NET_MAX * SCALE_N];
    int64_t count[NET_MAX * SCALE_N];
    const int64_t whole[COUNT_N] = {(int64_t)crossfit->net_n, (int64_t)crossfit->asked_n, (int64_t)crossfit->case_n, crossfit->endpoint, crossfit->sample.mask_channel,
                                    (int64_t)net->layer[0].c, (int64_t)net->value_n, crossfit->sample.values, (int64_t)crossfit->pretrain_n, (int64_t)crossfit->mirrors};
    for (size_t k = 0; k < crossfit->net_n; k++) {
        const struct crossfit_net *fitted = &crossfit->fitted[k];
        memcpy(scale + k * SCALE_N, (double[SCALE_N]){fitted->mean, fitted->sd, fitted->auc}, SCALE_N * sizeof *scale);
        memcpy(count + k * SCALE_N, (int64_t[SCALE_N]){(int64_t)fitted->train_n, (int64_t)fitted->held_n, (int64_t)fitted->history.best}, SCALE_N * sizeof *count);
    }
    bool done = put_text(store, prefix, "column", crossfit->column, err) && put_text(store, prefix, "name", crossfit->name, err) &&
                put_text(store, prefix, "net", net->name, err) && put_text(store, prefix, "shortcut", crossfit->shortcut, err) &&
                place(at, prefix, "amplitude", err) && store_put_f64(store, at, &crossfit->sample.amplitude, 1, err) && place(at, prefix, "whole", err) &&
                store_put_i64(store, at, whole, COUNT_N, err) && place(at, prefix, "scale", err) &&
                store_put_f64(store, at, scale, crossfit->net_n * SCALE_N, err) && place(at, prefix, "count", err) &&
                store_put_i64(store, at, count, crossfit->net_n * SCALE_N, err);
    for (size_t k = 0; done && k < crossfit->net_n; k++)
        done = save_net(&crossfit->fitted[k], store, prefix, k, err);
    return done;
}

static bool get_text(const struct store *store, const char *prefix, const char *key, char **value, struct err *err)
{
    char at[PLACE];
    const char *found;
    return place(at, prefix, key, err) && store_get_text(store, at, &found, err) && (*value = mem_string(found, err)) != NULL;
}

static bool load_values(const struct store *store, const char *prefix, size_t k, struct net *net, struct err *err)
{
    char at[PLACE];
    for (size_t p = 0; p < net->parameter_n; p++) {
        const struct parameter *parameter = &net->parameter[p];
        if (!place_net(at, prefix, k, parameter->name, err))
            return false;
        const struct tensor *tensor = store_find(store, at);
        if (tensor == NULL || tensor->type != TENSOR_F32 || tensor->dim_n != parameter->dim_n || memcmp(tensor->dim, parameter->dim, parameter->dim_n * sizeof *tensor->dim) != 0)
            return err_set(err, ERR_INPUT, "tensor '%s' is missing, or not float32 in the shape of %s", at, net->name);
        const float *from = tensor->values;
        for (size_t i = 0; i < parameter->n; i++)
            if (!isfinite(net->value[parameter->offset + i] = from[i]))
                return err_set(err, ERR_INPUT, "tensor '%s' has a value that is not finite", at);
    }
    return true;
}

static bool load_history(const struct store *store, const char *prefix, size_t k, struct history *history, struct err *err)
{
    char at[PLACE];
    if (!place_net(at, prefix, k, "history", err))
        return false;
    const struct tensor *tensor = store_find(store, at);
    if (tensor == NULL || tensor->type != TENSOR_F64 || tensor->dim_n != 2 || tensor->dim[1] != sizeof(struct epoch) / sizeof(double))
        return err_set(err, ERR_INPUT, "tensor '%s' is missing, or no float64 learning curve", at);
    for (size_t e = 0; e < tensor->dim[0]; e++)
        if (!history_add(history, (const struct epoch *)tensor->values + e, err))
            return false;
    return true;
}

static bool load_net(const struct store *store, const char *prefix, size_t k, const char *name, const char *shortcut, size_t channel_n, struct crossfit_net *fitted,
                     struct err *err)
{
    const struct net_options options = {channel_n, 1, shortcut[0] == '\0' ? NULL : shortcut};
    if (!net_make(name, &options, 0, &fitted->net, err)) {
        if (err != NULL && err->kind == ERR_USAGE)
            err->kind = ERR_INPUT;
        return false;
    }
    return load_values(store, prefix, k, fitted->net, err) && load_history(store, prefix, k, &fitted->history, err);
}

/* Numbers of a file that say how much is to be built. */
static bool check_whole(const int64_t *whole, struct err *err)
{
    if (whole[0] < 1 || whole[0] > NET_MAX || whole[1] < whole[0] || whole[2] < 0 || whole[5] < 1 || whole[5] > 1024 || whole[8] < 0 || whole[9] < MIRROR_NONE || whole[9] > MIRROR_ALL)
        return err_set(err, ERR_INPUT, "%lld nets of %lld channels, expected 1 to %d of 1 to 1024", (long long)whole[0], (long long)whole[5], (int)NET_MAX);
    return true;
}

bool crossfit_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    char at[PLACE], *name = NULL;
    const double *amplitude, *scale;
    const int64_t *whole, *count;
    struct crossfit *crossfit = mem_zero(1, sizeof *crossfit, err);
    bool done = crossfit != NULL && get_text(store, prefix, "column", &crossfit->column, err) && get_text(store, prefix, "name", &crossfit->name, err) &&
                get_text(store, prefix, "net", &name, err) && get_text(store, prefix, "shortcut", &crossfit->shortcut, err) && place(at, prefix, "amplitude", err) &&
                store_get_f64(store, at, 1, &amplitude, NULL, err) && place(at, prefix, "whole", err) && store_get_i64(store, at, COUNT_N, &whole, NULL, err) &&
                check_whole(whole, err) && place(at, prefix, "scale", err) && store_get_f64(store, at, (size_t)whole[0] * SCALE_N, &scale, NULL, err) &&
                place(at, prefix, "count", err) && store_get_i64(store, at, (size_t)whole[0] * SCALE_N, &count, NULL, err) &&
                (crossfit->fitted = mem_zero((size_t)whole[0], sizeof *crossfit->fitted, err)) != NULL;
    if (done) {
        crossfit->net_n = (size_t)whole[0];
        crossfit->asked_n = (size_t)whole[1];
        crossfit->case_n = (size_t)whole[2];
        crossfit->pretrain_n = (size_t)whole[8];
        crossfit->mirrors = (unsigned)whole[9];
        crossfit->endpoint = whole[3] != 0;
        crossfit->sample = (struct sample_settings){whole[4] != 0, *amplitude, whole[7] == SAMPLE_CENTRED ? SAMPLE_CENTRED : SAMPLE_WINDOWED};
        crossfit->backend = nn_backend_default();
    }
    for (size_t k = 0; done && k < crossfit->net_n; k++) {
        struct crossfit_net *fitted = &crossfit->fitted[k];
        *fitted = (struct crossfit_net){.train_n = (size_t)count[k * SCALE_N], .held_n = (size_t)count[k * SCALE_N + 1], .mean = scale[k * SCALE_N],
                                        .sd = scale[k * SCALE_N + 1], .auc = scale[k * SCALE_N + 2], .history.best = (size_t)count[k * SCALE_N + 2]};
        done = load_net(store, prefix, k, name, crossfit->shortcut, (size_t)whole[5], fitted, err);
        if (done && !(isfinite(fitted->mean) && fitted->sd > 0.0 && isfinite(fitted->sd)))
            done = err_set(err, ERR_INPUT, "net %zu: mean %g and standard deviation %g of its logits", k + 1, fitted->mean, fitted->sd);
    }
    mem_free(name);
    if (done)
        *state = crossfit;
    else
        crossfit_free(crossfit);
    return done;
}
