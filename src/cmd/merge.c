/* hepar merge: joins the parts that `hepar extract --shard` wrote into the bytes that one run writes. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/shard.h"

struct settings {
    const char *output;
};

struct part {
    const char *path;
    struct shard shard;
    char table_hash[65];
};

static int by_shard(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    return (x->shard.i > y->shard.i) - (x->shard.i < y->shard.i);
}

/* All parts of one table, each once, in order. */
static bool collect(const struct call *call, struct part *part, struct err *err)
{
    for (size_t i = 0; i < call->operand_n; i++) {
        part[i].path = call->operand[i];
        if (!shard_read(part[i].path, &part[i].shard, part[i].table_hash, err))
            return false;
        if (part[i].shard.n != part[0].shard.n || strcmp(part[i].table_hash, part[0].table_hash) != 0)
            return err_set(err, ERR_INPUT, "%s: a part of another table or division than %s", part[i].path, part[0].path);
    }
    qsort(part, call->operand_n, sizeof *part, by_shard);
    for (size_t i = 0; i < call->operand_n; i++) {
        if (part[i].shard.i < i + 1)
            return err_set(err, ERR_INPUT, "%s: part %zu/%zu was given twice", part[i].path, part[i].shard.i, part[i].shard.n);
        if (part[i].shard.i > i + 1)
            return err_set(err, ERR_INPUT, "part %zu/%zu was not given", i + 1, part[i].shard.n);
    }
    if (call->operand_n < part[0].shard.n)
        return err_set(err, ERR_INPUT, "part %zu/%zu was not given", call->operand_n + 1, part[0].shard.n);
    return true;
}

/* Adds a file without its first line, which must be the same in all. */
static bool add_file(const char *path, struct text *out, size_t *header_n, struct err *err)
{
    unsigned char *bytes;
    size_t n;
    if (!file_read(path, SIZE_MAX / 4, &bytes, &n, err))
        return false;
    const unsigned char *line = memchr(bytes, '\n', n);
    size_t first = line == NULL ? n : (size_t)(line - bytes) + 1;
    bool ok = true;
    if (*header_n == 0) {
        *header_n = first;
        text_add_bytes(out, bytes, first);
    } else if (first != *header_n || memcmp(bytes, out->bytes, first) != 0) {
        ok = err_set(err, ERR_INPUT, "%s line 1: other columns than the first part has", path);
    }
    text_add_bytes(out, bytes + first, n - first);
    mem_free(bytes);
    return ok && text_ok(out, err);
}

static bool join(const struct part *part, size_t n, const char *ending, const char *output, struct err *err)
{
    struct text text = TEXT_INIT;
    size_t header_n = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        char *path = ending == NULL ? mem_string(part[i].path, err) : shard_beside(part[i].path, ending, err);
        ok = path != NULL && add_file(path, &text, &header_n, err);
        mem_free(path);
    }
    char *to = ending == NULL ? mem_string(output, err) : shard_beside(output, ending, err);
    ok = ok && to != NULL && file_write(to, text.bytes, text.n, err);
    mem_free(to);
    text_free(&text);
    return ok;
}

static bool run(struct call *call, struct err *err)
{
    const struct settings *settings = call->settings;
    struct part *part = mem_zero(call->operand_n, sizeof *part, err);
    bool ok = part != NULL && collect(call, part, err) && join(part, call->operand_n, NULL, settings->output, err) &&
              join(part, call->operand_n, ".notes.csv", settings->output, err);
    mem_free(part);
    return ok;
}

static const struct opt opts[] = {
    {"output", 'o', OPT_TEXT, "FILE", "where the joined table goes; the notes go beside it", offsetof(struct settings, output), .required = true},
};
static const char *const usage[] = {"PART... -o FILE", NULL};
static const struct manual_example examples[] = {
    {"hepar merge part1.csv part2.csv part3.csv -o features.csv", "Joins three shards, given in any order."},
};

const struct command command_merge = {
    .page = {.name = "merge", .group = GROUP_EXTRACT, .summary = "join the parts of a sharded extraction", .usage = usage,
             .description = "The parts are told apart by the mark beside each (*.shard), so their order does not matter; a missing, doubled or foreign part "
                            "is refused. The result has the same bytes as one run over the whole table.",
             .opt = opts, .opt_n = COUNT_OF(opts), .example = examples, .example_n = COUNT_OF(examples)},
    .operand_least = 1,
    .operand_most = 100000,
    .settings_size = sizeof(struct settings),
    .run = run,
};
