/* Scores to probabilities; see calibrate.h. */
#include "ml/calibrate.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ml/design.h"
#include "ml/pipeline.h"
#include "ml/state.h"
#include "num/rank.h"

double platt_apply(double A, double B, double score)
{
    double f = A * score + B;
    return f >= 0.0 ? exp(-f) / (1.0 + exp(-f)) : 1.0 / (1.0 + exp(f));
}

static double weight_at(const double *weight, size_t i)
{
    return weight == NULL ? 1.0 : weight[i];
}

static bool class_weights(const double *label, const double *weight, size_t n, double *n0, double *n1, struct err *err)
{
    *n0 = *n1 = 0.0;
    for (size_t i = 0; i < n; i++)
        *(label[i] == 1.0 ? n1 : n0) += weight_at(weight, i);
    return (*n0 > 0.0 && *n1 > 0.0) || err_set(err, ERR_INPUT, "all %zu scores have the same label, expected both classes", n);
}

/* Cross entropy of p = 1 / (1 + exp(a z + b)) against targets t1, t0. */
static double platt_loss(const double *z, const double *label, const double *weight, size_t n, double t1, double t0, double a, double b)
{
    double loss = 0.0;
    for (size_t i = 0; i < n; i++) {
        double f = a * z[i] + b, t = label[i] == 1.0 ? t1 : t0;
        loss += weight_at(weight, i) * (f >= 0.0 ? t * f + log1p(exp(-f)) : (t - 1.0) * f + log1p(exp(f)));
    }
    return loss;
}

/* Newton's method on standardised scores z, so that the scale of a learner's score does not matter. */
static void platt_newton(const double *z, const double *label, const double *weight, size_t n, double n0, double n1, bool constant, double *a, double *b)
{
    double t1 = (n1 + 1.0) / (n1 + 2.0), t0 = 1.0 / (n0 + 2.0);
    *a = 0.0;
    *b = log((n0 + 1.0) / (n1 + 1.0));
    double loss = platt_loss(z, label, weight, n, t1, t0, *a, *b);
    for (int iteration = 0; iteration < 200; iteration++) {
        double h11 = 0.0, h12 = 0.0, h22 = 0.0, g1 = 0.0, g2 = 0.0;
        for (size_t i = 0; i < n; i++) {
            double w = weight_at(weight, i), p = platt_apply(*a, *b, z[i]), v = w * p * (1.0 - p), d = w * ((label[i] == 1.0 ? t1 : t0) - p);
            h11 += z[i] * z[i] * v;
            h12 += z[i] * v;
            h22 += v;
            g1 += z[i] * d;
            g2 += d;
        }
        double det = h11 * h22 - h12 * h12, da, db;
        if (constant || !(det > 0.0)) {
            da = 0.0;
            db = h22 > 0.0 ? -g2 / h22 : 0.0;
        } else {
            da = -(h22 * g1 - h12 * g2) / det;
            db = -(h11 * g2 - h12 * g1) / det;
        }
        double gain = -(g1 * da + g2 * db), length = 1.0, now = loss;
        for (; length > 1e-12; length *= 0.5) {
            now = platt_loss(z, label, weight, n, t1, t0, *a + length * da, *b + length * db);
            if (now <= loss || gain < 1e-14)
                break;
        }
        *a += length * da;
        *b += length * db;
        loss = now;
        if (gain < 1e-16)
            return;
    }
}

