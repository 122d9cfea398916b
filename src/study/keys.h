/* The study file's keys: the one table that its parser, its documentation (doc/study-file.md), `--set` and the
 * error messages come from. A key is one row; `*` stands for a name the user gives, `[]` for a list's item. */
#ifndef HEPAR_STUDY_KEYS_H
#define HEPAR_STUDY_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum key_kind {
    KEY_TEXT,
    KEY_FILE, /* text; a path, see settings_file() */
    KEY_INTEGER,
    KEY_NUMBER,
    KEY_FLAG,
    KEY_CHOICE,
    KEY_ANY, /* any scalar, kept as the user wrote it */
};

struct key {
    const char *path;     /* "roles.split[].share" */
    enum key_kind kind;
    const char *standard; /* the default as text; NULL: absent unless given */
    double low, high;     /* bounds of numbers, inclusive */
    const char *choices;  /* KEY_CHOICE: "a|b|c" */
    const char *help;     /* one sentence */
};

extern const struct key study_keys[];
extern const size_t study_key_n;

const struct key *key_find(const char *pattern); /* the row with exactly this path, or NULL */
/* Whether a row lies below `pattern` ("endpoints" -> "endpoints.*.time"). */
bool key_has_below(const char *pattern);
/* The name right below `pattern` that is nearest to `word`; NULL when none is near. `out` holds 64 bytes. */
const char *key_nearest_below(const char *pattern, const char *word, char out[64]);
/* doc/study-file.md's table of keys, as Markdown. */
void keys_document(struct text *out);

#endif
