/* The path of penalised logistic regression; see glmnet.h.
 *
 * At each lambda: iteratively reweighted least squares outside, coordinate descent inside. The inner problem is solved on the
 * Gram matrix of the active columns (covariance updates), so a sweep costs active^2, not active x rows. After each solve all
 * columns are checked against the optimality conditions, those that break them join, and it is solved again; the strong rule
 * (Tibshirani et al., JRSS B 2012, 74:245) is not needed for exactness, as the check is over all columns at the cost of one
 * matrix-vector product. */
#include "ml/glmnet.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "num/linalg.h"

enum { PATH_MIN = 5, SWEEP_MAX = 100000, WEIGH_MAX = 100 };
static const double big_lambda_alpha = 1e-3; /* glmnet: the path of a ridge starts as if alpha were this */

struct solver {
    size_t n, p;
    double *x;             /* standardised, n x p */
    const double *y;
    double *mean, *scale;  /* p */
    double *factor;        /* p, penalty factors */
    bool *usable;          /* p: not constant */
    double alpha, thresh;
    double *b, *b_old;     /* p + 1, the intercept last */
    double *eta, *residual, *curvature; /* n */
    double *gradient;      /* p: x_j'(y - mu) / n */
    size_t *active, active_n;
    bool *is_active;
    double *scaled, *gram, *product; /* n x (p + 1), (p + 1)^2, p + 1 */
    double *solution;      /* p + 1: of the active ones */
};

static bool solver_room(struct solver *s, double **block, struct err *err)
{
    size_t n = s->n, p = s->p, q = p + 1;
    *block = mem_alloc(n * p + 3 * p + 2 * q + 3 * n + p + n * q + q * q + 2 * q, sizeof **block, err);
    s->active = mem_alloc(p, sizeof *s->active, err);
    s->usable = mem_zero(2 * p, sizeof *s->usable, err);
    if (*block == NULL || s->active == NULL || s->usable == NULL)
        return false;
    s->is_active = s->usable + p;
    double *at = *block;
    s->x = at, at += n * p;
    s->mean = at, at += p;
    s->scale = at, at += p;
    s->factor = at, at += p;
    s->b = at, at += q;
    s->b_old = at, at += q;
    s->eta = at, at += n;
    s->residual = at, at += n;
    s->curvature = at, at += n;
    s->gradient = at, at += p;
    s->scaled = at, at += n * q;
    s->gram = at, at += q * q;
    s->product = at, at += q;
    s->solution = at;
    return true;
}

static void standardise(struct solver *s, const double *x, bool raw_scale)
{
    for (size_t j = 0; j < s->p; j++) {
        const double *from = x + j * s->n;
        double *to = s->x + j * s->n, sum = 0.0, squares = 0.0, low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < s->n; i++) {
            sum += from[i];
            low = fmin(low, from[i]);
            high = fmax(high, from[i]);
        }
        s->mean[j] = sum / (double)s->n;
        for (size_t i = 0; i < s->n; i++) {
            to[i] = from[i] - s->mean[j];
            squares += to[i] * to[i];
        }
        double sd = sqrt(squares / (double)s->n);
        s->usable[j] = high > low && sd > 0.0;
        s->scale[j] = raw_scale || !s->usable[j] ? 1.0 : sd;
        if (s->scale[j] != 1.0)
            la_scale(s->n, 1.0 / s->scale[j], to);
    }
}

/* Residuals, curvature (both over n) and the deviance at eta. Probabilities are kept off 0 and 1 as glmnet does (1e-9). */
static double weigh(struct solver *s)
{
    const double pmin = 1e-9, limit = log(1.0 / pmin - 1.0);
    double deviance = 0.0, n = (double)s->n;
    for (size_t i = 0; i < s->n; i++) {
        double eta = s->eta[i], mu, curvature;
        double e = exp(-fabs(eta));
        if (eta > limit) {
            mu = 1.0;
            curvature = pmin * (1.0 - pmin);
        } else if (eta < -limit) {
            mu = 0.0;
            curvature = pmin * (1.0 - pmin);
        } else {
            mu = eta >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
            curvature = mu * (1.0 - mu);
        }
        s->residual[i] = (s->y[i] - mu) / n;
        s->curvature[i] = curvature / n;
        /* -log(mu) for y = 1, -log(1 - mu) for y = 0 */
        double against = s->y[i] == 1.0 ? -eta : eta;
        deviance += 2.0 * (fmax(against, 0.0) + log1p(e));
    }
    return deviance;
}

/* The weighted Gram matrix of the active columns and the intercept, and the products of these columns with the residual. */
static void build_quadratic(struct solver *s)
{
    size_t n = s->n, a = s->active_n, q = a + 1;
    double *root = s->scaled + a * n;
    for (size_t i = 0; i < n; i++)
        root[i] = sqrt(s->curvature[i]);
    for (size_t k = 0; k < a; k++) {
        const double *x = s->x + s->active[k] * n;
        double *to = s->scaled + k * n;
        for (size_t i = 0; i < n; i++)
            to[i] = x[i] * root[i];
        s->product[k] = la_dot(n, x, s->residual);
    }
    la_gram(n, q, s->scaled, s->gram);
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += s->residual[i];
    s->product[a] = sum;
}

