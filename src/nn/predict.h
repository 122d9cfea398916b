/* A net applied to cases: the values of one layer, a case's being the mean over its inputs. */
#ifndef HEPAR_NN_PREDICT_H
#define HEPAR_NN_PREDICT_H

#include <stddef.h>

#include "base/err.h"
#include "nn/engine.h"
#include "nn/source.h"

/* Inputs that go through the net together. A fixed number: what a case gets does not depend on its company. */
enum { PREDICT_BATCH = 8 };

/* Bytes that net_predict() takes while it runs. */
bool predict_plan_bytes(const struct net *net, const struct nn_backend *backend, const struct source *source, size_t *bytes, struct err *err);

/* Cases row[n] of the source through `net` with the values `value` (NULL: the net's own), without augmentation. `layer` is one without extent
 * (net->output, net->embedding; others: over z, y, x the mean is taken); out[n][channels of the layer]. ERR_INPUT: inputs of another
 * number of channels, too small for the net. */
bool net_predict(const struct net *net, const float *value, const struct nn_backend *backend, const struct source *source, const size_t *row, size_t n,
                 size_t layer, double *out, struct err *err);
/* The same over an engine in ENGINE_INFER mode that stands, of any batch size, with its values loaded. */
bool engine_predict(struct engine *engine, const struct source *source, const size_t *row, size_t n, size_t layer, double *out, struct err *err);
/* ERR_INPUT unless the source's inputs have the net's channels and number of dimensions. */
bool predict_check(const struct net *net, const struct source *source, struct err *err);

#endif
