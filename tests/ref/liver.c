/* Compares the original features of two liver tumours with PyRadiomics 3.0.1 at its defaults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "rows.h"

int main(int argc, char **argv)
{
    struct checker checker;
    struct csv expected;
    struct err err = ERR_INIT;
    if (!checker_start(&checker, argc, argv, "original features of two liver tumours"))
        return 2;
    if (!csv_read(checker_path(&checker, "expected_pyradiomics.csv"), &expected, NULL, &err)) {
        fprintf(stderr, "liver: %s\n", err.text);
        return 2;
    }
    for (long label = 1; label <= 2; label++) {
        char job[32];
        struct case_row made;
        struct extract_source source = {checker_path(&checker, "ircad17_image.nii.gz"), checker_path(&checker, "ircad17_tumours.nii.gz"), label, -1};
        struct findings found = {.checker = &checker, .job = job};
        snprintf(job, sizeof job, "label%ld", label);
        if (!checker_wants(&checker, job))
            continue;
        if (!case_row_make(NULL, &source, &made, &err))
            fprintf(stderr, "%s: %s\n", job, err.text);
        for (size_t r = 0; r < expected.row_n; r++)
            if (strtol(csv_cell(&expected, r, 0), NULL, 10) == label)
                compare_cell(&found, csv_cell(&expected, r, 1), csv_cell(&expected, r, 2), &made.plan, made.row.cell);
        checker_add(&checker, &found);
        case_row_free(&made);
    }
    csv_free(&expected);
    return checker_end(&checker);
}
