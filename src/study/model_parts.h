/* Between model_file.c and the files of a model's parts. */
#ifndef HEPAR_STUDY_MODEL_PARTS_H
#define HEPAR_STUDY_MODEL_PARTS_H

#include "study/model.h"
#include "table/store.h"

/* The networks' input; nothing where the model has none. Phases are read before. */
bool model_crop_put(const struct model *model, struct store *store, struct err *err);
bool model_crop_get(struct model *model, const struct store *store, struct err *err);

/* Its frozen network; nothing where it has none. The input is read before. */
bool model_net_put(const struct model *model, struct store *store, struct err *err);
bool model_net_get(struct model *model, const struct store *store, struct err *err);

#endif