bool platt_fit(const double *score, const double *label, const double *weight, size_t n, double *A, double *B, struct err *err)
{
    double n0, n1, mean = 0.0, spread = 0.0, a, b;
    if (!class_weights(label, weight, n, &n0, &n1, err))
        return false;
    double *z = mem_alloc(n, sizeof *z, err);
    if (z == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        mean += score[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        spread += (score[i] - mean) * (score[i] - mean) / (double)n;
    spread = sqrt(spread);
    bool constant = !(spread > 1e-12 * (1.0 + fabs(mean)));
    if (constant)
        spread = 1.0;
    for (size_t i = 0; i < n; i++)
        z[i] = constant ? 0.0 : (score[i] - mean) / spread;
    platt_newton(z, label, weight, n, n0, n1, constant, &a, &b);
    *A = constant ? 0.0 : a / spread;
    *B = b - *A * mean;
    mem_free(z);
    return true;
}

bool temperature_fit(const double *score, const double *label, const double *weight, size_t n, double *T, struct err *err)
{
    double n0, n1, u = 1.0; /* 1 / T; the loss is convex in it */
    if (!class_weights(label, weight, n, &n0, &n1, err))
        return false;
    for (int iteration = 0; iteration < 200; iteration++) {
        double gradient = 0.0, curvature = 0.0;
        for (size_t i = 0; i < n; i++) {
            double p = platt_apply(-u, 0.0, score[i]), w = weight_at(weight, i);
            gradient += w * (p - label[i]) * score[i];
            curvature += w * p * (1.0 - p) * score[i] * score[i];
        }
        if (!(curvature > 0.0))
            break;
        double step = gradient / curvature;
        u = fmax(u - fmax(fmin(step, 1.0), -1.0), u / 10.0);
        if (fabs(step) < 1e-14 * u || u < 1e-6)
            break;
    }
    *T = 1.0 / u;
    return true;
}

bool isotonic_fit(const double *score, const double *label, const double *weight, size_t n, double *x, double *y, size_t *points, struct err *err)
{
    double n0, n1;
    if (!class_weights(label, weight, n, &n0, &n1, err))
        return false;
    size_t *index = mem_alloc(2 * n, sizeof *index, err), *block_n = index == NULL ? NULL : index + n;
    double *mass = mem_alloc(2 * n, sizeof *mass, err), *value = mass == NULL ? NULL : mass + n;
    bool done = index != NULL && mass != NULL;
    size_t m = 0, blocks = 0;
    if (done)
        sort_index(score, n, index);
    for (size_t k = 0; done && k < n;) { /* equal scores are one point */
        double total = 0.0, sum = 0.0, at = score[index[k]];
        for (; k < n && score[index[k]] == at; k++) {
            double w = weight_at(weight, index[k]);
            total += w;
            sum += w * label[index[k]];
        }
        x[m++] = at;
        mass[blocks] = total;
        value[blocks] = sum / total;
        block_n[blocks++] = 1;
        while (blocks > 1 && value[blocks - 2] >= value[blocks - 1]) {
            double joined = mass[blocks - 2] + mass[blocks - 1];
            value[blocks - 2] = (value[blocks - 2] * mass[blocks - 2] + value[blocks - 1] * mass[blocks - 1]) / joined;
            mass[blocks - 2] = joined;
            block_n[blocks - 2] += block_n[blocks - 1];
            blocks--;
        }
    }
    for (size_t b = 0, at = 0; done && b < blocks; b++)
        for (size_t k = 0; k < block_n[b]; k++)
            y[at++] = value[b];
    *points = m;
    mem_free(index);
    mem_free(mass);
    return done;
}

double isotonic_apply(const double *x, const double *y, size_t points, double score)
{
    if (!(score > x[0]))
        return y[0];
    size_t low = 0, high = points; /* x[low] < score, x[high] >= score */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (x[middle] < score)
            low = middle;
        else
            high = middle;
    }
    if (high == points)
        return y[points - 1];
    return y[low] + (y[high] - y[low]) * (score - x[low]) / (x[high] - x[low]);
}

struct calibrate {
    enum calibration_method method;
    double *value; /* Platt: A, B; temperature: T; isotonic: x then y */
    size_t n;
};

static void calibrate_free(void *state)
{
    struct calibrate *calibrate = state;
    if (calibrate != NULL)
        mem_free(calibrate->value);
    mem_free(calibrate);
}

/* Each row's weight: 1 over how often its cohort row stands there. */
static bool repeat_weights(const struct table *table, double *weight, struct err *err)
{
    size_t n = table->row_n, *index = mem_alloc(n, sizeof *index, err);
    double *row = mem_alloc(n, sizeof *row, err);
    bool done = index != NULL && row != NULL;
    for (size_t i = 0; done && i < n; i++)
        row[i] = (double)table->row[i];
    if (done)
        sort_index(row, n, index);
    for (size_t k = 0; done && k < n;) {
        size_t end = k + 1;
        while (end < n && row[index[end]] == row[index[k]])
            end++;
        for (size_t i = k; i < end; i++)
            weight[index[i]] = 1.0 / (double)(end - k);
        k = end;
    }
    mem_free(index);
    mem_free(row);
    return done;
}

static const struct names score_name = {(char *[]){SCORE_COLUMN}, 1};

static bool calibrate_fit(const struct step *step, const struct rows *rows, uint64_t seed, void **state, struct table *train_columns, struct err *err)
{
    (void)seed;
    (void)train_columns;
    const struct calibrate_settings *settings = step->settings;
    const double *label = rows->outcome->label;
    size_t n = rows->table->row_n;
    struct design score = {0, 0, NULL};
    struct calibrate *calibrate = mem_zero(1, sizeof *calibrate, err);
    double *weight = mem_alloc(n, sizeof *weight, err);
    bool done = false;
    if (calibrate == NULL || weight == NULL || !design_of_names(rows->table, &score_name, &score, err) || !repeat_weights(rows->table, weight, err))
        goto done;
    calibrate->method = settings == NULL ? CALIBRATION_PLATT : settings->method;
    calibrate->value = mem_zero(2 * n + 2, sizeof *calibrate->value, err);
    if (calibrate->value == NULL)
        goto done;
    switch (calibrate->method) {
    case CALIBRATION_PLATT:
        calibrate->n = 2;
        done = platt_fit(score.x, label, weight, n, &calibrate->value[0], &calibrate->value[1], err);
        break;
    case CALIBRATION_TEMPERATURE:
        calibrate->n = 1;
        done = temperature_fit(score.x, label, weight, n, &calibrate->value[0], err);
        break;
    case CALIBRATION_ISOTONIC:
        done = isotonic_fit(score.x, label, weight, n, calibrate->value, calibrate->value + n, &calibrate->n, err);
        if (done)
            memmove(calibrate->value + calibrate->n, calibrate->value + n, calibrate->n * sizeof *calibrate->value);
        calibrate->n *= 2;
        break;
    }
done:
    design_free(&score);
    mem_free(weight);
    if (done)
        *state = calibrate;
    else
        calibrate_free(calibrate);
    return done;
}

static double probability(const struct calibrate *calibrate, double score)
{
    switch (calibrate->method) {
    case CALIBRATION_TEMPERATURE:
        return platt_apply(-1.0 / calibrate->value[0], 0.0, score);
    case CALIBRATION_ISOTONIC:
        return isotonic_apply(calibrate->value, calibrate->value + calibrate->n / 2, calibrate->n / 2, score);
    default:
        return platt_apply(calibrate->value[0], calibrate->value[1], score);
    }
}

static bool calibrate_apply(const void *state, const struct table *table, struct table *out, struct err *err)
{
    struct design score;
    if (!design_of_names(table, &score_name, &score, err))
        return false;
    bool done = score_table(table, score.x, out, err);
    struct column *column = done ? table_add(out, PROBABILITY_COLUMN, COLUMN_NUMBER, err) : NULL;
    for (size_t r = 0; column != NULL && r < table->row_n; r++)
        column->number[r] = probability(state, score.x[r]);
    if (done && column == NULL)
        table_free(out);
    design_free(&score);
    return column != NULL;
}

static bool calibrate_save(const void *state, struct store *store, const char *prefix, struct err *err)
{
    const struct calibrate *calibrate = state;
    int64_t method = calibrate->method;
    return state_put_i64(store, prefix, "method", &method, 1, err) && state_put_f64(store, prefix, "value", calibrate->value, calibrate->n, err);
}

static bool calibrate_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err)
{
    (void)known;
    size_t *method = NULL;
    struct calibrate *calibrate = mem_zero(1, sizeof *calibrate, err);
    bool done = calibrate != NULL && state_get_sizes(store, prefix, "method", 1, &method, NULL, err) &&
                state_get_f64(store, prefix, "value", SIZE_MAX, &calibrate->value, &calibrate->n, err);
    if (done) {
        size_t n = calibrate->n;
        calibrate->method = (enum calibration_method)method[0];
        bool fits = (method[0] == CALIBRATION_PLATT && n == 2) || (method[0] == CALIBRATION_TEMPERATURE && n == 1) ||
                    (method[0] == CALIBRATION_ISOTONIC && n > 0 && n % 2 == 0);
        done = fits || err_set(err, ERR_INPUT, "calibration method %zu with %zu values is not known", method[0], n);
    }
    mem_free(method);
    if (done)
        *state = calibrate;
    else
        calibrate_free(calibrate);
    return done;
}

