/* Ctrl-C and SIGTERM: the first asks, the second insists.
 *
 * The first sets a flag that par_for() and long loops look at between chunks: what is finished stays, what is
 * half written is removed, the program ends with ERR_STOPPED. The second removes the registered temporary
 * files and ends at once. */
#ifndef HEPAR_BASE_STOP_H
#define HEPAR_BASE_STOP_H

#include <stdbool.h>

#include "base/err.h"

void stop_on_signals(void);
bool stop_requested(void);
/* True: go on. False with ERR_STOPPED when the user asked to stop; for loops that do not go through par_for(). */
bool stop_check(struct err *err);

#endif
