/* Filling a net from a weights file; see import.h. */
#include "nn/import.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { NAME_ROOM = 512, SAID_MAX = 5, PREFIX_MAX = 16 };

struct importing {
    struct net *net;
    const struct store *store;
    const struct import_settings *settings;
    struct import_result *result;
    const struct tensor **source; /* by parameter; NULL where it gets nothing */
    bool *used;                   /* by tensor of the store */
    float *value;                 /* the new flat array */
    size_t first;                 /* parameter: weights of the convolution that reads the input; SIZE_MAX: none */
    size_t head, head_n;          /* parameters of the last linear layer */
};

static bool is_counter(const char *name)
{
    static const char counter[] = "num_batches_tracked";
    size_t n = strlen(name), counter_n = sizeof counter - 1;
    return n >= counter_n && strcmp(name + n - counter_n, counter) == 0;
}

/* torchvision's DenseNets before 2018: "denselayer1.norm.1.weight" for "denselayer1.norm1.weight". */
static void modern_name(const char *name, char out[NAME_ROOM])
{
    const char *layer = strstr(name, ".denselayer");
    size_t to = 0;
    for (const char *at = name; *at != '\0' && to + 1 < NAME_ROOM; at++) {
        bool dotted = layer != NULL && at > layer && *at == '.' && (at[1] == '1' || at[1] == '2') && at[2] == '.' &&
                      (strncmp(at - 4, "norm", 4) == 0 || strncmp(at - 4, "conv", 4) == 0);
        if (!dotted)
            out[to++] = *at;
    }
    out[to] = '\0';
}

/* The net's name of a tensor, or NULL: without the prefix, old names made new. */
static const struct parameter *match(const struct importing *in, const char *prefix, const char *name)
{
    char modern[NAME_ROOM];
    size_t prefix_n = strlen(prefix);
    if (strncmp(name, prefix, prefix_n) != 0)
        return NULL;
    modern_name(name + prefix_n, modern);
    return net_find(in->net, modern);
}

static size_t count_matches(const struct importing *in, const char *prefix)
{
    size_t n = 0;
    for (size_t i = 0; i < in->store->tensor_n; i++)
        n += match(in, prefix, in->store->tensor[i].name) != NULL;
    return n;
}

/* Whatever stands before the net's first name, wherever that ends a tensor's name; of several, what fits most. */
static bool find_prefix(const struct importing *in, struct err *err)
{
    const char *first = in->net->parameter_n == 0 ? "" : in->net->parameter[0].name;
    size_t first_n = strlen(first), best = count_matches(in, "");
    struct text prefix = TEXT_INIT, found = TEXT_INIT;
    for (size_t i = 0, tried = 0; i < in->store->tensor_n && tried < PREFIX_MAX; i++) {
        const char *name = in->store->tensor[i].name;
        size_t n = strlen(name);
        if (n <= first_n || name[n - first_n - 1] != '.' || strcmp(name + n - first_n, first) != 0)
            continue;
        tried++;
        text_free(&prefix);
        text_add_bytes(&prefix, name, n - first_n);
        size_t matches = text_ok(&prefix, NULL) ? count_matches(in, prefix.bytes) : 0;
        if (matches <= best)
            continue;
        best = matches;
        text_free(&found);
        text_add_bytes(&found, prefix.bytes, prefix.n);
    }
    bool done = text_ok(&prefix, err) && text_ok(&found, err);
    if (done)
        in->result->prefix = mem_string(found.bytes == NULL ? "" : found.bytes, err);
    text_free(&prefix);
    text_free(&found);
    return done && in->result->prefix != NULL;
}

static bool find_sources(struct importing *in, struct err *err)
{
    for (size_t i = 0; i < in->store->tensor_n; i++) {
        const struct parameter *parameter = match(in, in->result->prefix, in->store->tensor[i].name);
        if (parameter == NULL)
            continue;
        size_t p = (size_t)(parameter - in->net->parameter);
        if (in->source[p] != NULL)
            return err_set(err, ERR_INPUT, "tensors %s and %s are both %s of the net", in->source[p]->name, in->store->tensor[i].name, parameter->name);
        in->source[p] = &in->store->tensor[i];
        in->used[i] = true;
    }
    return true;
}

