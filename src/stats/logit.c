#include "stats/logit.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/dist.h"
#include "num/linalg.h"

enum { MOST_ITERATIONS = 100 };

struct newton {
    size_t n, k;
    const double *y, *weight, *offset;
    double *z;                   /* n x k: intercept, then centred and scaled columns */
    double *centre, *scale;      /* [k]; 0 and 1 for the intercept */
    double *beta, *trial, *step, *u, *info;
    double *eta, *mu, *scratch;  /* [n], [n], [n * k] */
    double loglik;
};

/* log(1 + exp(x)) without overflow. */
static double log1pexp(double x)
{
    return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double row_weight(const struct newton *newton, size_t i)
{
    return newton->weight ? newton->weight[i] : 1.0;
}

static void evaluate(struct newton *newton, const double *beta, bool derivatives)
{
    size_t n = newton->n, k = newton->k;
    la_mul(n, k, newton->z, beta, newton->eta);
    newton->loglik = 0.0;
    for (size_t i = 0; i < n; i++) {
        double eta = newton->eta[i] += newton->offset ? newton->offset[i] : 0.0;
        newton->loglik -= row_weight(newton, i) * log1pexp(newton->y[i] == 1.0 ? -eta : eta);
    }
    if (!derivatives)
        return;
    for (size_t i = 0; i < n; i++)
        newton->mu[i] = 1.0 / (1.0 + exp(-newton->eta[i]));
    for (size_t j = 0; j < k; j++) {
        double u = 0.0;
        for (size_t i = 0; i < n; i++) {
            double w = row_weight(newton, i), z = newton->z[i + j * n], mu = newton->mu[i];
            u += w * z * (newton->y[i] - mu);
            newton->scratch[i + j * n] = z * sqrt(w * mu * (1.0 - mu));
        }
        newton->u[j] = u;
    }
    la_gram(n, k, newton->scratch, newton->info);
}

/* false: not positive definite, or so nearly that the step means nothing. */
static bool factor(struct newton *newton)
{
    size_t k = newton->k;
    double *diagonal = newton->trial; /* free at this point */
    for (size_t j = 0; j < k; j++)
        diagonal[j] = newton->info[j + j * k];
    if (!la_cholesky(k, newton->info))
        return false;
    for (size_t j = 0; j < k; j++)
        if (!(newton->info[j + j * k] * newton->info[j + j * k] > 1e-11 * diagonal[j]))
            return false;
    return true;
}

/* Newton from beta to the optimum. true: reached; false: the likelihood rises towards infinity, or no convergence. */
static bool climb(struct newton *newton, size_t *iterations)
{
    size_t k = newton->k;
    evaluate(newton, newton->beta, true);
    double loglik = newton->loglik;
    for (size_t round = 0; round < MOST_ITERATIONS; round++) {
        *iterations = round + 1;
        if (!factor(newton))
            break;
        memcpy(newton->step, newton->u, k * sizeof(double));
        la_cholesky_solve(k, newton->info, 1, newton->step);
        double largest = 0.0, gain = la_dot(k, newton->step, newton->u);
        for (size_t j = 0; j < k; j++)
            largest = fmax(largest, fabs(newton->step[j]));
        if (largest < 1e-9) {
            la_axpy(k, 1.0, newton->step, newton->beta);
            newton->loglik = loglik;
            return true;
        }
        if (largest > 1e-3 && gain < 1e-13 * (1.0 + fabs(loglik)))
            break;
        double share = 1.0;
        for (int halving = 0; halving < 40; halving++, share *= 0.5) {
            memcpy(newton->trial, newton->beta, k * sizeof(double));
            la_axpy(k, share, newton->step, newton->trial);
            evaluate(newton, newton->trial, false);
            if (newton->loglik >= loglik - 1e-13 * (1.0 + fabs(loglik)))
                break;
        }
        memcpy(newton->beta, newton->trial, k * sizeof(double));
        evaluate(newton, newton->beta, true);
        loglik = newton->loglik;
    }
    newton->loglik = loglik;
    return false;
}

/* Columns that are combinations of those before them, by Gram-Schmidt in order (R's aliasing; its tolerance). */
static bool find_aliased(struct newton *newton, bool *aliased)
{
    size_t n = newton->n, k = newton->k;
    bool any = false;
    double *q = newton->scratch;
    memcpy(q, newton->z, n * k * sizeof *q);
    for (size_t j = 0; j < k; j++) {
        double *column = q + j * n, before = sqrt(la_dot(n, column, column));
        for (int pass = 0; pass < 2; pass++) /* twice is enough (Kahan) */
            for (size_t i = 0; i < j; i++)
                if (!aliased[i])
                    la_axpy(n, -la_dot(n, q + i * n, column), q + i * n, column);
        double after = sqrt(la_dot(n, column, column));
        aliased[j] = !(after > 1e-7 * before) || before == 0.0;
        any = any || aliased[j];
        if (!aliased[j])
            la_scale(n, 1.0 / after, column);
    }
    return any;
}

static void standardise(struct newton *newton, const struct logit_data *data)
{
    size_t n = data->n;
    for (size_t i = 0; i < n; i++)
        newton->z[i] = 1.0;
    newton->centre[0] = 0.0;
    newton->scale[0] = 1.0;
    for (size_t j = 0; j < data->p; j++) {
        const double *x = data->x + j * n;
        double mean = 0.0, spread = 0.0;
        for (size_t i = 0; i < n; i++)
            mean += x[i] / (double)n;
        for (size_t i = 0; i < n; i++)
            spread += (x[i] - mean) * (x[i] - mean) / (double)n;
        spread = sqrt(spread);
        bool flat = !(spread > 1e-12 * fabs(mean));
        newton->centre[j + 1] = mean;
        newton->scale[j + 1] = flat ? 1.0 : spread;
        for (size_t i = 0; i < n; i++)
            newton->z[i + (j + 1) * n] = flat ? 0.0 : (x[i] - mean) / spread;
    }
}

static bool newton_make(const struct logit_data *data, struct newton *newton, struct err *err)
{
    size_t n = data->n, k = data->p + 1;
    *newton = (struct newton){.n = n, .k = k, .y = data->y, .weight = data->weight, .offset = data->offset};
    double *block = mem_zero(2 * n * k + 2 * n + 6 * k + k * k, sizeof *block, err);
    if (!block)
        return false;
    newton->z = block;
    newton->scratch = newton->z + n * k;
    newton->eta = newton->scratch + n * k;
    newton->mu = newton->eta + n;
    newton->centre = newton->mu + n;
    newton->scale = newton->centre + k;
    newton->beta = newton->scale + k;
    newton->trial = newton->beta + k;
    newton->step = newton->trial + k;
    newton->u = newton->step + k;
    newton->info = newton->u + k;
    standardise(newton, data);
    return true;
}

static enum stats_status look(const struct logit_data *data)
{
    bool seen[2] = {false, false};
    for (size_t i = 0; i < data->n; i++) {
        if (data->y[i] != 0.0 && data->y[i] != 1.0)
            return STATS_LABEL_NOT_BINARY;
        if (!data->weight || data->weight[i] > 0.0)
            seen[data->y[i] == 1.0] = true;
    }
    return data->n == 0 ? STATS_NO_COMPLETE_ROWS : !seen[0] || !seen[1] ? STATS_ONE_CLASS : STATS_OK;
}

static double null_deviance(const struct logit_data *data, struct err *err)
{
    double total = 0.0, ones = 0.0;
    for (size_t i = 0; i < data->n; i++) {
        double w = data->weight ? data->weight[i] : 1.0;
        total += w;
        ones += w * data->y[i];
    }
    if (!data->offset) /* closed form */
        return -2.0 * (ones * log(ones / total) + (total - ones) * log1p(-ones / total));
    struct logit_data alone = *data;
    struct newton newton;
    size_t iterations;
    alone.p = 0;
    if (!newton_make(&alone, &newton, err))
        return NAN;
    double deviance = climb(&newton, &iterations) ? -2.0 * newton.loglik : NAN;
    mem_free(newton.z);
    return deviance;
}

/* From scaled to the user's columns: beta = T beta_scaled, T bidiagonal in effect (the intercept takes the centres). */
static void report(const struct newton *newton, const struct logit_data *data, struct logit_fit *fit)
{
    size_t k = fit->k;
    double *v = fit->vcov;
    la_cholesky_inverse(k, newton->info, v);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            v[i + j * k] /= newton->scale[i] * newton->scale[j];
    memcpy(fit->coef, newton->beta, k * sizeof(double));
    for (size_t j = 1; j < k; j++) {
        fit->coef[j] /= newton->scale[j];
        fit->coef[0] -= fit->coef[j] * newton->centre[j];
    }
    for (size_t j = 0; j < k; j++) /* row 0 -= sum centre_i row i, then the same of columns */
        for (size_t i = 1; i < k; i++)
            v[0 + j * k] -= newton->centre[i] * v[i + j * k];
    for (size_t j = 0; j < k; j++)
        for (size_t i = 1; i < k; i++)
            v[j + 0 * k] -= newton->centre[i] * v[j + i * k];
    for (size_t j = 0; j < k; j++)
        fit->se[j] = sqrt(v[j + j * k]);
    memcpy(fit->fitted, newton->mu, data->n * sizeof(double));
}

bool logit_fit(const struct logit_data *data, struct logit_fit *fit, struct err *err)
{
    size_t n = data->n, k = data->p + 1, numbers = 2 * k + k * k + n;
    *fit = (struct logit_fit){.status = look(data), .n = n, .p = data->p, .k = k, .loglik = NAN, .deviance = NAN,
                              .null_deviance = NAN, .aic = NAN, .bic = NAN, .lr_chi2 = NAN, .lr_df = (double)data->p,
                              .lr_p = NAN};
    struct newton newton = {.z = NULL};
    bool done = false;
    fit->coef = mem_alloc(numbers, sizeof(double), err);
    fit->aliased = mem_zero(k, sizeof(bool), err);
    if (!fit->coef || !fit->aliased)
        goto done;
    fit->se = fit->coef + k;
    fit->vcov = fit->se + k;
    fit->fitted = fit->vcov + k * k;
    for (size_t i = 0; i < numbers; i++)
        fit->coef[i] = NAN;
    done = true;
    if (fit->status != STATS_OK)
        goto done;
    done = newton_make(data, &newton, err);
    if (!done)
        goto done;
    if (find_aliased(&newton, fit->aliased)) {
        fit->status = STATS_SINGULAR_DESIGN;
        goto done;
    }
    bool reached = climb(&newton, &fit->iterations);
    fit->loglik = newton.loglik;
    fit->deviance = -2.0 * newton.loglik;
    fit->null_deviance = null_deviance(data, err);
    if (!reached) {
        fit->status = fit->iterations == MOST_ITERATIONS ? STATS_NOT_CONVERGED
                      : fit->deviance < 1e-6             ? STATS_PERFECT_SEPARATION
                                                         : STATS_QUASI_SEPARATION;
        goto done;
    }
    report(&newton, data, fit);
    fit->aic = fit->deviance + 2.0 * (double)k;
    fit->bic = fit->deviance + log((double)n) * (double)k;
    fit->lr_chi2 = fit->null_deviance - fit->deviance;
    fit->lr_p = data->p > 0 ? chi2_sf(fit->lr_chi2, fit->lr_df) : NAN;
done:
    mem_free(newton.z);
    if (!done)
        logit_fit_free(fit);
    return done;
}

void logit_fit_free(struct logit_fit *fit)
{
    mem_free(fit->coef);
    mem_free(fit->aliased);
    fit->coef = fit->se = fit->vcov = fit->fitted = NULL;
    fit->aliased = NULL;
}

bool logit_hat(const struct logit_data *data, const struct logit_fit *fit, double *hat, struct err *err)
{
    size_t n = data->n, k = fit->k;
    struct newton newton;
    if (!newton_make(data, &newton, err))
        return false;
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < n; i++) {
            double mu = fit->fitted[i];
            newton.scratch[i + j * n] = newton.z[i + j * n] * sqrt(row_weight(&newton, i) * mu * (1.0 - mu));
        }
    la_gram(n, k, newton.scratch, newton.info);
    bool definite = la_cholesky(k, newton.info);
    if (definite)
        la_cholesky_inverse(k, newton.info, newton.info);
    for (size_t i = 0; i < n; i++) {
        hat[i] = definite ? 0.0 : NAN;
        for (size_t a = 0; definite && a < k; a++)
            for (size_t b = 0; b < k; b++)
                hat[i] += newton.scratch[i + a * n] * newton.info[a + b * k] * newton.scratch[i + b * n];
    }
    mem_free(newton.z);
    return true;
}

