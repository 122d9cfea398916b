/* From layers to nodes: the shape of every layer, which layers are needed at all, which become one operation, which gradients are
 * wanted, and which values the backward pass makes anew.
 *
 * A layer joins the node before it when it alone reads that node and nobody outside does: a norm its convolution (where norms are constants), an addition one of
 * its two terms, an activation what it acts on. */
#include <stdio.h>
#include <string.h>

#include "nn/engine_plan.h"

/* How long a chain of values made anew from each other may be. Each is one pass over memory; the longer, the less is kept. */
enum { REMAKE_MAX = 2 };

bool plan_failed(const struct plan *plan)
{
    return plan->err.kind != ERR_NONE;
}

const char *plan_layer_name(const struct plan *plan, size_t layer, char *name, size_t name_n)
{
    const struct layer *l = &plan->net->layer[layer];
    if (l->parameter_n == 0) {
        snprintf(name, name_n, "layer %zu", layer);
        return name;
    }
    const char *full = plan->net->parameter[l->parameter].name, *dot = strrchr(full, '.');
    snprintf(name, name_n, "%.*s", dot != NULL ? (int)(dot - full) : (int)strlen(full), full);
    return name;
}

static bool same_grid(const struct nn_shape *a, const struct nn_shape *b)
{
    return a->z == b->z && a->y == b->y && a->x == b->x;
}

static bool refuse_grid(struct plan *plan, size_t layer, const struct nn_shape *in)
{
    char name[128];
    const struct engine_settings *set = &plan->set;
    return err_set(&plan->err, ERR_INPUT, "an input of %zu x %zu x %zu voxels (z, y, x) is too small: the window of %s does not fit into %zu x %zu x %zu",
                   set->z, set->y, set->x, plan_layer_name(plan, layer, name, sizeof name), in->z, in->y, in->x);
}

static bool layer_shape(struct plan *plan, size_t at)
{
    const struct layer *layer = &plan->net->layer[at];
    const struct nn_shape *in = layer->from_n > 0 ? &plan->shape[layer->from[0]] : NULL;
    struct nn_shape *out = &plan->shape[at];
    const struct engine_settings *set = &plan->set;
    *out = in != NULL ? *in : (struct nn_shape){set->batch_n, set->z, set->y, set->x, 0};
    out->c = layer->c;
    for (size_t i = 1; i < layer->from_n; i++)
        if (!same_grid(in, &plan->shape[layer->from[i]])) {
            char name[128];
            const struct nn_shape *other = &plan->shape[layer->from[i]];
            return err_set(&plan->err, ERR_INPUT,
                           "an input of %zu x %zu x %zu voxels (z, y, x) does not suit the net: %s joins grids of %zu x %zu x %zu and %zu x %zu x %zu",
                           set->z, set->y, set->x, plan_layer_name(plan, at, name, sizeof name), in->z, in->y, in->x, other->z, other->y, other->x);
        }
    if ((layer->kind == LAYER_CONV || layer->kind == LAYER_POOL) && !nn_window_out(in, &layer->window, layer->c, out))
        return refuse_grid(plan, at, in);
    if (layer->kind == LAYER_MEAN)
        out->z = out->y = out->x = 1;
    bool fits = true;
    if (layer->kind == LAYER_RESAMPLE)
        fits = !__builtin_mul_overflow(in->z, layer->factor[0], &out->z) && !__builtin_mul_overflow(in->y, layer->factor[1], &out->y) &&
               !__builtin_mul_overflow(in->x, layer->factor[2], &out->x);
    if (!fits || nn_shape_value_n(out) > SIZE_MAX / 64)
        return err_set(&plan->err, ERR_INPUT, "an input of %zu x %zu x %zu x %zu voxels (n, z, y, x) is too large", set->batch_n, set->z, set->y, set->x);
    return true;
}

/* Dropout that does nothing: the layer before it has its value. */
static bool is_idle(const struct plan *plan, const struct layer *layer)
{
    return layer->kind == LAYER_DROPOUT && (plan->set.mode != ENGINE_TRAIN || layer->p == 0);
}

/* Work lists while nodes are formed, one place a layer. */
struct forming {
    struct plan *plan;
    bool *needed, *kept, *gradient_kept;
    size_t *reader_n;
};

