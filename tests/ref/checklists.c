/* Reporting checklists: the METRICS score against worked examples, and the item numbers against the published lists.
 *
 *     checklists DIR
 * DIR has metrics_examples.csv (conditions_C1_to_C5 and answers_1_to_30 as letters y, n, -; sum_yes, sum_applicable,
 * score_percent, category_unrounded), metrics.csv (id, weight), clear.csv and tripod_ai.csv (id, in their order). */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "checker.h"
#include "io/csv.h"
#include "report/checklist.h"

static bool read_table(const struct checker *checker, const char *name, struct csv *csv)
{
    struct err err = ERR_INIT;
    if (csv_read(checker_path(checker, name), csv, NULL, &err))
        return true;
    fprintf(stderr, "checklists: %s\n", err.text);
    return false;
}

static const char *cell(const struct csv *csv, size_t row, const char *column)
{
    size_t c = csv_find(csv, column);
    return c == SIZE_MAX ? "" : csv_cell(csv, row, c);
}

static double number(const struct csv *csv, size_t row, const char *column)
{
    double value;
    csv_number(cell(csv, row, column), &value);
    return value;
}

static void check_example(struct findings *found, const struct csv *csv, size_t row)
{
    const char *conditions = cell(csv, row, "conditions_C1_to_C5"), *answers = cell(csv, row, "answers_1_to_30");
    bool condition[METRICS_CONDITION_N], yes[METRICS_ITEM_N];
    char applies[METRICS_ITEM_N + 1] = "", expected[METRICS_ITEM_N + 1] = "";
    if (strlen(conditions) != METRICS_CONDITION_N || strlen(answers) != METRICS_ITEM_N) {
        findings_lacking(found, "score_percent", cell(csv, row, "score_percent"), "the example has another number of answers");
        return;
    }
    for (size_t i = 0; i < METRICS_CONDITION_N; i++)
        condition[i] = conditions[i] == 'y';
    for (size_t i = 0; i < METRICS_ITEM_N; i++) {
        yes[i] = answers[i] == 'y';
        expected[i] = answers[i] == '-' ? '-' : 'x';
        applies[i] = metrics_item_applies(condition, i) ? 'x' : '-';
    }
    struct metrics_score score = metrics_score(condition, yes);
    findings_text(found, "applies", expected, applies);
    findings_number_within(found, "sum_yes", number(csv, row, "sum_yes"), score.yes / 10000.0, 0, 1e-12);
    findings_number_within(found, "sum_applicable", number(csv, row, "sum_applicable"), score.applicable / 10000.0, 0, 1e-12);
    findings_number_within(found, "score_percent", number(csv, row, "score_percent"), score.percent, 0, 1e-9);
    char category[32];
    snprintf(category, sizeof category, "%s", metrics_category(score.percent));
    findings_true(found, "category", strcasecmp(category, cell(csv, row, "category_unrounded")) == 0, cell(csv, row, "category_unrounded"), category);
}

static bool check_examples(struct checker *checker)
{
    struct csv csv;
    if (!read_table(checker, "metrics_examples.csv", &csv))
        return false;
    for (size_t row = 0; row < csv.row_n; row++) {
        const char *name = cell(&csv, row, "case");
        if (!checker_wants(checker, name))
            continue;
        struct findings found = {.checker = checker, .job = name};
        check_example(&found, &csv, row);
        checker_add(checker, &found);
    }
    csv_free(&csv);
    return true;
}

/* Our rows are the published ones, in their order; METRICS with their weights. */
static bool check_items(struct checker *checker, const char *file, const struct checklist_source *source)
{
    struct csv csv;
    if (!checker_wants(checker, source->name))
        return true;
    if (!read_table(checker, file, &csv))
        return false;
    struct findings found = {.checker = checker, .job = source->name};
    for (size_t row = 0; row < csv.row_n; row++) {
        char key[64];
        const char *id = cell(&csv, row, "id");
        snprintf(key, sizeof key, "item_%zu", row + 1);
        if (row >= source->n)
            findings_lacking(&found, key, id, "item");
        else
            findings_text(&found, key, id, source->item[row].id);
        snprintf(key, sizeof key, "weight_%zu", row + 1);
        if (source == &checklist_metrics && row < METRICS_ITEM_N)
            findings_number_within(&found, key, number(&csv, row, "weight"), metrics_weight[row] / 10000.0, 0, 1e-12);
    }
    findings_number_within(&found, "items", (double)csv.row_n, (double)source->n, 0, 0);
    checker_add(checker, &found);
    csv_free(&csv);
    return true;
}

int main(int argc, char **argv)
{
    struct checker checker;
    if (!checker_start(&checker, argc, argv, "METRICS scores and the items of CLEAR, METRICS, TRIPOD+AI"))
        return 2;
    if (!check_examples(&checker) || !check_items(&checker, "clear.csv", &checklist_clear) || !check_items(&checker, "metrics.csv", &checklist_metrics) ||
        !check_items(&checker, "tripod_ai.csv", &checklist_tripod))
        return 2;
    return checker_end(&checker);
}
