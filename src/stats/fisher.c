/* Fisher's exact test (contingency.h).
 *
 * 2 x 2: the noncentral hypergeometric distribution of the first cell, all its mass points in log space.
 *
 * r x c: a network over rows, as Mehta and Patel (J Am Stat Assoc 78, 1983), met in the middle. A node is the vector
 * of column totals used so far; its list holds every distinct log weight sum(log multinomial of a row) of the ways to
 * reach it, with how many ways. All rows but the three largest are carried forward node by node; the two largest are
 * listed backward for each vector of remaining column totals; the third is run through between them. A pair counts
 * when forward + row + backward is at most the observed log weight, which a sorted backward list with running sums
 * answers by one search. Lists are small since equal weights are merged. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/rank.h"
#include "stats/contingency.h"

/* ---- 2 x 2 ---- */

struct hypergeometric {
    double low, high;   /* support of the first cell */
    double white, black, drawn;
};

static double log_weight(const struct hypergeometric *h, double x)
{
    return log_choose(h->white, x) + log_choose(h->black, h->drawn - x);
}

struct tails {
    double mean, below_or_at, above_or_at; /* P(X <= x), P(X >= x) */
};

/* Mass at odds ratio exp(log_or); the largest term is factored out, so nothing overflows. */
static struct tails tails_at(const struct hypergeometric *h, double x, double log_or)
{
    double largest = -INFINITY;
    for (double k = h->low; k <= h->high; k++)
        largest = fmax(largest, log_weight(h, k) + k * log_or);
    double total = 0.0, mean = 0.0, below = 0.0, above = 0.0;
    for (double k = h->low; k <= h->high; k++) {
        double mass = exp(log_weight(h, k) + k * log_or - largest);
        total += mass;
        mean += k * mass;
        below += k <= x ? mass : 0.0;
        above += k >= x ? mass : 0.0;
    }
    return (struct tails){mean / total, below / total, above / total};
}

enum target { MEAN, UPPER_TAIL, LOWER_TAIL };

