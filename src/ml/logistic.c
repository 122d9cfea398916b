/* Logistic regression by Newton's method; see logistic.h.
 *
 * With more columns than rows the problem is solved in the span of the rows: with X X' = U L U', Z = U L^(1/2) holds all
 * inner products, and w = X' U L^(-1/2) v turns the solution v back (the L2 penalty is the same for both). */
#include "ml/logistic.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ml/linear.h"
#include "ml/tune.h"
#include "num/linalg.h"

void logistic_fit_free(struct logistic_fit *fit)
{
    mem_free(fit->coef);
    *fit = (struct logistic_fit){0};
}

struct newton {
    const double *x, *y, *weight;
    size_t n, p;
    double ridge; /* 1 / C */
    double *eta, *residual, *root; /* n each */
    double *scaled;                /* n x (p + 1): rows times the root of their curvature, the intercept's column last */
    double *hessian;               /* (p + 1)^2 */
    double *gradient, *step, *trial; /* p + 1 each */
};

static double log1p_exp(double x)
{
    return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static void linear_predictor(const struct newton *fit, const double *w, double *eta)
{
    for (size_t i = 0; i < fit->n; i++)
        eta[i] = w[fit->p];
    for (size_t j = 0; j < fit->p; j++)
        if (w[j] != 0.0)
            la_axpy(fit->n, w[j], fit->x + j * fit->n, eta);
}

static double objective(const struct newton *fit, const double *w, const double *eta)
{
    double loss = 0.0;
    for (size_t i = 0; i < fit->n; i++)
        loss += (fit->weight == NULL ? 1.0 : fit->weight[i]) * log1p_exp(fit->y[i] == 1.0 ? -eta[i] : eta[i]);
    return 0.5 * fit->ridge * la_dot(fit->p, w, w) + loss;
}

/* Gradient, Hessian and the Newton step at w; returns the squared Newton decrement, negative when the Hessian is singular. */
static double newton_step(struct newton *fit, const double *w)
{
    size_t n = fit->n, p = fit->p, q = p + 1;
    for (size_t i = 0; i < n; i++) {
        double s = fit->weight == NULL ? 1.0 : fit->weight[i], mu = 1.0 / (1.0 + exp(-fit->eta[i]));
        fit->residual[i] = s * (mu - fit->y[i]);
        fit->root[i] = sqrt(s * mu * (1.0 - mu));
        fit->scaled[p * n + i] = fit->root[i];
    }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < n; i++)
            fit->scaled[j * n + i] = fit->x[j * n + i] * fit->root[i];
    la_mul_t(n, p, fit->x, fit->residual, fit->gradient);
    fit->gradient[p] = 0.0;
    for (size_t i = 0; i < n; i++)
        fit->gradient[p] += fit->residual[i];
    la_gram(n, q, fit->scaled, fit->hessian);
    for (size_t j = 0; j < p; j++) {
        fit->gradient[j] += fit->ridge * w[j];
        fit->hessian[j * q + j] += fit->ridge;
    }
    if (!la_cholesky(q, fit->hessian))
        return -1.0;
    memcpy(fit->step, fit->gradient, q * sizeof *fit->step);
    la_cholesky_solve(q, fit->hessian, 1, fit->step);
    return la_dot(q, fit->step, fit->gradient);
}

/* Minimises from w (p + 1 values) in place. false: the Hessian became singular or the steps did not end. */
static bool newton_run(struct newton *fit, double *w, double *value)
{
    size_t q = fit->p + 1;
    linear_predictor(fit, w, fit->eta);
    *value = objective(fit, w, fit->eta);
    for (int iteration = 0; iteration < 60; iteration++) {
        double decrement = newton_step(fit, w);
        if (decrement < 0.0 || !isfinite(decrement))
            return false;
        double length = 1.0, now = *value;
        for (int halving = 0; halving < 40; halving++, length *= 0.5) {
            for (size_t j = 0; j < q; j++)
                fit->trial[j] = w[j] - length * fit->step[j];
            linear_predictor(fit, fit->trial, fit->eta);
            now = objective(fit, fit->trial, fit->eta);
            if (now <= *value || decrement < 1e-13 * (1.0 + *value))
                break;
        }
        memcpy(w, fit->trial, q * sizeof *w);
        *value = now;
        if (decrement < 1e-10 * (1.0 + now))
            return true;
    }
    return false;
}

