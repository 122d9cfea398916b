/* Linear C-SVC through libsvm; see svm.h. The only file that knows libsvm. The kernel matrix is handed over ready made, so one
 * serves all values of C. libsvm draws random numbers only for its probability estimates, which are not used. */
#include "ml/svm.h"

#include <libsvm/svm.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ml/linear.h"
#include "ml/tune.h"
#include "num/linalg.h"

void svm_fit_free(struct svm_fit *fit)
{
    mem_free(fit->weight);
    mem_free(fit->support);
    mem_free(fit->alpha_y);
    *fit = (struct svm_fit){0};
}

static void be_silent(const char *text)
{
    (void)text;
}

/* The rows' inner products as libsvm reads a precomputed kernel: a row's serial number first. */
struct kernel {
    struct svm_node *node, **row;
    double *label;
    size_t n;
};

static void kernel_free(struct kernel *kernel)
{
    mem_free(kernel->node);
    mem_free(kernel->row);
    mem_free(kernel->label);
    *kernel = (struct kernel){0};
}

static bool kernel_make(const double *x, const double *y, size_t n, size_t p, struct kernel *out, struct err *err)
{
    double *gram = mem_zero(n * n, sizeof *gram, err);
    *out = (struct kernel){.n = n};
    out->node = mem_alloc(n * (n + 2), sizeof *out->node, err);
    out->row = mem_alloc(n, sizeof *out->row, err);
    out->label = mem_alloc(n, sizeof *out->label, err);
    if (gram == NULL || out->node == NULL || out->row == NULL || out->label == NULL) {
        mem_free(gram);
        kernel_free(out);
        return false;
    }
    if (p > 0)
        la_matmul_nt(n, p, n, x, x, gram);
    for (size_t i = 0; i < n; i++) {
        struct svm_node *row = out->node + i * (n + 2);
        row[0] = (struct svm_node){0, (double)(i + 1)};
        for (size_t j = 0; j < n; j++)
            row[j + 1] = (struct svm_node){(int)(j + 1), gram[i * n + j]};
        row[n + 1] = (struct svm_node){-1, 0.0};
        out->row[i] = row;
        out->label[i] = y[i] == 1.0 ? 1.0 : -1.0;
    }
    mem_free(gram);
    return true;
}

static bool take_solution(const struct svm_model *model, const double *x, size_t n, size_t p, struct svm_fit *out, struct err *err)
{
    size_t support_n = (size_t)model->l;
    double sign = model->label[0] == 1 ? 1.0 : -1.0; /* libsvm speaks for the class that it met first */
    *out = (struct svm_fit){.p = p, .support_n = support_n};
    out->weight = mem_zero(p, sizeof *out->weight, err);
    out->support = mem_alloc(support_n, sizeof *out->support, err);
    out->alpha_y = mem_alloc(support_n, sizeof *out->alpha_y, err);
    double *by_row = mem_zero(n, sizeof *by_row, err);
    if (out->weight == NULL || out->support == NULL || out->alpha_y == NULL || by_row == NULL) {
        mem_free(by_row);
        svm_fit_free(out);
        return false;
    }
    for (size_t k = 0; k < support_n; k++)
        by_row[(size_t)model->sv_indices[k] - 1] = sign * model->sv_coef[0][k];
    double sum = 0.0;
    for (size_t i = 0, k = 0; i < n; i++)
        if (by_row[i] != 0.0) {
            out->support[k] = i;
            out->alpha_y[k++] = by_row[i];
            sum += by_row[i] < 0.0 ? -by_row[i] : by_row[i];
        }
    if (p > 0)
        la_mul_t(n, p, x, by_row, out->weight);
    out->intercept = -sign * model->rho[0];
    out->dual_objective = 0.5 * la_dot(p, out->weight, out->weight) - sum;
    mem_free(by_row);
    return true;
}