/* The layers whose shapes may differ. */
static void find_places(struct importing *in)
{
    const struct net *net = in->net;
    in->first = SIZE_MAX;
    for (size_t l = 0; l < net->layer_n && in->first == SIZE_MAX; l++)
        if (net->layer[l].kind == LAYER_CONV && net->layer[net->layer[l].from[0]].kind == LAYER_INPUT && net->layer[l].group_n == 1)
            in->first = net->layer[l].parameter;
    const struct layer *output = &net->layer[net->output];
    if (output->kind == LAYER_LINEAR) {
        in->head = output->parameter;
        in->head_n = output->parameter_n;
    }
}

static bool is_head(const struct importing *in, size_t p)
{
    return p - in->head < in->head_n;
}

static bool same_shape(const struct tensor *tensor, const struct parameter *parameter)
{
    return tensor->dim_n == parameter->dim_n && memcmp(tensor->dim, parameter->dim, tensor->dim_n * sizeof *tensor->dim) == 0;
}

/* A head of another number of outputs is left as it is: weights and bias together. */
static void leave_head(struct importing *in)
{
    bool differs = false;
    for (size_t p = in->head; p < in->head + in->head_n; p++) {
        const struct tensor *tensor = in->source[p];
        const struct parameter *parameter = &in->net->parameter[p];
        differs |= tensor != NULL && tensor->dim_n == parameter->dim_n && tensor->dim_n > 0 && tensor->dim[0] != parameter->dim[0];
    }
    for (size_t p = in->head; differs && p < in->head + in->head_n; p++)
        if (in->source[p] != NULL) {
            in->used[in->source[p] - in->store->tensor] = false;
            in->source[p] = NULL;
        }
    in->result->head_kept = differs;
}

static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 1023, sign = bits >> 15 != 0 ? -1 : 1;
    if (exponent == 31)
        return fraction == 0 ? sign * INFINITY : NAN;
    return sign * (exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25));
}

/* Value i of a tensor of one of the four floating types. */
static float value_at(const struct tensor *tensor, size_t i)
{
    uint16_t half;
    uint32_t wide;
    float brain;
    if (tensor->type == TENSOR_F32)
        return ((const float *)tensor->values)[i];
    if (tensor->type == TENSOR_F64)
        return (float)((const double *)tensor->values)[i];
    memcpy(&half, (const char *)tensor->values + 2 * i, sizeof half);
    if (tensor->type == TENSOR_F16)
        return (float)half_value(half);
    wide = (uint32_t)half << 16;
    memcpy(&brain, &wide, sizeof brain);
    return brain;
}

static bool is_float(enum tensor_type type)
{
    return type == TENSOR_F64 || type == TENSOR_F32 || type == TENSOR_F16 || type == TENSOR_BF16;
}

static void add_shape(struct text *text, const size_t *dim, size_t dim_n)
{
    for (size_t i = 0; i < dim_n; i++)
        text_add(text, "%s%zu", i == 0 ? "" : " x ", dim[i]);
    if (dim_n == 0)
        text_add(text, "one value");
}

static bool refuse_shape(const struct tensor *tensor, const struct parameter *parameter, struct err *err)
{
    struct text file = TEXT_INIT, net = TEXT_INIT;
    add_shape(&file, tensor->dim, tensor->dim_n);
    add_shape(&net, parameter->dim, parameter->dim_n);
    err_set(err, ERR_INPUT, "tensor %s is %s, the net's is %s", tensor->name, file.bytes == NULL ? "?" : file.bytes, net.bytes == NULL ? "?" : net.bytes);
    text_free(&file);
    text_free(&net);
    return false;
}

