/* Growing and applying forests; see forest.h, and forest_step.c for the learner.
 *
 * Why this is fast: each column's values become whole-number ranks once; a node's rows are then counted by rank (large nodes) or
 * insertion-sorted by rank (small ones), so that no tree ever sorts doubles. A bootstrap is a vector of row counts. */
#include "ml/forest.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "ml/design.h"
#include "num/rank.h"

void forest_free(struct forest *forest)
{
    mem_free(forest->root);
    mem_free(forest->column);
    mem_free(forest->cut);
    mem_free(forest->left);
    mem_free(forest->share);
    mem_free(forest->rows);
    mem_free(forest->importance);
    *forest = (struct forest){0};
}

struct grower {
    const double *x, *y;
    size_t n, p, mtry, min_leaf;
    bool extra_trees;
    uint32_t *rank;       /* n x p: a value's place among the column's distinct ones */
    double *distinct;     /* n x p: the distinct values, rising */
    uint32_t *distinct_n; /* p */
    uint32_t *times;      /* n: how often the bootstrap drew a row */
    uint32_t *member;     /* n: rows of the tree, node by node */
    uint32_t *spare;      /* n */
    double *count, *positive; /* n each: by rank */
    size_t *order;        /* p: columns in the order they are tried */
    double *gain;         /* p: of the tree */
};

struct split {
    double gain, cut;
    size_t column;
};

/* The largest Gini gain of a column, in rows: sum of squares form. total, positives are of the node. */
static void scan_sorted(const struct grower *g, size_t column, const uint32_t *key, size_t m, double total, double positives, struct split *best)
{
    double left = 0.0, left_positive = 0.0, base = positives * positives / total + (total - positives) * (total - positives) / total;
    const double *distinct = g->distinct + column * g->n;
    for (size_t k = 0; k + 1 < m; k++) {
        left += g->count[key[k]];
        left_positive += g->positive[key[k]];
        double right = total - left, right_positive = positives - left_positive;
        if (left < (double)g->min_leaf || right < (double)g->min_leaf)
            continue;
        double left_negative = left - left_positive, right_negative = right - right_positive;
        double gain = (left_positive * left_positive + left_negative * left_negative) / left +
                      (right_positive * right_positive + right_negative * right_negative) / right - base;
        if (gain > best->gain) {
            double low = distinct[key[k]], high = distinct[key[k + 1]], cut = low + (high - low) / 2.0;
            *best = (struct split){gain, cut < high ? cut : low, column};
        }
    }
}

/* Ranks of the node's rows, each once and rising, into key[]; counts beside. Counts are zeroed again by clear_keys(). */
static size_t node_keys(struct grower *g, size_t column, const uint32_t *member, size_t m, uint32_t *key)
{
    const uint32_t *rank = g->rank + column * g->n;
    size_t distinct_n = g->distinct_n[column], keys = 0;
    for (size_t k = 0; k < m; k++) {
        uint32_t row = member[k], r = rank[row];
        if (g->count[r] == 0.0)
            key[keys++] = r;
        g->count[r] += (double)g->times[row];
        g->positive[r] += (double)g->times[row] * g->y[row];
    }
    if (keys > 24 && keys * 8 > distinct_n) {
        keys = 0;
        for (size_t r = 0; r < distinct_n; r++)
            if (g->count[r] > 0.0)
                key[keys++] = (uint32_t)r;
        return keys;
    }
    for (size_t k = 1; k < keys; k++) {
        uint32_t now = key[k];
        size_t at = k;
        for (; at > 0 && key[at - 1] > now; at--)
            key[at] = key[at - 1];
        key[at] = now;
    }
    return keys;
}

static void clear_keys(struct grower *g, const uint32_t *key, size_t keys)
{
    for (size_t k = 0; k < keys; k++)
        g->count[key[k]] = g->positive[key[k]] = 0.0;
}

/* Extra trees: one cut, uniform between the node's least and greatest value. */
static void scan_random(const struct grower *g, size_t column, const uint32_t *key, size_t m, double total, double positives, struct rng *rng, struct split *best)
{
    const double *distinct = g->distinct + column * g->n;
    double low = distinct[key[0]], high = distinct[key[m - 1]], cut = low + rng_uniform(rng) * (high - low);
    double left = 0.0, left_positive = 0.0;
    for (size_t k = 0; k < m && distinct[key[k]] <= cut; k++) {
        left += g->count[key[k]];
        left_positive += g->positive[key[k]];
    }
    double right = total - left, right_positive = positives - left_positive, left_negative = left - left_positive, right_negative = right - right_positive;
    if (left < (double)g->min_leaf || right < (double)g->min_leaf)
        return;
    double gain = (left_positive * left_positive + left_negative * left_negative) / left +
                  (right_positive * right_positive + right_negative * right_negative) / right -
                  (positives * positives + (total - positives) * (total - positives)) / total;
    if (gain > best->gain || best->column == SIZE_MAX)
        *best = (struct split){gain, cut, column};
}

