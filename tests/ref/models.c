/* Checks selection, learners and validation against reference cases of the form NAME/{input.csv,spec.json,expected.json}.
 * Kinds here: glmnet, logistic, svm (linear parts), calibration, forest_band (random forests), bootstrap632 (AUC). */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "checker.h"
#include "io/csv.h"
#include "io/json.h"
#include "ml/calibrate.h"
#include "ml/forest.h"
#include "ml/glmnet.h"
#include "ml/logistic.h"
#include "ml/optimism.h"
#include "ml/svm.h"
#include "ml/zscore.h"
#include "num/dist.h"
#include "stats/roc.h"

/* A case: the fitted rows (test = 0, or all) and the applied ones, column-major; `scaled` is the z-score of the fitted rows. */
struct sample {
    size_t n, p;
    double *x, *y, *raw;
    size_t *fold, *row;
};

enum { CASE_PATH = 1024 };

struct job {
    const char *name;
    json_t *spec, *expected;
    struct sample fit, test;
    struct findings *found;
    struct err err;
};

static void sample_free(struct sample *s)
{
    mem_free(s->x);
    mem_free(s->raw);
    mem_free(s->y);
    mem_free(s->fold);
    mem_free(s->row);
}

static double cell(const struct csv *csv, size_t row, const char *name, double absent)
{
    double value;
    size_t column = csv_find(csv, name);
    return column != SIZE_MAX && csv_number(csv_cell(csv, row, column), &value) == CSV_NUMBER ? value : absent;
}

static bool sample_read(const struct csv *csv, const json_t *features, double which, struct sample *s, struct err *err)
{
    size_t p = json_array_size(features), n = 0;
    for (size_t r = 0; r < csv->row_n; r++)
        n += cell(csv, r, "test", 0.0) == which;
    *s = (struct sample){n, p, mem_alloc(n * p, sizeof(double), err), mem_alloc(n, sizeof(double), err), mem_alloc(n * p, sizeof(double), err),
                         mem_alloc(n, sizeof(size_t), err), mem_alloc(n, sizeof(size_t), err)};
    if (!s->x || !s->y || !s->raw || !s->fold || !s->row)
        return false;
    for (size_t r = 0, i = 0; r < csv->row_n; r++) {
        if (cell(csv, r, "test", 0.0) != which)
            continue;
        s->y[i] = cell(csv, r, "y", NAN);
        s->fold[i] = (size_t)cell(csv, r, "fold", 0.0);
        s->row[i] = r;
        for (size_t j = 0; j < p; j++)
            s->raw[j * n + i] = s->x[j * n + i] = cell(csv, r, json_string_value(json_array_get(features, j)), NAN);
        i++;
    }
    return true;
}

static void scale_both(struct sample *fit, struct sample *test)
{
    for (size_t j = 0; j < fit->p; j++) {
        double mean = 0.0, squares = 0.0;
        for (size_t i = 0; i < fit->n; i++)
            mean += fit->x[j * fit->n + i] / (double)fit->n;
        for (size_t i = 0; i < fit->n; i++)
            squares += (fit->x[j * fit->n + i] - mean) * (fit->x[j * fit->n + i] - mean);
        double sd = sqrt(squares / (double)fit->n);
        for (size_t i = 0; i < fit->n; i++)
            fit->x[j * fit->n + i] = (fit->x[j * fit->n + i] - mean) / sd;
        for (size_t i = 0; i < test->n; i++)
            test->x[j * test->n + i] = (test->x[j * test->n + i] - mean) / sd;
    }
}

/* The case's own tolerance for a key. */
static void tolerance_of(const struct job *job, const char *key, double *rtol, double *atol)
{
    const json_t *tol = json_object_get(job->spec, "tol"), *row = json_object_get(tol, key);
    if (row == NULL)
        row = json_object_get(tol, "default");
    *rtol = json_number_value(json_object_get(row, "rtol"));
    *atol = json_number_value(json_object_get(row, "atol"));
}

