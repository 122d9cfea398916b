/* OUT.partial/: what a table's extraction has finished, chunk by chunk, so that --resume goes on from there after a kill.
 *
 * The folder belongs to one key (table, shard, settings); with another key, or without --resume, it is begun anew. */
#ifndef HEPAR_CMD_PARTIAL_H
#define HEPAR_CMD_PARTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

struct partial {
    char *folder;
};
bool partial_open(struct partial *partial, const char *output, const struct text *key, bool resume, struct err *err);
bool partial_remove(const struct partial *partial, struct err *err); /* the folder, when all is done */
void partial_free(struct partial *partial); /* the folder stays */

/* A finished chunk of rows: CSV text of the output and of its notes. */
struct partial_chunk {
    size_t failed_n;            /* cases in it that failed */
    unsigned char *bytes;       /* owned; NULL: not there */
    size_t row_at, row_n;       /* the rows are bytes[row_at..row_at + row_n - 1] */
    size_t note_at, note_n;     /* and the notes */
};
bool partial_load(const struct partial *partial, size_t chunk, struct partial_chunk *out, struct err *err);
bool partial_save(const struct partial *partial, size_t chunk, size_t failed_n, const char *rows, size_t row_n, const char *notes, size_t note_n, struct err *err);

#endif
