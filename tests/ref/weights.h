/* Parts of the checker `weights` (weights.c). */
#ifndef HEPAR_TESTS_REF_WEIGHTS_H
#define HEPAR_TESTS_REF_WEIGHTS_H

#include "checker.h"
#include "io/json.h"
#include "table/store.h"

double weights_value(const struct tensor *tensor, size_t i); /* value i as a double, whatever the type */
/* Shape, type, and what expected.json gives of the values: all of them, or sum, first and last. */
void weights_compare(struct findings *found, const char *name, const struct tensor *tensor, const json_t *expected);

/* The forward pass with the tensors read: embedding, logits, means after each stage and likeliest classes of the ResNet-20 on the folder's picture; embedding and
 * logits of the tiny 3-D net. By the fast backend in f32 and the plain one in f64. */
void weights_compare_resnet20(struct findings *found, const struct store *store, const char *input_path, const json_t *expected);
void weights_compare_tiny(struct findings *found, const struct store *store, const json_t *expected);

#endif
