/* The frozen network of a model in its file: texts and tensors named "frozen.*". Values stand in one flat array, in the order of the network's
 * parameters (nn/graph.h); the network itself is built by its name. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "nn/nets.h"
#include "study/model_parts.h"

enum { COUNT_N = 3 };

static bool put_sample(const struct model *model, struct store *store, struct err *err)
{
    const struct sample_settings *sample = &model->frozen_sample;
    const int64_t count[COUNT_N] = {(int64_t)sample_shape_of_settings(&model->crop, sample).c, sample->mask_channel, sample->values == SAMPLE_CENTRED};
    return store_put_i64(store, "frozen.count", count, COUNT_N, err) && store_put_f64(store, "frozen.amplitude", &sample->amplitude, 1, err);
}

bool model_net_put(const struct model *model, struct store *store, struct err *err)
{
    const struct net *net = model->frozen;
    return net == NULL || (store_put_text(store, "frozen.net", net->name, err) && put_sample(model, store, err) &&
                           store_put(store, "frozen.value", TENSOR_F32, &net->value_n, 1, net->value, err));
}

/* The form whose values are as many: a 3-D ResNet has two. */
static bool build(const char *name, size_t channel_n, size_t value_n, struct net **out, struct err *err)
{
    static const char *const shortcuts[] = {NULL, "A"};
    for (size_t k = 0; k < 2; k++) {
        struct err why = ERR_INIT;
        const struct net_options options = {.channel_n = channel_n, .shortcut = shortcuts[k]};
        if (!net_make(name, &options, 0, out, &why)) {
            if (k == 0)
                return err_set(err, why.kind == ERR_USAGE ? ERR_INPUT : why.kind, "the text 'frozen.net': %s", why.text);
            continue;
        }
        if ((*out)->value_n == value_n)
            return true;
        net_free(*out);
        *out = NULL;
    }
    return err_set(err, ERR_INPUT, "tensor frozen.value holds %zu values, which is not what network '%s' has", value_n, name);
}

bool model_net_get(struct model *model, const struct store *store, struct err *err)
{
    const char *name = store_find_text(store, "frozen.net");
    const struct tensor *value = store_find(store, "frozen.value");
    const int64_t *count;
    const double *amplitude;
    if (name == NULL)
        return true;
    if (!store_get_i64(store, "frozen.count", COUNT_N, &count, NULL, err) || !store_get_f64(store, "frozen.amplitude", 1, &amplitude, NULL, err))
        return false;
    if (value == NULL || value->type != TENSOR_F32 || value->dim_n != 1 || count[0] < 1 || count[0] > 64 || !(amplitude[0] > 0 && isfinite(amplitude[0])) || !model->has_crop)
        return err_set(err, ERR_INPUT, "the tensors frozen.* are missing or have the wrong form");
    model->frozen_sample = (struct sample_settings){.mask_channel = count[1] != 0, .amplitude = amplitude[0], .values = count[2] != 0 ? SAMPLE_CENTRED : SAMPLE_WINDOWED};
    if (!build(name, (size_t)count[0], value->dim[0], &model->frozen, err))
        return false;
    memcpy(model->frozen->value, value->values, value->dim[0] * sizeof(float));
    for (size_t k = 0; k < model->frozen->value_n; k++)
        if (!isfinite(model->frozen->value[k]))
            return err_set(err, ERR_INPUT, "tensor frozen.value holds %g, expected finite numbers", (double)model->frozen->value[k]);
    return true;
}