/* The best split over mtry columns drawn without replacement; more are drawn while none was valid. */
static struct split find_split(struct grower *g, const uint32_t *member, size_t m, double total, double positives, struct rng *rng, uint32_t *key)
{
    struct split best = {g->extra_trees ? -1.0 : 1e-12 * total, 0.0, SIZE_MAX};
    for (size_t j = 0; j < g->p; j++)
        g->order[j] = j;
    for (size_t tried = 0; tried < g->p && (tried < g->mtry || best.column == SIZE_MAX); tried++) {
        size_t pick = tried + rng_below(rng, g->p - tried), column = g->order[pick];
        g->order[pick] = g->order[tried];
        g->order[tried] = column;
        size_t keys = node_keys(g, column, member, m, key);
        if (keys > 1 && g->extra_trees)
            scan_random(g, column, key, keys, total, positives, rng, &best);
        else if (keys > 1)
            scan_sorted(g, column, key, keys, total, positives, &best);
        clear_keys(g, key, keys);
    }
    return best;
}

/* Nodes of the tree being grown lie at base in the forest's arrays, whose room is enough for 2 n nodes a tree. */
struct open_node {
    size_t node, begin, end;
};

static size_t grow_tree(struct grower *g, struct forest *f, size_t base, struct rng *rng, struct open_node *stack, uint32_t *key)
{
    size_t m = 0, node_n = 1, open = 0;
    double all = 0.0;
    for (size_t i = 0; i < g->n; i++)
        if (g->times[i] > 0) {
            g->member[m++] = (uint32_t)i;
            all += (double)g->times[i];
        }
    memset(g->gain, 0, g->p * sizeof *g->gain);
    stack[open++] = (struct open_node){0, 0, m};
    while (open > 0) {
        struct open_node now = stack[--open];
        uint32_t *member = g->member + now.begin;
        size_t rows = now.end - now.begin, left_n = 0, right_n = 0, at = base + now.node;
        double total = 0.0, positives = 0.0;
        for (size_t k = 0; k < rows; k++) {
            total += (double)g->times[member[k]];
            positives += (double)g->times[member[k]] * g->y[member[k]];
        }
        f->column[at] = -1;
        f->cut[at] = 0.0;
        f->left[at] = 0;
        f->share[at] = positives / total;
        f->rows[at] = total;
        if (positives == 0.0 || positives == total || total < 2.0 * (double)g->min_leaf)
            continue;
        struct split split = find_split(g, member, rows, total, positives, rng, key);
        if (split.column == SIZE_MAX)
            continue;
        const double *x = g->x + split.column * g->n;
        for (size_t k = 0; k < rows; k++) {
            uint32_t row = member[k];
            if (x[row] <= split.cut)
                member[left_n++] = row;
            else
                g->spare[right_n++] = row;
        }
        memcpy(member + left_n, g->spare, right_n * sizeof *member);
        g->gain[split.column] += split.gain / all;
        f->column[at] = (int32_t)split.column;
        f->cut[at] = split.cut;
        f->left[at] = (int32_t)node_n;
        stack[open++] = (struct open_node){node_n + 1, now.begin + left_n, now.end};
        stack[open++] = (struct open_node){node_n, now.begin, now.begin + left_n};
        node_n += 2;
    }
    return node_n;
}

static double tree_score(const struct forest *f, size_t root, const double *x, size_t n, size_t row)
{
    size_t at = root;
    while (f->column[at] >= 0)
        at = root + (size_t)f->left[at] + (x[(size_t)f->column[at] * n + row] <= f->cut[at] ? 0 : 1);
    return f->share[at];
}

static bool rank_columns(struct grower *g, struct err *err)
{
    size_t *index = mem_alloc(g->n, sizeof *index, err);
    if (index == NULL)
        return false;
    for (size_t j = 0; j < g->p; j++) {
        const double *x = g->x + j * g->n;
        double *distinct = g->distinct + j * g->n;
        uint32_t found = 0;
        sort_index(x, g->n, index);
        for (size_t k = 0; k < g->n; k++) {
            if (k == 0 || x[index[k]] != distinct[found - 1])
                distinct[found++] = x[index[k]];
            g->rank[j * g->n + index[k]] = found - 1;
        }
        g->distinct_n[j] = found;
    }
    mem_free(index);
    return true;
}

