/* LASSO-logistic as learner and as selector; see lasso.h. */
#include "ml/lasso.h"

#include <string.h>

#include "base/mem.h"
#include "ml/design.h"
#include "ml/keep.h"
#include "ml/linear.h"
#include "table/fold.h"

/* A fitted path with the lambda chosen, and the coefficients there. */
struct chosen {
    struct design design;
    struct names names;
    struct glmnet_path path;
    double *coef;
    double intercept;
    struct text line; /* "lambda 0.031 (lambda.min of 50, deviance of 5 folds)" */
};

static void chosen_free(struct chosen *chosen)
{
    design_free(&chosen->design);
    names_free(&chosen->names);
    glmnet_path_free(&chosen->path);
    mem_free(chosen->coef);
    text_free(&chosen->line);
}

static const char *measure_name(enum glmnet_measure measure)
{
    return measure == GLMNET_AUC ? "AUC" : measure == GLMNET_CLASS ? "class error" : "deviance";
}

/* lambda by cross-validation; the middle of the path where no folds can be made. */
static bool choose_lambda(const struct lasso_settings *settings, const struct glmnet_options *options, const struct rows *rows, uint64_t seed,
                          struct chosen *out, double *lambda, struct err *err)
{
    size_t n = out->design.n, made, *fold = mem_alloc(n, sizeof *fold, err);
    struct err too_few = ERR_INIT;
    struct glmnet_cv cv;
    bool done = false;
    if (fold == NULL)
        return false;
    if (!fold_make(rows, settings->fold_n == 0 ? 5 : settings->fold_n, seed, fold, &made, &too_few)) {
        *lambda = out->path.lambda[out->path.n / 2];
        text_add(&out->line, "the middle of the path, as too few rows of a class are there to choose");
        done = too_few.kind == ERR_INPUT || err_set(err, too_few.kind, "%s", too_few.text);
    } else if (glmnet_cross_validate(out->design.x, rows->outcome->label, n, out->design.p, options, &out->path, fold, made, settings->measure, &cv, err)) {
        *lambda = settings->one_se ? cv.lambda_1se : cv.lambda_min;
        text_add(&out->line, "%s of %zu by the %s of %zu folds", settings->one_se ? "lambda.1se" : "lambda.min", out->path.n, measure_name(cv.measure), made);
        glmnet_cv_free(&cv);
        done = true;
    }
    mem_free(fold);
    return done;
}

static bool fit_chosen(const struct lasso_settings *settings, const struct rows *rows, uint64_t seed, struct chosen *out, struct err *err)
{
    struct glmnet_options options = {.alpha = settings->alpha == 0.0 ? 1.0 : settings->alpha,
                                     .lambda_n = settings->lambda_n == 0 ? 50 : settings->lambda_n,
                                     .min_ratio = settings->min_ratio == 0.0 ? 0.01 : settings->min_ratio};
    double lambda = 0.0;
    if (!design_make(rows->table, &out->design, &out->names, err) || !label_check(rows->outcome->label, out->design.n, err) ||
        !glmnet_fit(out->design.x, rows->outcome->label, out->design.n, out->design.p, &options, &out->path, err) ||
        !choose_lambda(settings, &options, rows, seed, out, &lambda, err) || (out->coef = mem_alloc(out->design.p, sizeof *out->coef, err)) == NULL)
        return false;
    glmnet_coef_at(&out->path, lambda, &out->intercept, out->coef);
    text_add(&out->line, ", lambda ");
    text_add_double(&out->line, lambda);
    return text_ok(&out->line, err);
}

static const char *kind_of_penalty(const struct lasso_settings *settings)
{
    return settings->alpha == 0.0 || settings->alpha == 1.0 ? "LASSO" : "elastic net";
}

static bool learner_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)train_columns;
    const struct lasso_settings none = {0}, *settings = step->settings == NULL ? &none : step->settings;
    struct chosen chosen = {.line = TEXT_INIT};
    struct text line = TEXT_INIT;
    bool done = fit_chosen(settings, rows, seed, &chosen, err);
    if (done) {
        size_t used = 0;
        for (size_t j = 0; j < chosen.design.p; j++)
            used += chosen.coef[j] != 0.0;
        text_add(&line, "%s: %zu of %zu columns kept", kind_of_penalty(settings), used, chosen.design.p);
        if (settings->alpha != 0.0 && settings->alpha != 1.0)
            text_add(&line, ", alpha %g", settings->alpha);
        text_add(&line, ", %s", chosen.line.bytes);
        done = text_ok(&line, err) && (*state = linear_make(&chosen.names, chosen.coef, chosen.intercept, line.bytes, err)) != NULL;
    }
    chosen_free(&chosen);
    text_free(&line);
    return done;
}

const struct step_kind lasso_kind = {
    .name = "lasso",
    .title = "LASSO-logistic",
    .outcome = STEP_LABEL,
    .fit = learner_fit,
    .apply = linear_apply,
    .save = linear_save,
    .load = linear_load,
    .describe = linear_describe,
    .parts = linear_parts,
    .contributions = linear_contributions,
    .free = linear_free,
};

/* Columns that enter the path first, until `at_least` are kept. */
static size_t fill_up(const struct glmnet_path *path, bool *keep, size_t kept_n, size_t at_least)
{
    for (size_t l = 0; l < path->n && kept_n < at_least; l++)
        for (size_t j = 0; j < path->p && kept_n < at_least; j++)
            if (!keep[j] && path->coef[l * path->p + j] != 0.0) {
                keep[j] = true;
                kept_n++;
            }
    return kept_n;
}

static bool selector_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)train_columns;
    const struct lasso_settings none = {0}, *settings = step->settings == NULL ? &none : step->settings;
    size_t at_least = settings->at_least == 0 ? 1 : settings->at_least;
    struct chosen chosen = {.line = TEXT_INIT};
    bool done = fit_chosen(settings, rows, seed, &chosen, err), *keep = NULL;
    if (done && (keep = mem_zero(chosen.design.p, sizeof *keep, err)) != NULL) {
        size_t kept_n = 0;
        for (size_t j = 0; j < chosen.design.p; j++) {
            keep[j] = chosen.coef[j] != 0.0;
            kept_n += keep[j];
        }
        if (kept_n < at_least && fill_up(&chosen.path, keep, kept_n, at_least) > kept_n)
            text_add(&chosen.line, "; %zu had a coefficient, so the first of the path were kept", kept_n);
        *state = text_ok(&chosen.line, err) ? keep_make(rows->table, keep, kind_of_penalty(settings), chosen.line.bytes, err) : NULL;
        done = *state != NULL;
    } else {
        done = false;
    }
    mem_free(keep);
    chosen_free(&chosen);
    return done;
}

const struct step_kind lasso_selector_kind = {
    .name = "lasso_selector",
    .title = "LASSO selection",
    .outcome = STEP_LABEL,
    .fit = selector_fit,
    .apply = keep_apply,
    .save = keep_save,
    .load = keep_load,
    .describe = keep_describe,
    .free = keep_free,
};