static bool kernel_fit(const struct kernel *kernel, const double *x, size_t p, double C, double weight_positive, double weight_negative,
                       double tolerance, struct svm_fit *out, struct err *err)
{
    int classes[2] = {1, -1};
    double weights[2] = {weight_positive, weight_negative};
    struct svm_problem problem = {(int)kernel->n, kernel->label, kernel->row};
    struct svm_parameter parameter = {.svm_type = C_SVC, .kernel_type = PRECOMPUTED, .cache_size = 50, .eps = tolerance, .C = C, .nr_weight = 2,
                                      .weight_label = classes, .weight = weights, .shrinking = 1};
    svm_set_print_string_function(be_silent);
    const char *refusal = svm_check_parameter(&problem, &parameter);
    if (refusal != NULL)
        return err_set(err, ERR_USAGE, "libsvm: %s", refusal);
    struct svm_model *model = svm_train(&problem, &parameter);
    if (model == NULL)
        return err_set(err, ERR_SYSTEM, "libsvm gave no model");
    bool done = take_solution(model, x, kernel->n, p, out, err);
    svm_free_and_destroy_model(&model);
    return done;
}

bool svm_linear_fit(const double *x, const double *y, size_t n, size_t p, double C, double weight_positive, double weight_negative, double tolerance,
                    struct svm_fit *out, struct err *err)
{
    struct kernel kernel;
    if (!label_check(y, n, err) || !kernel_make(x, y, n, p, &kernel, err))
        return false;
    bool done = kernel_fit(&kernel, x, p, C, weight_positive, weight_negative, tolerance, out, err);
    kernel_free(&kernel);
    return done;
}

static const double default_C[] = {0.01, 0.1, 1.0};
static const double usual_tolerance = 1e-3;

struct grid {
    const double *C;
    size_t n;
};

static bool score_grid(const void *ctx, const struct tune_fold *fold, double *score, struct err *err)
{
    const struct grid *grid = ctx;
    struct kernel kernel;
    bool done = kernel_make(fold->train_x, fold->train_y, fold->train_n, fold->p, &kernel, err);
    for (size_t g = 0; done && g < grid->n; g++) {
        struct svm_fit fit;
        done = kernel_fit(&kernel, fold->train_x, fold->p, grid->C[g], 1.0, 1.0, usual_tolerance, &fit, err);
        if (!done)
            break;
        double *to = score + g * fold->test_n;
        for (size_t i = 0; i < fold->test_n; i++)
            to[i] = fit.intercept;
        for (size_t j = 0; j < fold->p; j++)
            la_axpy(fold->test_n, fit.weight[j], fold->test_x + j * fold->test_n, to);
        svm_fit_free(&fit);
    }
    kernel_free(&kernel);
    return done;
}

static bool svm_fit_step(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)train_columns;
    const struct svm_settings none = {0}, *settings = step->settings == NULL ? &none : step->settings;
    struct grid grid = {settings->C == NULL ? default_C : settings->C, settings->C == NULL ? sizeof default_C / sizeof *default_C : settings->C_n};
    struct design design = {0, 0, NULL};
    struct names names = {NULL, 0};
    struct svm_fit fit = {0};
    struct tuning tuning;
    struct text line = TEXT_INIT;
    bool done = false;
    if (!design_make(rows->table, &design, &names, err) || !label_check(rows->outcome->label, design.n, err) ||
        !tune_run(&design, rows, settings->fold_n == 0 ? 5 : settings->fold_n, seed, grid.n, grid.n / 2, score_grid, &grid, &tuning, err) ||
        !svm_linear_fit(design.x, rows->outcome->label, design.n, design.p, grid.C[tuning.best], 1.0, 1.0, usual_tolerance, &fit, err))
        goto done;
    text_add(&line, "linear SVM on %zu columns, %zu support vectors, C ", design.p, fit.support_n);
    tune_describe_values(&tuning, grid.C, grid.n, &line);
    done = text_ok(&line, err) && (*state = linear_make(&names, fit.weight, fit.intercept, line.bytes, err)) != NULL;
done:
    design_free(&design);
    names_free(&names);
    svm_fit_free(&fit);
    text_free(&line);
    return done;
}

const struct step_kind svm_kind = {
    .name = "svm",
    .title = "linear SVM",
    .outcome = STEP_LABEL,
    .fit = svm_fit_step,
    .apply = linear_apply,
    .save = linear_save,
    .load = linear_load,
    .describe = linear_describe,
    .parts = linear_parts,
    .contributions = linear_contributions,
    .free = linear_free,
};
