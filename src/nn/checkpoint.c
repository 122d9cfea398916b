/* Checkpoints; see checkpoint.h. */
#include "nn/checkpoint.h"

#include <string.h>

#include "base/mem.h"
#include "io/safetensors.h"

enum { COUNT_N = 4, EPOCH_VALUE_N = sizeof(struct epoch) / sizeof(double), TENSOR_N = 8 };

struct place {
    const char *name;
    float *values;
};

static void places_of(const struct checkpoint *checkpoint, struct place place[5])
{
    const struct place all[5] = {{"value", checkpoint->value}, {"first", checkpoint->first}, {"second", checkpoint->second},
                                 {"average", checkpoint->average}, {"best", checkpoint->best}};
    memcpy(place, all, sizeof all);
}

/* The store's tensors borrow their values, so that a large net is not copied: it is written and forgotten, never freed. */
bool checkpoint_write(const char *path, const struct checkpoint *checkpoint, struct err *err)
{
    const struct history *history = checkpoint->history;
    int64_t count[COUNT_N] = {(int64_t)checkpoint->optimiser_step, (int64_t)checkpoint->average_step, (int64_t)history->best, checkpoint->finished};
    double best_loss = checkpoint->best_loss;
    struct place place[5];
    struct tensor tensor[TENSOR_N];
    struct store_text text = {(char *)"identity", (char *)checkpoint->identity};
    struct store store = {.tensor = tensor, .text = &text, .text_n = 1};
    places_of(checkpoint, place);
    for (size_t i = 0; i < 5; i++)
        if (place[i].values != NULL)
            tensor[store.tensor_n++] = (struct tensor){(char *)place[i].name, TENSOR_F32, 1, {checkpoint->value_n}, place[i].values};
    tensor[store.tensor_n++] = (struct tensor){(char *)"history", TENSOR_F64, 2, {history->n, EPOCH_VALUE_N}, history->epoch};
    tensor[store.tensor_n++] = (struct tensor){(char *)"best_loss", TENSOR_F64, 1, {1}, &best_loss};
    tensor[store.tensor_n++] = (struct tensor){(char *)"count", TENSOR_I64, 1, {COUNT_N}, count};
    return safetensors_write(path, &store, err) || err_add(err, "checkpoint");
}

static bool take(const struct store *store, const struct checkpoint *checkpoint, struct err *err)
{
    struct place place[5];
    places_of(checkpoint, place);
    for (size_t i = 0; i < 5; i++) {
        const struct tensor *tensor = store_find(store, place[i].name);
        if (place[i].values == NULL)
            continue;
        if (tensor == NULL || tensor->type != TENSOR_F32 || tensor_value_n(tensor) != checkpoint->value_n)
            return err_set(err, ERR_INPUT, "tensor '%s' is missing, or not %zu float32 values", place[i].name, checkpoint->value_n);
        memcpy(place[i].values, tensor->values, checkpoint->value_n * sizeof(float));
    }
    return true;
}

static bool take_history(const struct store *store, struct history *history, struct err *err)
{
    const struct tensor *tensor = store_find(store, "history");
    if (tensor == NULL || tensor->type != TENSOR_F64 || tensor->dim_n != 2 || tensor->dim[1] != EPOCH_VALUE_N)
        return err_set(err, ERR_INPUT, "tensor 'history' is missing, or not %d float64 values an epoch", (int)EPOCH_VALUE_N);
    for (size_t e = 0; e < tensor->dim[0]; e++)
        if (!history_add(history, (const struct epoch *)tensor->values + e, err))
            return false;
    return true;
}

bool checkpoint_read(const char *path, struct checkpoint *checkpoint, struct err *err)
{
    struct store store = {0};
    const int64_t *count;
    const double *best_loss;
    const char *identity;
    bool done = safetensors_read(path, &store, err);
    if (!done)
        return err_add(err, "checkpoint");
    done = store_get_text(&store, "identity", &identity, err);
    if (done && strcmp(identity, checkpoint->identity) != 0)
        done = err_set(err, ERR_USAGE, "it was made with other settings or cases; remove it to start anew");
    done = done && store_get_i64(&store, "count", COUNT_N, &count, NULL, err) && store_get_f64(&store, "best_loss", 1, &best_loss, NULL, err) &&
           take(&store, checkpoint, err) && take_history(&store, checkpoint->history, err);
    if (done && (count[2] < 0 || (uint64_t)count[2] > checkpoint->history->n))
        done = err_set(err, ERR_INPUT, "best epoch %lld of %zu", (long long)count[2] + 1, checkpoint->history->n);
    if (done) {
        checkpoint->optimiser_step = (uint64_t)count[0];
        checkpoint->average_step = (uint64_t)count[1];
        checkpoint->history->best = (size_t)count[2];
        checkpoint->finished = count[3] != 0;
        checkpoint->best_loss = *best_loss;
    } else
        err_add(err, "checkpoint %s", path);
    store_free(&store);
    return done;
}
