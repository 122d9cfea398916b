/* JSON: strict reading over jansson, and a writer of our own.
 *
 * Read: RFC 8259 to the letter, UTF-8 (a byte-order mark is refused), one value and nothing behind it. Refused with the
 * line: duplicate keys, numbers that are not finite or whole numbers beyond 64 bits, NaN and the like, lone surrogates,
 * nesting deeper than JSON_DEPTH_MAX, files above JSON_BYTE_MAX. "\u0000" inside a text is refused too: our texts are
 * C strings. All are ERR_INPUT "PATH line N: ...".
 * The tree is jansson's (json_object_get(), json_real_value(), ...); give it back with json_decref(). */
#ifndef HEPAR_IO_JSON_H
#define HEPAR_IO_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

enum { JSON_DEPTH_MAX = 512 };
#define JSON_BYTE_MAX ((size_t)1 << 30)

json_t *json_read(const char *path, struct err *err); /* NULL: failed */
json_t *json_parse(const void *bytes, size_t n, const char *path, struct err *err);

/* The writer: the same calls give the same bytes. Members stand in the order they were put; doubles are the shortest
 * that read back; NaN and infinities become null; control characters and quotes are escaped, and "<" where it
 * could end an HTML script element that the text stands in. Keys are not looked at for duplicates.
 *
 *     struct json_writer w = json_writer(&text);
 *     json_begin_object(&w, JSON_TALL);
 *     json_key(&w, "auc"); json_put_number(&w, 0.5);
 *     json_key(&w, "roc"); json_begin_array(&w, JSON_WIDE); ... json_end(&w);
 *     json_end(&w);
 * A call out of order (a value in an object without its key, an end too many) is a bug: assert. */
enum json_layout { JSON_TALL, JSON_WIDE }; /* one member a line; or all on one line, with everything inside */

struct json_writer {
    struct text *out;
    size_t depth, wide_from; /* everything deeper than wide_from is on one line; 0: nothing yet */
    unsigned char object[JSON_DEPTH_MAX / 8], filled[JSON_DEPTH_MAX / 8]; /* bits by depth */
    bool keyed; /* a key waits for its value */
};
struct json_writer json_writer(struct text *out);
void json_begin_object(struct json_writer *writer, enum json_layout layout);
void json_begin_array(struct json_writer *writer, enum json_layout layout);
void json_end(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);
void json_put_text(struct json_writer *writer, const char *value); /* NULL becomes null; must be UTF-8 */
void json_put_path(struct json_writer *writer, const char *path);  /* a file's name need not be UTF-8: its other bytes become '?' then */
void json_put_number(struct json_writer *writer, double value);
void json_put_count(struct json_writer *writer, size_t value);
void json_put_whole(struct json_writer *writer, long long value);
void json_put_bool(struct json_writer *writer, bool value);
void json_put_null(struct json_writer *writer);
/* A whole array of numbers on one line. */
void json_put_numbers(struct json_writer *writer, const double *value, size_t n);

/* The quoted and escaped form of a text, as the writer puts it. */
void json_add_quoted(struct text *out, const char *value);

#endif