static void check_number(struct job *job, const char *part, const char *key, size_t at, double expected, double got, const char *tolerance)
{
    char name[256];
    double rtol, atol;
    tolerance_of(job, tolerance, &rtol, &atol);
    if (at == SIZE_MAX)
        snprintf(name, sizeof name, "%s.%s", part, key);
    else
        snprintf(name, sizeof name, "%s.%s.%zu", part, key, at);
    findings_number_within(job->found, name, expected, got, rtol, atol);
}

static void check_one(struct job *job, const char *part, const json_t *of, const char *key, double got, const char *tolerance)
{
    const json_t *value = json_object_get(of, key);
    if (value != NULL)
        check_number(job, part, key, SIZE_MAX, json_number_value(value), got, tolerance);
}

static void check_many(struct job *job, const char *part, const json_t *of, const char *key, const double *got, size_t n, const char *tolerance)
{
    const json_t *values = json_object_get(of, key);
    for (size_t i = 0; values != NULL && i < json_array_size(values); i++)
        check_number(job, part, key, i, json_number_value(json_array_get(values, i)), i < n ? got[i] : NAN, tolerance);
}

static void lacking(struct job *job, const char *part, const char *why)
{
    findings_lacking(job->found, part, "a value", why);
}

static void linear_scores(const struct sample *test, const double *x, double intercept, const double *coef, double *score)
{
    for (size_t i = 0; i < test->n; i++) {
        score[i] = intercept;
        for (size_t j = 0; j < test->p; j++)
            score[i] += coef[j] * x[j * test->n + i];
    }
}

static bool run_logistic(struct job *job)
{
    const char *part;
    json_t *of;
    double coef[64], se[65], z[65], pv[65], odds[65], *score = mem_alloc(2 * job->test.n, sizeof *score, &job->err), *prob = score + job->test.n;
    double *weight = mem_alloc(job->fit.n, sizeof *weight, &job->err);
    scale_both(&job->fit, &job->test);
    json_object_foreach(job->expected, part, of) {
        bool plain = strcmp(part, "unpenalised") == 0, balanced = strstr(part, "balanced") != NULL;
        double C = plain ? INFINITY : strtod(part + 1, NULL), positives = 0.0, n = (double)job->fit.n;
        struct logistic_fit fit;
        for (size_t i = 0; i < job->fit.n; i++)
            positives += job->fit.y[i];
        for (size_t i = 0; i < job->fit.n; i++)
            weight[i] = balanced ? n / (2.0 * (job->fit.y[i] == 1.0 ? positives : n - positives)) : 1.0;
        if (!logistic_minimise(job->fit.x, job->fit.y, weight, job->fit.n, job->fit.p, C, NULL, &fit, &job->err))
            return false;
        memcpy(coef, fit.coef, fit.p * sizeof *coef);
        coef[fit.p] = fit.intercept;
        linear_scores(&job->test, job->test.x, fit.intercept, coef, score);
        for (size_t i = 0; i < job->test.n; i++)
            prob[i] = 1.0 / (1.0 + exp(-score[i]));
        check_many(job, part, of, "coef", coef, fit.p, "coef");
        check_one(job, part, of, "intercept", fit.intercept, "intercept");
        check_many(job, part, of, "decision_test", score, job->test.n, "decision_test");
        check_many(job, part, of, "prob_test", prob, job->test.n, "prob_test");
        check_one(job, part, of, "objective", fit.objective, "objective");
        if (plain) {
            if (!logistic_errors(job->fit.x, NULL, job->fit.n, fit.p, &fit, se, &job->err))
                return false;
            for (size_t j = 0; j <= fit.p; j++) {
                z[j] = coef[j] / se[j];
                pv[j] = normal_two_sided(z[j]);
                odds[j] = exp(coef[j]);
            }
            check_many(job, part, of, "se", se, fit.p + 1, "se");
            check_many(job, part, of, "wald_z", z, fit.p + 1, "wald_z");
            check_many(job, part, of, "wald_p", pv, fit.p + 1, "wald_p");
            check_many(job, part, of, "odds_ratio", odds, fit.p + 1, "odds_ratio");
            check_one(job, part, of, "loglik", -fit.objective, "loglik");
        }
        logistic_fit_free(&fit);
    }
    mem_free(score);
    mem_free(weight);
    return true;
}

