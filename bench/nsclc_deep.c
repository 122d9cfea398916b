/* What the networks' logit is worth on data/nsclc_ct, alone and beside volume, age, stage and hand-crafted features; see nsclc_deep.sh.
 * usage: nsclc_deep COHORT.csv WITH WITHOUT   run folders of examples/nsclc/deep.yaml with and without networks
 *
 * Every score is held out: on l1 (train) out of fold, on l2 (external) and on l1 cases without a two-year label by what was fitted on the
 * whole of train. AUC for dead_2y with DeLong's interval, paired DeLong between scores, Harrell's C for os_days with the jackknife's
 * interval, likelihood-ratio tests between nested Cox (Efron) and logistic models that are fitted to the group itself. Of a block the learner
 * is the one that ranked first on train. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/csv.h"
#include "io/json.h"
#include "num/dist.h"
#include "stats/concordance.h"
#include "stats/cox.h"
#include "stats/logit.h"
#include "stats/roc.h"

enum { PERSON_MAX = 400, PREDICTOR_MAX = 8 };
static const double LEVEL = 0.95, Z = 1.959963984540054;

enum variable { LABEL, TIME, EVENT, L1, LOG_VOLUME, AGE, TSTAGE, NSTAGE, LOGIT, RADIOMICS, VARIABLE_N };

static struct cohort {
    size_t n;
    const char *id[PERSON_MAX]; /* borrowed from csv */
    double value[VARIABLE_N][PERSON_MAX];
    struct csv csv;
} cohort;

struct run {
    const char *folder;
    struct csv predictions;
    json_t *metrics;
};

enum group { IN_L1, IN_L2, IN_BOTH, GROUP_N };
static const char *const group_name[GROUP_N] = {"l1", "l2", "both"};

static bool in_group(enum group group, size_t i)
{
    return group == IN_BOTH || (cohort.value[L1][i] > 0) == (group == IN_L1);
}

static size_t person_of(const char *id)
{
    for (size_t i = 0; i < cohort.n; i++)
        if (strcmp(cohort.id[i], id) == 0)
            return i;
    return SIZE_MAX;
}

/* ---- reading ---- */

static bool find_column(const struct csv *csv, const char *name, size_t *column, struct err *err)
{
    *column = csv_find(csv, name);
    return *column != SIZE_MAX || err_set(err, ERR_INPUT, "%s: no column '%s'", csv->path, name);
}

static bool read_cohort(const char *path, struct err *err)
{
    static const struct {
        enum variable variable;
        const char *name;
    } column[] = {{LABEL, "dead_2y"}, {TIME, "os_days"}, {EVENT, "os_event"}, {LOG_VOLUME, "mask_voxels"}, {AGE, "age"}, {TSTAGE, "Tstage"}, {NSTAGE, "Nstage"}};
    size_t id, group, at;
    if (!csv_read(path, &cohort.csv, NULL, err) || !find_column(&cohort.csv, "ID", &id, err) || !find_column(&cohort.csv, "cohort", &group, err))
        return false;
    cohort.n = cohort.csv.row_n;
    if (cohort.n > PERSON_MAX)
        return err_set(err, ERR_INPUT, "%s: %zu cases, expected at most %d", path, cohort.n, PERSON_MAX);
    for (size_t i = 0; i < cohort.n; i++) {
        cohort.id[i] = csv_cell(&cohort.csv, i, id);
        cohort.value[L1][i] = strcmp(csv_cell(&cohort.csv, i, group), "l1") == 0;
        cohort.value[LOGIT][i] = cohort.value[RADIOMICS][i] = NAN;
    }
    for (size_t c = 0; c < sizeof column / sizeof *column; c++) {
        if (!find_column(&cohort.csv, column[c].name, &at, err))
            return false;
        for (size_t i = 0; i < cohort.n; i++)
            if (!csv_get_number(&cohort.csv, i, at, &cohort.value[column[c].variable][i], err))
                return false;
    }
    for (size_t i = 0; i < cohort.n; i++)
        cohort.value[LOG_VOLUME][i] = log(cohort.value[LOG_VOLUME][i]);
    return true;
}

static bool read_run(const char *folder, struct run *run, struct err *err)
{
    char *predictions = path_join(folder, "predictions.csv", err), *metrics = path_join(folder, "metrics.json", err);
    run->folder = folder;
    bool done = predictions != NULL && metrics != NULL && csv_read(predictions, &run->predictions, NULL, err) &&
                (run->metrics = json_read(metrics, err)) != NULL;
    mem_free(predictions);
    mem_free(metrics);
    return done;
}

