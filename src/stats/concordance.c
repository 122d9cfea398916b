#include "stats/concordance.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/rank.h"

/* Sums of weights by marker rank 0..n-1. */
struct tree {
    double *node, total;
    double *at; /* weight at each rank, for ties */
    size_t n;
};

static void tree_clear(struct tree *tree)
{
    memset(tree->node, 0, (tree->n + 1) * sizeof *tree->node);
    memset(tree->at, 0, tree->n * sizeof *tree->at);
    tree->total = 0.0;
}

static void tree_add(struct tree *tree, size_t rank, double weight)
{
    tree->total += weight;
    tree->at[rank] += weight;
    for (size_t i = rank + 1; i <= tree->n; i += i & (~i + 1))
        tree->node[i] += weight;
}

struct split {
    double below, equal, above;
};

static struct split tree_split(const struct tree *tree, size_t rank)
{
    double below = 0.0;
    for (size_t i = rank; i > 0; i -= i & (~i + 1))
        below += tree->node[i];
    return (struct split){below, tree->at[rank], tree->total - below - tree->at[rank]};
}

struct walk {
    const struct concordance_data *data;
    size_t *by_stop, *by_start, *rank;
    struct tree tree;
    struct split *share; /* [n] influence of each row: concordant in above, tied in equal, discordant in below */
    struct concordance *out;
};

static double case_weight(const struct walk *walk, size_t row)
{
    return walk->data->weight ? walk->data->weight[row] : 1.0;
}

static double pair_weight(const struct walk *walk, size_t row)
{
    return walk->data->pair_weight ? walk->data->pair_weight[row] : 1.0;
}

/* Events against those at risk after them: back in time, rows enter at stop and leave at start. */
static void count_events(struct walk *walk, size_t first, size_t last)
{
    const struct concordance_data *d = walk->data;
    size_t left = last; /* by_start ascending: rows from here on have left, going back in time */
    for (size_t end = last, begin; end > first; end = begin) {
        double t = d->stop[walk->by_stop[end - 1]];
        for (begin = end; begin > first && d->stop[walk->by_stop[begin - 1]] == t; begin--)
            ;
        for (; d->start && left > first && d->start[walk->by_start[left - 1]] >= t; left--) {
            size_t row = walk->by_start[left - 1];
            tree_add(&walk->tree, walk->rank[row], -case_weight(walk, row));
        }
        for (size_t k = begin; k < end && !d->strict; k++)
            if (d->status[walk->by_stop[k]] == 0.0)
                tree_add(&walk->tree, walk->rank[walk->by_stop[k]], case_weight(walk, walk->by_stop[k]));
        for (size_t k = begin; k < end; k++) {
            size_t row = walk->by_stop[k];
            double v = pair_weight(walk, row), w = case_weight(walk, row) * v;
            if (d->status[row] != 1.0 || v == 0.0)
                continue;
            struct split s = tree_split(&walk->tree, walk->rank[row]);
            walk->out->concordant += w * s.below; /* those who live longer have the lower marker */
            walk->out->discordant += w * s.above;
            walk->out->tied_marker += w * s.equal;
            walk->share[row].above += v * s.below;
            walk->share[row].below += v * s.above;
            walk->share[row].equal += v * s.equal;
        }
        for (size_t k = begin; k < end; k++)
            if (d->strict || d->status[walk->by_stop[k]] == 1.0)
                tree_add(&walk->tree, walk->rank[walk->by_stop[k]], case_weight(walk, walk->by_stop[k]));
    }
}

/* The later row's side of the same pairs: forward in time, `sign` -1 takes back events up to its start. */
static void count_survivor(struct walk *walk, size_t row, double sign)
{
    struct split s = tree_split(&walk->tree, walk->rank[row]);
    walk->share[row].above += sign * s.above; /* an earlier event with the higher marker: concordant */
    walk->share[row].below += sign * s.below;
    walk->share[row].equal += sign * s.equal;
}

