/* Compares the 107 original features of every patient of a lung cohort with PyRadiomics 3.0.1 at its defaults. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/csv.h"
#include "rows.h"

static const char *const expected_file = "pyradiomics301.csv.gz";

struct cohort {
    struct csv cases, expected;
    struct params params;
    struct extract_plan plan;
    struct extract_source *source;
    struct extract_row *row;
};

static bool load(struct checker *checker, struct cohort *cohort, struct err *err)
{
    if (!csv_read(checker_path(checker, "cohort.csv"), &cohort->cases, NULL, err) || !csv_read(checker_path(checker, expected_file), &cohort->expected, NULL, err) ||
        !params_default(&cohort->params, err))
        return false;
    cohort->params.settings.additional_info = false;
    cohort->source = mem_zero(cohort->cases.row_n, sizeof *cohort->source, err);
    cohort->row = mem_zero(cohort->cases.row_n, sizeof *cohort->row, err);
    if (cohort->source == NULL || cohort->row == NULL || !extract_plan_make(&cohort->params, &cohort->plan, err))
        return false;
    size_t image = csv_find(&cohort->cases, "Image"), mask = csv_find(&cohort->cases, "Mask");
    if (image == SIZE_MAX || mask == SIZE_MAX)
        return err_set(err, ERR_INPUT, "cohort.csv: no column Image or Mask");
    for (size_t i = 0; i < cohort->cases.row_n; i++) {
        const char *path[2] = {checker_path(checker, csv_cell(&cohort->cases, i, image)), checker_path(checker, csv_cell(&cohort->cases, i, mask))};
        cohort->source[i] = (struct extract_source){mem_string(path[0], err), mem_string(path[1], err), 0, -1};
        if (cohort->source[i].image == NULL || cohort->source[i].mask == NULL)
            return false;
    }
    return true;
}

static void compare(struct checker *checker, struct cohort *cohort)
{
    size_t id = csv_find(&cohort->cases, "ID"), expected_id = csv_find(&cohort->expected, "ID");
    for (size_t i = 0; i < cohort->cases.row_n; i++) {
        const char *name = csv_cell(&cohort->cases, i, id);
        struct findings found = {.checker = checker, .job = expected_file};
        if (!checker_wants(checker, name))
            continue;
        if (cohort->row[i].failure != NULL)
            fprintf(stderr, "%s: %s\n", name, cohort->row[i].failure);
        for (size_t r = 0; r < cohort->expected.row_n; r++)
            for (size_t c = 0; strcmp(csv_cell(&cohort->expected, r, expected_id), name) == 0 && c < cohort->expected.column_n; c++)
                if (c != expected_id)
                    compare_cell(&found, cohort->expected.name[c], csv_cell(&cohort->expected, r, c), &cohort->plan, cohort->row[i].cell);
        checker_add(checker, &found);
    }
}

int main(int argc, char **argv)
{
    struct checker checker;
    struct cohort cohort = {0};
    struct err err = ERR_INIT;
    if (!checker_start(&checker, argc, argv, "original features of a lung cohort"))
        return 2;
    if (load(&checker, &cohort, &err) && extract_batch(&cohort.params, &cohort.plan, cohort.source, cohort.cases.row_n, NULL, cohort.row, &err)) {
        compare(&checker, &cohort);
        return checker_end(&checker);
    }
    fprintf(stderr, "nsclc: %s\n", err.text);
    return 2;
}
