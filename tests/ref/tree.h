/* Trees of named values: what a checker computed, in the form of the expected.json that it is compared with.
 *
 * NaN is put as null, infinities as the texts "Inf" and "-Inf"; an expected null wants NaN. */
#ifndef HEPAR_TESTS_REF_TREE_H
#define HEPAR_TESTS_REF_TREE_H

#include <jansson.h>
#include <stddef.h>

#include "checker.h"

void put(json_t *to, const char *key, double value);
void put_array(json_t *to, const char *key, const double *value, size_t n);
void put_text(json_t *to, const char *key, const char *value);
/* Rows of a column-major matrix, the first `shown` of them. */
void put_matrix(json_t *to, const char *key, const double *value, size_t rows, size_t cols, size_t shown);
json_t *put_object(json_t *to, const char *key); /* a new, empty one; borrowed */

/* Equal within |got - expected| <= atol + rtol * |expected|. */
struct tree_tolerance {
    double rtol, atol;
};

/* Every leaf of `expected` against the same place in `got`; `path` names it ("logrank.var[0][1]"). */
void tree_compare(struct findings *found, const char *path, const json_t *expected, const json_t *got,
                  struct tree_tolerance tol);

#endif
