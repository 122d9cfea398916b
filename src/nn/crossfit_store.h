/* Cross-fitted networks in a store: "PREFIX.net0.NAME" for each parameter of net 0 (float32, PyTorch's names and shapes), "PREFIX.net0.history" (an
 * epoch a row: lr, loss, held_loss, held_auc), "PREFIX.scale" (mean, sd and AUC a net), and texts for the rest. */
#ifndef HEPAR_NN_CROSSFIT_STORE_H
#define HEPAR_NN_CROSSFIT_STORE_H

#include "nn/crossfit.h"

bool crossfit_save(const void *state, struct store *store, const char *prefix, struct err *err);
/* ERR_INPUT: a tensor is missing, of another shape or not finite; a net that this program does not know. */
bool crossfit_load(const struct store *store, const char *prefix, const struct step_registry *known, void **state, struct err *err);
void crossfit_free(void *state); /* NULL is fine */

#endif
