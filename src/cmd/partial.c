#include "cmd/partial.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

static bool same_key(const char *path, const struct text *key)
{
    unsigned char *there = NULL;
    size_t n = 0;
    bool same = file_read(path, SIZE_MAX / 4, &there, &n, NULL) && n == key->n && memcmp(there, key->bytes, n) == 0;
    mem_free(there);
    return same;
}

bool partial_open(struct partial *partial, const char *output, const struct text *key, bool resume, struct err *err)
{
    struct text name = TEXT_INIT;
    text_add(&name, "%s.partial", output);
    partial->folder = text_ok(&name, err) ? mem_string(name.bytes, err) : NULL;
    text_free(&name);
    char *key_path = partial->folder == NULL ? NULL : path_join(partial->folder, "key", err);
    if (key_path == NULL)
        return false;
    bool there = resume && file_exists(key_path), same = there && same_key(key_path, key);
    if (there && !same)
        log_warn("%s is of another table or other settings: begun anew", partial->folder);
    bool ok = same || (folder_remove(partial->folder, err) && folder_make(partial->folder, err) && file_write(key_path, key->bytes, key->n, err));
    mem_free(key_path);
    return ok;
}

bool partial_remove(const struct partial *partial, struct err *err)
{
    return folder_remove(partial->folder, err);
}

void partial_free(struct partial *partial)
{
    mem_free(partial->folder);
    *partial = (struct partial){0};
}

static char *chunk_path(const struct partial *partial, size_t chunk, struct err *err)
{
    char name[48];
    snprintf(name, sizeof name, "chunk-%09zu", chunk);
    return path_join(partial->folder, name, err);
}

/* "failed bytes-of-rows\n", the rows, the notes. */
bool partial_load(const struct partial *partial, size_t chunk, struct partial_chunk *out, struct err *err)
{
    size_t n;
    int head = 0;
    *out = (struct partial_chunk){0};
    char *path = chunk_path(partial, chunk, err);
    bool ok = path != NULL;
    if (ok && file_exists(path))
        ok = file_read(path, SIZE_MAX / 4, &out->bytes, &n, err);
    if (ok && out->bytes != NULL) {
        bool good = sscanf((const char *)out->bytes, "%zu %zu%n", &out->failed_n, &out->row_n, &head) == 2 && out->bytes[head] == '\n';
        out->row_at = (size_t)head + 1;
        if (!good || out->row_n > n - out->row_at) { /* not one of ours: made again */
            mem_free(out->bytes);
            *out = (struct partial_chunk){0};
        } else {
            out->note_at = out->row_at + out->row_n;
            out->note_n = n - out->note_at;
        }
    }
    mem_free(path);
    return ok;
}

bool partial_save(const struct partial *partial, size_t chunk, size_t failed_n, const char *rows, size_t row_n, const char *notes, size_t note_n, struct err *err)
{
    struct text text = TEXT_INIT;
    text_add(&text, "%zu %zu\n", failed_n, row_n);
    text_add_bytes(&text, rows, row_n);
    if (note_n > 0)
        text_add_bytes(&text, notes, note_n);
    char *path = chunk_path(partial, chunk, err);
    bool ok = path != NULL && text_ok(&text, err) && file_write(path, text.bytes, text.n, err);
    mem_free(path);
    text_free(&text);
    return ok;
}