/* Deviance with coefficient j held at `value`: its column becomes an offset. Sorted out once, then solved often. */
struct profile {
    struct logit_data rest; /* the other columns */
    struct newton newton;
    const double *column;   /* of coefficient j; NULL: intercept */
    const double *offset;   /* the data's own */
    double *held;           /* [n] offset + column * value */
    bool intercept;
};

static double profile_deviance(struct profile *profile, double value)
{
    size_t iterations;
    for (size_t i = 0; i < profile->rest.n; i++)
        profile->held[i] = (profile->offset ? profile->offset[i] : 0.0) +
                           (profile->column ? profile->column[i] : 1.0) * value;
    return climb(&profile->newton, &iterations) ? -2.0 * profile->newton.loglik : INFINITY;
}

/* The value beyond `from`, going in steps of `step`, where the deviance reaches `target`; secant steps kept inside a
 * bracket (regula falsi, Illinois). */
static double profile_root(struct profile *profile, double from, double step, double base, double target)
{
    double inner = from, low = base - target, outer = from, high = low;
    for (int i = 0; i < 60 && !(high > 0.0); i++) {
        if (i > 0) {
            inner = outer;
            low = high;
        }
        outer += step;
        high = profile_deviance(profile, outer) - target;
        if (!isfinite(high))
            return NAN;
    }
    if (!(high > 0.0))
        return NAN;
    for (int i = 0; i < 200 && fabs(outer - inner) > 1e-12 * (fabs(step) + fabs(outer)); i++) {
        double value = outer - high * (outer - inner) / (high - low);
        double d = profile_deviance(profile, value) - target;
        if (!isfinite(d))
            return NAN;
        if (fabs(d) < 1e-12)
            return value;
        if ((d > 0.0) == (high > 0.0)) {
            low *= 0.5;
        } else {
            inner = outer;
            low = high;
        }
        outer = value;
        high = d;
    }
    return outer;
}

