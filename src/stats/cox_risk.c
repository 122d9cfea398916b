#include "stats/cox_risk.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/rank.h"

/* Rows by (stratum ascending, key descending, row): two stable passes of a sort index. */
static bool order_by(const struct cox_data *data, const double *key, size_t *index, struct err *err)
{
    size_t n = data->n;
    double *value = mem_alloc(n, 2 * sizeof *value, err);
    size_t *first = mem_alloc(n, 2 * sizeof *first, err);
    bool done = value && first;
    if (done) {
        for (size_t i = 0; i < n; i++)
            value[i] = -key[i];
        if (!data->stratum) {
            sort_index(value, n, index);
        } else {
            double *stratum = value + n;
            size_t *second = first + n;
            sort_index(value, n, first);
            for (size_t i = 0; i < n; i++)
                stratum[i] = (double)data->stratum[first[i]];
            sort_index(stratum, n, second);
            for (size_t i = 0; i < n; i++)
                index[i] = first[second[i]];
        }
    }
    mem_free(value);
    mem_free(first);
    return done;
}

bool cox_order_make(const struct cox_data *data, struct cox_order *order, struct err *err)
{
    size_t p = data->p;
    *order = (struct cox_order){.by_stop = mem_alloc(data->n, 2 * sizeof(size_t), err)};
    order->sums = mem_alloc(2 * (1 + p + p * p), sizeof(double), err);
    if (!order->by_stop || !order->sums || !order_by(data, data->stop, order->by_stop, err))
        goto failed;
    if (data->start) {
        order->by_start = order->by_stop + data->n;
        if (!order_by(data, data->start, order->by_start, err))
            goto failed;
    }
    return true;
failed:
    cox_order_free(order);
    return false;
}

void cox_order_free(struct cox_order *order)
{
    mem_free(order->by_stop);
    mem_free(order->sums);
    *order = (struct cox_order){NULL, NULL, NULL};
}

struct sums {
    double *s0, *s1, *s2; /* s2 NULL: not kept */
};

static void add_row(const struct cox_data *data, const double *x, size_t row, double weight, const struct sums *to)
{
    size_t n = data->n, p = data->p;
    *to->s0 += weight;
    for (size_t j = 0; j < p; j++) {
        double part = weight * x[row + j * n];
        to->s1[j] += part;
        if (to->s2)
            for (size_t k = j; k < p; k++)
                to->s2[k + j * p] += part * x[row + k * n];
    }
}

void cox_walk(const struct cox_data *data, const struct cox_order *order, const double *x, const double *risk,
              bool second_moments, risk_fn *fn, void *ctx)
{
    size_t n = data->n, p = data->p, width = 1 + p + p * p;
    double *block = order->sums;
    struct sums at = {block, block + 1, second_moments ? block + 1 + p : NULL};
    struct sums dying = {block + width, block + width + 1, second_moments ? block + width + 1 + p : NULL};
    for (size_t first = 0, last; first < n; first = last) { /* a stratum */
        size_t code = data->stratum ? data->stratum[order->by_stop[first]] : 0;
        for (last = first; last < n && (!data->stratum || data->stratum[order->by_stop[last]] == code); last++)
            ;
        memset(block, 0, width * sizeof *block);
        size_t left = first; /* by_start: rows before it have left the risk set, going back in time */
        for (size_t begin = first, end; begin < last; begin = end) {
            double t = data->stop[order->by_stop[begin]];
            memset(block + width, 0, width * sizeof *block);
            struct risk_set set = {.time = t, .stratum = code};
            size_t *tied = order->by_stop + begin, deaths = 0;
            for (end = begin; end < last && data->stop[order->by_stop[end]] == t; end++) {
                size_t row = order->by_stop[end];
                double w = data->weight ? data->weight[row] : 1.0;
                add_row(data, x, row, w * risk[row], &at);
                if (data->status[row] == 1.0) {
                    add_row(data, x, row, w * risk[row], &dying);
                    set.death_weight += w;
                    /* The dying first, in row order; the censored behind them keep theirs. */
                    memmove(tied + deaths + 1, tied + deaths, (end - begin - deaths) * sizeof *tied);
                    tied[deaths++] = row;
                }
            }
            if (deaths == 0)
                continue;
            for (; order->by_start && left < last && data->start[order->by_start[left]] >= t; left++) {
                size_t row = order->by_start[left];
                add_row(data, x, row, -(data->weight ? data->weight[row] : 1.0) * risk[row], &at);
            }
            set.death = tied;
            set.death_n = deaths;
            set.s0 = *at.s0;
            set.d0 = *dying.s0;
            set.s1 = at.s1;
            set.d1 = dying.s1;
            set.s2 = at.s2;
            set.d2 = dying.s2;
            fn(ctx, &set);
        }
    }
}

size_t cox_steps(const struct risk_set *set, enum cox_ties ties)
{
    return ties == COX_EFRON ? set->death_n : 1;
}

double cox_step(const struct risk_set *set, enum cox_ties ties, size_t step, size_t p, double *mean, double *hazard)
{
    double steps = (double)cox_steps(set, ties), gone = (double)step / steps, total = set->s0 - gone * set->d0;
    for (size_t j = 0; j < p; j++)
        mean[j] = (set->s1[j] - gone * set->d1[j]) / total;
    *hazard = set->death_weight / steps / total;
    return 1.0 - gone;
}