/* Coordinate descent on the quadratic; solution[] begins at the coefficients it was built at. product[k] stays the gradient of the
 * quadratic's smooth part (negated) at solution[]. */
static void descend(struct solver *s, double lambda)
{
    size_t a = s->active_n, q = a + 1;
    for (int sweep = 0; sweep < SWEEP_MAX; sweep++) {
        double largest = 0.0;
        for (size_t k = 0; k < q; k++) {
            double h = s->gram[k * q + k], old = s->solution[k], new;
            if (h <= 0.0)
                continue;
            if (k == a) {
                new = old + s->product[k] / h;
            } else {
                double factor = s->factor[s->active[k]], u = s->product[k] + h * old, bound = lambda * s->alpha * factor;
                new = fabs(u) > bound ? copysign(fabs(u) - bound, u) / (h + lambda * (1.0 - s->alpha) * factor) : 0.0;
            }
            double change = new - old;
            if (change == 0.0)
                continue;
            s->solution[k] = new;
            largest = fmax(largest, h * change * change);
            for (size_t l = 0; l < q; l++)
                s->product[l] -= change * s->gram[k * q + l];
        }
        if (largest < s->thresh)
            return;
    }
}

static void predictor(struct solver *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->eta[i] = s->b[s->p];
    for (size_t k = 0; k < s->active_n; k++)
        if (s->b[s->active[k]] != 0.0)
            la_axpy(s->n, s->b[s->active[k]], s->x + s->active[k] * s->n, s->eta);
}

static void activate(struct solver *s, size_t j)
{
    s->is_active[j] = true;
    s->active[s->active_n++] = j;
}

/* Solves at one lambda from the coefficients that stand; returns the deviance. */
static double solve(struct solver *s, double lambda)
{
    size_t p = s->p;
    double deviance = 0.0;
    for (;;) {
        for (int round = 0; round < WEIGH_MAX; round++) {
            build_quadratic(s);
            size_t a = s->active_n;
            for (size_t k = 0; k < a; k++)
                s->solution[k] = s->b[s->active[k]];
            s->solution[a] = s->b[p];
            memcpy(s->b_old, s->b, (p + 1) * sizeof *s->b);
            descend(s, lambda);
            double largest = 0.0;
            for (size_t k = 0; k <= a; k++) {
                size_t j = k == a ? p : s->active[k];
                s->b[j] = s->solution[k];
                double change = s->b[j] - s->b_old[j];
                largest = fmax(largest, s->gram[k * (a + 1) + k] * change * change);
            }
            predictor(s);
            deviance = weigh(s);
            if (largest < s->thresh)
                break;
        }
        /* Optimality of the columns left out. */
        la_mul_t(s->n, p, s->x, s->residual, s->gradient);
        size_t before = s->active_n;
        for (size_t j = 0; j < p; j++)
            if (s->usable[j] && !s->is_active[j] && fabs(s->gradient[j]) > lambda * s->alpha * s->factor[j])
                activate(s, j);
        if (s->active_n == before)
            return deviance;
    }
}

/* Columns at 0 leave, so that the Gram matrix stays small. */
static void drop_zeros(struct solver *s)
{
    size_t kept = 0;
    for (size_t k = 0; k < s->active_n; k++) {
        size_t j = s->active[k];
        if (s->b[j] != 0.0)
            s->active[kept++] = j;
        else
            s->is_active[j] = false;
    }
    s->active_n = kept;
}

static bool path_room(struct glmnet_path *path, size_t p, size_t lambda_n, struct err *err)
{
    *path = (struct glmnet_path){.p = p};
    path->lambda = mem_zero(3 * lambda_n, sizeof *path->lambda, err);
    path->coef = mem_zero(p * lambda_n, sizeof *path->coef, err);
    path->df = mem_zero(lambda_n, sizeof *path->df, err);
    if (path->lambda == NULL || path->coef == NULL || path->df == NULL) {
        glmnet_path_free(path);
        return false;
    }
    path->intercept = path->lambda + lambda_n;
    path->dev_ratio = path->intercept + lambda_n;
    return true;
}

void glmnet_path_free(struct glmnet_path *path)
{
    mem_free(path->lambda);
    mem_free(path->coef);
    mem_free(path->df);
    *path = (struct glmnet_path){0};
}