/* Training cases have their logit out of fold. */
static bool read_logits(const char *folder, double *logit, struct err *err)
{
    char *path = path_join(folder, "logits.csv", err);
    struct csv csv = {0};
    size_t id, all, out_of_fold;
    bool done = path != NULL && csv_read(path, &csv, NULL, err) && find_column(&csv, "ID", &id, err) && find_column(&csv, "logit", &all, err) &&
                find_column(&csv, "logit_out_of_fold", &out_of_fold, err);
    for (size_t row = 0; done && row < csv.row_n; row++) {
        size_t i = person_of(csv_cell(&csv, row, id));
        double value;
        if (i == SIZE_MAX)
            continue;
        if (csv_number(csv_cell(&csv, row, out_of_fold), &value) != CSV_NUMBER)
            done = csv_get_number(&csv, row, all, &value, err);
        logit[i] = value;
    }
    csv_free(&csv);
    mem_free(path);
    return done;
}

static const char *best_learner(const struct run *run, const char *block)
{
    const char *best = NULL;
    double highest = -1;
    size_t k;
    json_t *row;
    json_array_foreach(json_object_get(json_object_get(run->metrics, "ranking"), "rows"), k, row)
    {
        double auc = json_number_value(json_object_get(row, "auc_mean"));
        if (strcmp(json_string_value(json_object_get(row, "block")), block) == 0 && auc > highest) {
            highest = auc;
            best = json_string_value(json_object_get(row, "learner"));
        }
    }
    return best;
}

/* A block's held-out score: out of fold (mean of the repeats) where there is one, else of the model fitted on train, if it did not see the case. */
static bool read_score(const struct run *run, const char *block, double *score, struct err *err)
{
    static const char *const name[] = {"ID", "block", "learner", "score", "apparent"};
    enum { ID, BLOCK, LEARNER, SCORE, APPARENT, COLUMN_N };
    const struct csv *csv = &run->predictions;
    const char *learner = best_learner(run, block);
    size_t at[COLUMN_N], count[PERSON_MAX] = {0};
    for (size_t c = 0; c < COLUMN_N; c++)
        if (!find_column(csv, name[c], &at[c], err))
            return false;
    if (learner == NULL)
        return err_set(err, ERR_INPUT, "%s: block '%s' was not ranked", run->folder, block);
    for (size_t i = 0; i < cohort.n; i++)
        score[i] = NAN;
    for (size_t row = 0; row < csv->row_n; row++) {
        double value;
        size_t i = person_of(csv_cell(csv, row, at[ID]));
        if (i == SIZE_MAX || strcmp(csv_cell(csv, row, at[APPARENT]), "0") != 0 || strcmp(csv_cell(csv, row, at[BLOCK]), block) != 0 ||
            strcmp(csv_cell(csv, row, at[LEARNER]), learner) != 0)
            continue;
        if (!csv_get_number(csv, row, at[SCORE], &value, err))
            return false;
        score[i] = count[i]++ == 0 ? value : score[i] + value;
    }
    for (size_t i = 0; i < cohort.n; i++)
        score[i] = count[i] == 0 ? NAN : score[i] / (double)count[i];
    return true;
}

/* ---- a score alone ---- */

static bool concordance_of(enum group group, const double *marker, bool stratified, struct concordance *out, struct err *err)
{
    double time[PERSON_MAX], event[PERSON_MAX], kept[PERSON_MAX];
    size_t stratum[PERSON_MAX], n = 0;
    for (size_t i = 0; i < cohort.n; i++)
        if (in_group(group, i) && !isnan(marker[i])) {
            time[n] = cohort.value[TIME][i];
            event[n] = cohort.value[EVENT][i];
            stratum[n] = cohort.value[L1][i] > 0;
            kept[n++] = marker[i];
        }
    struct concordance_data data = {.n = n, .stop = time, .status = event, .marker = kept, .stratum = stratified ? stratum : NULL};
    return concordance(&data, out, err);
}

/* The label where the case is in the group, else NaN: what roc.h drops. */
static void labels_of(enum group group, double *label)
{
    for (size_t i = 0; i < cohort.n; i++)
        label[i] = in_group(group, i) ? cohort.value[LABEL][i] : NAN;
}

