/* cv.glmnet's choice of lambda; see glmnet.h. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ml/design.h"
#include "ml/glmnet.h"
#include "num/linalg.h"
#include "stats/roc.h"

void glmnet_cv_free(struct glmnet_cv *cv)
{
    mem_free(cv->mean);
    *cv = (struct glmnet_cv){0};
}

/* Mean loss (or AUC) of predictors eta on a fold. */
static double fold_measure(enum glmnet_measure measure, const double *eta, const double *y, size_t n, size_t *scratch)
{
    const double low = 1e-5; /* cv.glmnet's bound on probabilities */
    double sum = 0.0;
    if (measure == GLMNET_AUC)
        return roc_auc_value(eta, y, n, scratch);
    for (size_t i = 0; i < n; i++) {
        double p = 1.0 / (1.0 + exp(-eta[i]));
        if (measure == GLMNET_CLASS) {
            sum += (p > 0.5) != (y[i] == 1.0);
            continue;
        }
        p = fmin(fmax(p, low), 1.0 - low);
        sum += -2.0 * (y[i] == 1.0 ? log(p) : log(1.0 - p));
    }
    return sum / (double)n;
}

struct part {
    double *train_x, *train_y, *test_x, *test_y, *eta, *coef;
    size_t *position, *scratch;
    size_t train_n, test_n;
};

/* One fold on its own path: measure[l] at each lambda of the full path. */
static bool fold_curve(const double *x, const double *y, size_t n, size_t p, const struct glmnet_options *options, const struct glmnet_path *path,
                       const size_t *fold, size_t f, enum glmnet_measure measure, struct part *part, double *curve, struct err *err)
{
    struct glmnet_path own;
    part->train_n = part->test_n = 0;
    for (size_t i = 0; i < n; i++)
        if (fold[i] != f)
            part->position[part->train_n++] = i;
    for (size_t i = 0; i < n; i++)
        if (fold[i] == f)
            part->position[part->train_n + part->test_n++] = i;
    const size_t *held = part->position + part->train_n;
    part->test_x = part->train_x + part->train_n * p;
    part->test_y = part->train_y + part->train_n;
    design_take(x, n, p, part->position, part->train_n, part->train_x);
    design_take(y, n, 1, part->position, part->train_n, part->train_y);
    design_take(x, n, p, held, part->test_n, part->test_x);
    design_take(y, n, 1, held, part->test_n, part->test_y);
    if (!glmnet_fit(part->train_x, part->train_y, part->train_n, p, options, &own, err))
        return false;
    for (size_t l = 0; l < path->n; l++) {
        double intercept;
        glmnet_coef_at(&own, path->lambda[l], &intercept, part->coef);
        for (size_t i = 0; i < part->test_n; i++)
            part->eta[i] = intercept;
        for (size_t j = 0; j < p; j++)
            if (part->coef[j] != 0.0)
                la_axpy(part->test_n, part->coef[j], part->test_x + j * part->test_n, part->eta);
        curve[l] = fold_measure(measure, part->eta, part->test_y, part->test_n, part->scratch);
    }
    glmnet_path_free(&own);
    return true;
}

/* Mean and standard error over folds, weighted by their rows. A fold of one class has no AUC and does not count. */
static void gather(const double *curve, const double *weight, size_t k, size_t lambda_n, struct glmnet_cv *out)
{
    for (size_t l = 0; l < lambda_n; l++) {
        double sum = 0.0, total = 0.0, spread = 0.0, folds = 0.0;
        for (size_t f = 0; f < k; f++)
            if (isfinite(curve[f * lambda_n + l])) {
                sum += weight[f] * curve[f * lambda_n + l];
                total += weight[f];
                folds += 1.0;
            }
        double mean = sum / total;
        for (size_t f = 0; f < k; f++)
            if (isfinite(curve[f * lambda_n + l]))
                spread += weight[f] * (curve[f * lambda_n + l] - mean) * (curve[f * lambda_n + l] - mean);
        out->mean[l] = mean;
        out->sd[l] = sqrt(spread / total / (folds - 1.0));
    }
}

static void choose(const struct glmnet_path *path, struct glmnet_cv *out)
{
    double sign = out->measure == GLMNET_AUC ? -1.0 : 1.0, best = INFINITY, bound;
    size_t at = 0;
    for (size_t l = 0; l < path->n; l++)
        if (sign * out->mean[l] < best) { /* the first, that is the largest, lambda of equals */
            best = sign * out->mean[l];
            at = l;
        }
    bound = best + out->sd[at];
    out->lambda_min = out->lambda_1se = path->lambda[at];
    for (size_t l = 0; l < path->n; l++)
        if (sign * out->mean[l] <= bound) {
            out->lambda_1se = path->lambda[l];
            break;
        }
}

bool glmnet_cross_validate(const double *x, const double *y, size_t n, size_t p, const struct glmnet_options *options, const struct glmnet_path *path,
                           const size_t *fold, size_t k, enum glmnet_measure measure, struct glmnet_cv *out, struct err *err)
{
    *out = (struct glmnet_cv){.measure = measure == GLMNET_AUC && (double)n / (double)k < 10.0 ? GLMNET_DEVIANCE : measure, .n = path->n};
    double *block = mem_alloc(n * p + 2 * n + p, sizeof *block, err);
    double *curve = mem_alloc(k * path->n + k, sizeof *curve, err), *weight = curve == NULL ? NULL : curve + k * path->n;
    size_t *index = mem_alloc(2 * n, sizeof *index, err);
    out->mean = mem_alloc(2 * path->n, sizeof *out->mean, err);
    bool done = block != NULL && curve != NULL && index != NULL && out->mean != NULL;
    if (done) {
        out->sd = out->mean + path->n;
        struct part part = {.train_x = block, .train_y = block + n * p, .eta = block + n * p + n, .coef = block + n * p + 2 * n, .position = index,
                            .scratch = index + n};
        for (size_t f = 0; done && f < k; f++) {
            done = fold_curve(x, y, n, p, options, path, fold, f, out->measure, &part, curve + f * path->n, err);
            weight[f] = (double)part.test_n;
        }
    }
    if (done) {
        gather(curve, weight, k, path->n, out);
        choose(path, out);
    }
    mem_free(block);
    mem_free(curve);
    mem_free(index);
    if (!done)
        glmnet_cv_free(out);
    return done;
}