/* out x in x (z x) y x x of the net's weights from a tensor that may lack z, and for the first convolution have other channels. */
struct refit {
    size_t out, file_in, net_in, z, plane; /* plane: values of a slice of the kernel */
    bool flat;                             /* the file has no z */
};

static bool plan_refit(const struct importing *in, size_t p, const struct tensor *tensor, struct refit *refit)
{
    const struct parameter *parameter = &in->net->parameter[p];
    size_t n = parameter->dim_n;
    *refit = (struct refit){.z = 1, .flat = n == 5 && tensor->dim_n == 4};
    if (n < 4 || n > 5 || (tensor->dim_n != n && !refit->flat))
        return false;
    const size_t *net = parameter->dim, *file = tensor->dim;
    refit->out = net[0];
    refit->net_in = net[1];
    refit->file_in = file[1];
    if (n == 5)
        refit->z = net[2];
    refit->plane = net[n - 2] * net[n - 1];
    bool fits = file[0] == net[0] && file[tensor->dim_n - 2] == net[n - 2] && file[tensor->dim_n - 1] == net[n - 1];
    if (n == 5 && !refit->flat)
        fits = fits && file[2] == net[2];
    return fits && refit->file_in > 0 && (refit->file_in == refit->net_in || p == in->first);
}

/* Value at (o, i, z, k) of the net, before division; i counts the file's channels. */
static double file_value(const struct tensor *tensor, const struct refit *refit, size_t o, size_t i, size_t z, size_t k)
{
    size_t file_z = refit->flat ? 1 : refit->z;
    return (double)value_at(tensor, ((o * refit->file_in + i) * file_z + (refit->flat ? 0 : z)) * refit->plane + k);
}

static double channel_value(const struct tensor *tensor, const struct refit *refit, enum import_channels channels, size_t o, size_t i, size_t z, size_t k)
{
    double scale = (double)refit->file_in / (double)refit->net_in, total = 0;
    if (refit->file_in == refit->net_in)
        return file_value(tensor, refit, o, i, z, k);
    if (channels == IMPORT_TILE)
        return scale * file_value(tensor, refit, o, i % refit->file_in, z, k);
    for (size_t from = 0; from < refit->file_in; from++)
        total += file_value(tensor, refit, o, from, z, k);
    return scale * total / (double)refit->file_in;
}

static void refit_values(const struct importing *in, const struct tensor *tensor, const struct refit *refit, float *to)
{
    double share = refit->flat ? 1 / (double)refit->z : 1;
    for (size_t o = 0; o < refit->out; o++)
        for (size_t i = 0; i < refit->net_in; i++)
            for (size_t z = 0; z < refit->z; z++)
                for (size_t k = 0; k < refit->plane; k++)
                    *to++ = (float)(share * channel_value(tensor, refit, in->settings->channels, o, i, z, k));
}

static bool take(struct importing *in, size_t p, struct err *err)
{
    const struct tensor *tensor = in->source[p];
    const struct parameter *parameter = &in->net->parameter[p];
    float *to = in->value + parameter->offset;
    struct refit refit = {0};
    if (!is_float(tensor->type))
        return err_set(err, ERR_INPUT, "tensor %s is of type %s, expected floating-point numbers", tensor->name, tensor_type_name(tensor->type));
    if (same_shape(tensor, parameter)) {
        for (size_t i = 0; i < parameter->n; i++)
            to[i] = value_at(tensor, i);
    } else if (plan_refit(in, p, tensor, &refit)) {
        refit_values(in, tensor, &refit, to);
        in->result->inflated_n += refit.flat;
    } else
        return refuse_shape(tensor, parameter, err);
    if (p == in->first) {
        in->result->net_channel_n = parameter->dim[1];
        in->result->file_channel_n = tensor->dim[1];
    }
    for (size_t i = 0; i < parameter->n; i++)
        if (!isfinite(to[i]))
            return err_set(err, ERR_INPUT, "tensor %s holds a weight that is not finite", tensor->name);
    in->result->taken_n++;
    return true;
}