static bool print_alone(const char *name, const double *score, struct err *err)
{
    for (enum group group = 0; group < GROUP_N; group++) {
        double label[PERSON_MAX];
        size_t n = 0, death_n = 0;
        struct roc_auc auc;
        struct concordance c;
        labels_of(group, label);
        for (size_t i = 0; i < cohort.n; i++) {
            n += in_group(group, i) && !isnan(score[i]);
            death_n += in_group(group, i) && !isnan(score[i]) && cohort.value[EVENT][i] > 0;
        }
        if (!roc_auc(score, label, cohort.n, ROC_HIGHER, LEVEL, &auc, err) || !concordance_of(group, score, false, &c, err))
            return false;
        if (auc.status == STATS_CONSTANT_SCORE)
            continue;
        printf("%-22s  %-4s  %4zu (%zu)  %.3f (%.3f-%.3f)   %4zu (%zu)  %.3f (%.3f-%.3f)\n", name, group_name[group], auc.pos_n + auc.neg_n, auc.pos_n, auc.auc,
               auc.cut_low, auc.cut_high, n, death_n, c.c, c.c - Z * c.se, c.c + Z * c.se);
    }
    return true;
}

/* ---- fusions with and without the logit ---- */

static bool print_pair(const struct run *without, const char *first, const struct run *with, const char *second, struct err *err)
{
    double before[PERSON_MAX], after[PERSON_MAX];
    if (!read_score(without, first, before, err) || !read_score(with, second, after, err))
        return false;
    for (enum group group = IN_L1; group <= IN_L2; group++) {
        double label[PERSON_MAX];
        struct roc_comparison test;
        labels_of(group, label);
        if (!roc_compare_paired(after, before, label, cohort.n, LEVEL, &test, err))
            return false;
        printf("%-28s  %-30s  %-4s  %.3f  %.3f  %+.3f (%+.3f to %+.3f)  P %.2f\n", first, second, group_name[group], test.auc2, test.auc1, test.diff,
               test.diff_low, test.diff_high, test.p);
    }
    return true;
}

/* ---- models with and without the logit ---- */

struct model {
    size_t n;
    enum variable variable[PREDICTOR_MAX];
};
static const struct step {
    const char *name;
    struct model before, after;
} steps[] = {
    {"volume + logit", {1, {LOG_VOLUME}}, {2, {LOG_VOLUME, LOGIT}}},
    {"volume, age, T, N + logit", {4, {LOG_VOLUME, AGE, TSTAGE, NSTAGE}}, {5, {LOG_VOLUME, AGE, TSTAGE, NSTAGE, LOGIT}}},
    {"volume, age, T, N + hand-crafted", {4, {LOG_VOLUME, AGE, TSTAGE, NSTAGE}}, {5, {LOG_VOLUME, AGE, TSTAGE, NSTAGE, RADIOMICS}}},
    {"the same, hand-crafted + logit", {5, {LOG_VOLUME, AGE, TSTAGE, NSTAGE, RADIOMICS}}, {6, {LOG_VOLUME, AGE, TSTAGE, NSTAGE, RADIOMICS, LOGIT}}},
};
enum { STEP_N = sizeof steps / sizeof *steps };

/* Rows of a group that have every variable (and a label, for the logistic model), so that all models are of the same cases. */
static size_t complete_rows(enum group group, bool label, size_t *row)
{
    size_t n = 0;
    for (size_t i = 0; i < cohort.n; i++) {
        bool whole = in_group(group, i);
        for (enum variable v = label ? LABEL : TIME; whole && v < VARIABLE_N; v++)
            whole = !isnan(cohort.value[v][i]);
        if (whole)
            row[n++] = i;
    }
    return n;
}

/* Column-major, rows as listed; `l1` puts the cohort behind the model's columns. */
static size_t fill_design(const struct model *model, bool l1, const size_t *row, size_t n, double *x)
{
    for (size_t j = 0; j < model->n + l1; j++)
        for (size_t k = 0; k < n; k++)
            x[j * n + k] = cohort.value[j < model->n ? model->variable[j] : L1][row[k]];
    return model->n + l1;
}

struct fitted {
    double loglik, coef[PREDICTOR_MAX + 2];
};

