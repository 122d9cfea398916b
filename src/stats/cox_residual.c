/* Residuals, robust variance and baseline hazard of a Cox fit: all from one table of hazard increments a death time,
 * whose running sums give every row its exposure over (start, stop]. */
#include <math.h>
#include <stdint.h>

#include "base/mem.h"
#include "num/linalg.h"
#include "stats/cox_risk.h"

/* Per death time, strata and times ascending: increments for those who live through it and for those who die. */
struct jumps {
    size_t n, p;
    double *time, *hazard, *dying_hazard;       /* hazard: running sum within the stratum, this time included */
    double *mean_hazard, *dying_mean_hazard;    /* [n * p]: the same of hazard * covariate mean; rows of p */
    double *mean;                               /* [n * p]: covariate mean of the deaths */
    size_t *stratum;
    /* while being filled, from the back */
    enum cox_ties ties;
    double *scratch;

};

static void count_set(void *ctx, const struct risk_set *set)
{
    (void)set;
    ((struct jumps *)ctx)->n++;
}

static void put_set(void *ctx, const struct risk_set *set)
{
    struct jumps *jumps = ctx;
    size_t k = jumps->n++, p = jumps->p, steps = cox_steps(set, jumps->ties);
    jumps->time[k] = set->time;
    jumps->stratum[k] = set->stratum;
    for (size_t l = 0; l < steps; l++) {
        double hazard, keep = cox_step(set, jumps->ties, l, p, jumps->scratch, &hazard);
        jumps->hazard[k] += hazard;
        jumps->dying_hazard[k] += keep * hazard;
        for (size_t j = 0; j < p; j++) {
            jumps->mean_hazard[k * p + j] += hazard * jumps->scratch[j];
            jumps->dying_mean_hazard[k * p + j] += keep * hazard * jumps->scratch[j];
            jumps->mean[k * p + j] += jumps->scratch[j] / (double)steps;
        }
    }
}

static void jumps_free(struct jumps *jumps)
{
    mem_free(jumps->time);
    mem_free(jumps->stratum);
}

/* Death times of a stratum come in descending order from the walk: running sums go from its end backwards. */
static bool jumps_make(const struct cox_data *data, const struct cox_fit *fit, const double *x, const double *risk,
                       struct jumps *jumps, struct err *err)
{
    size_t p = data->p;
    *jumps = (struct jumps){.p = p, .ties = fit->ties};
    struct cox_order order;
    if (!cox_order_make(data, &order, err))
        return false;
    bool done = false;
    cox_walk(data, &order, x, risk, false, count_set, jumps);
    size_t n = jumps->n;
    jumps->time = mem_zero(n * (3 + 3 * p) + p, sizeof(double), err);
    jumps->stratum = mem_alloc(n, sizeof(size_t), err);
    if (!jumps->time || !jumps->stratum)
        goto done;
    jumps->hazard = jumps->time + n;
    jumps->dying_hazard = jumps->hazard + n;
    jumps->mean_hazard = jumps->dying_hazard + n;
    jumps->dying_mean_hazard = jumps->mean_hazard + n * p;
    jumps->mean = jumps->dying_mean_hazard + n * p;
    jumps->scratch = jumps->mean + n * p;
    jumps->n = 0;
    cox_walk(data, &order, x, risk, false, put_set, jumps);
    for (size_t k = n; k-- > 0;) {
        if (k + 1 == n || jumps->stratum[k + 1] != jumps->stratum[k])
            continue;
        jumps->dying_hazard[k] += jumps->hazard[k + 1];
        jumps->hazard[k] += jumps->hazard[k + 1];
        for (size_t j = 0; j < p; j++) {
            jumps->dying_mean_hazard[k * p + j] += jumps->mean_hazard[(k + 1) * p + j];
            jumps->mean_hazard[k * p + j] += jumps->mean_hazard[(k + 1) * p + j];
        }
    }
    done = true;
done:
    cox_order_free(&order);
    if (!done)
        jumps_free(jumps);
    return done;
}

/* The jump with the largest time <= t in a stratum; SIZE_MAX when there is none. */
static size_t jump_at(const struct jumps *jumps, size_t stratum, double t)
{
    size_t low = 0, high = jumps->n; /* first entry that lies in a later position than everything after t */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool behind = jumps->stratum[middle] < stratum || (jumps->stratum[middle] == stratum && jumps->time[middle] > t);
        if (behind)
            low = middle + 1;
        else
            high = middle;
    }
    return low < jumps->n && jumps->stratum[low] == stratum ? low : SIZE_MAX;
}

