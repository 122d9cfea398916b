/* Notes: what a reader repaired, took for granted or left out, said once in a line each beside the result.
 *
 * The caller owns the list and shows it (info, cases.csv, the run's notes). A note has a topic, a short fixed
 * text that programs may compare ("no orientation"), and a line for the user. Control characters are replaced. */
#ifndef HEPAR_BASE_NOTES_H
#define HEPAR_BASE_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct note {
    const char *topic; /* a literal, borrowed */
    char *line;        /* owned */
};

struct notes {
    struct note *note;
    size_t n, room;
};
#define NOTES_INIT {NULL, 0, 0}

/* `notes` may be NULL where nobody asks: the note is lost. `topic` must be a literal. */
bool notes_add(struct notes *notes, struct err *err, const char *topic, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool notes_has(const struct notes *notes, const char *topic);
void notes_free(struct notes *notes); /* usable again afterwards */

#endif