static void count_survivors(struct walk *walk, size_t first, size_t last)
{
    const struct concordance_data *d = walk->data;
    size_t entered = first;
    for (size_t begin = first, end; begin < last; begin = end) {
        double t = d->stop[walk->by_stop[begin]];
        for (; d->start && entered < last && d->start[walk->by_start[entered]] < t; entered++)
            count_survivor(walk, walk->by_start[entered], -1.0); /* events before t are those up to its start */
        for (end = begin; end < last && d->stop[walk->by_stop[end]] == t; end++)
            if (d->strict || d->status[walk->by_stop[end]] == 1.0)
                count_survivor(walk, walk->by_stop[end], 1.0);
        for (size_t k = begin; k < end; k++) {
            size_t row = walk->by_stop[k];
            double w = case_weight(walk, row) * pair_weight(walk, row);
            if (d->status[row] == 1.0 && w != 0.0)
                tree_add(&walk->tree, walk->rank[row], w);
        }
        for (size_t k = begin; k < end && !d->strict; k++)
            if (d->status[walk->by_stop[k]] == 0.0)
                count_survivor(walk, walk->by_stop[k], 1.0);
    }
}

/* Pairs of events at one time; rows of one time are few, but all may be tied: ranks are counted by sorting. */
static void count_tied_times(struct walk *walk, size_t first, size_t last)
{
    const struct concordance_data *d = walk->data;
    tree_clear(&walk->tree);
    for (size_t begin = first, end; begin < last; begin = end) {
        double t = d->stop[walk->by_stop[begin]];
        for (end = begin; end < last && d->stop[walk->by_stop[end]] == t; end++) {
            size_t row = walk->by_stop[end];
            double w = case_weight(walk, row);
            if (d->status[row] != 1.0 || pair_weight(walk, row) == 0.0)
                continue;
            struct split s = tree_split(&walk->tree, walk->rank[row]);
            walk->out->tied_both += w * s.equal;
            walk->out->tied_time += w * (s.below + s.above);
            tree_add(&walk->tree, walk->rank[row], w);
        }
        for (size_t k = begin; k < end; k++) {
            size_t row = walk->by_stop[k];
            if (d->status[row] == 1.0 && pair_weight(walk, row) != 0.0)
                tree_add(&walk->tree, walk->rank[row], -case_weight(walk, row));
        }
    }
}

static enum stats_status look(const struct concordance_data *d)
{
    bool odd = false, negative = false;
    size_t events = 0;
    for (size_t i = 0; i < d->n; i++) {
        odd = odd || (d->status[i] != 0.0 && d->status[i] != 1.0);
        negative = negative || (d->start ? d->start[i] : d->stop[i]) < 0.0;
        events += d->status[i] == 1.0;
    }
    return d->n == 0    ? STATS_NO_COMPLETE_ROWS
           : odd        ? STATS_LABEL_NOT_BINARY
           : negative   ? STATS_NEGATIVE_TIME
           : events == 0 ? STATS_NO_EVENTS
                         : STATS_OK;
}

/* Orders rows by stratum, then key; `spare` holds n indices, `value` n numbers. */
static void order_rows(const struct concordance_data *d, const double *key, size_t *index, size_t *spare, double *value)
{
    sort_index(key, d->n, index);
    if (!d->stratum)
        return;
    memcpy(spare, index, d->n * sizeof *spare);
    for (size_t i = 0; i < d->n; i++)
        value[i] = (double)d->stratum[spare[i]];
    size_t *second = spare + d->n;
    sort_index(value, d->n, second);
    for (size_t i = 0; i < d->n; i++)
        index[i] = spare[second[i]];
}