static double *risks(const struct cox_data *data, const struct cox_fit *fit, double shift, struct err *err)
{
    double *risk = mem_alloc(data->n, sizeof *risk, err);
    for (size_t i = 0; risk && i < data->n; i++)
        risk[i] = exp(fit->lp[i] - shift);
    return risk;
}

static double mean_lp(const struct cox_fit *fit)
{
    double total = 0.0;
    for (size_t i = 0; i < fit->n; i++)
        total += fit->lp[i];
    return total / (double)fit->n;
}

static void row_residuals(const struct cox_data *data, const struct jumps *jumps, const double *x, const double *risk,
                          size_t row, double *martingale, double *score)
{
    size_t n = data->n, p = data->p, stratum = data->stratum ? data->stratum[row] : 0;
    size_t last = jump_at(jumps, stratum, data->stop[row]);
    size_t before = data->start ? jump_at(jumps, stratum, data->start[row]) : SIZE_MAX;
    bool died = data->status[row] == 1.0;
    double exposure = 0.0;
    if (last != SIZE_MAX)
        exposure = died ? jumps->dying_hazard[last] : jumps->hazard[last];
    if (before != SIZE_MAX)
        exposure -= jumps->hazard[before];
    *martingale = (died ? 1.0 : 0.0) - risk[row] * exposure;
    for (size_t j = 0; score && j < p; j++) {
        double part = 0.0, value = x[row + j * n];
        if (last != SIZE_MAX)
            part = died ? jumps->dying_mean_hazard[last * p + j] : jumps->mean_hazard[last * p + j];
        if (before != SIZE_MAX)
            part -= jumps->mean_hazard[before * p + j];
        score[row + j * n] = (died ? value - jumps->mean[last * p + j] : 0.0) - risk[row] * (value * exposure - part);
    }
}

bool cox_residuals(const struct cox_data *data, const struct cox_fit *fit, double *martingale, double *deviance,
                   double *score, double *dfbeta, struct err *err)
{
    size_t n = data->n, p = data->p;
    bool done = false;
    struct jumps jumps = {.n = 0};
    double *risk = risks(data, fit, mean_lp(fit), err), *x = mem_alloc(n * p, sizeof *x, err);
    double *own_score = NULL;
    if (!risk || !x)
        goto done;
    for (size_t j = 0; j < p; j++) { /* centred: differences x - mean then keep their digits */
        double mean = 0.0;
        for (size_t i = 0; i < n; i++)
            mean += data->x[i + j * n] / (double)n;
        for (size_t i = 0; i < n; i++)
            x[i + j * n] = data->x[i + j * n] - mean;
    }
    if (!jumps_make(data, fit, x, risk, &jumps, err))
        goto done;
    if (!score && dfbeta && !(own_score = score = mem_alloc(n * p, sizeof *score, err)))
        goto done;
    for (size_t i = 0; i < n; i++) {
        double m;
        row_residuals(data, &jumps, x, risk, i, &m, score);
        if (martingale)
            martingale[i] = m;
        if (deviance) {
            double status = data->status[i], inside = m + (status == 1.0 ? log(1.0 - m) : 0.0);
            deviance[i] = copysign(sqrt(fmax(0.0, -2.0 * inside)), m);
        }
    }
    if (dfbeta) {
        la_matmul(n, p, p, score, fit->vcov, dfbeta);
        for (size_t j = 0; data->weight && j < p; j++)
            for (size_t i = 0; i < n; i++)
                dfbeta[i + j * n] *= data->weight[i];
    }
    done = true;
done:
    jumps_free(&jumps);
    mem_free(risk);
    mem_free(x);
    mem_free(own_score);
    return done;
}

bool cox_robust(const struct cox_data *data, const struct cox_fit *fit, const size_t *cluster, double *vcov,
                struct err *err)
{
    size_t n = data->n, p = data->p, groups = 0;
    for (size_t i = 0; i < n; i++)
        groups = cluster[i] + 1 > groups ? cluster[i] + 1 : groups;
    double *dfbeta = mem_alloc(n * p, sizeof *dfbeta, err), *sum = mem_zero(groups * p, sizeof *sum, err);
    bool done = dfbeta && sum && cox_residuals(data, fit, NULL, NULL, NULL, dfbeta, err);
    if (done) {
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < n; i++)
                sum[cluster[i] + j * groups] += dfbeta[i + j * n];
        la_gram(groups, p, sum, vcov);
    }
    mem_free(dfbeta);
    mem_free(sum);
    return done;
}

