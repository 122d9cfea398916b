/* Progress with remaining time: one line redrawn on a terminal, a line every 10 s elsewhere. */
#ifndef HEPAR_BASE_PROGRESS_H
#define HEPAR_BASE_PROGRESS_H

#include <stddef.h>

struct progress;
struct progress *progress_start(const char *what, size_t total); /* never fails visibly: NULL is silent */
void progress_step(struct progress *progress, size_t done);      /* adds; thread-safe; NULL is fine */
void progress_end(struct progress *progress);

/* The line itself: "extracting: 12 / 193, 41 s left". */
void progress_line(const char *what, size_t done, size_t total, double elapsed_s, char *out, size_t n);

#endif
