/* Reading Python pickles as data (protocols 2 to 5; format: CPython's Lib/pickletools.py).
 *
 * A pickle is a program that can call any function of Python. This machine calls none: it knows the operations that build
 * numbers, texts, tuples, lists and dicts, and the caller's list of names ("globals"). A call of such a name stands in the
 * result as a call with its arguments; whoever walks the result gives it a meaning. Any other operation or name is refused,
 * ERR_INPUT with its name.
 *
 * Nothing recurses, every operation takes at least one byte, and what can be made is limited, so that no input
 * takes more than a fixed multiple of its length. A value may stand in several places and, by a list or dict that was put into
 * itself, even inside itself: a walk over values needs its own bound. */
#ifndef HEPAR_IO_PICKLE_H
#define HEPAR_IO_PICKLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PICKLE_BYTE_MAX ((size_t)32 << 20)
#define PICKLE_VALUE_MAX ((size_t)1 << 20)

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,      /* whole: 0 or 1 */
    PICKLE_WHOLE,     /* whole */
    PICKLE_LONG,      /* bytes, n: little-endian two's complement of more than 8 bytes */
    PICKLE_FLOAT,     /* number */
    PICKLE_TEXT,      /* bytes, n: UTF-8 without NUL */
    PICKLE_BYTES,     /* bytes, n */
    PICKLE_TUPLE,     /* items: item_n */
    PICKLE_LIST,      /* items: item_n */
    PICKLE_DICT,      /* items: key, value, key, value, ...: item_n = 2 x entries, in the order they were set; keys may repeat */
    PICKLE_NAME,      /* global */
    PICKLE_CALL,      /* global; one item: the tuple of arguments */
    PICKLE_REFERENCE, /* one item: the persistent id, what stands outside the pickle */
};

struct pickle_value {
    enum pickle_kind kind;
    uint32_t global; /* index into the caller's list */
    size_t item, item_n, item_room; /* run of pickle->item */
    union {
        int64_t whole;
        double number;
        struct {
            const unsigned char *bytes; /* point into the pickle */
            size_t n;
        };
    };
};

struct pickle {
    struct pickle_value *value; /* owned */
    size_t value_n, value_room;
    uint32_t *item; /* owned; indices of values */
    size_t item_n, item_room;
    size_t root; /* index of the value that the pickle stands for */
};

/* A name that a pickle may hold. */
struct pickle_global {
    const char *module, *name;
    bool makes_dict; /* calling it makes a dict (collections.OrderedDict), else a PICKLE_CALL */
};

/* *used: length of the pickle, of the n bytes there. The bytes must outlive the result. */
bool pickle_parse(const unsigned char *bytes, size_t n, const struct pickle_global *globals, size_t global_n, struct pickle *pickle, size_t *used, struct err *err);
void pickle_free(struct pickle *pickle);

const struct pickle_value *pickle_root(const struct pickle *pickle);
/* i < owner->item_n */
const struct pickle_value *pickle_item(const struct pickle *pickle, const struct pickle_value *owner, size_t i);
bool pickle_is_text(const struct pickle_value *value, const char *text);

#endif
