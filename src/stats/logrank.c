#include "stats/logrank.h"

#include <math.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/linalg.h"
#include "num/rank.h"

static enum stats_status look(const double *time, const double *status, size_t n)
{
    size_t complete = 0, events = 0;
    bool negative = false, odd = false;
    for (size_t i = 0; i < n; i++) {
        if (isnan(time[i]) || isnan(status[i]))
            continue;
        complete++;
        negative = negative || time[i] < 0.0;
        odd = odd || (status[i] != 0.0 && status[i] != 1.0);
        events += status[i] == 1.0;
    }
    return complete == 0 ? STATS_NO_COMPLETE_ROWS
           : negative    ? STATS_NEGATIVE_TIME
           : odd         ? STATS_LABEL_NOT_BINARY
           : events == 0 ? STATS_NO_EVENTS
                         : STATS_OK;
}

struct work {
    double *at_risk, *died; /* [group_n] */
};

/* Adds one stratum: `index` lists its rows by ascending time. */
static void add_stratum(const double *time, const double *status, const size_t *group, const size_t *index, size_t n,
                        double rho, const struct work *work, struct logrank *out)
{
    size_t k = out->group_n;
    for (size_t g = 0; g < k; g++)
        work->at_risk[g] = 0.0;
    for (size_t i = 0; i < n; i++)
        work->at_risk[group[index[i]]]++;
    double surv = 1.0;
    for (size_t begin = 0, end; begin < n; begin = end) {
        double t = time[index[begin]], at_risk = (double)(n - begin), died = 0.0;
        for (size_t g = 0; g < k; g++)
            work->died[g] = 0.0;
        for (end = begin; end < n && time[index[end]] == t; end++) {
            work->died[group[index[end]]] += status[index[end]];
            died += status[index[end]];
        }
        if (died > 0.0) {
            double weight = rho == 0.0 ? 1.0 : pow(surv, rho);
            double factor = at_risk > 1.0 ? weight * weight * died * (at_risk - died) / (at_risk - 1.0) : 0.0;
            for (size_t g = 0; g < k; g++) {
                double share = work->at_risk[g] / at_risk;
                out->observed[g] += weight * work->died[g];
                out->expected[g] += weight * died * share;
                out->var[g + g * k] += factor * share;
                for (size_t h = 0; h < k; h++)
                    out->var[g + h * k] -= factor * share * work->at_risk[h] / at_risk;
            }
            surv *= (at_risk - died) / at_risk;
        }
        for (size_t i = begin; i < end; i++)
            work->at_risk[group[index[i]]]--;
    }
}

/* Quadratic form of observed - expected over the groups with an expectation, the first of them left out. */
static bool chi_square(struct logrank *out, struct err *err)
{
    size_t k = out->group_n, kept = 0;
    double *block = mem_alloc(k * (k + 2), sizeof *block, err);
    size_t *which = mem_alloc(k, sizeof *which, err);
    bool done = block && which;
    if (done) {
        for (size_t g = 0; g < k; g++)
            if (out->expected[g] > 0.0)
                which[kept++] = g;
        size_t m = kept > 0 ? kept - 1 : 0;
        double *matrix = block, *solved = block + m * m, *difference = solved + m;
        for (size_t i = 0; i < m; i++) {
            solved[i] = difference[i] = out->observed[which[i + 1]] - out->expected[which[i + 1]];
            for (size_t j = 0; j < m; j++)
                matrix[i + j * m] = out->var[which[i + 1] + which[j + 1] * k];
        }
        if (m > 0 && la_solve(m, matrix, 1, solved)) {
            out->chi2 = la_dot(m, solved, difference);
            out->p = chi2_sf(out->chi2, out->df);
        }
    }
    mem_free(block);
    mem_free(which);
    return done;
}

bool logrank(const double *time, const double *status, const size_t *group, size_t group_n, const size_t *stratum,
             size_t n, double rho, struct logrank *out, struct err *err)
{
    *out = (struct logrank){.status = look(time, status, n), .group_n = group_n, .chi2 = NAN,
                            .df = (double)group_n - 1.0, .p = NAN};
    bool done = false;
    size_t *index = mem_alloc(n, sizeof *index, err), *part = mem_alloc(n, sizeof *part, err);
    double *scratch = mem_zero(group_n, 2 * sizeof *scratch, err);
    out->n = mem_zero(group_n, (3 + group_n) * sizeof(double), err);
    if (!index || !part || !scratch || !out->n)
        goto done;
    out->observed = out->n + group_n;
    out->expected = out->observed + group_n;
    out->var = out->expected + group_n;
    done = true;
    if (out->status != STATS_OK && out->status != STATS_NO_EVENTS)
        goto done;

    sort_index(time, n, index);
    size_t kept = 0, filled = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(time[index[i]]) && !isnan(status[index[i]])) {
            index[kept++] = index[i];
            out->n[group[index[kept - 1]]]++;
        }
    for (size_t g = 0; g < group_n; g++)
        filled += out->n[g] > 0.0;
    if (filled < 2)
        out->status = STATS_ONE_GROUP;
    if (out->status != STATS_OK)
        goto done;
    struct work work = {scratch, scratch + group_n};
    /* Strata one by one, each the rows of the first row that is left; their order follows the first time. */
    while (kept > 0) {
        size_t part_n = 0, rest = 0, code = stratum ? stratum[index[0]] : 0;
        for (size_t i = 0; i < kept; i++) {
            if (!stratum || stratum[index[i]] == code)
                part[part_n++] = index[i];
            else
                index[rest++] = index[i];
        }
        add_stratum(time, status, group, part, part_n, rho, &work, out);
        kept = rest;
    }
    done = chi_square(out, err);
done:
    mem_free(index);
    mem_free(part);
    mem_free(scratch);
    if (!done)
        logrank_free(out);
    return done;
}

void logrank_free(struct logrank *out)
{
    mem_free(out->n);
    out->n = out->observed = out->expected = out->var = NULL;
}

void logrank_trend(const struct logrank *test, const double *score, double *chi2, double *p)
{
    double u = 0.0, v = 0.0;
    size_t k = test->group_n;
    for (size_t g = 0; g < k; g++) {
        u += score[g] * (test->observed[g] - test->expected[g]);
        for (size_t h = 0; h < k; h++)
            v += score[g] * test->var[g + h * k] * score[h];
    }
    *chi2 = u * u / v;
    *p = chi2_sf(*chi2, 1.0);
}