static bool jackknife(struct walk *walk, struct err *err)
{
    const struct concordance_data *d = walk->data;
    struct concordance *out = walk->out;
    double pairs = out->concordant + out->discordant + out->tied_marker;
    double somers = (out->concordant - out->discordant) / pairs, variance = 0.0;
    size_t groups = 0;
    for (size_t i = 0; d->cluster && i < d->n; i++)
        groups = d->cluster[i] + 1 > groups ? d->cluster[i] + 1 : groups;
    double *sum = mem_zero(groups, sizeof *sum, err);
    if (!sum)
        return false;
    for (size_t i = 0; i < d->n; i++) {
        struct split s = walk->share[i];
        double influence = case_weight(walk, i) * ((s.above - s.below) - somers * (s.above + s.below + s.equal)) / pairs;
        if (d->cluster)
            sum[d->cluster[i]] += influence;
        else
            variance += influence * influence;
    }
    for (size_t g = 0; g < groups; g++)
        variance += sum[g] * sum[g];
    mem_free(sum);
    out->c = 0.5 * (somers + 1.0);
    out->se = 0.5 * sqrt(variance);
    return true;
}

bool concordance(const struct concordance_data *data, struct concordance *out, struct err *err)
{
    size_t n = data->n;
    *out = (struct concordance){.status = look(data), .c = NAN, .se = NAN};
    if (out->status != STATS_OK && out->status != STATS_NO_EVENTS)
        return true;
    bool done = false;
    struct walk walk = {.data = data, .out = out};
    size_t *index = mem_alloc(n, 5 * sizeof *index, err);
    double *numbers = mem_alloc(3 * n + 1, sizeof *numbers, err);
    walk.share = mem_zero(n, sizeof *walk.share, err);
    if (!index || !numbers || !walk.share)
        goto done;
    walk.by_stop = index;
    walk.by_start = index + n;
    walk.rank = index + 2 * n;
    size_t *spare = index + 3 * n;
    walk.tree = (struct tree){.node = numbers, .at = numbers + n + 1, .n = n};
    double *value = numbers + 2 * n + 1;
    sort_index(data->marker, n, spare);
    for (size_t i = 0, rank = 0; i < n; i++) {
        rank += i > 0 && data->marker[spare[i]] != data->marker[spare[i - 1]];
        walk.rank[spare[i]] = rank;
    }
    order_rows(data, data->stop, walk.by_stop, spare, value);
    if (data->start)
        order_rows(data, data->start, walk.by_start, spare, value);
    for (size_t first = 0, last; first < n; first = last) {
        size_t code = data->stratum ? data->stratum[walk.by_stop[first]] : 0;
        for (last = first; last < n && (!data->stratum || data->stratum[walk.by_stop[last]] == code); last++)
            ;
        tree_clear(&walk.tree);
        count_events(&walk, first, last);
        tree_clear(&walk.tree);
        count_survivors(&walk, first, last);
        count_tied_times(&walk, first, last);
    }
    done = true;
    if (out->concordant + out->discordant + out->tied_marker > 0.0)
        done = jackknife(&walk, err);
    else if (out->status == STATS_OK)
        out->status = STATS_NO_PAIRS;
done:
    mem_free(index);
    mem_free(numbers);
    mem_free(walk.share);
    return done;
}

bool uno_weights(const double *time, const double *status, size_t n, double tau, bool upto, bool left, double *weight,
                 struct err *err)
{
    size_t *index = mem_alloc(n, sizeof *index, err);
    if (!index)
        return false;
    sort_index(time, n, index);
    double g = 1.0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        double t = time[index[begin]], before = g, events = 0.0, censored = 0.0;
        for (end = begin; end < n && time[index[end]] == t; end++) {
            events += status[index[end]] != 0.0;
            censored += status[index[end]] == 0.0;
        }
        double at_risk = (double)(n - begin) - events;
        if (censored > 0.0)
            g *= 1.0 - censored / at_risk;
        double used = left ? before : g;
        bool inside = t < tau || (upto && t == tau);
        for (size_t k = begin; k < end; k++)
            weight[index[k]] = inside && status[index[k]] == 1.0 && used > 0.0 ? 1.0 / (used * used) : 0.0;
    }
    mem_free(index);
    return true;
}
