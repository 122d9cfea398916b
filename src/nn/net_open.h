/* A net with the values it starts from, as a user names it: NET, or NET:WEIGHTS with a file of weights. */
#ifndef HEPAR_NN_NET_OPEN_H
#define HEPAR_NN_NET_OPEN_H

#include <stdint.h>

#include "base/notes.h"
#include "nn/nets.h"
#include "table/store.h"

#define NET_OPEN_RANDOM "random values" /* topic of that note */

/* Without WEIGHTS the values are random ones of `seed`, and a note says so. With them they are the file's (io/weights.h, import.h: input channels
 * are adapted by their mean, a 2-D file is inflated), each thing done to them a note; a 3-D ResNet takes shortcut A by itself when the file has no
 * weights for shortcuts. The classifier keeps its random values where the file's has other outputs. ERR_USAGE: an unknown net;
 * ERR_INPUT: a file that does not fit, named. The caller frees with net_free(). */
bool net_open(const char *spec, const struct net_options *options, uint64_t seed, struct net **net, struct notes *notes, struct err *err);
/* The NET of such a name; the row in the registry, ERR_USAGE when there is none. */
const struct net_kind *net_open_kind(const char *spec, struct err *err);
const char *net_open_file(const char *spec); /* its WEIGHTS; NULL when there are none */
/* In two steps: the weights file that spec names (an empty store when it names none), and the net from it. */
bool net_open_weights(const char *spec, struct store *weights, struct notes *notes, struct err *err);
bool net_open_with(const char *spec, const struct store *weights, const struct net_options *options, uint64_t seed, struct net **net, struct notes *notes,
                   struct err *err);
/* SHA-256 of all its values, in hex: what tells one net's features from another's. */
void net_hash(const struct net *net, char hex[65]);

#endif
