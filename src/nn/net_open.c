/* A net with the values it starts from; see net_open.h. */
#include "nn/net_open.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/file.h"
#include "io/weights.h"
#include "nn/import.h"

const char *net_open_file(const char *spec)
{
    const char *colon = strchr(spec, ':');
    return colon == NULL ? NULL : colon + 1;
}

const struct net_kind *net_open_kind(const char *spec, struct err *err)
{
    char name[64];
    size_t n = strcspn(spec, ":");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), spec);
    const struct net_kind *kind = net_kind_find(name);
    if (kind == NULL)
        net_unknown(name, err);
    return kind;
}

/* MedicalNet's ResNet-18 and -34 have no convolutions in their shortcuts. */
static bool has_shortcuts(const struct store *store)
{
    for (size_t i = 0; i < store->tensor_n; i++)
        if (strstr(store->tensor[i].name, ".downsample.") != NULL)
            return true;
    return false;
}

static bool tell(const struct import_result *result, const char *file, struct notes *notes, struct err *err)
{
    if (result->inflated_n > 0 && !notes_add(notes, err, "inflated", "weights %s: %zu 2-D convolutions are made 3-D", file, result->inflated_n))
        return false;
    if (result->file_channel_n != result->net_channel_n &&
        !notes_add(notes, err, "channels", "weights %s: made for %zu input channels; each of the %zu gets their mean", file, result->file_channel_n, result->net_channel_n))
        return false;
    return result->unexpected_n == 0 || notes_add(notes, err, "unexpected", "weights %s: %zu tensors are not the net's (the first: %s)", file,
                                                  result->unexpected_n, result->unexpected[0]);
}

/* What the file has; random values where it has none (the head alone). */
static bool fill(struct net *net, const struct store *store, const char *file, uint64_t seed, struct notes *notes, struct err *err)
{
    const struct import_settings settings = {.channels = IMPORT_MEAN};
    struct import_result result;
    if (!net_import(net, store, &settings, &result, err))
        return err_add(err, "weights %s", file);
    for (size_t i = 0; i < result.missing_n; i++)
        net_initialise_parameter(net, (size_t)(net_find(net, result.missing[i]) - net->parameter), seed);
    bool ok = tell(&result, file, notes, err);
    import_result_free(&result);
    return ok;
}

bool net_open_weights(const char *spec, struct store *weights, struct notes *notes, struct err *err)
{
    const char *path = net_open_file(spec);
    *weights = (struct store){0};
    return path == NULL || weights_read(path, weights, notes, err);
}

bool net_open_with(const char *spec, const struct store *weights, const struct net_options *options, uint64_t seed, struct net **net, struct notes *notes,
                   struct err *err)
{
    const struct net_kind *kind = net_open_kind(spec, err);
    const char *path = net_open_file(spec);
    struct net_options whole = options == NULL ? (struct net_options){0} : *options;
    *net = NULL;
    if (kind == NULL)
        return false;
    if (path != NULL && kind->shortcut && whole.shortcut == NULL && !has_shortcuts(weights))
        whole.shortcut = "A";
    bool ok = path == NULL ? net_make(kind->name, &whole, seed, net, err) : net_build(kind->name, &whole, net, err);
    if (ok && path != NULL)
        ok = fill(*net, weights, path_name(path), seed, notes, err);
    else if (ok)
        ok = notes_add(notes, err, NET_OPEN_RANDOM, "network %s: no weights are given: its values are random (seed %llu)", kind->name, (unsigned long long)seed);
    if (!ok) {
        net_free(*net);
        *net = NULL;
    }
    return ok;
}

bool net_open(const char *spec, const struct net_options *options, uint64_t seed, struct net **net, struct notes *notes, struct err *err)
{
    struct store weights = {0};
    *net = NULL;
    bool ok = net_open_kind(spec, err) != NULL && net_open_weights(spec, &weights, notes, err) &&
              net_open_with(spec, &weights, options, seed, net, notes, err);
    store_free(&weights);
    return ok;
}

void net_hash(const struct net *net, char hex[65])
{
    sha256_hex(net->value, net->value_n * sizeof *net->value, hex);
}
