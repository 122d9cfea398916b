/* Principal components; see pca.h. The matrix that is decomposed is that of the rows (z z'), since columns are often more. */
#include "ml/pca.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ml/state.h"
#include "num/linalg.h"
#include "num/sum.h"

struct pca {
    struct names names, made; /* columns read, columns given */
    double *mean;             /* names.n */
    double *weight;           /* [made.n][names.n]: component = sum of weight (x - mean) */
    double explained;         /* share of the standardised variance, 0..1 */
};

static void pca_free(void *state)
{
    struct pca *pca = state;
    if (pca == NULL)
        return;
    names_free(&pca->names);
    names_free(&pca->made);
    mem_free(pca->mean);
    mem_free(pca->weight);
    mem_free(pca);
}

static bool list_names(const struct pca_settings *settings, const struct table *table, struct names *names, struct err *err)
{
    size_t n = 0;
    const char **found = mem_alloc(settings->n, sizeof *found, err);
    if (found == NULL)
        return false;
    for (size_t k = 0; k < settings->n; k++) {
        const struct column *column = table_find(table, settings->name[k]);
        if (column != NULL && column->kind == COLUMN_NUMBER)
            found[n++] = column->name;
    }
    bool done = names_copy(names, found, n, err);
    mem_free(found);
    return done;
}

/* z: n x p, standardised; sd: p. */
static bool standardise(struct pca *pca, const struct table *table, double *z, double *sd, struct err *err)
{
    size_t n = table->row_n, guess = 0;
    for (size_t j = 0; j < pca->names.n; j++) {
        const struct column *column = names_column(&pca->names, j, table, &guess, err);
        if (column == NULL)
            return false;
        for (size_t i = 0; i < n; i++)
            if (!isfinite(column->number[i]))
                return err_set(err, ERR_INPUT, "column %s has a hole, expected imputed values", column->name);
        pca->mean[j] = mean_of(column->number, n);
        double variance = n < 2 ? 0.0 : variance_of(column->number, n);
        bool varies = sqrt(variance) > 10.0 * 2.220446049250313e-16 * fabs(pca->mean[j]);
        sd[j] = varies ? sqrt(variance) : 1.0;
        for (size_t i = 0; i < n; i++)
            z[j * n + i] = varies ? (column->number[i] - pca->mean[j]) / sd[j] : 0.0;
    }
    return true;
}

/* Component k from the rows' eigenvector u of `value`: weights v / sd / (spread of the component). */
static void take_component(const struct pca *pca, const double *z, const double *sd, const double *u, double value, size_t n, double *weight)
{
    size_t p = pca->names.n, largest = 0;
    la_mul_t(n, p, z, u, weight);
    for (size_t j = 1; j < p; j++)
        if (fabs(weight[j]) > fabs(weight[largest]))
            largest = j;
    /* z' u has length sqrt(value), and the component's spread is sqrt(value / (n - 1)). */
    double scale = (weight[largest] < 0 ? -1.0 : 1.0) * sqrt((double)(n - 1)) / value;
    for (size_t j = 0; j < p; j++)
        weight[j] *= scale / sd[j];
}

static bool name_components(struct pca *pca, const char *stem, size_t n, struct err *err)
{
    struct names *made = &pca->made;
    made->name = mem_zero(n, sizeof *made->name, err);
    for (; made->name != NULL && made->n < n; made->n++) {
        char name[256];
        snprintf(name, sizeof name, "%s.pc%03zu", stem, made->n);
        if ((made->name[made->n] = mem_string(name, err)) == NULL)
            return false;
    }
    return made->name != NULL;
}

static bool decompose(struct pca *pca, const struct pca_settings *settings, const double *z, const double *sd, size_t n, struct err *err)
{
    size_t p = pca->names.n, k = 0;
    double total = 0.0, kept = 0.0;
    double *gram = mem_alloc(n * n, sizeof *gram, err), *value = mem_alloc(n, sizeof *value, err);
    bool done = gram != NULL && value != NULL;
    if (done) {
        la_matmul_nt(n, p, n, z, z, gram);
        done = la_eigen_symmetric(n, gram, value) || err_set(err, ERR_INPUT, "the components of %zu columns can't be computed", p);
    }
    for (size_t i = 0; done && i < n; i++)
        total += value[i] > 0 ? value[i] : 0;
    while (done && k < settings->component_n && k + 1 < n && value[n - 1 - k] > 1e-10 * total)
        k++;
    done = done && name_components(pca, settings->stem, k, err) && (pca->weight = mem_alloc(k * p, sizeof *pca->weight, err)) != NULL;
    for (size_t c = 0; done && c < k; c++) {
        take_component(pca, z, sd, gram + (n - 1 - c) * n, value[n - 1 - c], n, pca->weight + c * p);
        kept += value[n - 1 - c];
    }
    pca->explained = total > 0 ? kept / total : 0.0;
    mem_free(gram);
    mem_free(value);
    return done;
}

