/* phantom_hardness COHORT ARTERIAL PORTAL TRUTH ERRORS: is the virtual cohort as hard as it is meant to be?
 * Tables: the cohort's, the features of either phase (rows in the cohort's order), and truth.csv. No column's AUC,
 * folded at 0.5, is above 0.75; mean HU and volume stay below 0.60; the true probability lies between 0.85 and 0.95.
 * Every bound may be passed by ERRORS standard errors (DeLong): 0 for a large cohort. Prints TAP and what it found. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/csv.h"
#include "stats/roc.h"

struct judge {
    size_t n;
    double *label, *score;
    double errors;
    size_t column_n;
    char easiest[160];
    double easiest_auc; /* folded */
    size_t too_easy_n;
};

static void stop(const struct err *err)
{
    printf("Bail out! %s\n", err->text);
    exit(1);
}

static double folded_auc(struct judge *judge, double *se)
{
    struct err err = ERR_INIT;
    struct roc_auc roc;
    if (!roc_auc(judge->score, judge->label, judge->n, ROC_HIGHER, 0.95, &roc, &err))
        stop(&err);
    *se = isfinite(roc.se) ? roc.se : 0;
    return isfinite(roc.auc) ? 0.5 + fabs(roc.auc - 0.5) : 0.5;
}

static void read_column(struct judge *judge, const struct csv *csv, size_t column)
{
    for (size_t row = 0; row < judge->n; row++) {
        const char *cell = csv_cell(csv, row, column);
        if (csv_number(cell, &judge->score[row]) != CSV_NUMBER)
            judge->score[row] = strcmp(cell, "M") == 0 ? 1 : strcmp(cell, "F") == 0 ? 0 : NAN;
    }
}

static void judge_column(struct judge *judge, const struct csv *csv, size_t column, const char *where)
{
    double se;
    read_column(judge, csv, column);
    double auc = folded_auc(judge, &se);
    const char *name = csv->name[column];
    bool dull = strcmp(name, "original_firstorder_Mean") == 0 || strcmp(name, "original_shape_MeshVolume") == 0 ||
                strcmp(name, "original_shape_VoxelVolume") == 0 || strcmp(name, "size_mm") == 0;
    double bound = dull ? 0.60 : 0.75;
    judge->column_n++;
    if (auc > judge->easiest_auc) {
        judge->easiest_auc = auc;
        snprintf(judge->easiest, sizeof judge->easiest, "%s %s", where, name);
    }
    if (dull)
        printf("# %s %s: %.3f\n", where, name, auc);
    if (auc - judge->errors * se > bound) {
        judge->too_easy_n++;
        printf("# too easy: %s %s has AUC %.3f (standard error %.3f), expected at most %.2f\n", where, name, auc, se, bound);
    }
}

static size_t judge_features(struct judge *judge, const char *path, const char *where)
{
    struct err err = ERR_INIT;
    struct csv csv;
    if (!csv_read(path, &csv, NULL, &err))
        stop(&err);
    size_t n = 0;
    for (size_t column = 0; csv.row_n == judge->n && column < csv.column_n; column++)
        if (strncmp(csv.name[column], "original_", 9) == 0) {
            judge_column(judge, &csv, column, where);
            n++;
        }
    csv_free(&csv);
    return n;
}

static void judge_cohort(struct judge *judge, const char *path)
{
    static const char *const clinical[] = {"age", "sex", "hbv", "cirrhosis", "afp", "pivka", "albumin", "platelets", "size_mm"};
    struct err err = ERR_INIT;
    struct csv csv;
    if (!csv_read(path, &csv, NULL, &err))
        stop(&err);
    judge->n = csv.row_n;
    judge->label = mem_alloc(judge->n, sizeof *judge->label, &err);
    judge->score = mem_alloc(judge->n, sizeof *judge->score, &err);
    size_t label = csv_find(&csv, "proliferative");
    if (judge->label == NULL || judge->score == NULL || label == SIZE_MAX)
        stop(&err);
    for (size_t row = 0; row < judge->n; row++)
        csv_number(csv_cell(&csv, row, label), &judge->label[row]);
    for (size_t i = 0; i < sizeof clinical / sizeof *clinical; i++) {
        size_t column = csv_find(&csv, clinical[i]);
        if (column != SIZE_MAX)
            judge_column(judge, &csv, column, "clinical");
    }
    csv_free(&csv);
}

static bool judge_truth(struct judge *judge, const char *path)
{
    struct err err = ERR_INIT;
    struct csv csv;
    if (!csv_read(path, &csv, NULL, &err))
        stop(&err);
    size_t column = csv_find(&csv, "probability");
    if (column == SIZE_MAX || csv.row_n != judge->n)
        stop(&err);
    double se;
    read_column(judge, &csv, column);
    double auc = folded_auc(judge, &se);
    bool ok = auc + judge->errors * se >= 0.85 && auc - judge->errors * se <= 0.95;
    printf("# AUC of the true probability: %.3f\n%s 1 - the_best_auc_lies_between_0.85_and_0.95\n", auc, ok ? "ok" : "not ok");
    csv_free(&csv);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: phantom_hardness COHORT ARTERIAL PORTAL TRUTH ERRORS\n", stderr);
        return 2;
    }
    struct judge judge = {.errors = atof(argv[5])};
    judge_cohort(&judge, argv[1]);
    bool best = judge_truth(&judge, argv[4]);
    bool all = judge_features(&judge, argv[2], "arterial") == 107 && judge_features(&judge, argv[3], "portal") == 107 && judge.column_n == 223;
    printf("%s 2 - all_107_features_a_phase_and_9_clinical_values_are_there\n", all ? "ok" : "not ok");
    printf("# easiest of %zu columns on %zu cases: %s with AUC %.3f\n", judge.column_n, judge.n, judge.easiest, judge.easiest_auc);
    printf("%s 3 - no_single_column_is_easy\n1..3\n", judge.too_easy_n == 0 ? "ok" : "not ok");
    mem_free(judge.label);
    mem_free(judge.score);
    return judge.too_easy_n > 0 || !all || !best;
}