static void mark_needed(struct forming *f, const size_t *keep, size_t keep_n)
{
    const struct net *net = f->plan->net;
    f->kept[net->output] = f->kept[net->embedding] = f->gradient_kept[net->embedding] = true;
    for (size_t i = 0; i < keep_n; i++)
        f->kept[keep[i]] = f->gradient_kept[keep[i]] = true;
    for (size_t at = net->layer_n; at-- > 0;) {
        const struct layer *layer = &net->layer[at];
        f->needed[at] = f->needed[at] || f->kept[at];
        if (!f->needed[at])
            continue;
        for (size_t i = 0; i < layer->from_n; i++) {
            f->needed[layer->from[i]] = true;
            f->reader_n[layer->from[i]]++;
        }
        if (is_idle(f->plan, layer)) {
            f->kept[layer->from[0]] |= f->kept[at];
            f->gradient_kept[layer->from[0]] |= f->gradient_kept[at];
        }
    }
}

/* The node of layer `at`, when the layer's only reader may take it over. */
static struct node *open_node(struct forming *f, size_t at)
{
    struct node *node = &f->plan->node[at];
    bool open = f->plan->value_of[at] == at && f->reader_n[at] == 1 && !f->kept[at] && node->act == NN_ACT_NONE &&
                (node->kind == NODE_CONV || node->kind == NODE_NORM || node->kind == NODE_SUM);
    return open ? node : NULL;
}

static struct node *take_over(struct forming *f, size_t from, size_t at)
{
    struct plan *plan = f->plan;
    plan->node[at] = plan->node[from];
    plan->node[from].kind = NODE_NONE;
    plan->value_of[from] = NONE;
    return &plan->node[at];
}

static bool join(struct forming *f, size_t at)
{
    const struct layer *layer = &f->plan->net->layer[at];
    if (layer->kind == LAYER_ACT && open_node(f, layer->from[0]) != NULL) {
        take_over(f, layer->from[0], at)->act = layer->act;
        return true;
    }
    if (layer->kind == LAYER_NORM && f->plan->set.mode != ENGINE_TRAIN) {
        const struct node *conv = open_node(f, layer->from[0]);
        if (conv == NULL || conv->kind != NODE_CONV || conv->norm != NONE || conv->residual != NONE)
            return false;
        take_over(f, layer->from[0], at)->norm = at;
        return true;
    }
    for (size_t i = 2; layer->kind == LAYER_ADD && i-- > 0;) {
        const struct node *term = open_node(f, layer->from[i]);
        if (term == NULL || term->residual != NONE || (term->kind != NODE_CONV && term->kind != NODE_NORM))
            continue;
        take_over(f, layer->from[i], at)->residual = f->plan->value_of[layer->from[1 - i]];
        return true;
    }
    return false;
}

static enum node_kind kind_of(enum layer_kind kind)
{
    switch (kind) {
    case LAYER_INPUT: return NODE_INPUT;
    case LAYER_CONV:
    case LAYER_LINEAR: return NODE_CONV;
    case LAYER_NORM: return NODE_NORM;
    case LAYER_ACT:
    case LAYER_ADD: return NODE_SUM;
    case LAYER_POOL:
    case LAYER_MEAN: return NODE_POOL;
    case LAYER_CONCAT: return NODE_CONCAT;
    case LAYER_PAD_CHANNELS: return NODE_PAD_CHANNELS;
    case LAYER_RESAMPLE: return NODE_RESAMPLE;
    case LAYER_DROPOUT: return NODE_DROPOUT;
    }
    return NODE_NONE;
}

static void new_node(struct forming *f, size_t at)
{
    struct plan *plan = f->plan;
    const struct layer *layer = &plan->net->layer[at];
    size_t *from = arena_alloc(&plan->arena, layer->from_n, sizeof *from, &plan->err);
    if (from == NULL)
        return;
    for (size_t i = 0; i < layer->from_n; i++)
        from[i] = plan->value_of[layer->from[i]];
    plan->node[at] = (struct node){.kind = kind_of(layer->kind), .layer = at, .norm = NONE, .from = from, .from_n = layer->from_n, .residual = NONE,
                                   .act = layer->kind == LAYER_ACT ? layer->act : NN_ACT_NONE, .value = NONE, .mean = NONE, .var = NONE,
                                   .workspace = NONE, .scale = NONE, .shift = NONE, .remade = NONE, .gradient = NONE};
}

