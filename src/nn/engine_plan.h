/* The engine's inside: a net becomes nodes (engine_nodes.c), nodes become steps over buffers, forward (engine_forward.c) and
 * backward (engine_backward.c), and buffers get their places in one block of memory (engine_layout.c).
 *
 * Steps stand on one time line, forward before backward. A step writes new buffers and never one that was written before; where an operation may
 * work in place it says so, and the layout decides. A buffer is alive from the first step that names it to the last. So lifetimes need no
 * book-keeping while steps are made, and what the backward pass reads stays alive because it is read. */
#ifndef HEPAR_NN_ENGINE_PLAN_H
#define HEPAR_NN_ENGINE_PLAN_H

#include "base/mem.h"
#include "nn/engine.h"

#define NONE SIZE_MAX /* no node, buffer, layer or step */

enum node_kind {
    NODE_NONE, NODE_INPUT,
    NODE_CONV,  /* convolution or linear layer (+ norm, where it is folded in) (+ residual) (+ act) */
    NODE_NORM,  /* norm (+ residual) (+ act) */
    NODE_SUM,   /* act(a + b), or act(a) */
    NODE_POOL, NODE_CONCAT, NODE_PAD_CHANNELS, NODE_RESAMPLE, NODE_DROPOUT
};

/* What is computed as one. Its place in the list is that of the last of its layers. */
struct node {
    enum node_kind kind;
    size_t layer;        /* that gives the operation its settings: the first of those that became one */
    size_t norm;         /* layer of the norm that is folded into a convolution; or NONE */
    const size_t *from;  /* nodes; a layer's own list, brought to nodes */
    size_t from_n;
    size_t residual;     /* node, or NONE */
    enum nn_act act;
    bool kept;           /* its value is read from outside */
    bool gradient_kept;
    bool on_path;        /* the output depends on it */
    bool needs_gradient;
    unsigned remake;     /* 0: its value is kept for the backward pass; else made anew there, from values with less */
    /* buffers, or NONE */
    size_t value, mean, var, workspace, scale, shift;
    size_t remade;       /* value in the backward pass */
    size_t gradient;     /* of the loss by the value, as far as it is summed up */
};

struct buffer {
    size_t bytes;
    size_t first, last;  /* steps; NONE while no step names it */
    bool pinned;         /* alive to the end */
    size_t same_as;      /* the buffer whose place it shares; NONE */
    size_t offset;       /* in the block */
};

enum place { PLACE_NONE, PLACE_BUFFER, PLACE_PARAMETER, PLACE_GRADIENT };
struct ref {
    enum place place;
    size_t at; /* buffer, or the net's parameter */
};

enum step_kind { STEP_EXECUTE, STEP_PACK, STEP_ZERO };
struct step {
    enum step_kind kind;
    const struct nn_op *op;
    struct ref in[7], out[4];
    size_t scratch;        /* buffer or NONE */
    struct {
        unsigned char out, in;
    } in_place[2];         /* out[] may share the memory of in[] */
    unsigned in_place_n;
    bool weights;          /* left out when gradients of layers alone are wanted */
    size_t node;           /* for messages and dropout's key */
};

struct plan {
    const struct net *net;
    const struct nn_backend *backend;
    struct engine_settings set; /* keep is NULL: it has become node.kept */
    struct nn_shape *shape;     /* of each layer */
    struct node *node;          /* one place a layer; NODE_NONE where a layer became part of a later one or is not needed */
    size_t *value_of;           /* layer -> node that holds its value, or NONE */
    struct buffer *buffer;
    size_t buffer_n, buffer_room;
    struct step *step;
    size_t step_n, step_room;
    struct step *load;          /* packing that engine_load() does (inference) */
    size_t load_n, load_room;
    struct nn_op **op;          /* owned */
    size_t op_n, op_room;
    size_t forward_n;           /* the first backward step */
    size_t partial_end;         /* steps up to here give the gradients of kept layers */
    bool *trained;              /* of each layer: a step writes its parameters' gradients */
    size_t first_gradient;      /* buffer of the output's gradient, or NONE when nothing depends on it */
    size_t parameter_copy;      /* buffer of the parameters in f64, or NONE */
    size_t d_output_f32;        /* buffer that the output's gradient passes through, or NONE */
    size_t sink;                /* where gradients go that nobody reads: two of sink_half bytes; or NONE */
    size_t sink_half;
    size_t bytes;               /* of the block */
    struct arena arena;
    struct err err;             /* the first failure; afterwards nothing more is done */
};

bool plan_failed(const struct plan *plan);
const char *plan_layer_name(const struct plan *plan, size_t layer, char *name, size_t name_n); /* "layer1.0.conv1", or "layer 7" */

/* engine_nodes.c: shapes, what is needed, what becomes one. */
void plan_nodes(struct plan *plan, const size_t *keep, size_t keep_n);

/* engine_steps.c: the small pieces that both passes are made of. All do nothing after a failure. */
size_t plan_buffer(struct plan *plan, size_t bytes);
size_t plan_values(struct plan *plan, size_t node); /* a buffer for a node's values */
struct step *plan_step(struct plan *plan, size_t node, struct nn_op *op); /* takes the operation; NULL after a failure */
size_t plan_pack(struct plan *plan, size_t node, struct nn_op *op, size_t scale); /* a convolution's weights for `op`, not yet in a step; the buffer */
void plan_zero(struct plan *plan, size_t node, size_t buffer);
struct ref ref_buffer(size_t buffer);       /* NONE: nothing */
struct ref ref_parameter(size_t parameter);
struct ref ref_gradient(size_t parameter);
void step_in_place(struct step *step, unsigned char out, unsigned char in);
struct nn_conv plan_conv(const struct plan *plan, size_t node);
struct nn_pool plan_pool(const struct plan *plan, size_t node);
size_t plan_value_n(const struct plan *plan, size_t node);

/* engine_forward.c */
void plan_forward(struct plan *plan);
size_t plan_value_again(struct plan *plan, size_t node); /* in the backward pass: the buffer of its value, made anew where it was not kept */

/* engine_backward.c */
void plan_backward(struct plan *plan);

/* engine_layout.c */
void plan_layout(struct plan *plan);

#endif
