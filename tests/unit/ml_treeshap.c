/* Contributions of a forest's columns against Shapley's formula taken literally, over all subsets of columns. */
#include "ml/treeshap.h"

#include <math.h>

#include "base/pool.h"
#include "base/rng.h"
#include "tap.h"

enum { N = 60, P = 5 };

struct example {
    double x[N * P], y[N];
    struct forest forest;
};

/* The label follows the product of two columns, so that columns share what they say. Values repeat: ties at cuts. */
static struct example *example_make(size_t tree_n, size_t min_leaf)
{
    struct err err = ERR_INIT;
    struct example *e = test_calloc(1, sizeof *e);
    struct rng rng = rng_make(5, "test", 0, 0);
    for (size_t i = 0; i < N * P; i++)
        e->x[i] = floor(8 * rng_uniform(&rng));
    for (size_t i = 0; i < N; i++)
        e->y[i] = (e->x[i] - 3.5) * (e->x[N + i] - 3.5) + e->x[2 * N + i] > 4 ? 1 : 0;
    struct forest_options options = {.tree_n = tree_n, .mtry = 2, .min_leaf = min_leaf};
    assert_done(forest_fit(e->x, e->y, N, P, &options, 11, &e->forest, NULL, &err), err);
    return e;
}

static void example_free(struct example *e)
{
    forest_free(&e->forest);
    test_free(e);
}

/* What the tree says when the columns in `known` are those of the row, and the others are as in training. */
static double expectation(const struct forest *f, size_t root, size_t node, const double *x, size_t row, unsigned known)
{
    size_t at = root + node;
    if (f->column[at] < 0)
        return f->share[at];
    size_t column = (size_t)f->column[at], left = (size_t)f->left[at];
    if (known >> column & 1)
        return expectation(f, root, x[column * N + row] <= f->cut[at] ? left : left + 1, x, row, known);
    double a = f->rows[root + left], b = f->rows[root + left + 1];
    return (a * expectation(f, root, left, x, row, known) + b * expectation(f, root, left + 1, x, row, known)) / (a + b);
}

static double forest_expectation(const struct forest *f, const double *x, size_t row, unsigned known)
{
    double sum = 0;
    for (size_t t = 0; t < f->tree_n; t++)
        sum += expectation(f, f->root[t], 0, x, row, known);
    return sum / (double)f->tree_n;
}

/* Shapley 1953: the mean over subsets S without j of |S|! (P - |S| - 1)! / P! times what j adds to S. */
static double shapley(const struct forest *f, const double *x, size_t row, size_t j)
{
    double sum = 0;
    for (unsigned s = 0; s < 1u << P; s++) {
        if (s >> j & 1)
            continue;
        int size = __builtin_popcount(s);
        double weight = tgamma(size + 1) * tgamma(P - size) / tgamma(P + 1);
        sum += weight * (forest_expectation(f, x, row, s | 1u << j) - forest_expectation(f, x, row, s));
    }
    return sum;
}

static void contributions_are_shapley_values(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    double phi[N * P];
    for (size_t min_leaf = 1; min_leaf <= 5; min_leaf += 4) {
        struct example *e = example_make(12, min_leaf);
        assert_done(treeshap_contributions(&e->forest, e->x, N, phi, &err), err);
        double largest = 0;
        for (size_t row = 0; row < N; row += 7)
            for (size_t j = 0; j < P; j++) {
                assert_double_near(phi[j * N + row], shapley(&e->forest, e->x, row, j), 1e-12);
                largest = fmax(largest, fabs(phi[j * N + row]));
            }
        assert_true(largest > 0.05); /* there is something to tell apart */
        example_free(e);
    }
}

static void the_constant_and_all_contributions_are_the_score(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct example *e = example_make(40, 1);
    double phi[N * P], score[N];
    assert_done(treeshap_contributions(&e->forest, e->x, N, phi, &err), err);
    forest_score(&e->forest, e->x, N, score);
    for (size_t row = 0; row < N; row++) {
        double sum = treeshap_constant(&e->forest);
        for (size_t j = 0; j < P; j++)
            sum += phi[j * N + row];
        assert_double_near(sum, score[row], 1e-12);
    }
    example_free(e);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct example *e = example_make(20, 1);
    double one[N * P], four[N * P];
    assert_done(treeshap_contributions(&e->forest, e->x, N, one, &err), err);
    assert_done(pool_start(4, &err), err);
    assert_done(treeshap_contributions(&e->forest, e->x, N, four, &err), err);
    pool_stop();
    assert_memory_equal(one, four, sizeof one);
    example_free(e);
}

/* A chain: every right child is split again. Its depth would be the recursion's. */
static void a_tree_that_is_too_deep_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    enum { DEPTH = TREESHAP_DEPTH_MAX + 1, NODES = 2 * DEPTH + 1 };
    static int32_t column[NODES], left[NODES];
    static double cut[NODES], share[NODES], rows[NODES];
    size_t root = 0;
    double x = 1, phi;
    for (int32_t at = 0; at < NODES; at++) {
        column[at] = at + 2 < NODES && (at == 0 || at % 2 == 0) ? 0 : -1;
        left[at] = at + 1;
        rows[at] = 1 + (double)(NODES - at) / 2;
    }
    struct forest chain = {.p = 1, .tree_n = 1, .node_n = NODES, .root = &root, .column = column, .cut = cut, .left = left, .share = share, .rows = rows};
    assert_false(treeshap_contributions(&chain, &x, 1, &phi, &err));
    assert_error(err, ERR_INPUT, "a tree of the forest is 1001 nodes deep, expected at most 1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contributions_are_shapley_values),
        cmocka_unit_test(the_constant_and_all_contributions_are_the_score),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_tree_that_is_too_deep_is_refused),
    };
    return tap_run(tests);
}
