/* Linear scores; see linear.h. */
#include "ml/linear.h"

#include <string.h>

#include "base/mem.h"
#include "ml/design.h"
#include "num/linalg.h"

struct linear {
    struct names names;
    double *coef; /* names.n, then the intercept */
    char *line;
};

void linear_free(void *state)
{
    struct linear *linear = state;
    if (linear == NULL)
        return;
    names_free(&linear->names);
    mem_free(linear->coef);
    mem_free(linear->line);
    mem_free(linear);
}

void *linear_make(struct names *names, const double *coef, double intercept, const char *line, struct err *err)
{
    struct linear *linear = mem_zero(1, sizeof *linear, err);
    if (linear == NULL) {
        names_free(names);
        return NULL;
    }
    linear->names = *names;
    *names = (struct names){NULL, 0};
    linear->coef = mem_alloc(linear->names.n + 1, sizeof *linear->coef, err);
    if (linear->coef == NULL || (linear->line = mem_string(line, err)) == NULL) {
        linear_free(linear);
        return NULL;
    }
    if (linear->names.n > 0)
        memcpy(linear->coef, coef, linear->names.n * sizeof *coef);
    linear->coef[linear->names.n] = intercept;
    return linear;
}

bool linear_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct linear *linear = state;
    struct design design;
    if (!design_of_names(table, &linear->names, &design, err))
        return false;
    double *score = mem_alloc(design.n, sizeof *score, err);
    bool done = score != NULL;
    if (done) {
        for (size_t r = 0; r < design.n; r++)
            score[r] = linear->coef[design.p];
        for (size_t j = 0; j < design.p; j++)
            for (size_t r = 0; r < design.n; r++)
                score[r] += linear->coef[j] * design.x[j * design.n + r];
        done = score_table(table, score, out, err);
    }
    mem_free(score);
    design_free(&design);
    return done;
}

bool linear_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct linear *linear = state;
    return state_put_names(store, prefix, "columns", &linear->names, err) &&
           state_put_f64(store, prefix, "coef", linear->coef, linear->names.n, err) &&
           state_put_f64(store, prefix, "intercept", linear->coef + linear->names.n, 1, err) && state_put_text(store, prefix, "line", linear->line, err);
}

bool linear_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    struct names names = {NULL, 0};
    double *coef = NULL, *intercept = NULL;
    char *line = NULL;
    *state = NULL;
    if (state_get_names(store, prefix, "columns", &names, err) && state_get_f64(store, prefix, "coef", names.n, &coef, NULL, err) &&
        state_get_f64(store, prefix, "intercept", 1, &intercept, NULL, err) && state_get_text(store, prefix, "line", &line, err))
        *state = linear_make(&names, coef, intercept[0], line, err);
    names_free(&names);
    mem_free(coef);
    mem_free(intercept);
    mem_free(line);
    return *state != NULL;
}

void linear_describe(const void *state, struct text *out)
{
    text_add(out, "%s", ((const struct linear *)state)->line);
}

bool linear_parts(const void *state, struct parts *out, struct err *err)
{
    const struct linear *linear = state;
    if (!parts_init(out, (const char *const *)linear->names.name, linear->names.n, err))
        return false;
    if (out->n > 0)
        memcpy(out->weight, linear->coef, out->n * sizeof *out->weight);
    out->constant = linear->coef[linear->names.n];
    out->linear = out->additive = true;
    return true;
}

bool linear_contributions(const void *state, const struct table *table, struct table *out, struct err *err)
{
    const struct linear *linear = state;
    struct design design;
    if (!design_of_names(table, &linear->names, &design, err))
        return false;
    bool done = table_init(out, table->row_n, table->row, table->id, err);
    for (size_t j = 0; done && j < design.p; j++) {
        struct column *column = table_add(out, linear->names.name[j], COLUMN_NUMBER, err);
        if (column == NULL) {
            table_free(out);
            done = false;
            break;
        }
        memcpy(column->number, design.x + j * design.n, design.n * sizeof *design.x);
        la_scale(design.n, linear->coef[j], column->number);
    }
    design_free(&design);
    return done;
}