static bool newton_room(struct newton *fit, double **block, struct err *err)
{
    size_t n = fit->n, q = fit->p + 1;
    *block = mem_alloc(3 * n + n * q + q * q + 3 * q, sizeof **block, err);
    if (*block == NULL)
        return false;
    fit->eta = *block;
    fit->residual = fit->eta + n;
    fit->root = fit->residual + n;
    fit->scaled = fit->root + n;
    fit->hessian = fit->scaled + n * q;
    fit->gradient = fit->hessian + q * q;
    fit->step = fit->gradient + q;
    fit->trial = fit->step + q;
    return true;
}

/* Columns in the span of the rows: z (n x *rank) and back (p x *rank), w = back * v. */
static bool reduce(const double *x, size_t n, size_t p, double **z, double **back, size_t *rank, struct err *err)
{
    double *gram = mem_alloc(n * n + n, sizeof *gram, err), *value = gram == NULL ? NULL : gram + n * n;
    *z = mem_alloc(n * n, sizeof **z, err);
    *back = mem_alloc(p * n, sizeof **back, err);
    bool done = gram != NULL && *z != NULL && *back != NULL;
    if (done) {
        la_matmul_nt(n, p, n, x, x, gram);
        done = la_eigen_symmetric(n, gram, value) || err_set(err, ERR_BUG, "the eigenvalues of X X' were not found");
    }
    *rank = 0;
    for (size_t k = n; done && k-- > 0;) {
        if (!(value[k] > 1e-12 * value[n - 1]))
            break;
        double root = sqrt(value[k]);
        double *column = *z + *rank * n, *turn = *back + *rank * p;
        memcpy(column, gram + k * n, n * sizeof *column);
        la_mul_t(n, p, x, column, turn);
        la_scale(p, 1.0 / root, turn);
        la_scale(n, root, column);
        (*rank)++;
    }
    mem_free(gram);
    return done;
}

bool logistic_minimise(const double *x, const double *y, const double *weight, size_t n, size_t p, double C, const double *start,
                       struct logistic_fit *out, struct err *err)
{
    double *z = NULL, *back = NULL, *block = NULL, *w = NULL;
    size_t rank = p;
    bool done = false, wide = p > n && isfinite(C);
    *out = (struct logistic_fit){.p = p};
    if (wide && !reduce(x, n, p, &z, &back, &rank, err))
        goto done;
    struct newton fit = {.x = wide ? z : x, .y = y, .weight = weight, .n = n, .p = rank, .ridge = isfinite(C) ? 1.0 / C : 0.0};
    w = mem_zero(rank + 1, sizeof *w, err);
    out->coef = mem_zero(p, sizeof *out->coef, err);
    if (w == NULL || out->coef == NULL || !newton_room(&fit, &block, err))
        goto done;
    if (start != NULL && !wide)
        memcpy(w, start, (p + 1) * sizeof *w);
    out->converged = newton_run(&fit, w, &out->objective);
    out->intercept = w[rank];
    if (wide)
        la_mul(p, rank, back, w, out->coef);
    else if (p > 0)
        memcpy(out->coef, w, p * sizeof *w);
    done = true;
done:
    mem_free(z);
    mem_free(back);
    mem_free(block);
    mem_free(w);
    if (!done)
        logistic_fit_free(out);
    return done;
}

