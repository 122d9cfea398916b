/* Path-dependent TreeSHAP; see treeshap.h. Names are the paper's: a path's elements have the column d, the shares z and o of
 * subsets that flow through it when the column is unknown and known, and the weight w of subsets of each size. */
#include "ml/treeshap.h"

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"

struct element {
    size_t d;
    double z, o, w;
};

/* One case in one tree. Paths of all open nodes lie behind one another in `room`. */
struct walk {
    const struct forest *forest;
    size_t root, row, n;
    const double *x;
    double *phi;
};

static void extend(struct element *m, size_t l, double z, double o, size_t d)
{
    m[l] = (struct element){d, z, o, l == 0 ? 1 : 0};
    for (size_t i = l; i-- > 0;) {
        m[i + 1].w += o * m[i].w * (double)(i + 1) / (double)(l + 1);
        m[i].w = z * m[i].w * (double)(l - i) / (double)(l + 1);
    }
}

/* Takes element k out of a path whose last element is l. */
static void unwind(struct element *m, size_t l, size_t k)
{
    double z = m[k].z, o = m[k].o, next = m[l].w;
    for (size_t i = l; i-- > 0;) {
        if (o != 0) {
            double w = m[i].w;
            m[i].w = next * (double)(l + 1) / ((double)(i + 1) * o);
            next = w - m[i].w * z * (double)(l - i) / (double)(l + 1);
        } else {
            m[i].w = m[i].w * (double)(l + 1) / (z * (double)(l - i));
        }
    }
    for (size_t i = k; i < l; i++) {
        m[i].d = m[i + 1].d;
        m[i].z = m[i + 1].z;
        m[i].o = m[i + 1].o;
    }
}

/* Sum of the weights that unwind() would leave. */
static double unwound_sum(const struct element *m, size_t l, size_t k)
{
    double z = m[k].z, o = m[k].o, next = m[l].w, total = 0;
    for (size_t i = l; i-- > 0;) {
        if (o != 0) {
            double w = next * (double)(l + 1) / ((double)(i + 1) * o);
            total += w;
            next = m[i].w - w * z * (double)(l - i) / (double)(l + 1);
        } else {
            total += m[i].w * (double)(l + 1) / (z * (double)(l - i));
        }
    }
    return total;
}

/* `m` holds the path to the parent (l elements) and has room for those of all nodes below behind it. */
static void recurse(const struct walk *walk, size_t node, struct element *m, size_t l, double z, double o, size_t d)
{
    const struct forest *f = walk->forest;
    size_t at = walk->root + node;
    extend(m, l, z, o, d);
    if (f->column[at] < 0) {
        for (size_t i = 1; i <= l; i++)
            walk->phi[m[i].d * walk->n + walk->row] += unwound_sum(m, l, i) * (m[i].o - m[i].z) * f->share[at];
        return;
    }
    size_t column = (size_t)f->column[at], left = (size_t)f->left[at];
    bool goes_left = walk->x[column * walk->n + walk->row] <= f->cut[at];
    size_t hot = goes_left ? left : left + 1, cold = goes_left ? left + 1 : left, k = 1;
    double z_in = 1, o_in = 1, rows = f->rows[at];
    while (k <= l && m[k].d != column)
        k++;
    if (k <= l) {
        z_in = m[k].z;
        o_in = m[k].o;
        unwind(m, l, k);
        l--;
    }
    struct element *below = m + l + 1;
    memcpy(below, m, (l + 1) * sizeof *m);
    recurse(walk, hot, below, l + 1, z_in * f->rows[walk->root + hot] / rows, o_in, column);
    memcpy(below, m, (l + 1) * sizeof *m);
    recurse(walk, cold, below, l + 1, z_in * f->rows[walk->root + cold] / rows, 0, column);
}

/* Children lie behind their parent, so one pass gives every node's depth. */
static bool depth_of_forest(const struct forest *f, size_t *deepest, struct err *err)
{
    size_t *depth = mem_zero(f->node_n, sizeof *depth, err);
    if (depth == NULL)
        return false;
    *deepest = 0;
    for (size_t t = 0; t < f->tree_n; t++) {
        size_t begin = f->root[t], end = t + 1 < f->tree_n ? f->root[t + 1] : f->node_n;
        for (size_t at = begin; at < end; at++) {
            *deepest = depth[at] > *deepest ? depth[at] : *deepest;
            if (f->column[at] >= 0)
                depth[begin + (size_t)f->left[at]] = depth[begin + (size_t)f->left[at] + 1] = depth[at] + 1;
        }
    }
    mem_free(depth);
    return *deepest <= TREESHAP_DEPTH_MAX || err_set(err, ERR_INPUT, "a tree of the forest is %zu nodes deep, expected at most %d", *deepest, TREESHAP_DEPTH_MAX);
}

double treeshap_constant(const struct forest *forest)
{
    double sum = 0;
    for (size_t t = 0; t < forest->tree_n; t++)
        sum += forest->share[forest->root[t]];
    return sum / (double)forest->tree_n;
}

struct rows_ctx {
    struct walk walk;
    size_t room; /* elements that the paths of one walk need */
};

static bool do_rows(void *ctx, size_t begin, size_t end, size_t worker, struct err *err)
{
    (void)worker;
    const struct rows_ctx *rows = ctx;
    struct walk walk = rows->walk;
    const struct forest *f = walk.forest;
    struct element *m = mem_alloc(rows->room, sizeof *m, err);
    if (m == NULL)
        return false;
    for (walk.row = begin; walk.row < end; walk.row++) {
        for (size_t t = 0; t < f->tree_n; t++) {
            walk.root = f->root[t];
            recurse(&walk, 0, m, 0, 1, 1, f->p);
        }
        for (size_t j = 0; j < f->p; j++)
            walk.phi[j * walk.n + walk.row] /= (double)f->tree_n;
    }
    mem_free(m);
    return true;
}

bool treeshap_contributions(const struct forest *forest, const double *x, size_t n, double *phi, struct err *err)
{
    size_t deepest;
    if (!depth_of_forest(forest, &deepest, err))
        return false;
    struct rows_ctx rows = {{.forest = forest, .n = n, .x = x, .phi = phi}, (deepest + 2) * (deepest + 3) / 2};
    for (size_t i = 0; i < n * forest->p; i++)
        phi[i] = 0;
    return par_for(n, 8, do_rows, &rows, err);
}
