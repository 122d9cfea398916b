#include "cmd/shard.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

bool shard_parse(const char *text, struct shard *shard, struct err *err)
{
    int used = 0;
    *shard = (struct shard){0};
    if (sscanf(text, "%zu/%zu%n", &shard->i, &shard->n, &used) != 2 || text[used] != '\0' || strchr(text, '-') != NULL || shard->i < 1 || shard->i > shard->n || shard->n > 1000000)
        return err_set(err, ERR_USAGE, "option --shard: found %s, expected I/N with 1 <= I <= N", text);
    return true;
}

char *shard_beside(const char *output, const char *ending, struct err *err)
{
    struct text text = TEXT_INIT;
    size_t n = strlen(output);
    bool csv = n > 4 && strcmp(output + n - 4, ".csv") == 0;
    text_add_bytes(&text, output, csv ? n - 4 : n);
    text_add(&text, "%s", ending);
    char *path = text_ok(&text, err) ? mem_string(text.bytes, err) : NULL;
    text_free(&text);
    return path;
}

bool shard_mark(const char *output, const struct shard *shard, const char table_hash[65], struct err *err)
{
    char line[160];
    int n = snprintf(line, sizeof line, "shard %zu/%zu of table %s\n", shard->i, shard->n, table_hash);
    char *path = shard_beside(output, ".shard", err);
    bool ok = path != NULL && file_write(path, line, (size_t)n, err);
    mem_free(path);
    return ok;
}

bool shard_read(const char *output, struct shard *shard, char table_hash[65], struct err *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    char *path = shard_beside(output, ".shard", err);
    bool ok = path != NULL && file_read(path, 4096, &bytes, &n, err);
    if (ok && (sscanf((const char *)bytes, "shard %zu/%zu of table %64s", &shard->i, &shard->n, table_hash) != 3 || shard->i < 1 || shard->i > shard->n))
        ok = err_set(err, ERR_INPUT, "%s: not the mark of a shard", path);
    mem_free(bytes);
    mem_free(path);
    return ok || err_add(err, "%s", output);
}
