/* What every fitted state is made of: owned lists of column names and vectors, and their named places in a store. */
#ifndef HEPAR_ML_STATE_H
#define HEPAR_ML_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "table/store.h"
#include "table/table.h"

/* An owned list of names. Zeroed is empty. */
struct names {
    char **name;
    size_t n;
};
bool names_copy(struct names *names, const char *const *name, size_t n, struct err *err);
bool names_of_numbers(struct names *names, const struct table *table, struct err *err); /* the number columns, in order */
void names_free(struct names *names);

/* The number column called names->name[i] of a table that most likely has it at `*guess` or behind (kept up to date by the call).
 * NULL with ERR_INPUT when it is missing or of another kind. */
const struct column *names_column(const struct names *names, size_t i, const struct table *table, size_t *guess, struct err *err);

/* A store's "PREFIX.KEY"; ERR_INPUT when it is longer than PLACE_ROOM: a model file may nest pipelines in pipelines. Vectors got are owned copies (mem_free). */
enum { PLACE_ROOM = 512 };
bool place_name(char out[PLACE_ROOM], const char *prefix, const char *key, struct err *err);
bool state_put_f64(struct store *store, const char *prefix, const char *key, const double *values, size_t n, struct err *err);
bool state_put_i64(struct store *store, const char *prefix, const char *key, const int64_t *values, size_t n, struct err *err);
bool state_put_sizes(struct store *store, const char *prefix, const char *key, const size_t *values, size_t n, struct err *err);
bool state_put_text(struct store *store, const char *prefix, const char *key, const char *text, struct err *err);
/* One text, a name a line. ERR_INPUT when a name holds a line break. */
bool state_put_names(struct store *store, const char *prefix, const char *key, const struct names *names, struct err *err);
bool state_get_f64(const struct store *store, const char *prefix, const char *key, size_t n, double **values, size_t *got, struct err *err);
bool state_get_sizes(const struct store *store, const char *prefix, const char *key, size_t n, size_t **values, size_t *got, struct err *err);
bool state_get_text(const struct store *store, const char *prefix, const char *key, char **text, struct err *err);
bool state_get_names(const struct store *store, const char *prefix, const char *key, struct names *names, struct err *err);

#endif