static bool pca_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct pca_settings *settings = step->settings;
    size_t n = rows->table->row_n;
    struct pca *pca = mem_zero(1, sizeof *pca, err);
    double *z = NULL, *sd = NULL;
    bool done = pca != NULL && list_names(settings, rows->table, &pca->names, err) && (pca->mean = mem_alloc(pca->names.n, sizeof *pca->mean, err)) != NULL &&
                (z = mem_alloc(n * pca->names.n, sizeof *z, err)) != NULL && (sd = mem_alloc(pca->names.n, sizeof *sd, err)) != NULL &&
                standardise(pca, rows->table, z, sd, err) && decompose(pca, settings, z, sd, n, err);
    mem_free(z);
    mem_free(sd);
    if (done)
        *state = pca;
    else
        pca_free(pca);
    return done;
}

static bool add_components(const struct pca *pca, const struct table *table, struct table *out, struct err *err)
{
    size_t p = pca->names.n;
    for (size_t c = 0; c < pca->made.n; c++) {
        struct column *to = table_add(out, pca->made.name[c], COLUMN_NUMBER, err);
        size_t guess = 0;
        if (to == NULL)
            return false;
        for (size_t r = 0; r < table->row_n; r++)
            to->number[r] = 0.0;
        for (size_t j = 0; j < p; j++) {
            const struct column *from = names_column(&pca->names, j, table, &guess, err);
            if (from == NULL)
                return false;
            for (size_t r = 0; r < table->row_n; r++)
                to->number[r] += pca->weight[c * p + j] * (from->number[r] - pca->mean[j]);
        }
    }
    return true;
}

static bool pca_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct pca *pca = state;
    size_t n = 0, *rest = mem_alloc(table->column_n, sizeof *rest, err);
    bool *read = mem_zero(table->column_n, sizeof *read, err);
    bool done = rest != NULL && read != NULL;
    for (size_t j = 0; done && j < pca->names.n; j++) {
        const struct column *column = table_find(table, pca->names.name[j]);
        if (column == NULL)
            done = err_set(err, ERR_INPUT, "column %s is missing", pca->names.name[j]);
        else
            read[column - table->column] = true;
    }
    for (size_t c = 0; done && c < table->column_n; c++)
        if (!read[c])
            rest[n++] = c;
    done = done && table_take_columns(table, rest, n, out, err);
    if (done && !add_components(pca, table, out, err)) {
        table_free(out);
        done = false;
    }
    mem_free(rest);
    mem_free(read);
    return done;
}

static bool pca_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct pca *pca = state;
    return state_put_names(store, prefix, "columns", &pca->names, err) && state_put_names(store, prefix, "components", &pca->made, err) &&
           state_put_f64(store, prefix, "mean", pca->mean, pca->names.n, err) &&
           state_put_f64(store, prefix, "weight", pca->weight, pca->made.n * pca->names.n, err) && state_put_f64(store, prefix, "explained", &pca->explained, 1, err);
}

static bool pca_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    double *explained = NULL;
    struct pca *pca = mem_zero(1, sizeof *pca, err);
    bool done = pca != NULL && state_get_names(store, prefix, "columns", &pca->names, err) && state_get_names(store, prefix, "components", &pca->made, err) &&
                state_get_f64(store, prefix, "mean", pca->names.n, &pca->mean, NULL, err) &&
                state_get_f64(store, prefix, "weight", pca->made.n * pca->names.n, &pca->weight, NULL, err) &&
                state_get_f64(store, prefix, "explained", 1, &explained, NULL, err);
    if (done)
        pca->explained = explained[0];
    mem_free(explained);
    if (done)
        *state = pca;
    else
        pca_free(pca);
    return done;
}

static void pca_describe(const void *state, struct text *out)
{
    const struct pca *pca = state;
    text_add(out, "%zu principal components of %zu columns, %.1f %% of their variance", pca->made.n, pca->names.n, 100.0 * pca->explained);
}

const struct step_kind pca_kind = {
    .name = "pca",
    .title = "principal components",
    .outcome = STEP_NO_OUTCOME,
    .fit = pca_fit,
    .apply = pca_apply,
    .save = pca_save,
    .load = pca_load,
    .describe = pca_describe,
    .free = pca_free,
};