/* Hazards are the cohort's own (strata) where both are fitted together. */
static bool fit_cox(enum group group, const struct model *model, struct fitted *out, struct err *err)
{
    double x[PERSON_MAX * PREDICTOR_MAX], time[PERSON_MAX], event[PERSON_MAX];
    size_t row[PERSON_MAX], stratum[PERSON_MAX], n = complete_rows(group, false, row);
    size_t p = fill_design(model, false, row, n, x);
    for (size_t k = 0; k < n; k++) {
        time[k] = cohort.value[TIME][row[k]];
        event[k] = cohort.value[EVENT][row[k]];
        stratum[k] = cohort.value[L1][row[k]] > 0;
    }
    struct cox_data data = {.n = n, .p = p, .stop = time, .status = event, .x = x, .stratum = stratum};
    struct cox_fit fit;
    if (!cox_fit(&data, COX_EFRON, &fit, err))
        return false;
    bool good = fit.status == STATS_OK;
    out->loglik = fit.loglik;
    for (size_t j = 0; good && j < p; j++)
        out->coef[j] = fit.coef[j];
    if (!good)
        err_set(err, ERR_INPUT, "Cox model of %s: %s", group_name[group], stats_status_text(fit.status));
    cox_fit_free(&fit);
    return good;
}

/* coef: intercept last. The cohort is a column where both are fitted together. */
static bool fit_logistic(enum group group, const struct model *model, struct fitted *out, struct err *err)
{
    double x[PERSON_MAX * PREDICTOR_MAX], y[PERSON_MAX];
    size_t row[PERSON_MAX], n = complete_rows(group, true, row);
    size_t p = fill_design(model, group == IN_BOTH, row, n, x);
    for (size_t k = 0; k < n; k++)
        y[k] = cohort.value[LABEL][row[k]];
    struct logit_data data = {.n = n, .p = p, .x = x, .y = y};
    struct logit_fit fit;
    if (!logit_fit(&data, &fit, err))
        return false;
    bool good = fit.status == STATS_OK;
    out->loglik = fit.loglik;
    for (size_t j = 0; good && j < p; j++)
        out->coef[j] = fit.coef[j + 1];
    if (!good)
        err_set(err, ERR_INPUT, "logistic model of %s: %s", group_name[group], stats_status_text(fit.status));
    logit_fit_free(&fit);
    return good;
}

/* The model's linear predictor on its complete cases of a group, NaN elsewhere. */
static void predict_linear(enum group group, const struct model *model, bool label, const struct fitted *fit, double *lp)
{
    size_t row[PERSON_MAX], n = complete_rows(group, label, row);
    for (size_t i = 0; i < cohort.n; i++)
        lp[i] = NAN;
    for (size_t k = 0; k < n; k++) {
        lp[row[k]] = 0;
        for (size_t j = 0; j < model->n; j++)
            lp[row[k]] += fit->coef[j] * cohort.value[model->variable[j]][row[k]];
    }
}

static bool print_steps_cox(enum group group, struct err *err)
{
    size_t row[PERSON_MAX], n = complete_rows(group, false, row), death_n = 0;
    for (size_t k = 0; k < n; k++)
        death_n += cohort.value[EVENT][row[k]] > 0;
    for (size_t s = 0; s < STEP_N; s++) {
        const struct model *model[] = {&steps[s].before, &steps[s].after};
        struct fitted fit[2];
        struct concordance c[2];
        for (size_t k = 0; k < 2; k++) {
            double lp[PERSON_MAX];
            if (!fit_cox(group, model[k], &fit[k], err))
                return false;
            predict_linear(group, model[k], false, &fit[k], lp);
            if (!concordance_of(group, lp, true, &c[k], err))
                return false;
        }
        double chi2 = 2 * (fit[1].loglik - fit[0].loglik);
        printf("Cox       %-4s  %3zu (%zu)  %-34s  chi2 %5.2f  P %.3f  C %.3f -> %.3f\n", group_name[group], n, death_n, steps[s].name, chi2, chi2_sf(chi2, 1), c[0].c,
               c[1].c);
    }
    return true;
}

static bool print_steps_logistic(enum group group, struct err *err)
{
    double label[PERSON_MAX];
    size_t row[PERSON_MAX], n = complete_rows(group, true, row), positive_n = 0;
    labels_of(group, label);
    for (size_t k = 0; k < n; k++)
        positive_n += label[row[k]] > 0;
    for (size_t s = 0; s < STEP_N; s++) {
        const struct model *model[] = {&steps[s].before, &steps[s].after};
        struct fitted fit[2];
        for (size_t k = 0; k < 2; k++)
            if (!fit_logistic(group, model[k], &fit[k], err))
                return false;
        double chi2 = 2 * (fit[1].loglik - fit[0].loglik);
        printf("logistic  %-4s  %3zu (%zu)  %-34s  chi2 %5.2f  P %.3f\n", group_name[group], n, positive_n, steps[s].name, chi2, chi2_sf(chi2, 1));
    }
    return true;
}

