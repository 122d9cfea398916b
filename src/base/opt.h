/* Option tables: what a command takes is written once, as rows; parsing, help, man page, completion, Markdown and
 * JSON (base/manual.h) come from them.
 *
 *     struct settings { const char *params; int64_t label; int fit; };
 *     static const char *const fits[] = {"strict", "snap", "resample", NULL};
 *     static const struct opt rows[] = {
 *         {"params", 'p', OPT_TEXT, "FILE", "PyRadiomics parameter file", offsetof(struct settings, params)},
 *         {"label", 0, OPT_INTEGER, "N", "mask value of the region", offsetof(struct settings, label), .initial = "1", .least = 0, .most = 65535},
 *         {"mask-fit", 0, OPT_CHOICE, NULL, "how mask and image grids must agree", offsetof(struct settings, fit), fits, .initial = "strict"},
 *     };
 *
 * Texts in settings point into argv or into the table: they live as long as the program. */
#ifndef HEPAR_BASE_OPT_H
#define HEPAR_BASE_OPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum opt_kind {       /* what stands at `offset` in the settings */
    OPT_FLAG,         /* bool; takes no value */
    OPT_TEXT,         /* const char *; NULL when not given */
    OPT_NUMBER,       /* double, finite */
    OPT_INTEGER,      /* int64_t */
    OPT_SIZE,         /* uint64_t, bytes: 512M, 4G, 1.5G (powers of 1024) */
    OPT_CHOICE,       /* int: the index in `choices` */
    OPT_LIST,         /* struct opt_list; may be given again and again */
    OPT_PAIRS,        /* struct opt_pairs; KEY=VALUE, may be given again and again */
};

struct opt_list {
    const char **item; /* n borrowed texts */
    size_t n, room;
};

struct opt_pair {
    const char *key, *value; /* key owned by the pairs, value borrowed */
};

struct opt_pairs {
    struct opt_pair *item;
    size_t n, room;
};

struct opt {
    const char *name;           /* "mask-fit", for --mask-fit */
    char letter;                /* 'o' for -o; 0: none */
    enum opt_kind kind;
    const char *value;          /* what help calls the value: "FILE", "N"; NULL for flags and choices */
    const char *help;           /* one phrase, no full stop */
    size_t offset;
    const char *const *choices; /* OPT_CHOICE: the words, NULL behind the last */
    const char *initial;        /* default, as the user would write it; NULL: zero, NULL or NaN for a number */
    double least, most;         /* bounds of a number or integer; both 0: none */
    bool required;
    bool hidden;                /* parsed, but in no help */
};

struct opt_table {
    const struct opt *opt;
    size_t n;
    void *settings; /* where the rows' offsets count from; NULL where the table is only described */
};

struct operands {
    const char **item; /* n borrowed texts, in order */
    size_t n, room;
};

/* Puts the defaults of all tables into their (zeroed) settings, then takes argv[0..argc-1], which begins behind the
 * command's name: --name VALUE, --name=VALUE, -o VALUE, -oVALUE, -qv, "--" (operands only from here).
 * ERR_USAGE names the option, what was found and what is expected, or the nearest known option. */
bool opt_parse(const struct opt_table *tables, size_t table_n, int argc, char *const *argv, struct operands *operands, struct err *err);
/* ERR_USAGE when a required option was not given; apart from opt_parse(), so that --help works without them. */
bool opt_check_required(const struct opt_table *tables, size_t table_n, struct err *err);
/* One value by hand, e.g. from a configuration file; `given` names it in messages ("option --label"). */
bool opt_set(const struct opt *opt, void *settings, const char *value, const char *given, struct err *err);
/* Frees the lists in the settings and the operands. */
void opt_free(const struct opt_table *tables, size_t table_n, struct operands *operands);

/* Rows that several commands share, so that all spell them alike. */
#define OPT_OUTPUT(what, help_text, place) {"output", 'o', OPT_TEXT, (what), (help_text), (place)}
#define OPT_SEED(place) {"seed", 0, OPT_INTEGER, "N", "seed of all random numbers", (place), .initial = "1", .least = 0, .most = 9007199254740992.0}
#define OPT_JSON(place) {"json", 0, OPT_FLAG, NULL, "print JSON instead of text", (place)}

#endif