double cox_wald(const struct cox_fit *fit, const double *vcov)
{
    size_t p = fit->p;
    double *scaled = mem_alloc(p * p + p, sizeof *scaled, NULL), total = NAN;
    if (!scaled)
        return NAN;
    double *z = scaled + p * p; /* as correlations and z values: no scale of a covariate hurts the solve */
    for (size_t j = 0; j < p; j++) {
        z[j] = fit->coef[j] / sqrt(vcov[j + j * p]);
        for (size_t i = 0; i < p; i++)
            scaled[i + j * p] = vcov[i + j * p] / sqrt(vcov[i + i * p]) / sqrt(vcov[j + j * p]);
    }
    if (la_cholesky(p, scaled)) {
        la_cholesky_solve(p, scaled, 1, z);
        total = 0.0;
        for (size_t j = 0; j < p; j++)
            total += z[j] * fit->coef[j] / sqrt(vcov[j + j * p]);
    }
    mem_free(scaled);
    return total;
}

bool cox_schoenfeld(const struct cox_data *data, const struct cox_fit *fit, size_t *row, double *residual,
                    double *scaled, struct err *err)
{
    size_t n = data->n, p = data->p, events = fit->event_n, found = 0;
    bool done = false;
    struct jumps jumps = {.n = 0};
    struct cox_order order = {NULL, NULL, NULL};
    double *risk = risks(data, fit, mean_lp(fit), err);
    if (!risk || !jumps_make(data, fit, data->x, risk, &jumps, err) || !cox_order_make(data, &order, err))
        goto done;
    /* by_stop has strata ascending and times descending: tied runs from the back of each stratum. */
    for (size_t first = 0, last; first < n; first = last) {
        size_t code = data->stratum ? data->stratum[order.by_stop[first]] : 0;
        for (last = first; last < n && (!data->stratum || data->stratum[order.by_stop[last]] == code); last++)
            ;
        for (size_t end = last, begin; end > first; end = begin) {
            for (begin = end - 1; begin > first &&
                                  data->stop[order.by_stop[begin - 1]] == data->stop[order.by_stop[end - 1]];)
                begin--;
            for (size_t i = begin; i < end; i++)
                if (data->status[order.by_stop[i]] == 1.0)
                    row[found++] = order.by_stop[i];
        }
    }
    for (size_t i = 0; i < events; i++) {
        size_t jump = jump_at(&jumps, data->stratum ? data->stratum[row[i]] : 0, data->stop[row[i]]);
        for (size_t j = 0; j < p; j++)
            residual[i + j * events] = data->x[row[i] + j * n] - jumps.mean[jump * p + j];
    }
    if (scaled) {
        la_matmul(events, p, p, residual, fit->vcov, scaled);
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < events; i++)
                scaled[i + j * events] = scaled[i + j * events] * (double)events + fit->coef[j];
    }
    done = true;
done:
    jumps_free(&jumps);
    cox_order_free(&order);
    mem_free(risk);
    return done;
}

bool cox_baseline(const struct cox_data *data, const struct cox_fit *fit, struct cox_baseline *out, struct err *err)
{
    size_t n = data->n;
    *out = (struct cox_baseline){.n = 0};
    bool done = false;
    struct jumps jumps = {.n = 0};
    struct cox_order order = {NULL, NULL, NULL};
    double shift = mean_lp(fit), *risk = risks(data, fit, shift, err);
    out->time = mem_alloc(n, 2 * sizeof(double), err);
    out->stratum = mem_alloc(n, sizeof(size_t), err);
    if (!risk || !out->time || !out->stratum || !jumps_make(data, fit, data->x, risk, &jumps, err) ||
        !cox_order_make(data, &order, err))
        goto done;
    out->cumhaz = out->time + n;
    for (size_t first = 0, last; first < n; first = last) {
        size_t code = data->stratum ? data->stratum[order.by_stop[first]] : 0;
        for (last = first; last < n && (!data->stratum || data->stratum[order.by_stop[last]] == code); last++)
            ;
        for (size_t i = last; i-- > first;) {
            double t = data->stop[order.by_stop[i]];
            if (i + 1 < last && data->stop[order.by_stop[i + 1]] == t)
                continue;
            size_t jump = jump_at(&jumps, code, t);
            out->time[out->n] = t;
            out->stratum[out->n] = code;
            out->cumhaz[out->n++] = jump == SIZE_MAX ? 0.0 : jumps.hazard[jump] * exp(-shift);
        }
    }
    done = true;
done:
    jumps_free(&jumps);
    cox_order_free(&order);
    mem_free(risk);
    if (!done)
        cox_baseline_free(out);
    return done;
}

void cox_baseline_free(struct cox_baseline *out)
{
    mem_free(out->time);
    mem_free(out->stratum);
    *out = (struct cox_baseline){.n = 0};
}