static void record(const struct solver *s, struct glmnet_path *path, double lambda, double deviance)
{
    size_t at = path->n++;
    double *coef = path->coef + at * s->p;
    path->lambda[at] = lambda;
    path->intercept[at] = s->b[s->p];
    for (size_t j = 0; j < s->p; j++) {
        coef[j] = s->b[j] / s->scale[j];
        path->intercept[at] -= coef[j] * s->mean[j];
        path->df[at] += s->b[j] != 0.0;
    }
    path->dev_ratio[at] = 1.0 - deviance / path->null_deviance;
}

/* Intercept alone, and the columns' gradients there; the largest lambda that keeps all penalised columns out. */
static double start_path(struct solver *s, struct glmnet_path *path, const double *y)
{
    double mean = 0.0, largest = 0.0;
    for (size_t i = 0; i < s->n; i++)
        mean += y[i];
    mean /= (double)s->n;
    memset(s->b, 0, (s->p + 1) * sizeof *s->b);
    s->b[s->p] = log(mean / (1.0 - mean));
    predictor(s);
    path->null_deviance = weigh(s);
    la_mul_t(s->n, s->p, s->x, s->residual, s->gradient);
    for (size_t j = 0; j < s->p; j++)
        if (s->usable[j] && s->factor[j] > 0.0)
            largest = fmax(largest, fabs(s->gradient[j]) / s->factor[j]);
    for (size_t j = 0; j < s->p; j++)
        if (s->usable[j] && s->factor[j] == 0.0)
            activate(s, j);
    return largest / fmax(s->alpha, big_lambda_alpha);
}

static bool check_label(const double *y, size_t n, struct err *err)
{
    size_t positive_n = 0;
    for (size_t i = 0; i < n; i++)
        positive_n += y[i] == 1.0;
    return (positive_n > 0 && positive_n < n) || err_set(err, ERR_INPUT, "all %zu rows have the same label, expected both classes", n);
}

bool glmnet_fit(const double *x, const double *y, size_t n, size_t p, const struct glmnet_options *options, struct glmnet_path *out, struct err *err)
{
    size_t lambda_n = options->lambda_n == 0 ? 100 : options->lambda_n;
    double ratio = options->min_ratio == 0.0 ? (n < p ? 1e-2 : 1e-4) : options->min_ratio, *block = NULL;
    struct solver s = {.n = n, .p = p, .y = y, .alpha = options->alpha};
    bool done = false;
    *out = (struct glmnet_path){0};
    if (!check_label(y, n, err) || !path_room(out, p, lambda_n, err) || !solver_room(&s, &block, err))
        goto done;
    double total = 0.0;
    for (size_t j = 0; options->penalty_factor != NULL && j < p; j++)
        total += options->penalty_factor[j];
    for (size_t j = 0; j < p; j++)
        s.factor[j] = options->penalty_factor == NULL ? 1.0 : options->penalty_factor[j] * (double)p / total;
    standardise(&s, x, options->raw_scale);
    double first = start_path(&s, out, y);
    /* glmnet's threshold is relative to the null deviance, of weights that sum to 1. */
    s.thresh = (options->thresh == 0.0 ? 1e-7 : options->thresh) * out->null_deviance / (double)n;
    double fall = lambda_n > 1 ? pow(fmax(ratio, DBL_EPSILON), 1.0 / (double)(lambda_n - 1)) : 1.0, lambda = first;
    if (!(first > 0.0))
        lambda_n = 1; /* nothing to enter: the intercept alone */
    for (size_t k = 0; k < lambda_n; k++, lambda *= fall) {
        double deviance = solve(&s, lambda);
        record(&s, out, lambda, deviance);
        drop_zeros(&s);
        for (size_t j = 0; k == 0 && j < p; j++)
            if (s.usable[j] && s.factor[j] == 0.0 && !s.is_active[j])
                activate(&s, j);
        if (k + 1 < PATH_MIN)
            continue;
        double now = out->dev_ratio[k];
        if (now > 0.999 || now - out->dev_ratio[k - 1] < 1e-5 * now)
            break;
    }
    done = true;
done:
    mem_free(block);
    mem_free(s.active);
    mem_free(s.usable);
    if (!done)
        glmnet_path_free(out);
    return done;
}

void glmnet_coef_at(const struct glmnet_path *path, double lambda, double *intercept, double *coef)
{
    size_t p = path->p, right = 0; /* the first lambda of the path that is not above */
    while (right < path->n && path->lambda[right] > lambda)
        right++;
    size_t left = right == 0 ? 0 : right - 1;
    if (right == path->n)
        right = path->n - 1;
    double span = path->lambda[left] - path->lambda[right];
    double share = span > 0.0 ? (lambda - path->lambda[right]) / span : 1.0; /* of the left one */
    if (share > 1.0)
        share = 1.0;
    if (share < 0.0)
        share = 0.0;
    *intercept = share * path->intercept[left] + (1.0 - share) * path->intercept[right];
    for (size_t j = 0; j < p; j++)
        coef[j] = share * path->coef[left * p + j] + (1.0 - share) * path->coef[right * p + j];
}
