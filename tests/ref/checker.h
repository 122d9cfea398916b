/* The frame of all checkers: programs that compare what hepar computes with reference data.
 *
 *     NAME DIR [--only PATTERN] [--values OUT.csv] [-j N]
 *
 * DIR is a folder of the form of the checker's data. Where it has a tolerance.csv, its rows hold: one or two columns
 * of shell patterns (job and key, or key alone), then rtol and atol; the first row that fits is taken, the word
 * `skip` leaves the value out. Two numbers are equal when |a-b| <= atol + rtol * max(|a|, |b|); NaN equals NaN.
 * A value that is not computed counts as unmatched and is named. The last line is `matched M / T`; the exit code is
 * 0 when M = T and T > 0, else 1; 2 for a wrong command line or folder.
 *
 * A checker's main():
 *     struct checker checker;
 *     if (!checker_start(&checker, argc, argv, "what it checks"))
 *         return 2;
 *     for each job, in order:
 *         if (checker_wants(&checker, name)) {
 *             struct findings found = {.checker = &checker, .job = name};
 *             findings_number(&found, key, expected, got); ...
 *             checker_add(&checker, &found);
 *         }
 *     return checker_end(&checker);
 * Findings of several jobs may be gathered in parallel (one struct each) and added in order afterwards. */
#ifndef HEPAR_TESTS_REF_CHECKER_H
#define HEPAR_TESTS_REF_CHECKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct tolerance {
    char *job, *key; /* shell patterns */
    double rtol, atol;
    bool skip;
};

struct checker {
    const char *folder;
    const char *only;   /* NULL: everything */
    const char *values; /* NULL: not written */
    size_t threads;     /* 0: all cores */
    struct tolerance *tolerance;
    size_t tolerance_n;
    size_t matched, total, skipped, failed_shown;
    double worst; /* largest relative difference among matched numbers */
    char worst_at[256];
    struct lack *lack; /* what is not computed, counted by reason */
    size_t lack_n;
    struct text table; /* --values */
    bool broken;       /* out of memory, or the table cannot be written */
};

enum finding_state { FINDING_MATCHED, FINDING_DIFFERS, FINDING_LACKING, FINDING_SKIPPED };

struct finding {
    enum finding_state state;
    char *key, *expected, *got; /* owned */
    double rtol, atol, relative;
};

struct findings {
    const struct checker *checker;
    const char *job; /* borrowed until checker_add() */
    struct finding *finding;
    size_t n, room;
    bool failed;
};

/* False, after a line on stderr, when the command line or DIR/tolerance.csv is wrong. Starts the pool. */
bool checker_start(struct checker *checker, int argc, char **argv, const char *what);
bool checker_wants(const struct checker *checker, const char *name); /* as --only says */
/* "DIR/name" in a buffer that the next call but seven overwrites; for opening files. */
const char *checker_path(const struct checker *checker, const char *name);
/* The tolerance that holds for a value; 0, 0 when no row fits. */
struct tolerance checker_tolerance(const struct checker *checker, const char *job, const char *key);

void findings_number(struct findings *found, const char *key, double expected, double got);
/* With the caller's own tolerance, as |got - expected| <= atol + rtol * |expected|. */
void findings_number_within(struct findings *found, const char *key, double expected, double got, double rtol, double atol);
void findings_text(struct findings *found, const char *key, const char *expected, const char *got); /* equal byte for byte */
void findings_true(struct findings *found, const char *key, bool holds, const char *expected, const char *got);
/* Not computed: `why` groups the summary ("image type LoG is not there"). */
void findings_lacking(struct findings *found, const char *key, const char *expected, const char *why);
bool findings_all_match(const struct findings *found);

/* Counts, prints the first failures, writes the table's rows, and empties `found`. Not thread-safe. */
void checker_add(struct checker *checker, struct findings *found);
int checker_end(struct checker *checker); /* the exit code */

#endif
