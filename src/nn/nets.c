/* The registry: every network is one row here. */
#include "nn/nets.h"

#include <string.h>

#include "base/text.h"

/* In the order of lists. */
#define NETS(ROW) \
    ROW(small3d) \
    ROW(small2d) \
    ROW(resnet10_3d) \
    ROW(resnet18_3d) \
    ROW(resnet34_3d) \
    ROW(resnet50_3d) \
    ROW(resnet18) \
    ROW(resnet34) \
    ROW(resnet50) \
    ROW(mobilenet_v2) \
    ROW(densenet121) \
    ROW(cifar_resnet20) \
    ROW(patches3d) \
    ROW(patches2d)

#define DECLARE(name) extern const struct net_kind net_##name;
NETS(DECLARE)

#define ADDRESS(name) &net_##name,
const struct net_kind *const net_kinds[] = {NETS(ADDRESS)};
const size_t net_kind_n = sizeof net_kinds / sizeof net_kinds[0];

#define NAME(name) #name,
static const char *const names[] = {NETS(NAME)};

const struct net_kind *net_kind_find(const char *name)
{
    for (size_t i = 0; i < net_kind_n; i++)
        if (strcmp(net_kinds[i]->name, name) == 0)
            return net_kinds[i];
    return NULL;
}

bool net_unknown(const char *name, struct err *err)
{
    const char *nearest = text_nearest(name, names, net_kind_n);
    return err_set(err, ERR_USAGE, "network %s: not known%s%s%s", name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool check_options(const struct net_kind *kind, const struct net_options *options, struct err *err)
{
    if (options->shortcut == NULL)
        return true;
    if (!kind->shortcut)
        return err_set(err, ERR_USAGE, "network %s: shortcut %s: it has one form alone; the 3D ResNets know A and B", kind->name, options->shortcut);
    if (strcmp(options->shortcut, "A") != 0 && strcmp(options->shortcut, "B") != 0)
        return err_set(err, ERR_USAGE, "network %s: shortcut %s: expected A or B", kind->name, options->shortcut);
    return true;
}

bool net_build(const char *name, const struct net_options *options, struct net **net, struct err *err)
{
    const struct net_kind *kind = net_kind_find(name);
    if (kind == NULL)
        return net_unknown(name, err);
    struct net_options whole = options == NULL ? (struct net_options){0} : *options;
    if (!check_options(kind, &whole, err))
        return false;
    whole.channel_n = whole.channel_n == 0 ? kind->channel_n : whole.channel_n;
    whole.output_n = whole.output_n == 0 ? 1 : whole.output_n;
    return kind->build(kind, &whole, net, err);
}

bool net_make(const char *name, const struct net_options *options, uint64_t seed, struct net **net, struct err *err)
{
    if (!net_build(name, options, net, err))
        return false;
    net_initialise(*net, seed);
    return true;
}
