/* New cases as a model's input columns: from a table of cases, or one case named on the command line.
 *
 * Images go through the model's own parameters; clinical values, and ready feature columns where the model was made from tables, are
 * found by name. What the model was not made for is refused: a column it needs that is not there, phases missing or unknown,
 * values it does not read. A case whose own images or cells are at fault is kept, with the reason. */
#ifndef HEPAR_STUDY_NEWCASES_H
#define HEPAR_STUDY_NEWCASES_H

#include <stddef.h>

#include "base/err.h"
#include "study/crops.h"
#include "study/model.h"
#include "table/table.h"

struct newcases {
    struct crops crops; /* what the model's networks see; behind the last column of the table */
    struct table table; /* the model's inputs, in its order, then CROPS_COLUMN where it has networks; holes with reasons. table.id is
                           NULL for a single case */
    char **image;       /* table.row_n paths of the first phase's images, NULL where a case names none; NULL for models without networks */
    char **failure;     /* table.row_n: why the case can't be scored; NULL where it can */
};

/* The first table gives the cases; others add columns by ID. `id`: the column of the IDs; NULL: "ID" where there is one, else
 * the rows' numbers. */
bool newcases_read(const struct model *model, const char *const *path, size_t path_n, const char *id, struct newcases *out, struct err *err);

/* What --image, --mask and --value were given; borrowed texts. */
struct newcase {
    const char *const *image; /* "PHASE=FILE", or FILE for a model with one phase */
    size_t image_n;
    const char *const *mask; /* FILE for all phases, "PHASE=FILE" for one */
    size_t mask_n;
    const char *const *value; /* "COLUMN=VALUE" */
    size_t value_n;
};
/* ERR_USAGE for what does not fit the model. */
bool newcases_take(const struct model *model, const struct newcase *given, struct newcases *out, struct err *err);
void newcases_free(struct newcases *cases); /* a zeroed struct is fine */

#endif
