/* Strict JSON over jansson; see json.h.
 *
 * jansson is strict by itself but for nesting (2,048 levels on the C stack) and for a byte-order mark, whose message
 * would puzzle; both are looked at first. Its error line counts LF alone, so the line is found from the byte position,
 * which for an early end of the file is the end. */
#include "io/json.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/utf8.h"

/* Where nesting first goes deeper than the limit; n when nowhere. */
static size_t too_deep(const unsigned char *bytes, size_t n)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted) {
            if (bytes[i] == '\\')
                i++;
            else if (bytes[i] == '"')
                quoted = false;
        } else if (bytes[i] == '"') {
            quoted = true;
        } else if (bytes[i] == '[' || bytes[i] == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return i;
        } else if ((bytes[i] == ']' || bytes[i] == '}') && depth > 0) {
            depth--;
        }
    }
    return n;
}

static bool check_text(const unsigned char *bytes, size_t n, const char *path, struct err *err)
{
    size_t bad = 0;
    if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        return err_set(err, ERR_INPUT, "%s line 1: the text begins with a byte-order mark, expected plain UTF-8", path);
    if (n >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF) || bytes[0] == 0 || bytes[1] == 0))
        return err_set(err, ERR_INPUT, "%s line 1: the text is UTF-16 or UTF-32, expected UTF-8", path);
    if (!utf8_valid(bytes, n, &bad))
        return err_set(err, ERR_INPUT, "%s line %zu: byte 0x%02X is not UTF-8", path, line_of_offset(bytes, n, bad), bytes[bad]);
    size_t blank = 0;
    while (blank < n && strchr(" \t\r\n", bytes[blank]) != NULL && bytes[blank] != '\0')
        blank++;
    if (blank == n)
        return err_set(err, ERR_INPUT, "%s: the file is empty, expected JSON", path);
    size_t deep = too_deep(bytes, n);
    if (deep < n)
        return err_set(err, ERR_INPUT, "%s line %zu: nesting deeper than %d levels", path, line_of_offset(bytes, n, deep), JSON_DEPTH_MAX);
    return true;
}

json_t *json_parse(const void *bytes, size_t n, const char *path, struct err *err)
{
    json_error_t fault;
    if (!check_text(bytes, n, path, err))
        return NULL;
    json_t *root = json_loadb(bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (root != NULL)
        return root;
    if (json_error_code(&fault) == json_error_out_of_memory)
        err_set(err, ERR_SYSTEM, "%s: out of memory", path);
    else
        err_set(err, ERR_INPUT, "%s line %d: %s", path, fault.line < 1 ? 1 : fault.line, fault.text);
    return NULL;
}

json_t *json_read(const char *path, struct err *err)
{
    unsigned char *bytes;
    size_t n;
    if (!file_read(path, JSON_BYTE_MAX, &bytes, &n, err))
        return NULL;
    json_t *root = json_parse(bytes, n, path, err);
    mem_free(bytes);
    return root;
}