static bool run_svm(struct job *job)
{
    const char *part;
    json_t *of;
    double *score = mem_alloc(job->test.n + 2 * job->fit.n, sizeof *score, &job->err), *support = score + job->test.n, *want = support + job->fit.n;
    scale_both(&job->fit, &job->test);
    json_object_foreach(job->expected, part, of) {
        struct svm_fit fit;
        if (strncmp(part, "linear_C", 8) != 0) {
            lacking(job, part, "kernels but the linear one are not there");
            continue;
        }
        if (!svm_linear_fit(job->fit.x, job->fit.y, job->fit.n, job->fit.p, strtod(part + 8, NULL), 1.0, 1.0, 1e-10, &fit, &job->err))
            return false;
        linear_scores(&job->test, job->test.x, fit.intercept, fit.weight, score);
        check_many(job, part, of, "decision_test", score, job->test.n, "decision_test");
        check_one(job, part, of, "intercept", fit.intercept, "intercept");
        check_one(job, part, of, "dual_objective", fit.dual_objective, "dual_objective");
        /* The reference lists support vectors class by class: both are compared row by row. */
        const json_t *rows = json_object_get(of, "support"), *alpha = json_object_get(of, "alpha_y");
        for (size_t i = 0; i < job->fit.n; i++)
            support[i] = want[i] = 0.0;
        for (size_t k = 0; k < fit.support_n; k++)
            support[fit.support[k]] = fit.alpha_y[k];
        for (size_t k = 0; k < json_array_size(rows); k++)
            want[(size_t)json_integer_value(json_array_get(rows, k))] = json_number_value(json_array_get(alpha, k));
        for (size_t i = 0; i < job->fit.n; i++)
            check_number(job, part, "alpha_y", i, want[i], support[i], "alpha_y");
        svm_fit_free(&fit);
    }
    mem_free(score);
    return true;
}

static void check_path(struct job *job, const char *part, const json_t *of, const struct glmnet_path *path)
{
    double df[200];
    check_many(job, part, of, "lambda", path->lambda, path->n, "lambda_");
    for (size_t l = 0; l < path->n; l++)
        df[l] = (double)path->df[l];
    check_many(job, part, of, "df", df, path->n, "df");
    check_many(job, part, of, "devratio", path->dev_ratio, path->n, "devratio");
    check_one(job, part, of, "nulldev", path->null_deviance, "nulldev");
    for (size_t l = 0; l < path->n; l++) {
        char key[32];
        snprintf(key, sizeof key, "a0_%zu", l);
        check_one(job, part, of, key, path->intercept[l], key);
        snprintf(key, sizeof key, "beta_%zu", l);
        check_many(job, part, of, key, path->coef + l * path->p, path->p, key);
    }
}

static bool check_cv(struct job *job, const char *part, const json_t *of, const struct glmnet_options *options, const struct glmnet_path *path)
{
    static const struct {
        const char *name;
        enum glmnet_measure measure;
    } measures[] = {{"cv_deviance", GLMNET_DEVIANCE}, {"cv_auc", GLMNET_AUC}, {"cv_class", GLMNET_CLASS}};
    double coef[512], *link = mem_alloc(job->test.n, sizeof *link, &job->err);
    for (size_t m = 0; m < 3; m++) {
        char key[64];
        struct glmnet_cv cv;
        snprintf(key, sizeof key, "%s.cvm", measures[m].name);
        if (json_object_get(of, key) == NULL)
            continue;
        if (!glmnet_cross_validate(job->fit.raw, job->fit.y, job->fit.n, job->fit.p, options, path, job->fit.fold, 5, measures[m].measure, &cv, &job->err))
            return false;
        check_many(job, part, of, key, cv.mean, cv.n, key);
        snprintf(key, sizeof key, "%s.cvsd", measures[m].name);
        check_many(job, part, of, key, cv.sd, cv.n, key);
        snprintf(key, sizeof key, "%s.lambda_min", measures[m].name);
        check_one(job, part, of, key, cv.lambda_min, key);
        snprintf(key, sizeof key, "%s.lambda_1se", measures[m].name);
        check_one(job, part, of, key, cv.lambda_1se, key);
        if (m == 0)
            for (int se = 0; se < 2; se++) {
                glmnet_coef_at(path, se ? cv.lambda_1se : cv.lambda_min, &coef[0], coef + 1);
                check_many(job, part, of, se ? "coef_1se" : "coef_min", coef, path->p + 1, "coef_min");
                linear_scores(&job->test, job->test.raw, coef[0], coef + 1, link);
                check_many(job, part, of, se ? "link_test_1se" : "link_test_min", link, job->test.n, "link_test_min");
            }
        glmnet_cv_free(&cv);
    }
    mem_free(link);
    return true;
}

