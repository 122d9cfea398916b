/* Files that know their own hash; see safetensors.h.
 *
 * In the header's bytes the field is "key":"64 digits" as our writer puts it. Quotes inside other texts are escaped, so
 * these bytes stand nowhere else; a header that has them twice is not ours. */
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/safetensors.h"

enum { DIGITS = 64 };

/* The offset of the field's digits in bytes[n]; SIZE_MAX when it is not there, or there twice. */
static size_t find_digits(const unsigned char *bytes, size_t n, const char *key)
{
    struct text head = TEXT_INIT;
    size_t found = SIZE_MAX;
    json_add_quoted(&head, key);
    text_add(&head, ":\"");
    if (!head.failed) {
        const unsigned char *first = memmem(bytes, n, head.bytes, head.n);
        size_t at = first == NULL ? n : (size_t)(first - bytes) + head.n;
        if (n - at > DIGITS && bytes[at + DIGITS] == '"' && memmem(bytes + at, n - at, head.bytes, head.n) == NULL)
            found = at;
    }
    text_free(&head);
    return found;
}

static size_t header_end(const unsigned char *bytes, size_t n)
{
    size_t length = 0;
    for (int i = 7; n >= 8 && i >= 0; i--)
        length = length << 8 | bytes[i];
    return n >= 8 && length <= n - 8 ? 8 + length : 0;
}

bool safetensors_write_hashed(const char *path, const struct store *store, const char *key, char hex[65], struct err *err)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    /* A store that borrows the caller's and has one text more, in front. */
    struct store marked = *store;
    struct text out = TEXT_INIT;
    if (store_find_text(store, key) != NULL)
        return err_set(err, ERR_BUG, "text %s is stored twice", key);
    marked.text = mem_alloc(store->text_n + 1, sizeof *marked.text, err);
    if (marked.text == NULL)
        return false;
    marked.text[0] = (struct store_text){(char *)key, (char *)zeros};
    if (store->text_n > 0)
        memcpy(marked.text + 1, store->text, store->text_n * sizeof *marked.text);
    marked.text_n = store->text_n + 1;
    bool done = safetensors_format(&marked, &out, err);
    mem_free(marked.text);
    if (done) {
        size_t at = find_digits((unsigned char *)out.bytes, header_end((unsigned char *)out.bytes, out.n), key);
        if (at == SIZE_MAX) {
            done = err_set(err, ERR_BUG, "%s: the place of the hash is not found", path);
        } else {
            sha256_hex(out.bytes, out.n, hex);
            memcpy(out.bytes + at, hex, DIGITS);
            done = file_write(path, out.bytes, out.n, err);
        }
    }
    text_free(&out);
    return done;
}

static bool check_hash(unsigned char *bytes, size_t n, const char *key, char hex[65], struct err *err)
{
    char stated[DIGITS + 1];
    size_t at = find_digits(bytes, header_end(bytes, n), key);
    if (at == SIZE_MAX)
        return err_set(err, ERR_INPUT, "its header has no hash %s: not a file of hepar, or damaged", key);
    memcpy(stated, bytes + at, DIGITS);
    stated[DIGITS] = '\0';
    memset(bytes + at, '0', DIGITS);
    sha256_hex(bytes, n, hex);
    memcpy(bytes + at, stated, DIGITS);
    if (strcmp(stated, hex) != 0)
        return err_set(err, ERR_INPUT, "its content has the SHA-256 %.12s..., but it says %.12s...: the file was changed or damaged", hex, stated);
    return true;
}

bool safetensors_read_hashed(const char *path, const char *key, struct store *store, char hex[65], struct err *err)
{
    unsigned char *bytes;
    size_t n;
    *store = (struct store){0};
    if (!file_read(path, SAFETENSORS_BYTE_MAX, &bytes, &n, err))
        return false;
    bool done = check_hash(bytes, n, key, hex, err) || err_add(err, "%s", path);
    done = done && safetensors_parse(path, bytes, n, store, err);
    mem_free(bytes);
    return done;
}