static void form_nodes(struct forming *f)
{
    struct plan *plan = f->plan;
    for (size_t at = 0; at < plan->net->layer_n && !plan_failed(plan); at++) {
        plan->value_of[at] = NONE;
        if (!f->needed[at])
            continue;
        const struct layer *layer = &plan->net->layer[at];
        if (is_idle(plan, layer)) {
            plan->value_of[at] = plan->value_of[layer->from[0]];
            continue;
        }
        plan->value_of[at] = at;
        if (!join(f, at))
            new_node(f, at);
        plan->node[at].kept = f->kept[at];
        plan->node[at].gradient_kept = f->gradient_kept[at];
    }
}

static void mark_path(struct plan *plan)
{
    plan->node[plan->value_of[plan->net->output]].on_path = true;
    for (size_t at = plan->net->layer_n; at-- > 0;) {
        const struct node *node = &plan->node[at];
        if (node->kind == NODE_NONE || !node->on_path)
            continue;
        for (size_t i = 0; i < node->from_n; i++)
            plan->node[node->from[i]].on_path = true;
        if (node->residual != NONE)
            plan->node[node->residual].on_path = true;
    }
}

static void mark_gradients(struct plan *plan)
{
    for (size_t at = 0; at < plan->net->layer_n; at++) {
        struct node *node = &plan->node[at];
        if (node->kind == NODE_NONE || !node->on_path)
            continue;
        bool trained = plan->set.mode == ENGINE_TRAIN && (node->kind == NODE_CONV || node->kind == NODE_NORM);
        node->needs_gradient = trained || node->gradient_kept || (node->residual != NONE && plan->node[node->residual].needs_gradient);
        for (size_t i = 0; i < node->from_n; i++)
            node->needs_gradient |= plan->node[node->from[i]].needs_gradient;
    }
}

/* What is cheap to make anew is, as long as what it is made from is not too deep itself. */
static void choose_remade(struct plan *plan)
{
    for (size_t at = 0; at < plan->net->layer_n; at++) {
        struct node *node = &plan->node[at];
        bool cheap = node->kind == NODE_NORM || node->kind == NODE_SUM || node->kind == NODE_CONCAT || node->kind == NODE_PAD_CHANNELS;
        if (!cheap || node->kept)
            continue;
        unsigned deepest = node->residual != NONE ? plan->node[node->residual].remake : 0;
        for (size_t i = 0; i < node->from_n; i++)
            if (plan->node[node->from[i]].remake > deepest)
                deepest = plan->node[node->from[i]].remake;
        node->remake = deepest < REMAKE_MAX ? deepest + 1 : 0;
    }
}

void plan_nodes(struct plan *plan, const size_t *keep, size_t keep_n)
{
    size_t n = plan->net->layer_n;
    struct forming f = {.plan = plan};
    plan->shape = arena_alloc(&plan->arena, n, sizeof *plan->shape, &plan->err);
    plan->node = arena_alloc(&plan->arena, n, sizeof *plan->node, &plan->err);
    plan->value_of = arena_alloc(&plan->arena, n, sizeof *plan->value_of, &plan->err);
    plan->trained = arena_alloc(&plan->arena, n, sizeof *plan->trained, &plan->err);
    f.needed = arena_alloc(&plan->arena, n, sizeof *f.needed, &plan->err);
    f.kept = arena_alloc(&plan->arena, n, sizeof *f.kept, &plan->err);
    f.gradient_kept = arena_alloc(&plan->arena, n, sizeof *f.gradient_kept, &plan->err);
    f.reader_n = arena_alloc(&plan->arena, n, sizeof *f.reader_n, &plan->err);
    if (plan_failed(plan))
        return;
    for (size_t i = 0; i < keep_n; i++)
        if (keep[i] >= n) {
            err_set(&plan->err, ERR_BUG, "layer %zu is to be kept, of %zu", keep[i], n);
            return;
        }
    for (size_t at = 0; at < n; at++)
        if (!layer_shape(plan, at))
            return;
    mark_needed(&f, keep, keep_n);
    form_nodes(&f);
    if (plan_failed(plan))
        return;
    mark_path(plan);
    if (plan->set.mode == ENGINE_INFER)
        return;
    mark_gradients(plan);
    choose_remade(plan);
}
