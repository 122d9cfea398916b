/* Shards: part i of n of a table, and the mark that lets `hepar merge` put the parts in order. */
#ifndef HEPAR_CMD_SHARD_H
#define HEPAR_CMD_SHARD_H

#include <stddef.h>

#include "base/err.h"

struct shard {
    size_t i, n; /* 1 <= i <= n; rows row_n * (i - 1) / n up to row_n * i / n */
};
bool shard_parse(const char *text, struct shard *shard, struct err *err); /* "3/7"; ERR_USAGE */

/* "features.csv" and ".notes.csv" give "features.notes.csv". The caller frees. */
char *shard_beside(const char *output, const char *ending, struct err *err);
/* Writes and reads the mark beside an output: part, and hash of the table it is a part of. ERR_INPUT where it has none. */
bool shard_mark(const char *output, const struct shard *shard, const char table_hash[65], struct err *err);
bool shard_read(const char *output, struct shard *shard, char table_hash[65], struct err *err);

#endif
