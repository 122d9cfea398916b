/* Parts of the checker `weights` (weights.c). */
#ifndef HEPAR_TESTS_REF_WEIGHTS_H
#define HEPAR_TESTS_REF_WEIGHTS_H

#include "checker.h"
#include "io/json.h"
#include "table/store.h"

double weights_value(const struct tensor *tensor, size_t i); /* value i as a double, whatever the type */
/* Shape, type, and what expected.json gives of the values: all of them, or sum, first and last. */
void weights_compare(struct findings *found, const char *name, const struct tensor *tensor, const json_t *expected);

#endif
