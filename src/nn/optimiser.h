/* Optimisers over a net's flat array of values, as PyTorch defines them (torch.optim.AdamW, Adam, SGD; g gradient, v value, t = 1, 2, ... the step):
 *
 * AdamW  v *= 1 - lr wd; m += (1 - b1)(g - m); s = b2 s + (1 - b2) g^2; v -= lr/(1 - b1^t) m / (sqrt(s)/sqrt(1 - b2^t) + eps)
 *        (Kingma and Ba 2015; Loshchilov and Hutter 2019: the decay beside the gradient)
 * Adam   the same with g + wd v for g, and no decay beside it
 * SGD    g += wd v; m = momentum m + g; v -= lr m, or lr (g + momentum m) with Nesterov's
 *
 * Running means and variances are no parameters and stay. `decay_all` false: weight decay only on weights, not on biases, scales and
 * shifts. The array is cut into parts by its parameters and sizes alone: same bytes for any number of threads. */
#ifndef HEPAR_NN_OPTIMISER_H
#define HEPAR_NN_OPTIMISER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "nn/graph.h"

enum optimiser_kind { OPTIMISER_ADAMW, OPTIMISER_ADAM, OPTIMISER_SGD };
extern const char *const optimiser_names[]; /* "adamw", "adam", "sgd", NULL */

struct optimiser_settings {
    enum optimiser_kind kind;
    double weight_decay;      /* >= 0 */
    double beta1, beta2, eps; /* Adam: 0.9, 0.999, 1e-8 */
    double momentum;          /* SGD: 0.9 */
    bool nesterov;
    bool decay_all;           /* also biases and normalisations: PyTorch's way when given all parameters */
};
extern const struct optimiser_settings OPTIMISER_DEFAULT; /* AdamW, weight decay 0.01, on weights alone */

struct optimiser_part;
struct optimiser {
    struct optimiser_settings settings;
    struct optimiser_part *part; /* owned */
    size_t part_n, value_n;
    uint64_t step;               /* done */
    float *first, *second;       /* moments, value_n each, owned; second NULL for SGD */
};

/* A zeroed struct may be freed. The net may go afterwards. */
bool optimiser_init(struct optimiser *optimiser, const struct optimiser_settings *settings, const struct net *net, struct err *err);
void optimiser_free(struct optimiser *optimiser);
size_t optimiser_bytes(const struct optimiser_settings *settings, const struct net *net); /* of the moments */
/* value[value_n] moves by one step against gradient[value_n]. Fails on a stop alone, half done. */
bool optimiser_step(struct optimiser *optimiser, double lr, const float *gradient, float *value, struct err *err);

#endif