static bool run_glmnet(struct job *job)
{
    const char *part;
    json_t *of;
    json_object_foreach(job->expected, part, of) {
        struct glmnet_options options = {.alpha = strtod(part + 5, NULL), .raw_scale = strstr(part, "stdFALSE") != NULL, .lambda_n = 50, .thresh = 1e-16};
        struct glmnet_path path;
        if (!glmnet_fit(job->fit.raw, job->fit.y, job->fit.n, job->fit.p, &options, &path, &job->err))
            return false;
        check_path(job, part, of, &path);
        bool done = check_cv(job, part, of, &options, &path);
        glmnet_path_free(&path);
        if (!done)
            return false;
    }
    return true;
}

/* Given the reference's out-of-fold scores, as the case allows. */
static bool run_calibration(struct job *job)
{
    const json_t *oof = json_object_get(job->expected, "oof"), *scores = json_object_get(job->expected, "score_test");
    size_t n = json_array_size(oof), m = json_array_size(scores), points;
    double *s = mem_alloc(4 * n + 2 * m, sizeof *s, &job->err), *x = s + n, *y = x + n, *t = y + 2 * n, *got = t + m, A, B, T;
    for (size_t i = 0; i < n; i++)
        s[i] = json_number_value(json_array_get(oof, i));
    for (size_t i = 0; i < m; i++)
        t[i] = json_number_value(json_array_get(scores, i));
    if (!platt_fit(s, job->fit.y, NULL, n, &A, &B, &job->err) || !temperature_fit(s, job->fit.y, NULL, n, &T, &job->err) ||
        !isotonic_fit(s, job->fit.y, NULL, n, x, y, &points, &job->err))
        return false;
    const json_t *platt = json_object_get(job->expected, "platt"), *isotonic = json_object_get(job->expected, "isotonic"), *heat = json_object_get(job->expected, "temperature");
    check_one(job, "platt", platt, "A", A, "given_the_scores");
    check_one(job, "platt", platt, "B", B, "given_the_scores");
    for (size_t i = 0; i < m; i++)
        got[i] = platt_apply(A, B, t[i]);
    check_many(job, "platt", platt, "test", got, m, "given_the_scores");
    check_many(job, "isotonic", isotonic, "x", x, points, "given_the_scores");
    check_many(job, "isotonic", isotonic, "y", y, points, "given_the_scores");
    for (size_t i = 0; i < m; i++)
        got[i] = isotonic_apply(x, y, points, t[i]);
    check_many(job, "isotonic", isotonic, "test", got, m, "given_the_scores");
    check_one(job, "temperature", heat, "T", T, "given_the_scores");
    for (size_t i = 0; i < m; i++)
        got[i] = platt_apply(-1.0 / T, 0.0, t[i]);
    check_many(job, "temperature", heat, "test", got, m, "given_the_scores");
    lacking(job, "quality_of_platt_test", "calibration quality is checked with the statistics");
    mem_free(s);
    return true;
}

static double at(const json_t *of, const char *key, size_t i)
{
    return json_number_value(json_array_get(json_object_get(of, key), i));
}

