/* Errors: caller-owned, one line, gathered from the inside out.
 *
 * A fallible function returns bool (true: done) or a pointer (NULL: failed) and takes `struct err *err`
 * last. Where the fault is found, err_set() says what was found and what was expected; each level above
 * puts what it was doing in front with err_add(). The line the user sees then reads from outside in:
 *     cohort.csv line 7: image a.nii.gz: header length 10 bytes, expected at least 348
 * Control characters are replaced on the way in, so that text from a file cannot move the cursor or break
 * the line. `err` may be NULL where the caller does not care for the reason. */
#ifndef HEPAR_BASE_ERR_H
#define HEPAR_BASE_ERR_H

#include <stdbool.h>

/* The value is the exit code of the program (doc/exit-codes.md). */
enum err_kind {
    ERR_NONE = 0,
    ERR_USAGE = 2,  /* command line or configuration */
    ERR_INPUT = 3,  /* a file's content is refused */
    ERR_SYSTEM = 4, /* disk, memory, permission */
    ERR_STOPPED = 5, /* interrupted by the user; what is finished stays */
    ERR_BUG = 70,   /* a broken promise of ours */
};

struct err {
    enum err_kind kind;
    char text[1024];
};

#define ERR_INIT {ERR_NONE, ""}

/* Each returns false, so that `return err_set(...)` ends a failing function. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Leaves a stop as it is: where the user's wish was met says nothing. */
bool err_add(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ERR_SYSTEM with the text of errno behind the formatted one. */
bool err_set_errno(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *err);

#endif
