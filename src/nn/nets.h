/* The networks: a file a family, a row each in nets.c. Names and parameter names are the field's: torchvision's for resnet18, resnet34,
 * resnet50, mobilenet_v2, densenet121; MedicalNet's (Chen et al. 2019, github Tencent/MedicalNet) for resnet10_3d, resnet18_3d, resnet34_3d,
 * resnet50_3d; akamaster's CIFAR ResNet for cifar_resnet20. `small3d` (and its 2-D twin small2d) is hepar's own for small cohorts;
 * patches3d and patches2d are the plain nets that its benchmarks train beside PyTorch. */
#ifndef HEPAR_NN_NETS_H
#define HEPAR_NN_NETS_H

#include "nn/graph.h"

struct net_options {
    size_t channel_n; /* of the input; 0: the net's own (3, or 1) */
    size_t output_n;  /* logits; 0: 1 */
    const char *shortcut; /* MedicalNet's ResNets: "A" or "B"; NULL: "B" */
};

struct net_kind {
    const char *name, *title; /* "resnet18_3d"; for lists and reports */
    unsigned rank;            /* 2 or 3 */
    size_t channel_n;         /* default */
    size_t embedding_n;       /* deep features */
    bool shortcut;            /* knows the option of that name */
    const char *source;       /* paper and the code whose names it follows */
    const void *shape;        /* what tells it from others of its family; the family's own */
    bool (*build)(const struct net_kind *, const struct net_options *, struct net **, struct err *);
};

extern const struct net_kind *const net_kinds[];
extern const size_t net_kind_n;
const struct net_kind *net_kind_find(const char *name); /* NULL when there is none */
bool net_unknown(const char *name, struct err *err); /* false, with ERR_USAGE and the nearest name */
/* ERR_USAGE for an unknown name (the nearest is said), or a shortcut that the net does not know. options NULL: all the net's own. Values are
 * zero, scales and variances one: for a net that is filled from a file. The caller frees with net_free(). */
bool net_build(const char *name, const struct net_options *options, struct net **net, struct err *err);
/* The same, and its values are initialised with `seed`. */
bool net_make(const char *name, const struct net_options *options, uint64_t seed, struct net **net, struct err *err);

#endif
