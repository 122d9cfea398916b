/* What the user is told while work goes on: one line each, to stderr, and to the run's log.txt when open.
 * Thread-safe; control characters are replaced. Outputs that must be equal byte for byte never come here. */
#ifndef HEPAR_BASE_LOG_H
#define HEPAR_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_QUIET, LOG_WARN, LOG_NOTE, LOG_DEBUG };
void log_set_level(enum log_level level); /* default LOG_NOTE; what stderr shows */
enum log_level log_get_level(void);
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* "warning: ..." */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool log_open(const char *path, struct err *err); /* also append every level to this file, with times */
void log_close(void);
/* On a terminal: a line that stays below the log until it is replaced, or ended by NULL (progress.c). */
void log_status(const char *line);

#endif
