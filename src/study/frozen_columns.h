/* Features of a frozen network as number columns, "deep.NET.f000" and on: of a study's cases, and of new ones by the network in a model. */
#ifndef HEPAR_STUDY_FROZEN_COLUMNS_H
#define HEPAR_STUDY_FROZEN_COLUMNS_H

#include "base/err.h"
#include "nn/frozen.h"
#include "study/crops.h"
#include "table/table.h"

/* Adds the columns to a table with a row a case; a case without a crop has holes with its reason. `crop` says how the crops were made. */
bool frozen_columns_add(const struct net *net, const struct crop_settings *crop, const struct sample_settings *sample, const struct crops *crops,
                        struct table *table, struct err *err);

#endif