/* Fitted on l1 (out-of-fold scores), judged on l2: nothing of l2 is fitted. */
static bool print_transferred(struct err *err)
{
    double label[PERSON_MAX];
    labels_of(IN_L2, label);
    for (size_t s = 0; s < STEP_N; s++) {
        const struct model *model[] = {&steps[s].before, &steps[s].after};
        double death[2][PERSON_MAX], hazard[2][PERSON_MAX];
        struct concordance c[2];
        struct roc_comparison test;
        for (size_t k = 0; k < 2; k++) {
            struct fitted cox, logistic;
            if (!fit_cox(IN_L1, model[k], &cox, err) || !fit_logistic(IN_L1, model[k], &logistic, err))
                return false;
            predict_linear(IN_L2, model[k], false, &cox, hazard[k]);
            predict_linear(IN_L2, model[k], true, &logistic, death[k]);
            if (!concordance_of(IN_L2, hazard[k], false, &c[k], err))
                return false;
        }
        if (!roc_compare_paired(death[1], death[0], label, cohort.n, LEVEL, &test, err))
            return false;
        printf("l1 -> l2  %-34s  AUC %.3f -> %.3f, %+.3f (%+.3f to %+.3f), P %.2f   C %.3f -> %.3f\n", steps[s].name, test.auc2, test.auc1, test.diff, test.diff_low,
               test.diff_high, test.p, c[0].c, c[1].c);
    }
    return true;
}

static bool print_all(const struct run *with, const struct run *without, struct err *err)
{
    puts("Alone, on held-out cases (l1: out of fold; both: the two together)\n");
    puts("score                   group  n (dead)  AUC, dead in two years  n (dead)  C-index, survival");
    bool done = print_alone("logit of the networks", cohort.value[LOGIT], err) && print_alone("hand-crafted", cohort.value[RADIOMICS], err) &&
                print_alone("volume", cohort.value[LOG_VOLUME], err) && print_alone("T stage", cohort.value[TSTAGE], err) &&
                print_alone("N stage", cohort.value[NSTAGE], err) && print_alone("age", cohort.value[AGE], err) && print_alone("cohort (l1)", cohort.value[L1], err);
    puts("\nBlocks with and without networks: AUC for death in two years, paired (DeLong)\n");
    puts("without                       with                            group  AUC    AUC    difference");
    done = done && print_pair(with, "radiomics", with, "deep", err) && print_pair(with, "radiomics", with, "radiomics+deep.early", err) &&
           print_pair(with, "radiomics", with, "radiomics+deep.late", err) &&
           print_pair(without, "clinical+radiomics.early", with, "clinical+radiomics+deep.early", err) &&
           print_pair(without, "clinical+radiomics.late", with, "clinical+radiomics+deep.late", err);
    puts("\nModels fitted to the group itself with held-out scores: what the last term adds (likelihood ratio; cohorts as strata, or as a column)\n");
    for (enum group group = 0; done && group < GROUP_N; group++)
        done = print_steps_cox(group, err);
    for (enum group group = 0; done && group < GROUP_N; group++)
        done = print_steps_logistic(group, err);
    puts("\nModels fitted on l1, judged on l2\n");
    return done && print_transferred(err);
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct run with = {0}, without = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: nsclc_deep COHORT.csv WITH WITHOUT\n");
        return ERR_USAGE;
    }
    bool done = read_cohort(argv[1], &err) && read_run(argv[2], &with, &err) && read_run(argv[3], &without, &err) &&
                read_logits(argv[2], cohort.value[LOGIT], &err) && read_score(&with, "radiomics", cohort.value[RADIOMICS], &err) &&
                print_all(&with, &without, &err);
    if (!done)
        fprintf(stderr, "nsclc_deep: %s\n", err.text);
    csv_free(&cohort.csv);
    csv_free(&with.predictions);
    csv_free(&without.predictions);
    json_decref(with.metrics);
    json_decref(without.metrics);
    return done ? 0 : (int)err.kind;
}