static bool run_forest(struct job *job)
{
    const char *part;
    json_t *of;
    enum { SEEDS = 20 }; /* as the reference: the mean difference is between means over seeds */
    size_t n = job->fit.n, m = job->test.n, p = job->fit.p, *scratch = mem_alloc(n + m, sizeof *scratch, &job->err);
    double *score = mem_alloc(2 * m + n, sizeof *score, &job->err), *oob = score + m, *mean = oob + n;
    json_object_foreach(job->expected, part, of) {
        struct forest_options options = {.tree_n = 500, .min_leaf = strstr(part, "minleaf5") ? 5 : 1, .extra_trees = strstr(part, "extra") != NULL};
        struct forest forest;
        char key[128];
        if (!forest_fit(job->fit.raw, job->fit.y, n, p, &options, 1, &forest, options.extra_trees ? NULL : oob, &job->err))
            return false;
        forest_score(&forest, job->test.raw, m, score);
        snprintf(key, sizeof key, "%s.auc_test", part);
        findings_number_within(job->found, key, json_number_value(json_object_get(of, "auc_test_mean")), roc_auc_value(score, job->test.y, m, scratch), 0.0,
                               4.0 * json_number_value(json_object_get(of, "auc_test_sd")) + 0.003);
        if (json_object_get(of, "oob_auc_mean") != NULL) {
            snprintf(key, sizeof key, "%s.oob_auc", part);
            findings_number_within(job->found, key, json_number_value(json_object_get(of, "oob_auc_mean")), roc_auc_value(oob, job->fit.y, n, scratch), 0.0,
                                   4.0 * json_number_value(json_object_get(of, "oob_auc_sd")) + 0.003);
        }
        double off = 0.0;
        for (size_t i = 0; i < m; i++)
            mean[i] = score[i] / SEEDS;
        for (uint64_t seed = 2; seed <= SEEDS; seed++) {
            struct forest other;
            if (!forest_fit(job->fit.raw, job->fit.y, n, p, &options, seed, &other, NULL, &job->err))
                return false;
            forest_score(&other, job->test.raw, m, oob);
            for (size_t i = 0; i < m; i++)
                mean[i] += oob[i] / SEEDS;
            forest_free(&other);
        }
        for (size_t i = 0; i < m; i++) {
            snprintf(key, sizeof key, "%s.prob_test.%zu", part, i);
            findings_number_within(job->found, key, at(of, "prob_test_mean", i), score[i], 0.0, 5.0 * at(of, "prob_test_sd_of_one_forest", i) + 0.01);
            off += fabs(mean[i] - at(of, "prob_test_mean", i)) / (double)m;
        }
        snprintf(key, sizeof key, "%s.mean_difference", part);
        findings_number_within(job->found, key, 0.0, off, 0.0, 0.012);
        for (size_t j = 0; j < p; j++) {
            snprintf(key, sizeof key, "%s.importance.%zu", part, j);
            findings_number_within(job->found, key, at(of, "gini_importance_mean", j), forest.importance[j], 0.0, 5.0 * at(of, "gini_importance_sd", j) + 0.003);
        }
        forest_free(&forest);
    }
    mem_free(scratch);
    mem_free(score);
    return true;
}

