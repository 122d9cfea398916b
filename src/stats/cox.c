#include "stats/cox.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/linalg.h"
#include "stats/cox_risk.h"

enum { MOST_ITERATIONS = 100 };

/* One evaluation of the partial likelihood with its derivatives, on the scaled columns. */
struct point {
    const struct cox_data *data;
    enum cox_ties ties;
    const double *x, *eta;
    double loglik;
    double *u, *info, *mean; /* [p], [p * p] lower, [p] scratch */
};

static void add_set(void *ctx, const struct risk_set *set)
{
    struct point *at = ctx;
    size_t p = at->data->p, n = at->data->n, steps = cox_steps(set, at->ties);
    for (size_t i = 0; i < set->death_n; i++) {
        size_t row = set->death[i];
        double w = at->data->weight ? at->data->weight[row] : 1.0;
        at->loglik += w * at->eta[row];
        for (size_t j = 0; j < p; j++)
            at->u[j] += w * at->x[row + j * n];
    }
    double weight = set->death_weight / (double)steps;
    for (size_t l = 0; l < steps; l++) {
        double gone = (double)l / (double)steps, total = set->s0 - gone * set->d0, hazard;
        cox_step(set, at->ties, l, p, at->mean, &hazard);
        at->loglik -= weight * log(total);
        for (size_t j = 0; j < p; j++) {
            at->u[j] -= weight * at->mean[j];
            for (size_t k = j; k < p; k++)
                at->info[k + j * p] += weight * ((set->s2[k + j * p] - gone * set->d2[k + j * p]) / total -
                                                 at->mean[j] * at->mean[k]);
        }
    }
}

struct newton {
    const struct cox_data *data;
    struct cox_order order;
    double *x;            /* n x p, centred and scaled */
    double *centre, *scale, *beta, *trial, *step, *eta, *risk;
    struct point at;
};

static void evaluate(struct newton *newton, const double *beta)
{
    size_t n = newton->data->n, p = newton->data->p;
    la_mul(n, p, newton->x, beta, newton->eta);
    double top = -INFINITY; /* a common shift of eta cancels, and keeps exp() in range */
    for (size_t i = 0; i < n; i++)
        top = fmax(top, newton->eta[i]);
    for (size_t i = 0; i < n; i++) {
        newton->eta[i] -= top;
        newton->risk[i] = exp(newton->eta[i]);
    }
    newton->at.loglik = 0.0;
    memset(newton->at.u, 0, p * sizeof(double));
    memset(newton->at.info, 0, p * p * sizeof(double));
    cox_walk(newton->data, &newton->order, newton->x, newton->risk, true, add_set, &newton->at);
}

static bool scale_columns(struct newton *newton)
{
    const struct cox_data *data = newton->data;
    size_t n = data->n;
    for (size_t j = 0; j < data->p; j++) {
        const double *x = data->x + j * n;
        double mean = 0.0, spread = 0.0, total = 0.0;
        for (size_t i = 0; i < n; i++) {
            double w = data->weight ? data->weight[i] : 1.0;
            total += w;
            mean += w * x[i];
        }
        mean /= total;
        for (size_t i = 0; i < n; i++)
            spread += (data->weight ? data->weight[i] : 1.0) * (x[i] - mean) * (x[i] - mean);
        spread = sqrt(spread / total);
        if (!(spread > 1e-12 * fabs(mean)) || !isfinite(spread))
            return false;
        newton->centre[j] = mean;
        newton->scale[j] = spread;
        for (size_t i = 0; i < n; i++)
            newton->x[i + j * n] = (x[i] - mean) / spread;
    }
    return true;
}

/* Factors the information in place; singular where a pivot is negligible beside its own diagonal. */
static bool factor(size_t p, double *info)
{
    double diagonal_least = 1e-11;
    for (size_t j = 0; j < p; j++)
        if (!(info[j + j * p] > 0.0))
            return false;
    double before[64], *diagonal = p <= 64 ? before : mem_alloc(p, sizeof *diagonal, NULL);
    if (!diagonal)
        return false;
    for (size_t j = 0; j < p; j++)
        diagonal[j] = info[j + j * p];
    bool good = la_cholesky(p, info);
    for (size_t j = 0; good && j < p; j++)
        good = info[j + j * p] * info[j + j * p] > diagonal_least * diagonal[j];
    if (diagonal != before)
        mem_free(diagonal);
    return good;
}

