/* YAML: parameter and study files, read into a tree that knows its lines.
 *
 * libyaml gives the events; scalars are resolved here as PyYAML's safe_load does (YAML 1.1: yes/no are truth values,
 * 010 is 8, 1:30 is 90, 1e3 without a point is a text, a date stays a text). `ambiguous` marks plain scalars that YAML
 * 1.2 reads otherwise, so that a setting may refuse them. Aliases are resolved by sharing nodes; merge keys (<<) too.
 * Refused, all as ERR_USAGE "PATH:LINE:COLUMN: ...": duplicate keys, keys that are no scalars, tags beyond the core
 * ones, unknown or self-containing aliases, aliases that expand to more than YAML_NODE_MAX nodes, nesting deeper than
 * YAML_DEPTH_MAX, several documents, an empty file, control characters, text that is not UTF-8, files above
 * YAML_BYTE_MAX. */
#ifndef HEPAR_IO_YAML_H
#define HEPAR_IO_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

enum { YAML_DEPTH_MAX = 500, YAML_NODE_MAX = 1000000 };
#define YAML_BYTE_MAX ((size_t)64 << 20)

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    size_t line, column; /* 1-based */
    bool ambiguous;      /* yes, 010, 1:30: another value in YAML 1.2 */
    const char *text;    /* a scalar as it was written, quotes undone; NULL for lists and maps */
    bool boolean;        /* YAML_BOOL */
    int64_t whole;       /* YAML_INT; a whole number beyond 64 bits is a YAML_FLOAT */
    double number;       /* YAML_INT and YAML_FLOAT; .inf and .nan are floats */
    size_t n;            /* items of a list, or members of a map */
    struct yaml_node **item;
    struct yaml_node **key; /* a map's keys, beside `item`; compare their text */
    size_t size;         /* nodes below and with this one, aliases expanded */
};

struct yaml {
    struct arena arena; /* owns everything here */
    const char *path;   /* as given, for messages */
    struct yaml_node *root;
};

bool yaml_read(const char *path, struct yaml *yaml, struct err *err);
/* The same from memory; `path` is for messages. */
bool yaml_parse(const char *path, const void *bytes, size_t n, struct yaml *yaml, struct err *err);
void yaml_drop(struct yaml *yaml); /* a zeroed struct is fine; (yaml_free is a symbol of libyaml) */

/* A map's value; NULL when the key is absent or `map` is no map. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);
const char *yaml_kind_name(enum yaml_kind kind); /* "nothing", "a truth value", "a whole number", "a number", "a text", "a list", "a map" */
bool yaml_is_number(const struct yaml_node *node); /* YAML_INT or YAML_FLOAT */
/* ERR_USAGE "PATH:LINE:COLUMN: ..."; returns false. */
bool yaml_fault(struct err *err, const struct yaml *yaml, const struct yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Kind and value of a plain scalar; text and position are left alone. */
void yaml_resolve(struct yaml_node *node, const char *text);

#endif