static bool run_bootstrap(struct job *job)
{
    static const double C[] = {1.0};
    static const struct logistic_settings logistic = {.C = C, .C_n = 1};
    const json_t *samples = json_object_get(job->spec, "bootstrap_rows"), *of = json_object_get(job->expected, "auc");
    size_t n = job->fit.n, p = job->fit.p, s_n = json_array_size(samples), *sample = mem_alloc(n * s_n, sizeof *sample, &job->err);
    const char **name = mem_alloc(p, sizeof *name, &job->err);
    struct table table;
    if (sample == NULL || name == NULL || !table_init(&table, n, NULL, NULL, &job->err))
        return false;
    for (size_t s = 0; s < s_n; s++) {
        const char *text = json_string_value(json_array_get(samples, s));
        for (size_t i = 0; i < n; i++)
            sample[s * n + i] = (size_t)strtoul(text, (char **)&text, 10);
    }
    for (size_t j = 0; j < p; j++) {
        name[j] = json_string_value(json_array_get(json_object_get(job->spec, "features"), j));
        struct column *column = table_add(&table, name[j], COLUMN_NUMBER, &job->err);
        if (column == NULL)
            return false;
        memcpy(column->number, job->fit.raw + j * n, n * sizeof(double));
    }
    struct step prefix = {&zscore_kind, NULL};
    struct block block = {.name = "all", .column = name, .column_n = p, .prefix = &prefix, .prefix_n = 1, .may_win = true};
    struct learner_choice learner = {"logistic", {&logistic_kind, &logistic}};
    struct crossval_plan plan = {&block, 1, &learner, 1, 1, 2, NULL};
    struct outcome outcome = {job->fit.y, NULL, NULL};
    struct rows rows = {&table, &outcome, 0, NULL};
    struct optimism got;
    if (!optimism_run_given(&plan, 0, &rows, sample, s_n, 1, &got, &job->err))
        return false;
    check_one(job, "auc", of, "apparent", got.apparent, "auc");
    check_one(job, "auc", of, "oob_mean", got.oob_mean, "auc");
    check_many(job, "auc", of, "oob_each", got.oob, s_n, "auc");
    check_one(job, "auc", of, "R", got.R, "auc");
    check_one(job, "auc", of, "w", got.w, "auc");
    check_one(job, "auc", of, "a632", got.auc_632, "auc");
    check_one(job, "auc", of, "a632plus", got.auc_632plus, "auc");
    check_one(job, "auc", of, "optimism_mean", got.optimism, "auc");
    check_one(job, "auc", of, "optimism_corrected", got.corrected, "auc");
    lacking(job, "error", "the error-rate form of .632+ is not there");
    optimism_free(&got);
    table_free(&table);
    mem_free(sample);
    mem_free(name);
    return true;
}

static const struct {
    const char *kind;
    bool (*run)(struct job *job);
} runners[] = {{"bootstrap632", run_bootstrap}, {"calibration", run_calibration}, {"forest_band", run_forest}, {"glmnet", run_glmnet}, {"logistic", run_logistic}, {"svm", run_svm}};

static void run_case(struct checker *checker, const char *name)
{
    char input[CASE_PATH], spec[CASE_PATH], expected[CASE_PATH];
    snprintf(input, sizeof input, "%s/cases/%s/input.csv", checker->folder, name);
    snprintf(spec, sizeof spec, "%s/cases/%s/spec.json", checker->folder, name);
    snprintf(expected, sizeof expected, "%s/cases/%s/expected.json", checker->folder, name);
    struct findings found = {.checker = checker, .job = name};
    struct job job = {.name = name, .found = &found};
    struct csv csv = {0};
    job.spec = json_read(spec, &job.err);
    job.expected = json_read(expected, &job.err);
    const char *kind = json_string_value(json_object_get(job.spec, "kind"));
    bool done = job.spec != NULL && job.expected != NULL && kind != NULL;
    size_t k = 0, kinds = sizeof runners / sizeof *runners;
    while (done && k < kinds && strcmp(runners[k].kind, kind) != 0)
        k++;
    if (done && k == kinds) {
        char why[128];
        snprintf(why, sizeof why, "kind %s is not there", kind);
        findings_lacking(&found, name, "a case", why);
    } else if (done) {
        const json_t *features = json_object_get(job.spec, "features");
        done = csv_read(input, &csv, NULL, &job.err) && sample_read(&csv, features, 0.0, &job.fit, &job.err) && sample_read(&csv, features, 1.0, &job.test, &job.err) &&
               runners[k].run(&job);
    }
    if (!done)
        findings_lacking(&found, name, "a case", job.err.text);
    checker_add(checker, &found);
    csv_free(&csv);
    sample_free(&job.fit);
    sample_free(&job.test);
    json_decref(job.spec);
    json_decref(job.expected);
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct checker checker;
    struct dirent **entry = NULL;
    char path[CASE_PATH];
    if (!checker_start(&checker, argc, argv, "selection, learners and validation against reference cases"))
        return 2;
    snprintf(path, sizeof path, "%s/cases", checker.folder);
    int n = scandir(path, &entry, no_dots, alphasort);
    if (n < 0) {
        fprintf(stderr, "models: %s can't be read\n", path);
        return 2;
    }
    for (int i = 0; i < n; i++) {
        if (checker_wants(&checker, entry[i]->d_name))
            run_case(&checker, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    return checker_end(&checker);
}