bool logit_profile(const struct logit_data *data, const struct logit_fit *fit, size_t j, double level, double *low,
                   double *high, struct err *err)
{
    size_t n = data->n, p = data->p;
    *low = *high = NAN;
    if (fit->status != STATS_OK)
        return true;
    bool done = false;
    struct profile profile = {.rest = *data, .offset = data->offset};
    double *x = mem_alloc(n * (p + 1), sizeof *x, err);
    profile.held = mem_zero(n, sizeof(double), err);
    if (!x || !profile.held)
        goto done;
    /* The intercept held: the first column takes its place by being centred nowhere, so the design is built by hand. */
    size_t kept = 0;
    for (size_t c = 0; c < p; c++)
        if (c + 1 != j)
            memcpy(x + n * kept++, data->x + n * c, n * sizeof *x);
    profile.rest.p = kept;
    profile.rest.x = x;
    profile.rest.offset = profile.held;
    profile.column = j == 0 ? NULL : data->x + n * (j - 1);
    if (!newton_make(&profile.rest, &profile.newton, err))
        goto done;
    if (j == 0) { /* no free intercept: shift the columns one place down, uncentred */
        struct newton *newton = &profile.newton;
        newton->k = kept;
        for (size_t c = 0; c < kept; c++)
            for (size_t i = 0; i < n; i++)
                newton->z[i + c * n] = x[i + c * n] / newton->scale[c + 1];
    }
    double target = fit->deviance + chi2_quantile(level, 1.0), step = fit->se[j] * sqrt(chi2_quantile(level, 1.0));
    *low = profile_root(&profile, fit->coef[j], -step, fit->deviance, target);
    memset(profile.newton.beta, 0, profile.newton.k * sizeof(double));
    *high = profile_root(&profile, fit->coef[j], step, fit->deviance, target);
    mem_free(profile.newton.z);
    done = true;
done:
    mem_free(x);
    mem_free(profile.held);
    return done;
}