/* Doubling the coefficients while the likelihood still grows ends at its limit. */
static double likelihood_limit(struct newton *newton, double loglik)
{
    size_t p = newton->data->p;
    for (int i = 0; i < 60; i++) {
        la_scale(p, 2.0, newton->beta);
        evaluate(newton, newton->beta);
        if (!(newton->at.loglik > loglik))
            break;
        loglik = newton->at.loglik;
    }
    return loglik;
}

static enum stats_status iterate(struct newton *newton, struct cox_fit *fit)
{
    size_t p = newton->data->p;
    memset(newton->beta, 0, p * sizeof(double));
    evaluate(newton, newton->beta);
    double loglik = newton->at.loglik;
    fit->loglik_null = loglik;
    for (size_t round = 0; round < MOST_ITERATIONS; round++) {
        if (!factor(p, newton->at.info)) {
            if (round == 0)
                return STATS_SINGULAR_DESIGN;
            fit->loglik = likelihood_limit(newton, loglik);
            return STATS_MONOTONE_LIKELIHOOD;
        }
        memcpy(newton->step, newton->at.u, p * sizeof(double));
        la_cholesky_solve(p, newton->at.info, 1, newton->step);
        double gain = la_dot(p, newton->step, newton->at.u), largest = 0.0;
        if (round == 0)
            fit->score_chi2 = gain;
        for (size_t j = 0; j < p; j++)
            largest = fmax(largest, fabs(newton->step[j]));
        fit->iterations = round + 1;
        if (largest < 1e-9) {
            la_cholesky_inverse(p, newton->at.info, fit->vcov);
            la_axpy(p, 1.0, newton->step, newton->beta); /* the last, quadratic digits */
            fit->loglik = loglik;
            return STATS_OK;
        }
        double share = 1.0, found = -INFINITY;
        for (int halving = 0; halving < 40; halving++, share *= 0.5) {
            memcpy(newton->trial, newton->beta, p * sizeof(double));
            la_axpy(p, share, newton->step, newton->trial);
            evaluate(newton, newton->trial);
            found = newton->at.loglik;
            if (found >= loglik - 1e-13 * (1.0 + fabs(loglik)))
                break;
        }
        memcpy(newton->beta, newton->trial, p * sizeof(double));
        /* A long step that gains nothing: the likelihood is flat towards infinity. */
        if (largest > 1e-3 && gain < 1e-10 * (1.0 + fabs(fit->loglik_null))) {
            fit->loglik = likelihood_limit(newton, fmax(found, loglik));
            return STATS_MONOTONE_LIKELIHOOD;
        }
        loglik = found;
    }
    fit->loglik = loglik;
    return STATS_NOT_CONVERGED;
}

static enum stats_status look(const struct cox_data *data, struct cox_fit *fit)
{
    bool negative = false, odd = false, backwards = false;
    for (size_t i = 0; i < data->n; i++) {
        odd = odd || (data->status[i] != 0.0 && data->status[i] != 1.0);
        negative = negative || (data->start ? data->start[i] : data->stop[i]) < 0.0;
        backwards = backwards || (data->start && !(data->start[i] < data->stop[i]));
        fit->event_n += data->status[i] == 1.0;
    }
    return data->n == 0      ? STATS_NO_COMPLETE_ROWS
           : odd             ? STATS_LABEL_NOT_BINARY
           : negative        ? STATS_NEGATIVE_TIME
           : backwards       ? STATS_BAD_INTERVAL
           : !fit->event_n   ? STATS_NO_EVENTS
           : data->p == 0    ? STATS_SINGULAR_DESIGN
                             : STATS_OK;
}