/* The log odds ratio where the mean, or a tail, of X reaches `value`; all are monotone, so bisection is safe. */
static double solve_log_or(const struct hypergeometric *h, double x, enum target target, double value)
{
    double low = -80.0, high = 80.0;
    for (int step = 0; step < 200 && high - low > 1e-13 * (1.0 + fabs(low)); step++) {
        double middle = 0.5 * (low + high);
        struct tails t = tails_at(h, x, middle);
        bool go_up = target == MEAN         ? t.mean < value
                     : target == UPPER_TAIL ? t.above_or_at < value
                                            : t.below_or_at > value;
        if (go_up)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

struct fisher2x2 fisher_2x2(const double count[4], double level)
{
    double x = count[0], tail = 0.5 * (1.0 - level);
    struct hypergeometric h = {.white = count[0] + count[2], .black = count[1] + count[3],
                               .drawn = count[0] + count[1]};
    h.low = fmax(0.0, h.drawn - h.black);
    h.high = fmin(h.drawn, h.white);
    double seen = log_weight(&h, x), total = log_choose(h.white + h.black, h.drawn), p = 0.0;
    for (double k = h.low; k <= h.high; k++)
        if (log_weight(&h, k) <= seen + 1e-7)
            p += exp(log_weight(&h, k) - total);
    struct tails null = tails_at(&h, x, 0.0);
    struct fisher2x2 out = {.p = fmin(1.0, p), .p_less = null.below_or_at, .p_greater = null.above_or_at};
    out.odds_ratio = x == h.low ? 0.0 : x == h.high ? INFINITY : exp(solve_log_or(&h, x, MEAN, x));
    out.low = x == h.low ? 0.0 : exp(solve_log_or(&h, x, UPPER_TAIL, tail));
    out.high = x == h.high ? INFINITY : exp(solve_log_or(&h, x, LOWER_TAIL, tail));
    return out;
}

/* ---- r x c ---- */

enum { MAX_COLS = 16 };

struct ways {
    double log_weight, share; /* share: how many ways; later the running sum of weights, scaled */
};

struct node {
    uint64_t key; /* column totals in mixed radix, plus one; 0 marks an empty slot */
    struct ways *list;
    size_t n, room;
    bool merged;
};

struct level {
    struct node *slot;
    size_t slot_n, used;
};

struct network {
    size_t cols;
    int col[MAX_COLS];           /* column totals */
    uint64_t radix[MAX_COLS];
    const double *log_factorial; /* up to n */
    double work, limit;
    struct err *err;
};

static uint64_t key_of(const struct network *net, const int *used)
{
    uint64_t key = 1;
    for (size_t j = 0; j < net->cols; j++)
        key += net->radix[j] * (uint64_t)used[j];
    return key;
}

static void totals_of(const struct network *net, uint64_t key, int *used)
{
    key -= 1;
    for (size_t j = net->cols; j-- > 0;) {
        used[j] = (int)(key / net->radix[j]);
        key %= net->radix[j];
    }
}

static size_t hash(uint64_t key, size_t slot_n)
{
    return (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & (slot_n - 1);
}

static void level_free(struct level *level)
{
    for (size_t i = 0; i < level->slot_n; i++)
        mem_free(level->slot[i].list);
    mem_free(level->slot);
    *level = (struct level){NULL, 0, 0};
}

static bool level_grow(struct level *level, struct err *err)
{
    size_t slot_n = level->slot_n ? 2 * level->slot_n : 256;
    struct node *slot = mem_zero(slot_n, sizeof *slot, err);
    if (!slot)
        return false;
    for (size_t i = 0; i < level->slot_n; i++) {
        if (level->slot[i].key == 0)
            continue;
        size_t k = hash(level->slot[i].key, slot_n);
        while (slot[k].key)
            k = (k + 1) & (slot_n - 1);
        slot[k] = level->slot[i];
    }
    mem_free(level->slot);
    level->slot = slot;
    level->slot_n = slot_n;
    return true;
}

/* The node of a key, made when absent; NULL: no memory. Its address is valid until the next call. */
static struct node *level_node(struct level *level, uint64_t key, struct err *err)
{
    if (2 * (level->used + 1) > level->slot_n && !level_grow(level, err))
        return NULL;
    size_t k = hash(key, level->slot_n);
    while (level->slot[k].key && level->slot[k].key != key)
        k = (k + 1) & (level->slot_n - 1);
    if (!level->slot[k].key) {
        level->slot[k].key = key;
        level->used++;
    }
    return &level->slot[k];
}

static int by_weight(const void *a, const void *b)
{
    const struct ways *u = a, *v = b;
    return (u->log_weight > v->log_weight) - (u->log_weight < v->log_weight);
}

/* Sorts by weight and joins equal ones; sums of the same logarithms in another order differ by rounding alone. */
static void merge_equal(struct node *node)
{
    if (node->merged || node->n == 0)
        return;
    qsort(node->list, node->n, sizeof *node->list, by_weight);
    size_t kept = 0;
    for (size_t i = 0; i < node->n; i++) {
        if (kept > 0 && node->list[i].log_weight - node->list[kept - 1].log_weight < 1e-11)
            node->list[kept - 1].share += node->list[i].share;
        else
            node->list[kept++] = node->list[i];
    }
    node->n = kept;
    node->merged = true;
}

static bool node_add(struct node *node, struct ways ways, struct err *err)
{
    if (node->n == node->room) {
        size_t before = node->n;
        merge_equal(node); /* growing only when merging did not make room */
        if (2 * node->n > node->room || before < 64) {
            size_t room = node->room ? 2 * node->room : 8;
            struct ways *list = mem_grow(node->list, node->n, room, sizeof *list, err);
            if (!list)
                return false;
            node->list = list;
            node->room = room;
        }
    }
    node->list[node->n++] = ways;
    node->merged = false;
    return true;
}

/* Calls `visit` for every way to spread `total` over columns with `cap[j]` places; x is that way. */
typedef bool visit_fn(void *ctx, const int *x, double log_ways);

static bool spread(const struct network *net, const int *cap, int total, size_t j, int *x, double log_ways,
                   visit_fn *visit, void *ctx)
{
    if (j + 1 == net->cols) {
        if (total > cap[j])
            return true;
        x[j] = total;
        return visit(ctx, x, log_ways - net->log_factorial[total]);
    }
    int behind = 0; /* places in the later columns */
    for (size_t k = j + 1; k < net->cols; k++)
        behind += cap[k];
    int least = total > behind ? total - behind : 0, most = total < cap[j] ? total : cap[j];
    for (int v = least; v <= most; v++) {
        x[j] = v;
        if (!spread(net, cap, total - v, j + 1, x, log_ways - net->log_factorial[v], visit, ctx))
            return false;
    }
    return true;
}

struct forward {
    struct network *net;
    const struct node *from;
    const int *used;
    struct level *to;
};

static bool forward_visit(void *ctx, const int *x, double log_ways)
{
    struct forward *f = ctx;
    int used[MAX_COLS];
    for (size_t j = 0; j < f->net->cols; j++)
        used[j] = f->used[j] + x[j];
    f->net->work += (double)f->from->n;
    if (f->net->work > f->net->limit)
        return false;
    struct node *node = level_node(f->to, key_of(f->net, used), f->net->err);
    if (!node)
        return false;
    for (size_t i = 0; i < f->from->n; i++) {
        struct ways ways = {f->from->list[i].log_weight + log_ways, f->from->list[i].share};
        if (!node_add(node, ways, f->net->err))
            return false;
    }
    return true;
}

struct backward {
    struct network *net;
    struct node *node;
    const int *left;      /* column totals that the two last rows share */
    double last_total_log; /* log factorial of the last row's total */
};

static bool backward_visit(void *ctx, const int *x, double log_ways)
{
    struct backward *b = ctx;
    double other = b->last_total_log;
    for (size_t j = 0; j < b->net->cols; j++)
        other -= b->net->log_factorial[b->left[j] - x[j]];
    b->net->work += 1.0;
    return b->net->work <= b->net->limit && node_add(b->node, (struct ways){log_ways + other, 1.0}, b->net->err);
}

/* share := running sum of share * exp(log_weight - largest). */
static void accumulate(struct node *node)
{
    merge_equal(node);
    double largest = node->list[node->n - 1].log_weight, total = 0.0;
    for (size_t i = 0; i < node->n; i++) {
        total += node->list[i].share * exp(node->list[i].log_weight - largest);
        node->list[i].share = total;
    }
}

struct middle {
    struct network *net;
    const struct node *from;
    const int *used;
    struct level *back;
    int row_last, row_before; /* totals of the two last rows */
    double seen;              /* largest log weight that counts */
    double scale;             /* log of the sum of all weights */
    double p;
};

static bool middle_visit(void *ctx, const int *x, double log_ways)
{
    struct middle *m = ctx;
    struct network *net = m->net;
    int left[MAX_COLS], spread_x[MAX_COLS];
    for (size_t j = 0; j < net->cols; j++)
        left[j] = net->col[j] - m->used[j] - x[j];
    struct node *node = level_node(m->back, key_of(net, left), net->err);
    if (!node)
        return false;
    if (node->n == 0) {
        struct backward b = {net, node, left, net->log_factorial[m->row_last]};
        if (!spread(net, left, m->row_before, 0, spread_x, net->log_factorial[m->row_before], backward_visit, &b))
            return false;
        accumulate(node);
    }
    net->work += (double)m->from->n;
    if (net->work > net->limit)
        return false;
    double largest = node->list[node->n - 1].log_weight;
    size_t reach = node->n; /* forward weights ascend, so the reach into the backward list only falls */
    for (size_t i = 0; i < m->from->n; i++) {
        double front = m->from->list[i].log_weight + log_ways;
        while (reach > 0 && front + node->list[reach - 1].log_weight > m->seen)
            reach--;
        if (reach == 0)
            break;
        m->p += m->from->list[i].share * exp(front + largest - m->scale) * node->list[reach - 1].share;
    }
    return true;
}

static bool network_run(struct network *net, const int *row, size_t rows, double seen, double scale, double *p)
{
    struct level at = {NULL, 0, 0}, next = {NULL, 0, 0}, back = {NULL, 0, 0};
    bool done = false;
    int none[MAX_COLS] = {0}, used[MAX_COLS], left[MAX_COLS], x[MAX_COLS];
    struct node *start = level_node(&at, key_of(net, none), net->err);
    if (!start || !node_add(start, (struct ways){0.0, 1.0}, net->err))
        goto done;
    struct middle m = {.net = net, .back = &back, .row_last = row[rows - 1], .row_before = row[rows - 2],
                       .seen = seen, .scale = scale};
    for (size_t r = 0; r + 2 < rows; r++) {
        bool last = r + 3 == rows;
        for (size_t i = 0; i < at.slot_n; i++) {
            struct node *from = &at.slot[i];
            if (!from->key)
                continue;
            merge_equal(from);
            totals_of(net, from->key, used);
            for (size_t j = 0; j < net->cols; j++)
                left[j] = net->col[j] - used[j];
            struct forward f = {net, from, used, &next};
            m.from = from;
            m.used = used;
            double log_total = net->log_factorial[row[r]];
            if (!spread(net, left, row[r], 0, x, log_total, last ? middle_visit : forward_visit,
                        last ? (void *)&m : (void *)&f))
                goto done;
        }
        level_free(&at);
        at = next;
        next = (struct level){NULL, 0, 0};
    }
    *p = fmin(1.0, m.p);
    done = true;
done:
    level_free(&at);
    level_free(&next);
    level_free(&back);
    return done;
}

bool fisher_rxc(const double *count, size_t rows, size_t cols, double limit, double *p, struct err *err)
{
    *p = NAN;
    bool turned = cols > rows; /* fewer columns make fewer nodes */
    size_t r_n = turned ? cols : rows, c_n = turned ? rows : cols;
    if (c_n > MAX_COLS || c_n < 2)
        return true;
    bool done = false;
    size_t rows_net = r_n < 3 ? 3 : r_n; /* a row of zeros makes 2 x c fit the walk */
    double *total = mem_zero(rows_net, sizeof *total, err), *log_factorial = NULL;
    int *row = mem_zero(rows_net, sizeof *row, err);
    struct network net = {.cols = c_n, .limit = limit, .err = err};
    if (!total || !row)
        goto done;
    double n = 0.0, seen = 0.0, states = 1.0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            double k = count[i * cols + j];
            total[turned ? j : i] += k;
            net.col[turned ? i : j] += (int)k;
            n += k;
        }
    for (size_t j = 0; j < c_n; j++) {
        net.radix[j] = (uint64_t)states;
        states *= (double)net.col[j] + 1.0;
    }
    if (n > 1e6 || states > 1e18) {
        done = true;
        goto done;
    }
    log_factorial = mem_alloc((size_t)n + 1, sizeof *log_factorial, err);
    if (!log_factorial)
        goto done;
    for (size_t k = 0; k <= (size_t)n; k++)
        log_factorial[k] = log_gamma((double)k + 1.0);
    net.log_factorial = log_factorial;
    sort_doubles(total, rows_net);
    double scale = log_factorial[(size_t)n];
    for (size_t i = 0; i < rows_net; i++) {
        row[i] = (int)total[i];
        seen += log_factorial[row[i]];
    }
    for (size_t j = 0; j < c_n; j++)
        scale -= log_factorial[net.col[j]];
    for (size_t i = 0; i < rows * cols; i++)
        seen -= log_factorial[(size_t)count[i]];
    /* The weights of all tables sum to n! / prod(col!). */
    done = network_run(&net, row, rows_net, seen + 1e-7, scale, p);
    if (!done && net.work > net.limit)
        done = true; /* too much work, not too little memory */
done:
    mem_free(total);
    mem_free(row);
    mem_free(log_factorial);
    return done;
}