bool logistic_errors(const double *x, const double *weight, size_t n, size_t p, const struct logistic_fit *fit, double *se, struct err *err)
{
    struct newton at = {.x = x, .y = NULL, .weight = weight, .n = n, .p = p};
    size_t q = p + 1;
    double *block, *w = mem_alloc(q + n + q * q, sizeof *w, err), *zero = w == NULL ? NULL : w + q, *inverse = w == NULL ? NULL : zero + n;
    if (w == NULL || !newton_room(&at, &block, err)) {
        mem_free(w);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        zero[i] = 0.0;
    if (p > 0)
        memcpy(w, fit->coef, p * sizeof *w);
    w[p] = fit->intercept;
    at.y = zero;
    linear_predictor(&at, w, at.eta);
    bool done = newton_step(&at, w) >= 0.0 || err_set(err, ERR_INPUT, "the information matrix is singular");
    if (done) {
        la_cholesky_inverse(q, at.hessian, inverse);
        for (size_t j = 0; j < q; j++)
            se[j] = sqrt(inverse[j * q + j]);
    }
    mem_free(block);
    mem_free(w);
    return done;
}

static const double default_C[] = {0.001, 0.01, 0.1, 1.0, 10.0};
enum { SEPARATED_C = 10000 };

struct grid {
    const double *C;
    size_t n;
};

static bool score_grid(const void *ctx, const struct tune_fold *fold, double *score, struct err *err)
{
    const struct grid *grid = ctx;
    double *start = mem_zero(fold->p + 1, sizeof *start, err);
    bool done = start != NULL;
    for (size_t g = 0; done && g < grid->n; g++) {
        struct logistic_fit fit;
        done = logistic_minimise(fold->train_x, fold->train_y, NULL, fold->train_n, fold->p, grid->C[g], start, &fit, err);
        if (!done)
            break;
        double *to = score + g * fold->test_n;
        for (size_t i = 0; i < fold->test_n; i++)
            to[i] = fit.intercept;
        for (size_t j = 0; j < fold->p; j++)
            la_axpy(fold->test_n, fit.coef[j], fold->test_x + j * fold->test_n, to);
        if (fold->p > 0)
            memcpy(start, fit.coef, fold->p * sizeof *start);
        start[fold->p] = fit.intercept;
        logistic_fit_free(&fit);
    }
    mem_free(start);
    return done;
}

/* Plain: the maximum, or, where the classes can be separated, the penalised one. */
static bool fit_plain(const struct design *design, const double *y, struct logistic_fit *fit, bool *separated, struct err *err)
{
    if (!logistic_minimise(design->x, y, NULL, design->n, design->p, INFINITY, NULL, fit, err))
        return false;
    *separated = !fit->converged || fit->objective < 1e-6 * (double)design->n;
    if (!*separated)
        return true;
    logistic_fit_free(fit);
    return logistic_minimise(design->x, y, NULL, design->n, design->p, SEPARATED_C, NULL, fit, err);
}

static bool logistic_fit_step(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)train_columns;
    const struct logistic_settings none = {0}, *settings = step->settings == NULL ? &none : step->settings;
    const double *y = rows->outcome->label;
    struct grid grid = {settings->C == NULL ? default_C : settings->C, settings->C == NULL ? sizeof default_C / sizeof *default_C : settings->C_n};
    struct design design = {0, 0, NULL};
    struct names names = {NULL, 0};
    struct logistic_fit fit = {0};
    struct text line = TEXT_INIT;
    bool separated = false, done = false;
    if (!design_make(rows->table, &design, &names, err) || !label_check(y, design.n, err))
        goto done;
    if (settings->plain) {
        if (!fit_plain(&design, y, &fit, &separated, err))
            goto done;
        text_add(&line, "logistic regression on %zu columns", design.p);
        if (separated)
            text_add(&line, "; no maximum (the classes can be separated), so an L2 penalty with C = %d was used", SEPARATED_C);
    } else {
        struct tuning tuning;
        if (!tune_run(&design, rows, settings->fold_n == 0 ? 5 : settings->fold_n, seed, grid.n, grid.n / 2, score_grid, &grid, &tuning, err) ||
            !logistic_minimise(design.x, y, NULL, design.n, design.p, grid.C[tuning.best], NULL, &fit, err))
            goto done;
        text_add(&line, "logistic regression, L2, on %zu columns, C ", design.p);
        tune_describe_values(&tuning, grid.C, grid.n, &line);
    }
    if (!text_ok(&line, err))
        goto done;
    *state = linear_make(&names, fit.coef, fit.intercept, line.bytes, err);
    done = *state != NULL;
done:
    design_free(&design);
    names_free(&names);
    logistic_fit_free(&fit);
    text_free(&line);
    return done;
}

const struct step_kind logistic_kind = {
    .name = "logistic",
    .title = "logistic regression",
    .outcome = STEP_LABEL,
    .fit = logistic_fit_step,
    .apply = linear_apply,
    .save = linear_save,
    .load = linear_load,
    .describe = linear_describe,
    .parts = linear_parts,
    .contributions = linear_contributions,
    .free = linear_free,
};
