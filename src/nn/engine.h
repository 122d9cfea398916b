/* An engine: a net made ready for one batch size and input grid, in one mode, on one backend.
 *
 * Making it lays out every layer's values and gradients in one block of memory, reusing what is no longer needed; nothing is
 * allocated afterwards. Normalisation, addition and activation that follow each other become one operation; in
 * inference a normalisation behind a convolution is folded into its weights. Where memory counts more than a pass over it,
 * training keeps a convolution's output alone and makes what normalisation and activation did of it anew in the backward pass.
 * An engine is used by one task at a time; its operations spread over the pool by themselves. */
#ifndef HEPAR_NN_ENGINE_H
#define HEPAR_NN_ENGINE_H

#include "nn/graph.h"

/* EXPLAIN: gradients of kept layers with normalisations and dropout as in inference, and none of parameters (Grad-CAM). */
enum engine_mode { ENGINE_INFER, ENGINE_TRAIN, ENGINE_EXPLAIN };

struct engine_settings {
    const struct nn_backend *backend;
    enum engine_mode mode;
    size_t batch_n, z, y, x;    /* of the input; 2-D: z = 1 */
    const size_t *keep;         /* keep_n layers whose values (unless in inference, also gradients) are read afterwards; output and embedding always are */
    size_t keep_n;
    bool fixed_norm;            /* training with normalisations in inference mode (their scale and shift are still trained) */
};

struct engine;
/* net outlives the engine (its layers and names; the values are handed over by engine_load). ERR_INPUT: a grid too small for the net.
 * Memory may be laid out for pool_size() threads as it is now: start the pool before. */
bool engine_make(const struct net *net, const struct engine_settings *settings, struct engine **out, struct err *err);
void engine_free(struct engine *engine);
/* Bytes of its memory, without and with making it (for planning; the net's own values and an optimiser's are not in it). */
size_t engine_bytes(const struct engine *engine);
bool engine_plan_bytes(const struct net *net, const struct engine_settings *settings, size_t *bytes, struct err *err);

/* Takes new parameter values (the flat array of net->value's form), which are borrowed until the next ones come. In inference weights are packed and
 * normalisations folded here, so a change of the array is not seen before it is loaded again; in training weights are packed during the passes, and
 * the array stays as it is from a forward to its backward. */
bool engine_load(struct engine *engine, const float *value, struct err *err);
/* input: batch_n x z x y x x x c, f32, channels-last. `seed` keys dropout (training only). */
bool engine_forward(struct engine *engine, const float *input, uint64_t seed, struct err *err);
/* Values, or gradients after a backward, of a kept layer, as the backend has them, to f64; channels-last, batch first. */
bool engine_read(const struct engine *engine, size_t layer, double *out, struct err *err);
bool engine_read_gradient(const struct engine *engine, size_t layer, double *out, struct err *err);
struct nn_shape engine_shape(const struct engine *engine, size_t layer);
/* d_output: gradient of the loss by the output layer's values (f64, its shape). gradient: the flat array's form, f32 (f64 for NN_F64), written over; zero
 * where not trained. NULL gradient (always, in ENGINE_EXPLAIN): only layers' gradients, down to the earliest kept layer. */
bool engine_backward(struct engine *engine, const double *d_output, void *gradient, struct err *err);
/* running := (1 - momentum) running + momentum batch (variance unbiased, as PyTorch), after a training forward. A channel of a
 * single value has no variance, and is left as it is. */
void engine_update_running(const struct engine *engine, double momentum, float *value);

#endif