/* The names that got nothing and gave nothing. */
static bool list_rest(struct importing *in, struct err *err)
{
    struct import_result *result = in->result;
    result->missing = mem_alloc(in->net->parameter_n, sizeof *result->missing, err);
    if (result->missing == NULL)
        return false;
    result->unexpected = mem_alloc(in->store->tensor_n, sizeof *result->unexpected, err);
    if (result->unexpected == NULL)
        return false;
    for (size_t p = 0; p < in->net->parameter_n; p++)
        if (in->source[p] == NULL)
            result->missing[result->missing_n++] = in->net->parameter[p].name;
    for (size_t i = 0; i < in->store->tensor_n; i++)
        if (!in->used[i] && !is_counter(in->store->tensor[i].name))
            result->unexpected[result->unexpected_n++] = in->store->tensor[i].name;
    return true;
}

/* A head that is not there at all, as in a net of features, is no reason to refuse. */
static bool check_missing(const struct importing *in, struct err *err)
{
    struct text names = TEXT_INIT;
    size_t n = 0;
    for (size_t p = 0; p < in->net->parameter_n; p++)
        if (in->source[p] == NULL && !is_head(in, p) && n++ < SAID_MAX)
            text_add(&names, "%s%s", n == 1 ? "" : ", ", in->net->parameter[p].name);
    bool none = n == in->net->parameter_n - in->head_n;
    bool done = n == 0 || (in->settings->partial && !none);
    if (!done && none)
        err_set(err, ERR_INPUT, "no tensor has a name of the net %s (its first: %s)", in->net->name, names.bytes == NULL ? "?" : names.bytes);
    else if (!done)
        err_set(err, ERR_INPUT, "%zu of the %zu tensors of the net %s are not there: %s%s", n, in->net->parameter_n, in->net->name,
                names.bytes == NULL ? "?" : names.bytes, n > SAID_MAX ? ", ..." : "");
    text_free(&names);
    return done;
}

static bool take_all(struct importing *in, struct err *err)
{
    memcpy(in->value, in->net->value, in->net->value_n * sizeof *in->value);
    find_places(in);
    if (!find_prefix(in, err) || !find_sources(in, err))
        return false;
    leave_head(in);
    if (!check_missing(in, err))
        return false;
    for (size_t p = 0; p < in->net->parameter_n; p++)
        if (in->source[p] != NULL && !take(in, p, err))
            return false;
    return list_rest(in, err);
}

bool net_import(struct net *net, const struct store *store, const struct import_settings *settings, struct import_result *result, struct err *err)
{
    struct importing in = {.net = net, .store = store, .settings = settings, .result = result};
    *result = (struct import_result){0};
    in.source = mem_zero(net->parameter_n, sizeof *in.source, err);
    in.used = in.source == NULL ? NULL : mem_zero(store->tensor_n, sizeof *in.used, err);
    in.value = in.used == NULL ? NULL : mem_alloc(net->value_n, sizeof *in.value, err);
    bool done = in.value != NULL && take_all(&in, err);
    if (done)
        memcpy(net->value, in.value, net->value_n * sizeof *in.value);
    else
        import_result_free(result);
    mem_free(in.source);
    mem_free(in.used);
    mem_free(in.value);
    return done;
}

void import_result_free(struct import_result *result)
{
    mem_free(result->prefix);
    mem_free(result->missing);
    mem_free(result->unexpected);
    *result = (struct import_result){0};
}

bool net_export(const struct net *net, struct store *store, struct err *err)
{
    for (size_t i = 0; i < net->parameter_n; i++) {
        const struct parameter *parameter = &net->parameter[i];
        if (!store_put(store, parameter->name, TENSOR_F32, parameter->dim, parameter->dim_n, net->value + parameter->offset, err))
            return false;
    }
    return true;
}
