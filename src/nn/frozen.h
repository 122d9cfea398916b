/* Deep features of frozen nets: a case's crop through the net, up to the layer before the classifier.
 *
 * A case's columns are the embedding's values; with all slices as inputs (CROP_2D_ALL) their means over the slices, then their maxima.
 * Inputs of a case go through the net together, FROZEN_BATCH at most, and never with those of another: a case has the same
 * values alone, in a cohort and in any part of it. Cases are the tasks; each in work takes an engine of its own from a
 * stock that grows to as many as are in work at once. */
#ifndef HEPAR_NN_FROZEN_H
#define HEPAR_NN_FROZEN_H

#include <stdint.h>

#include "base/err.h"
#include "nn/crop.h"
#include "nn/engine.h"
#include "nn/sample.h"

enum { FROZEN_BATCH = 8 };

struct frozen;
/* net, with its values, outlives it; crop says how all crops are made. ERR_INPUT: inputs with other channels than the net's, or too
 * small for it. No engine is made yet. */
bool frozen_open(const struct net *net, const struct nn_backend *backend, const struct crop_settings *crop, const struct sample_settings *sample,
                   struct frozen **out, struct err *err);
void frozen_close(struct frozen *frozen); /* NULL is fine */

size_t frozen_n(const struct frozen *frozen); /* columns */
/* Name of a column behind "deep.NET.": "f007", "max.f007". Returns out. */
const char *frozen_name(const struct frozen *frozen, size_t column, char out[32]);
/* Bytes that a case in work takes beside its crop, its engine among them: for base/budget.h. */
uint64_t frozen_bytes(const struct frozen *frozen);

/* out[frozen_n]. Called by several threads at once. A value that is not finite is ERR_INPUT. */
bool frozen_of_crop(struct frozen *frozen, const struct crop *crop, double *out, struct err *err);
/* Many cases as tasks, as many at once as --memory has room for: out[n][frozen_n]; where crop[i] is NULL the row is NaN. */
bool frozen_of_crops(struct frozen *frozen, const struct crop *const *crop, size_t n, double *out, struct err *err);

#endif
