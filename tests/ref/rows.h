/* What the three feature checkers share: computing a row, and comparing it with expected texts. */
#ifndef HEPAR_TESTS_REF_ROWS_H
#define HEPAR_TESTS_REF_ROWS_H

#include "checker.h"
#include "radiomics/extract.h"

/* One case from files, with its parameters and columns; zeroed when empty. */
struct case_row {
    struct params params;
    struct extract_plan plan;
    struct extract_row row;
};
/* params_path NULL: the defaults. False with `err` where hepar refuses the parameters or the case. Image types that are not
 * built are passed over: what they would give is lacking. */
bool case_row_make(const char *params_path, const struct extract_source *source, struct case_row *made, struct err *err);
void case_row_free(struct case_row *made);

/* The cell of a column, or NULL. */
const struct extract_cell *case_row_cell(const struct extract_plan *plan, const struct extract_cell *cell, const char *name);
/* Adds a finding for one expected value: numbers within tolerance, diagnostics as lists of numbers and words. */
void compare_cell(struct findings *found, const char *name, const char *expected, const struct extract_plan *plan, const struct extract_cell *cell);

#endif
