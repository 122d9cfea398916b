/* Losses; see loss.h. */
#include "nn/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const char *const loss_names[] = {"binary", "balanced", "focal", "classes", "cox", NULL};
const struct loss_settings LOSS_DEFAULT = {LOSS_BALANCED, 2.0, -1.0};

static bool check_endpoint(const struct outcome *outcome, const size_t *row, size_t n, struct err *err)
{
    size_t event_n = 0;
    if (outcome == NULL || outcome->time == NULL || outcome->event == NULL)
        return err_set(err, ERR_INPUT, "the Cox loss needs an endpoint (time and event), found none");
    for (size_t i = 0; i < n; i++)
        event_n += outcome->event[row[i]] == 1.0;
    return event_n > 0 || err_set(err, ERR_INPUT, "the %zu training cases have no event", n);
}

static bool check_classes(const struct outcome *outcome, const size_t *row, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        double label = outcome->label[row[i]];
        if (!(label >= 0.0 && label <= 65535.0 && label == floor(label)))
            return err_set(err, ERR_INPUT, "label %g, expected a class 0, 1, 2, ...", label);
    }
    return true;
}

/* class_n: rows of label 0 and 1. */
static bool count_labels(const struct outcome *outcome, const size_t *row, size_t n, size_t class_n[2], struct err *err)
{
    class_n[0] = class_n[1] = 0;
    for (size_t i = 0; i < n; i++) {
        double label = outcome->label[row[i]];
        if (label != 0.0 && label != 1.0)
            return err_set(err, ERR_INPUT, "label %g, expected 0 or 1", label);
        class_n[label == 1.0]++;
    }
    if (class_n[0] == 0 || class_n[1] == 0)
        return err_set(err, ERR_INPUT, "all %zu training cases have label %d, expected both", n, class_n[1] > 0);
    return true;
}

bool loss_make(const struct loss_settings *settings, const struct outcome *outcome, const size_t *row, size_t n, struct loss *loss, struct err *err)
{
    size_t class_n[2];
    *loss = (struct loss){.kind = settings->kind, .weight = {1.0, 1.0}};
    if (settings->kind == LOSS_COX)
        return check_endpoint(outcome, row, n, err);
    if (outcome == NULL || outcome->label == NULL)
        return err_set(err, ERR_INPUT, "the loss '%s' needs a label, found none", loss_names[settings->kind]);
    if (settings->kind == LOSS_CLASSES)
        return check_classes(outcome, row, n, err);
    if (!count_labels(outcome, row, n, class_n, err))
        return false;
    for (size_t class = 0; class < 2 && settings->kind == LOSS_BALANCED; class++)
        loss->weight[class] = (double)n / (2.0 * (double)class_n[class]);
    if (settings->kind == LOSS_FOCAL) {
        loss->gamma = settings->focal_gamma;
        if (settings->focal_alpha >= 0.0) {
            loss->weight[0] = 1.0 - settings->focal_alpha;
            loss->weight[1] = settings->focal_alpha;
        }
    }
    return true;
}

/* With u = +-logit (+ for label 1), p_t = 1/(1 + exp(-u)): FL = w (1 - p_t)^gamma (-log p_t), and
 * dFL/du = w (1 - p_t)^gamma (gamma p_t log p_t - (1 - p_t)). gamma 0 is the plain cross-entropy. */
static double focal(double gamma, double weight, double u, double *slope)
{
    double log_p = u >= 0.0 ? -log1p(exp(-u)) : u - log1p(exp(u));
    double p = exp(log_p), q = u >= 0.0 ? exp(-u) / (1.0 + exp(-u)) : 1.0 / (1.0 + exp(u));
    double modulation = gamma == 0.0 ? weight : weight * pow(q, gamma);
    *slope = modulation * (gamma * p * log_p - q);
    return -modulation * log_p;
}

static double binary_batch(const struct loss *loss, const struct outcome *outcome, const size_t *row, size_t n, const double *logit, double *gradient)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        bool positive = outcome->label[row[i]] == 1.0;
        double slope;
        sum += focal(loss->gamma, loss->weight[positive], positive ? logit[i] : -logit[i], &slope);
        if (gradient != NULL)
            gradient[i] = (positive ? slope : -slope) / (double)n;
    }
    return sum / (double)n;
}

