/* Score tests of proportional hazards (cox.h): the model with x and x g(t), at coefficients (coef, 0).
 *
 * At the optimum the score of x is 0; that of x g(t) is the sum over death times of g U_t, and the information blocks
 * are sums of V_t, g V_t and g^2 V_t (Grambsch and Therneau, Biometrika 81, 1994, without its approximation of V_t
 * by a constant). */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/linalg.h"
#include "num/rank.h"
#include "stats/cox_risk.h"

struct zph {
    const struct cox_data *data;
    enum cox_ties ties;
    const double *x;   /* scaled */
    const double *g;   /* [n] g(stop) */
    double *u;         /* [p] score of x g(t) */
    double *v[3];      /* [p * p] lower: sums of V, g V, g^2 V */
    double *mean;
};

static void add_set(void *ctx, const struct risk_set *set)
{
    struct zph *zph = ctx;
    size_t p = zph->data->p, n = zph->data->n, steps = cox_steps(set, zph->ties);
    double g = zph->g[set->death[0]], weight = set->death_weight / (double)steps;
    for (size_t i = 0; i < set->death_n; i++)
        for (size_t j = 0; j < p; j++)
            zph->u[j] += g * (zph->data->weight ? zph->data->weight[set->death[i]] : 1.0) * zph->x[set->death[i] + j * n];
    for (size_t l = 0; l < steps; l++) {
        double gone = (double)l / (double)steps, total = set->s0 - gone * set->d0, hazard;
        cox_step(set, zph->ties, l, p, zph->mean, &hazard);
        for (size_t j = 0; j < p; j++) {
            zph->u[j] -= g * weight * zph->mean[j];
            for (size_t k = j; k < p; k++) {
                double v = weight * ((set->s2[k + j * p] - gone * set->d2[k + j * p]) / total -
                                     zph->mean[j] * zph->mean[k]);
                zph->v[0][k + j * p] += v;
                zph->v[1][k + j * p] += g * v;
                zph->v[2][k + j * p] += g * g * v;
            }
        }
    }
}

/* 1 - S(t-) of the Kaplan-Meier curve of everybody, entries into the risk set respected; index: stop ascending. */
static void one_minus_km(const struct cox_data *data, const size_t *index, double *g)
{
    double surv = 1.0;
    for (size_t begin = 0, end; begin < data->n; begin = end) {
        double t = data->stop[index[begin]], events = 0.0, at_risk = 0.0;
        for (end = begin; end < data->n && data->stop[index[end]] == t; end++) {
            events += data->status[index[end]];
            g[index[end]] = 1.0 - surv;
        }
        if (events == 0.0)
            continue;
        for (size_t i = begin; i < data->n; i++)
            at_risk += !data->start || data->start[index[i]] < t;
        surv *= (at_risk - events) / at_risk;
    }
}

static bool transform_times(const struct cox_data *data, enum zph_transform transform, double *g, struct err *err)
{
    size_t n = data->n;
    size_t *index = mem_alloc(n, sizeof *index, err);
    if (!index)
        return false;
    sort_index(data->stop, n, index);
    if (transform == ZPH_KM)
        one_minus_km(data, index, g);
    else if (transform == ZPH_RANK)
        ranks_average(data->stop, index, n, g);
    else
        for (size_t i = 0; i < n; i++)
            g[i] = transform == ZPH_LOG ? log(data->stop[i]) : data->stop[i];
    /* Scale to a spread of about one around the events' mean: the tests do not depend on it, the solves do. */
    double mean = 0.0, spread = 0.0, events = 0.0;
    for (size_t i = 0; i < n; i++)
        if (data->status[i] == 1.0) {
            events += 1.0;
            mean += g[i];
        }
    mean /= events;
    for (size_t i = 0; i < n; i++)
        if (data->status[i] == 1.0)
            spread += (g[i] - mean) * (g[i] - mean);
    spread = spread > 0.0 ? sqrt(spread / events) : 1.0;
    for (size_t i = 0; i < n; i++)
        g[i] = (g[i] - mean) / spread;
    mem_free(index);
    return true;
}

/* u' I^-1 u for the score (0, u of the chosen columns); NaN when singular. */
static double test_of(const struct zph *zph, const size_t *chosen, size_t m, double *matrix, double *u)
{
    size_t p = zph->data->p, size = p + m;
    for (size_t j = 0; j < size; j++)
        for (size_t i = 0; i < size; i++) {
            size_t a = i < p ? i : chosen[i - p], b = j < p ? j : chosen[j - p];
            size_t block = (size_t)(i >= p) + (size_t)(j >= p);
            matrix[i + j * size] = a >= b ? zph->v[block][a + b * p] : zph->v[block][b + a * p];
        }
    memset(u, 0, p * sizeof *u);
    double total = 0.0;
    for (size_t k = 0; k < m; k++)
        u[p + k] = zph->u[chosen[k]];
    if (!la_cholesky(size, matrix))
        return NAN;
    la_cholesky_solve(size, matrix, 1, u);
    for (size_t k = 0; k < m; k++)
        total += u[p + k] * zph->u[chosen[k]];
    return total;
}

bool cox_zph(const struct cox_data *data, const struct cox_fit *fit, enum zph_transform transform, const size_t *term,
             size_t term_n, double *chi2, double *df, double *p_value, struct err *err)
{
    size_t n = data->n, p = data->p;
    bool done = false;
    struct cox_order order = {NULL, NULL, NULL};
    double *block = mem_zero(n * (p + 2) + 2 * p + 3 * p * p + 4 * p * p + 2 * p, sizeof *block, err);
    size_t *chosen = mem_alloc(p, sizeof *chosen, err);
    if (!block || !chosen || !cox_order_make(data, &order, err))
        goto done;
    double *x = block, *g = x + n * p, *risk = g + n;
    struct zph zph = {.data = data, .ties = fit->ties, .x = x, .g = g, .u = risk + n};
    zph.mean = zph.u + p;
    for (size_t k = 0; k < 3; k++)
        zph.v[k] = zph.mean + p + k * p * p;
    double *matrix = zph.mean + p + 3 * p * p, *u = matrix + 4 * p * p;
    double mean_lp = 0.0;
    for (size_t i = 0; i < n; i++)
        mean_lp += fit->lp[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        risk[i] = exp(fit->lp[i] - mean_lp);
    for (size_t j = 0; j < p; j++) {
        double mean = 0.0, scale = 0.0;
        for (size_t i = 0; i < n; i++)
            mean += data->x[i + j * n] / (double)n;
        for (size_t i = 0; i < n; i++)
            scale = fmax(scale, fabs(data->x[i + j * n] - mean));
        for (size_t i = 0; i < n; i++)
            x[i + j * n] = (data->x[i + j * n] - mean) / scale;
    }
    if (!transform_times(data, transform, g, err))
        goto done;
    cox_walk(data, &order, x, risk, true, add_set, &zph);
    for (size_t t = 0; t <= term_n; t++) {
        size_t m = 0;
        for (size_t j = 0; j < p; j++)
            if (t == term_n || term[j] == t)
                chosen[m++] = j;
        chi2[t] = test_of(&zph, chosen, m, matrix, u);
        df[t] = (double)m;
        p_value[t] = chi2_sf(chi2[t], df[t]);
    }
    done = true;
done:
    cox_order_free(&order);
    mem_free(block);
    mem_free(chosen);
    return done;
}