static bool grower_room(struct grower *g, struct arena *arena, struct err *err)
{
    size_t n = g->n, p = g->p;
    g->rank = arena_alloc(arena, n * p, sizeof *g->rank, err);
    g->distinct = arena_alloc(arena, n * p, sizeof *g->distinct, err);
    g->distinct_n = arena_alloc(arena, p, sizeof *g->distinct_n, err);
    g->times = arena_alloc(arena, n, sizeof *g->times, err);
    g->member = arena_alloc(arena, n, sizeof *g->member, err);
    g->spare = arena_alloc(arena, n, sizeof *g->spare, err);
    g->count = arena_alloc(arena, n, sizeof *g->count, err);
    g->positive = arena_alloc(arena, n, sizeof *g->positive, err);
    g->order = arena_alloc(arena, p, sizeof *g->order, err);
    g->gain = arena_alloc(arena, p, sizeof *g->gain, err);
    return g->rank && g->distinct && g->distinct_n && g->times && g->member && g->spare && g->count && g->positive && g->order && g->gain;
}

static bool forest_room(struct forest *f, size_t room, struct err *err)
{
    struct {
        void **array;
        size_t size;
    } arrays[] = {{(void **)&f->column, sizeof *f->column}, {(void **)&f->cut, sizeof *f->cut}, {(void **)&f->left, sizeof *f->left}, {(void **)&f->share, sizeof *f->share}, {(void **)&f->rows, sizeof *f->rows}};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
        void *grown = mem_grow(*arrays[a].array, f->node_n, room, arrays[a].size, err);
        if (grown == NULL)
            return false;
        *arrays[a].array = grown;
    }
    return true;
}

/* Bootstrap counts of a tree, or every row once. */
static void draw_rows(struct grower *g, struct rng *rng)
{
    for (size_t i = 0; i < g->n; i++)
        g->times[i] = g->extra_trees;
    for (size_t i = 0; !g->extra_trees && i < g->n; i++)
        g->times[rng_below(rng, g->n)]++;
}

/* The tree's part in the importances; a tree of one leaf has none. */
static void add_importance(const struct grower *g, double *importance, size_t *trees)
{
    double total = 0.0;
    for (size_t j = 0; j < g->p; j++)
        total += g->gain[j];
    if (!(total > 0.0))
        return;
    for (size_t j = 0; j < g->p; j++)
        importance[j] += g->gain[j] / total;
    (*trees)++;
}

bool forest_fit(const double *x, const double *y, size_t n, size_t p, const struct forest_options *options, uint64_t seed, struct forest *out, double *oob, struct err *err)
{
    struct grower g = {.x = x, .y = y, .n = n, .p = p, .min_leaf = options->min_leaf == 0 ? 1 : options->min_leaf, .extra_trees = options->extra_trees};
    struct arena arena = ARENA_INIT;
    size_t room = 0, important_n = 0;
    bool done = false;
    g.mtry = options->mtry == 0 ? (size_t)sqrt((double)p) : options->mtry;
    g.mtry = g.mtry < 1 ? 1 : g.mtry > p ? p : g.mtry;
    *out = (struct forest){.p = p, .tree_n = options->tree_n};
    out->root = mem_alloc(options->tree_n, sizeof *out->root, err);
    out->importance = mem_zero(p, sizeof *out->importance, err);
    struct open_node *stack = arena_alloc(&arena, 2 * n + 2, sizeof *stack, err);
    uint32_t *key = arena_alloc(&arena, n, sizeof *key, err), *oob_n = arena_alloc(&arena, n, sizeof *oob_n, err);
    if (out->root == NULL || out->importance == NULL || stack == NULL || key == NULL || oob_n == NULL || !grower_room(&g, &arena, err) || !rank_columns(&g, err))
        goto done;
    for (size_t i = 0; oob != NULL && i < n; i++)
        oob[i] = 0.0;
    for (size_t t = 0; t < options->tree_n; t++) {
        struct rng rng = rng_make(seed, "forest.tree", t, 0);
        if (room - out->node_n < 2 * n + 1) {
            size_t more = 2 * room + 16 * n + 16;
            if (!forest_room(out, more, err))
                goto done;
            room = more;
        }
        draw_rows(&g, &rng);
        out->root[t] = out->node_n;
        out->node_n += grow_tree(&g, out, out->node_n, &rng, stack, key);
        add_importance(&g, out->importance, &important_n);
        for (size_t i = 0; oob != NULL && i < n; i++)
            if (g.times[i] == 0) {
                oob[i] += tree_score(out, out->root[t], x, n, i);
                oob_n[i]++;
            }
    }
    for (size_t j = 0; important_n > 0 && j < p; j++)
        out->importance[j] /= (double)important_n;
    for (size_t i = 0; oob != NULL && i < n; i++)
        oob[i] = oob_n[i] == 0 ? NAN : oob[i] / (double)oob_n[i];
    done = true;
done:
    arena_free(&arena);
    if (!done)
        forest_free(out);
    return done;
}

void forest_score(const struct forest *forest, const double *x, size_t n, double *score)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (size_t t = 0; t < forest->tree_n; t++)
            sum += tree_score(forest, forest->root[t], x, n, i);
        score[i] = sum / (double)forest->tree_n;
    }
}