bool calibrate_line(const void *state, double *slope, double *constant)
{
    const struct calibrate *calibrate = state;
    bool platt = calibrate->method == CALIBRATION_PLATT;
    if (calibrate->method == CALIBRATION_ISOTONIC)
        return false;
    *slope = platt ? -calibrate->value[0] : 1 / calibrate->value[0];
    *constant = platt ? -calibrate->value[1] : 0;
    return true;
}

static void calibrate_describe(const void *state, struct text *out)
{
    const struct calibrate *calibrate = state;
    switch (calibrate->method) {
    case CALIBRATION_PLATT:
        text_add(out, "Platt calibration: A ");
        text_add_double(out, calibrate->value[0]);
        text_add(out, ", B ");
        text_add_double(out, calibrate->value[1]);
        break;
    case CALIBRATION_TEMPERATURE:
        text_add(out, "temperature calibration: T ");
        text_add_double(out, calibrate->value[0]);
        break;
    case CALIBRATION_ISOTONIC:
        text_add(out, "isotonic calibration: %zu points", calibrate->n / 2);
        break;
    }
}

const struct step_kind calibrate_kind = {
    .name = "calibrate",
    .title = "calibration",
    .outcome = STEP_LABEL,
    .fit = calibrate_fit,
    .apply = calibrate_apply,
    .save = calibrate_save,
    .load = calibrate_load,
    .describe = calibrate_describe,
    .free = calibrate_free,
};