static double classes_batch(const struct outcome *outcome, const size_t *row, size_t n, size_t c, const double *logit, double *gradient)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double *z = logit + i * c;
        size_t class = (size_t)outcome->label[row[i]];
        double most = z[0], total = 0.0;
        for (size_t k = 1; k < c; k++)
            most = z[k] > most ? z[k] : most;
        for (size_t k = 0; k < c; k++)
            total += exp(z[k] - most);
        if (class >= c)
            return NAN;
        sum += most + log(total) - z[class];
        for (size_t k = 0; gradient != NULL && k < c; k++)
            gradient[i * c + k] = (exp(z[k] - most) / total - (k == class)) / (double)n;
    }
    return sum / (double)n;
}

struct subject {
    double time, risk; /* risk: exp(logit - the largest) */
    size_t place;      /* in the batch */
    bool event;
};

static int later_first(const void *a, const void *b)
{
    const struct subject *x = a, *y = b;
    if (x->time != y->time)
        return x->time > y->time ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Efron: the d deaths of one time add -sum logit + sum_l log(S - l/d T), l = 0..d-1, S the risks of all who are still there and T those of the
 * d. `hazard` gathers, in falling time, what each subject's risk is multiplied with in its derivative: the sum over the times at which it was
 * at risk of sum_l 1/(S - l/d T); the dead of a time get the part l/d of it back. */
static double cox_batch(struct subject *subject, size_t n, const double *logit, double most, double *gradient)
{
    double sum = 0.0, at_risk = 0.0;
    size_t event_n = 0;
    for (size_t i = 0; i < n; i++)
        event_n += subject[i].event;
    memset(gradient, 0, n * sizeof *gradient);
    if (event_n == 0)
        return 0.0;
    for (size_t i = 0, next; i < n; i = next) {
        double dead_risk = 0.0;
        size_t dead_n = 0;
        for (next = i; next < n && subject[next].time == subject[i].time; next++) {
            at_risk += subject[next].risk;
            if (!subject[next].event)
                continue;
            dead_risk += subject[next].risk;
            dead_n++;
            sum -= logit[subject[next].place] - most;
        }
        double hazard = 0.0, returned = 0.0;
        for (size_t l = 0; l < dead_n; l++) {
            double share = (double)l / (double)dead_n, left = at_risk - share * dead_risk;
            sum += log(left);
            hazard += 1.0 / left;
            returned += share / left;
        }
        for (size_t k = 0; dead_n > 0 && k < next; k++) { /* all seen so far live at least as long */
            bool dies = k >= i && subject[k].event;
            gradient[subject[k].place] += subject[k].risk * (dies ? hazard - returned : hazard) - (dies ? 1.0 : 0.0);
        }
    }
    for (size_t i = 0; i < n; i++)
        gradient[i] /= (double)event_n;
    return sum / (double)event_n;
}

static bool cox_loss(const struct outcome *outcome, const size_t *row, size_t n, const double *logit, double *value, double *gradient, struct err *err)
{
    struct subject *subject = mem_alloc(n, sizeof *subject, err);
    double *slope = mem_alloc(n, sizeof *slope, err);
    bool done = subject != NULL && slope != NULL;
    if (done) {
        double most = logit[0];
        for (size_t i = 1; i < n; i++)
            most = logit[i] > most ? logit[i] : most;
        for (size_t i = 0; i < n; i++)
            subject[i] = (struct subject){outcome->time[row[i]], exp(logit[i] - most), i, outcome->event[row[i]] == 1.0};
        qsort(subject, n, sizeof *subject, later_first);
        *value = cox_batch(subject, n, logit, most, slope);
        if (gradient != NULL)
            memcpy(gradient, slope, n * sizeof *gradient);
    }
    mem_free(subject);
    mem_free(slope);
    return done;
}

bool loss_batch(const struct loss *loss, const struct outcome *outcome, const size_t *row, size_t n, size_t c, const double *logit, double *value,
                double *gradient, struct err *err)
{
    bool finite = true;
    for (size_t i = 0; i < n * c; i++)
        finite = finite && isfinite(logit[i]);
    if (!finite || n == 0) {
        *value = NAN;
        return true;
    }
    switch (loss->kind) {
    case LOSS_BINARY:
    case LOSS_BALANCED:
    case LOSS_FOCAL: *value = binary_batch(loss, outcome, row, n, logit, gradient); return true;
    case LOSS_CLASSES: *value = classes_batch(outcome, row, n, c, logit, gradient); return true;
    case LOSS_COX: return cox_loss(outcome, row, n, logit, value, gradient, err);
    }
    return err_set(err, ERR_BUG, "no loss %d", (int)loss->kind);
}