static void reported_means(const struct cox_data *data, double *mean)
{
    for (size_t j = 0; j < data->p; j++) {
        const double *x = data->x + j * data->n;
        double total = 0.0, sum = 0.0;
        bool coded = true;
        for (size_t i = 0; i < data->n; i++) {
            double w = data->weight ? data->weight[i] : 1.0;
            coded = coded && (x[i] == 0.0 || fabs(x[i]) == 1.0);
            total += w;
            sum += w * x[i];
        }
        mean[j] = coded ? 0.0 : sum / total;
    }
}

/* Back to the user's columns, and the tests that follow from the fit. */
static void report(const struct newton *newton, struct cox_fit *fit)
{
    size_t n = fit->n, p = fit->p;
    for (size_t j = 0; j < p; j++) {
        fit->coef[j] = newton->beta[j] / newton->scale[j];
        for (size_t k = 0; k < p; k++)
            fit->vcov[j + k * p] /= newton->scale[j] * newton->scale[k];
        fit->se[j] = sqrt(fit->vcov[j + j * p]);
    }
    la_mul(n, p, newton->data->x, fit->coef, fit->lp);
    fit->lr_chi2 = 2.0 * (fit->loglik - fit->loglik_null);
    /* Wald from the information at the optimum, which the last factorisation still holds: |L' beta|^2. */
    const double *l = newton->at.info;
    fit->wald_chi2 = 0.0;
    for (size_t j = 0; j < p; j++) {
        double part = 0.0;
        for (size_t i = j; i < p; i++)
            part += l[i + j * p] * newton->beta[i];
        fit->wald_chi2 += part * part;
    }
    fit->lr_p = chi2_sf(fit->lr_chi2, fit->df);
    fit->wald_p = chi2_sf(fit->wald_chi2, fit->df);
    fit->score_p = chi2_sf(fit->score_chi2, fit->df);
}

bool cox_fit(const struct cox_data *data, enum cox_ties ties, struct cox_fit *fit, struct err *err)
{
    size_t n = data->n, p = data->p;
    *fit = (struct cox_fit){.ties = ties, .n = n, .p = p, .df = (double)p, .loglik_null = NAN, .loglik = NAN,
                            .lr_chi2 = NAN, .wald_chi2 = NAN, .score_chi2 = NAN, .lr_p = NAN, .wald_p = NAN,
                            .score_p = NAN};
    fit->status = look(data, fit);
    bool done = false;
    struct newton newton = {.data = data};
    double *block = mem_alloc(n * (p + 2) + 7 * p + p * p, sizeof *block, err);
    fit->coef = mem_alloc(3 * p + p * p + n, sizeof(double), err);
    if (!block || !fit->coef)
        goto done;
    fit->se = fit->coef + p;
    fit->mean = fit->se + p;
    fit->vcov = fit->mean + p;
    fit->lp = fit->vcov + p * p;
    for (size_t i = 0; i < 3 * p + p * p + n; i++)
        fit->coef[i] = NAN;
    done = true;
    if (fit->status != STATS_OK)
        goto done;
    reported_means(data, fit->mean);
    newton.x = block;
    newton.eta = newton.x + n * p;
    newton.risk = newton.eta + n;
    newton.centre = newton.risk + n;
    newton.scale = newton.centre + p;
    newton.beta = newton.scale + p;
    newton.trial = newton.beta + p;
    newton.step = newton.trial + p;
    newton.at = (struct point){.data = data, .ties = ties, .x = newton.x, .eta = newton.eta,
                               .u = newton.step + p, .mean = newton.step + 2 * p, .info = newton.step + 3 * p};
    if (!scale_columns(&newton)) {
        fit->status = STATS_SINGULAR_DESIGN;
        goto done;
    }
    done = cox_order_make(data, &newton.order, err);
    if (!done)
        goto done;
    fit->status = iterate(&newton, fit);
    if (fit->status == STATS_OK)
        report(&newton, fit);
done:
    cox_order_free(&newton.order);
    mem_free(block);
    if (!done)
        cox_fit_free(fit);
    return done;
}

void cox_fit_free(struct cox_fit *fit)
{
    mem_free(fit->coef);
    fit->coef = fit->se = fit->mean = fit->vcov = fit->lp = NULL;
}
